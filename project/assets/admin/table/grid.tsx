/** The rows as a spreadsheet. The cell in focus always holds an input, so that input methods can begin a word in it:
 *  while it is empty and idle, keys move; what is typed overwrites; F2, Enter or a double click edits what is there. */

import { type ClipboardEvent, type KeyboardEvent, memo, useEffect, useRef, useState } from "react";

import { formatCells, parseCells } from "./clipboard";
import { cellOf, type Column, emptyRule, pathOf, type Rule, type Table, withCell } from "./document";

export type Place = { row: number; col: number };
export type Note = { kind: string; sentence: string };
type Area = { top: number; bottom: number; left: number; right: number };

type Props = {
  table: Table;
  columns: Column[];
  readOnly: boolean;
  problems: Map<string, string>;
  notes: Map<number, Note[]>;
  hits: Set<number>;
  active: Place;
  anchor: Place;
  onSelect: (active: Place, anchor?: Place) => void;
  onRules: (rules: Rule[]) => void;
  onUndo: () => void;
  onRedo: () => void;
  onTell: (sentence: string) => void;
  onMoveRows: (by: number) => void;
  onMoveColumn: (from: number, to: number) => void;
  /** Counts how often something outside asked for the focus to come into the cell. */
  called: number;
};

const areaOf = (one: Place, other: Place): Area => ({
  top: Math.min(one.row, other.row),
  bottom: Math.max(one.row, other.row),
  left: Math.min(one.col, other.col),
  right: Math.max(one.col, other.col),
});

