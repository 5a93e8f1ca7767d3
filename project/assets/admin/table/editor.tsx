/** Writes a decision table: its policy, its columns, its rows; shows what the server makes of it, and tries it. */

import { useMemo, useState } from "react";

import { useAnswer } from "../builder/read_back";
import { type Ask, type Facts, TryIt } from "../builder/try_it";
import type { Words } from "../builder/vocabulary";
import { Columns } from "./columns";
import { columnsOf, emptyRule, type Rule, type Table, withColumnMoved } from "./document";
import { Grid, type Note, type Place } from "./grid";

type Problem = { path: string; sentence: string; place: string };
type Finding = { kind: string; severity: string; rows: number[]; sentence: string; example_sentence: string; when: string[] | null };
type Tried = { sentence: string; hits: number[]; matched: number[]; reasons: { row: number; held: boolean; because: string }[] };
type Answer = {
  problems: Problem[];
  sentences: string[];
  analysis: { findings: Finding[]; complete: boolean; limits: string[] } | null;
  analysed: string;
  asks: Ask[];
  tried: Tried | null;
};

const NOTES_PER_ROW = 3;
const STEPS_KEPT = 200;

export function TableEditor({ words, start, onChange }: { words: Words; start: Table; onChange: (table: Table) => void }) {
  const [{ past, table, future }, setHistory] = useState({ past: [] as Table[], table: start, future: [] as Table[] });
  const [active, setActive] = useState<Place>({ row: 0, col: 0 });
  const [anchor, setAnchor] = useState<Place>(active);
  const [facts, setFacts] = useState<Facts>({});
  const [told, setTold] = useState("");
  const [called, setCalled] = useState(0);
  const answer = useAnswer<Answer>(words.table!.checkUrl, { token: words.token, document: table, facts });
  const columns = useMemo(() => columnsOf(table, words), [table.inputs, table.outputs, words]);
  const readOnly = words.readOnly;

  const select = (to: Place, from?: Place) => {
    setActive(to);
    setAnchor(from ?? to);
  };
  const change = (next: Table) => {
    if (JSON.stringify(next) === JSON.stringify(table)) return;
    setHistory({ past: [...past.slice(-STEPS_KEPT), table], table: next, future: [] });
    onChange(next);
  };
  const changeRules = (rules: Rule[]) => change({ ...table, rules });
  const back = () => {
    const before = past.at(-1);
    if (!before || readOnly) return;
    setHistory({ past: past.slice(0, -1), table: before, future: [table, ...future] });
    onChange(before);
    keepInside(before);
    setTold(gettext("Undone."));
  };
  const again = () => {
    const [next, ...rest] = future;
    if (!next || readOnly) return;
    setHistory({ past: [...past, table], table: next, future: rest });
    onChange(next);
    keepInside(next);
    setTold(gettext("Done again."));
  };
  const keepInside = ({ rules, inputs, outputs }: Table) => {
    const row = Math.max(0, Math.min(active.row, rules.length - 1));
    select({ row, col: Math.min(active.col, inputs.length + outputs.length) });
  };

  const top = Math.min(active.row, anchor.row);
  const bottom = Math.min(Math.max(active.row, anchor.row), table.rules.length - 1);
  const insert = (at: number, rule = emptyRule(table), col = active.col) => {
    changeRules([...table.rules.slice(0, at), rule, ...table.rules.slice(at)]);
    select({ row: at, col });
    setCalled(called + 1);
  };
  const removeRows = () => {
    changeRules([...table.rules.slice(0, top), ...table.rules.slice(bottom + 1)]);
    select({ row: Math.max(0, Math.min(top, table.rules.length - (bottom - top) - 2)), col: active.col });
    setTold(interpolate(gettext("Rows deleted: %s."), [bottom - top + 1]));
  };
  const moveRows = (by: number) => {
    if (top + by < 0 || bottom + by >= table.rules.length) return;
    const rest = [...table.rules.slice(0, top), ...table.rules.slice(bottom + 1)];
    changeRules([...rest.slice(0, top + by), ...table.rules.slice(top, bottom + 1), ...rest.slice(top + by)]);
    setActive({ ...active, row: active.row + by });
    setAnchor({ ...anchor, row: anchor.row + by });
  };

  const moveColumn = (from: number, to: number) => {
    const [column, target] = [columns[from], columns[to]];
    if (!column || target?.kind !== column.kind || column.kind === "note") return;
    change(withColumnMoved(table, column.kind, column.place, target.place));
    select({ row: active.row, col: to });
    setTold(interpolate(gettext("The column “%s” is now number %s of its side."), [column.label, target.place + 1]));
  };
  const movable = (by: number) => {
    const column = columns[active.col];
    return column !== undefined && column.kind !== "note" && columns[active.col + by]?.kind === column.kind;
  };

  const findings = answer?.analysis?.findings ?? [];
  const problems = useMemo(() => new Map((answer?.problems ?? []).map(({ path, sentence }) => [path, sentence])), [answer?.problems]);
  const notes = useMemo(() => notesOf(findings), [answer?.analysis]);
  const hits = useMemo(() => new Set(answer?.tried && Object.keys(facts).length ? answer.tried.hits : []), [answer?.tried, facts]);
  const gaps = findings.filter(({ kind }) => kind === "gap");
  const elsewhere = (answer?.problems ?? []).filter(({ path }) => !/^rules\/\d/.test(path));
  const policy = words.table!.policies.find(({ name }) => name === table.hit_policy);
  const hasRows = table.rules.length > 0;

  return (
    <div className="table-editor">
      <Columns words={words} table={table} onChange={change} />
      <div className="table-policy builder">
        <label>
          <span>{gettext("Which rows count")}</span>
          <select
            value={table.hit_policy}
            disabled={readOnly}
            onChange={(event) =>
              change({ ...table, hit_policy: event.target.value, aggregation: event.target.value === "COLLECT" ? table.aggregation : null })
            }
          >
            {words.table!.policies.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {table.hit_policy === "COLLECT" && (
          <label>
            <span>{gettext("Put together")}</span>
            <select
              value={table.aggregation ?? ""}
              disabled={readOnly}
              onChange={(event) => change({ ...table, aggregation: event.target.value || null })}
            >
              {words.table!.aggregations.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        <p>{policy?.sentence}</p>
      </div>
      {elsewhere.length > 0 && (
        <ul className="builder-problems">
          {elsewhere.map(({ path, place, sentence }) => (
            <li key={path + sentence}>{place ? `${place}: ${sentence}` : sentence}</li>
          ))}
        </ul>
      )}
      {!readOnly && (
        <div className="table-tools" role="toolbar" aria-label={gettext("Rows and columns")}>
          <Tool label={gettext("Add a row")} onClick={() => insert(table.rules.length, emptyRule(table), 0)} main />
          <Tool label={gettext("Insert above")} disabled={!hasRows} onClick={() => insert(top)} />
          <Tool label={gettext("Move up")} hint="Alt+↑" disabled={!hasRows || top === 0} onClick={() => moveRows(-1)} />
          <Tool label={gettext("Move down")} hint="Alt+↓" disabled={!hasRows || bottom >= table.rules.length - 1} onClick={() => moveRows(1)} />
          <Tool label={gettext("Column left")} hint="Alt+←" disabled={!hasRows || !movable(-1)} onClick={() => moveColumn(active.col, active.col - 1)} />
          <Tool label={gettext("Column right")} hint="Alt+→" disabled={!hasRows || !movable(1)} onClick={() => moveColumn(active.col, active.col + 1)} />
          <Tool label={gettext("Delete rows")} disabled={!hasRows} onClick={removeRows} />
          <Tool label={gettext("Undo")} hint="Ctrl+Z" disabled={!past.length} onClick={back} />
          <Tool label={gettext("Redo")} hint="Ctrl+Y" disabled={!future.length} onClick={again} />
        </div>
      )}
      {hasRows ? (
        <Grid
          table={table}
          columns={columns}
          readOnly={readOnly}
          problems={problems}
          notes={notes}
          hits={hits}
          active={{ row: Math.min(active.row, table.rules.length - 1), col: Math.min(active.col, columns.length - 1) }}
          anchor={{ row: Math.min(anchor.row, table.rules.length - 1), col: Math.min(anchor.col, columns.length - 1) }}
          onSelect={select}
          onRules={changeRules}
          onUndo={back}
          onRedo={again}
          onTell={setTold}
          onMoveRows={moveRows}
          onMoveColumn={moveColumn}
          called={called}
        />
      ) : (
        <p className="table-empty">{gettext("No rows yet. Choose the columns, then add a row or paste rows from a spreadsheet.")}</p>
      )}
      <p className="builder-sentence" aria-live="polite">
        {(hasRows && answer?.sentences[active.row]) || (hasRows && answer && gettext("This row is not complete yet.")) || "\u00a0"}
      </p>
      <p className="table-told" role="status">
        {told}
      </p>
      {hasRows && (
        <p className="table-hint">
          {gettext("Type to overwrite, F2 to edit, Ctrl+Enter for a new row, Ctrl+C and Ctrl+V as in a spreadsheet; Esc, then Tab leaves the table. Examples: ≥100 · 100-200 · gold, silver · empty for anything.")}
        </p>
      )}
      <Files words={words} />
      <section className="table-findings" aria-label={gettext("Gaps and overlaps")} aria-live="polite">
        <h3>{gettext("Gaps and overlaps")}</h3>
        {answer?.analysed && <p>{answer.analysed}</p>}
        {answer?.analysis && !findings.length && answer.analysis.complete && (
          <p>
            <span aria-hidden="true">✔</span> {gettext("Every case is covered, and every row counts.")}
          </p>
        )}
        {findings.length > gaps.length && <p>⚠ {interpolate(gettext("%s notes stand at the rows above."), [findings.length - gaps.length])}</p>}
        <ul>
          {gaps.map((gap) => (
            <li key={gap.sentence}>
              <p>
                <span aria-hidden="true">◌</span> {gap.sentence}
              </p>
              {gap.example_sentence && <p className="table-example">{interpolate(gettext("For example: %s"), [gap.example_sentence])}</p>}
              {gap.when && !readOnly && (
                <button
                  type="button"
                  className="builder-add"
                  onClick={() => insert(table.rules.length, { ...emptyRule(table), when: gap.when! }, table.inputs.length)}
                >
                  + {gettext("Add a row for this")}
                </button>
              )}
            </li>
          ))}
        </ul>
        {answer?.analysis?.limits.map((limit) => <p key={limit}>{limit}</p>)}
      </section>
      {hasRows && (
        <section className="try-it" aria-label={gettext("Try it")}>
          <h3>{gettext("Try it")}</h3>
          <TryIt chooseUrl={words.chooseUrl} asks={answer?.asks ?? []} facts={facts} onChange={setFacts} />
          {answer?.tried && Object.keys(facts).length > 0 && (
            <div aria-live="polite">
              <p className="try-it__result">{answer.tried.sentence}</p>
              <ul className="score-reasons">
                {answer.tried.reasons.map(({ row, held, because }) => (
                  <li key={row}>
                    {interpolate(held ? gettext("Row %s holds: %s") : gettext("Row %s does not hold: %s"), [row + 1, because])}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </section>
      )}
    </div>
  );
}

function notesOf(findings: Finding[]): Map<number, Note[]> {
  const notes = new Map<number, Note[]>();
  for (const finding of findings) {
    const row = finding.rows[0];
    if (finding.kind === "gap" || row === undefined) continue;
    const here = notes.get(row) ?? [];
    const example = finding.example_sentence ? ` ${interpolate(gettext("For example: %s"), [finding.example_sentence])}` : "";
    if (here.length < NOTES_PER_ROW) notes.set(row, [...here, { kind: finding.severity, sentence: finding.sentence + example }]);
  }
  return notes;
}

function Tool({ label, hint, disabled, main, onClick }: { label: string; hint?: string; disabled?: boolean; main?: boolean; onClick: () => void }) {
  return (
    <button type="button" className={main ? "builder-add table-tool--main" : "builder-add"} title={hint} disabled={disabled} onClick={onClick}>
      {main && "+ "}
      {label}
    </button>
  );
}

function Files({ words: { table, readOnly } }: { words: Words }) {
  if (!table!.exportUrl) return null;
  return (
    <p className="table-files">
      {!readOnly && <a href={table!.importUrl}>{gettext("Import rows (xlsx, csv)")}</a>}
      <a href={`${table!.exportUrl}?format=xlsx`}>{gettext("Export as xlsx")}</a>
      <a href={`${table!.exportUrl}?format=csv`}>{gettext("Export as csv")}</a>
      {table!.liveVersion && (
        <a href={`${table!.exportUrl}?format=xlsx&version=${table!.liveVersion}`}>{gettext("Export the live version")}</a>
      )}
      <span>{gettext("Files hold what was last saved.")}</span>
    </p>
  );
}