export function Grid(props: Props) {
  const { table, columns, readOnly, active, anchor, onSelect, onRules } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const leaving = useRef(false);
  const wanted = useRef(false);
  const input = useRef<HTMLInputElement>(null);
  const rows = table.rules.length;
  const area = areaOf(active, anchor);

  useEffect(() => {
    if (wanted.current && document.activeElement !== input.current) input.current?.focus();
    if (wanted.current) input.current?.closest("td")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active.row, active.col, rows]);

  useEffect(() => {
    if (props.called) input.current?.focus();
  }, [props.called]);

  const clamp = ({ row, col }: Place): Place => ({
    row: Math.max(0, Math.min(rows - 1, row)),
    col: Math.max(0, Math.min(columns.length - 1, col)),
  });
  const go = (to: Place, extend = false) => {
    wanted.current = true;
    setTyped(null);
    onSelect(clamp(to), extend ? anchor : undefined);
  };
  const fill = (into: Area, cell: (row: number, col: number) => string | undefined, rules = table.rules) =>
    onRules(
      rules.map((rule, row) =>
        row < into.top || row > into.bottom
          ? rule
          : columns.reduce((changed, column, col) => {
              const text = col < into.left || col > into.right ? undefined : cell(row, col);
              return text === undefined ? changed : withCell(changed, column, text);
            }, rule),
      ),
    );
  const commit = () => {
    if (typed !== null && !readOnly) fill(areaOf(active, active), () => typed);
    setTyped(null);
  };
  const edit = () => {
    if (!readOnly) setTyped(cellOf(table.rules[active.row]!, columns[active.col]!));
  };

  /** A new row below, with what is typed kept: one step to undo. */
  const startRow = () => {
    if (readOnly) return;
    const rules = table.rules.map((rule, row) => (row === active.row && typed !== null ? withCell(rule, columns[active.col]!, typed) : rule));
    onRules([...rules.slice(0, active.row + 1), emptyRule(table), ...rules.slice(active.row + 1)]);
    setTyped(null);
    wanted.current = true;
    onSelect({ row: active.row + 1, col: 0 });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const { key, shiftKey: shift } = event;
    const command = event.ctrlKey || event.metaKey;
    const handled = () => event.preventDefault();
    if (key === "Tab") {
      const next = active.col + (shift ? -1 : 1);
      const wraps = next < 0 || next >= columns.length;
      const row = active.row + (wraps ? (shift ? -1 : 1) : 0);
      commit();
      if (leaving.current || row < 0 || row >= rows) return;
      handled();
      return go({ row, col: wraps ? (shift ? columns.length - 1 : 0) : next });
    }
    leaving.current = key === "Escape" && typed === null;
    if (typed !== null) {
      if (key === "Enter") {
        handled();
        if (command) return startRow();
        commit();
        go({ row: active.row + (shift ? -1 : 1), col: active.col });
      } else if (key === "Escape") {
        handled();
        setTyped(null);
      }
      return;
    }
    const step: Record<string, Place> = {
      ArrowUp: { row: -1, col: 0 },
      ArrowDown: { row: 1, col: 0 },
      ArrowLeft: { row: 0, col: -1 },
      ArrowRight: { row: 0, col: 1 },
      PageUp: { row: -15, col: 0 },
      PageDown: { row: 15, col: 0 },
    };
    if (event.altKey && (key === "ArrowUp" || key === "ArrowDown")) {
      handled();
      if (!readOnly) props.onMoveRows(key === "ArrowUp" ? -1 : 1);
    } else if (event.altKey && (key === "ArrowLeft" || key === "ArrowRight")) {
      handled();
      if (!readOnly) props.onMoveColumn(active.col, active.col + (key === "ArrowLeft" ? -1 : 1));
    } else if (step[key]) {
      handled();
      const far = command ? 1_000_000 : 1;
      go({ row: active.row + step[key].row * far, col: active.col + step[key].col * far }, shift);
    } else if (key === "Home" || key === "End") {
      handled();
      const end = key === "End";
      go({ row: command ? (end ? rows - 1 : 0) : active.row, col: end ? columns.length - 1 : 0 }, shift);
    } else if (key === "Enter" || key === "F2") {
      handled();
      command ? startRow() : edit();
    } else if (key === "Delete" || key === "Backspace") {
      handled();
      if (!readOnly) fill(area, () => "");
    } else if (command && key.toLowerCase() === "a") {
      handled();
      wanted.current = true;
      onSelect({ row: rows - 1, col: columns.length - 1 }, { row: 0, col: 0 });
    } else if (command && key.toLowerCase() === "z") {
      handled();
      shift ? props.onRedo() : props.onUndo();
    } else if (command && key.toLowerCase() === "y") {
      handled();
      props.onRedo();
    }
  };
  const copied = () =>
    formatCells(
      table.rules.slice(area.top, area.bottom + 1).map((rule) => columns.slice(area.left, area.right + 1).map((column) => cellOf(rule, column))),
    );
  const onCopy = (event: ClipboardEvent, cut = false) => {
    if (typed !== null) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", copied());
    if (cut && !readOnly) fill(area, () => "");
  };
  const onPaste = (event: ClipboardEvent) => {
    if (typed !== null || readOnly) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    if (!text) return;
    const cells = parseCells(text);
    const width = Math.max(...cells.map((row) => row.length));
    if (cells.length === 1 && width === 1) return fill(area, () => cells[0]![0]!.trim());
    const into = { ...area, bottom: area.top + cells.length - 1, right: Math.min(columns.length - 1, area.left + width - 1) };
    const more = Math.max(0, into.bottom + 1 - rows);
    const rules = [...table.rules, ...Array.from({ length: more }, () => emptyRule(table))];
    fill(into, (row, col) => cells[row - area.top]?.[col - area.left]?.trim(), rules);
    wanted.current = true;
    onSelect({ row: area.top, col: area.left }, { row: into.bottom, col: into.right });
    const lost = area.left + width - columns.length;
    props.onTell(
      lost > 0
        ? interpolate(gettext("Pasted %s rows; the last %s columns did not fit and were left out."), [cells.length, lost])
        : interpolate(gettext("Pasted %s rows."), [cells.length]),
    );
  };

  const pick = (row: number, col: number, extend: boolean) => {
    commit();
    wanted.current = true;
    onSelect({ row, col }, extend ? anchor : undefined);
  };
  const acts = useRef({ pick, edit });
  acts.current = { pick, edit };

  return (
    <div className="grid-frame" tabIndex={-1}>
      <table
        className="grid"
        role="grid"
        aria-label={gettext("Rows of the table")}
        aria-rowcount={rows + 1}
        aria-multiselectable="true"
        aria-readonly={readOnly}
        onKeyDown={onKeyDown}
        onCopy={onCopy}
        onCut={(event) => onCopy(event, true)}
        onPaste={onPaste}
        onFocus={() => (wanted.current = true)}
        onBlur={(event) => {
          if (event.currentTarget.contains(event.relatedTarget)) return;
          wanted.current = false;
          leaving.current = false;
          commit();
        }}
      >
        <thead>
          <tr>
            <th scope="col" className="grid-number">
              #
            </th>
            {columns.map((column, col) => (
              <th
                key={`${column.kind}-${column.place}`}
                scope="col"
                className={[`grid-head grid-head--${column.kind}`, dragged !== null && columns[dragged]?.kind === column.kind && over === col && "grid-head--over"].filter(Boolean).join(" ")}
                title={readOnly || column.kind === "note" ? undefined : gettext("Drag to move this column; or Alt+← and Alt+→ in a cell of it.")}
                draggable={!readOnly && column.kind !== "note"}
                onDragStart={(event) => {
                  event.dataTransfer.effectAllowed = "move";
                  event.dataTransfer.setData("text/plain", column.label);
                  setDragged(col);
                }}
                onDragOver={(event) => {
                  if (dragged === null || columns[dragged]?.kind !== column.kind) return;
                  event.preventDefault();
                  setOver(col);
                }}
                onDrop={(event) => {
                  event.preventDefault();
                  if (dragged !== null) props.onMoveColumn(dragged, col);
                  setDragged(null);
                }}
                onDragEnd={() => setDragged(null)}
              >
                {column.label}
                <span className="grid-kind">
                  {column.kind === "input" ? gettext("when") : column.kind === "output" ? gettext("then") : ""}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rules.map((rule, row) => {
            const chosen = row >= area.top && row <= area.bottom;
            return (
              <Row
                key={rule.id}
                rule={rule}
                row={row}
                columns={columns}
                left={chosen ? area.left : -1}
                right={chosen ? area.right : -1}
                activeCol={row === active.row ? active.col : -1}
                typed={row === active.row ? typed : null}
                problems={problemsOf(props.problems, row, columns)}
                notes={props.notes.get(row)}
                hit={props.hits.has(row)}
                readOnly={readOnly}
                input={row === active.row ? input : null}
                onType={setTyped}
                acts={acts}
              />
            );
          })}
        </tbody>
      </table>
      {columns.map(
        (column, place) =>
          column.choices.length > 0 && (
            <datalist key={place} id={`grid-choices-${place}`}>
              {column.choices.map((choice) => (
                <option key={choice} value={choice} />
              ))}
            </datalist>
          ),
      )}
    </div>
  );
}

/** One text per row, so that a row is drawn again only if its own problems changed. */
const problemsOf = (problems: Map<string, string>, row: number, columns: Column[]) =>
  problems.size ? JSON.stringify(columns.map((column) => problems.get(pathOf(row, column)) ?? problems.get(`rules/${row}`) ?? "")) : "";

type RowProps = {
  rule: Rule;
  row: number;
  columns: Column[];
  left: number;
  right: number;
  activeCol: number;
  typed: string | null;
  problems: string;
  notes: Note[] | undefined;
  hit: boolean;
  readOnly: boolean;
  input: React.RefObject<HTMLInputElement | null> | null;
  onType: (text: string) => void;
  acts: React.RefObject<{ pick: (row: number, col: number, extend: boolean) => void; edit: () => void }>;
};

const Row = memo(function Row({ rule, row, columns, left, right, activeCol, typed, problems, notes, hit, readOnly, input, onType, acts }: RowProps) {
  const wrong: string[] = problems ? JSON.parse(problems) : [];
  const told = columns.map((column, col) => ({ column, sentence: wrong[col] })).filter(({ sentence }) => sentence);
  return (
    <>
      <tr aria-rowindex={row + 2} className={hit ? "grid-row--hit" : undefined}>
        <th scope="row" className="grid-number">
          {hit && <span title={gettext("This row gives the outcome below.")}>▶ </span>}
          {row + 1}
        </th>
        {columns.map((column, col) => {
          const text = cellOf(rule, column);
          const here = col === activeCol;
          const chosen = col >= left && col <= right;
          const label = interpolate(gettext("Row %s, %s: %s"), [row + 1, column.label, text || (column.kind === "input" ? gettext("anything") : gettext("empty"))]);
          return (
            <td
              key={`${column.kind}-${column.place}`}
              role="gridcell"
              aria-selected={chosen}
              aria-invalid={wrong[col] ? true : undefined}
              className={[here && "grid-cell--active", chosen && "grid-cell--chosen", wrong[col] && "grid-cell--wrong", column.kind === "note" && "grid-cell--note"].filter(Boolean).join(" ") || undefined}
              title={wrong[col] || undefined}
              onMouseDown={(event) => {
                if (here && typed !== null) return;
                event.preventDefault();
                acts.current.pick(row, col, event.shiftKey);
                input?.current?.focus();
              }}
              onMouseEnter={(event) => event.buttons === 1 && acts.current.pick(row, col, true)}
              onDoubleClick={() => acts.current.edit()}
            >
              <span className="grid-text">{text || (column.kind === "input" ? <span className="grid-any">–</span> : "\u00a0")}</span>
              {here && (
                <input
                  ref={input}
                  className={typed === null ? "grid-input grid-input--idle" : "grid-input"}
                  value={typed ?? ""}
                  readOnly={readOnly}
                  spellCheck={false}
                  autoComplete="off"
                  aria-label={label}
                  aria-invalid={wrong[col] ? true : undefined}
                  aria-describedby={wrong[col] ? `grid-problem-${row}` : undefined}
                  list={typed !== null && column.choices.length ? `grid-choices-${col}` : undefined}
                  onChange={(event) => onType(event.target.value)}
                />
              )}
            </td>
          );
        })}
      </tr>
      {(told.length > 0 || notes) && (
        <tr className="grid-notes" role="presentation">
          <td colSpan={columns.length + 1}>
            <ul id={`grid-problem-${row}`}>
              {told.map(({ column, sentence }) => (
                <li key={column.label} className="grid-note grid-note--problem">
                  <span aria-hidden="true">✖</span> <strong>{column.label}</strong> {sentence}
                </li>
              ))}
              {notes?.map((note) => (
                <li key={note.sentence} className={`grid-note grid-note--${note.kind}`}>
                  <span aria-hidden="true">⚠</span> {note.sentence}
                </li>
              ))}
            </ul>
          </td>
        </tr>
      )}
    </>
  );
});
