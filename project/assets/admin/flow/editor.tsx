/** Draws the flow of a ticket type: as a drawing or as a table, checked by the server while it is changed. */

import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useAnswer } from "../builder/read_back";
import { Canvas, DRAGGED, type Note, type Notes } from "./canvas";
import {
  copied,
  type Flow,
  type FlowNode,
  newNode,
  newTransition,
  nodeCalled,
  NOTHING,
  pasted,
  type Position,
  said,
  type Selection,
  transitionCalled,
  withNode,
  without,
  withTransition,
} from "./document";
import { useHistory } from "./history";
import { arrowCalled, kindCalled, kinds } from "./kinds";
import { laidOut, NODE_HEIGHT, NODE_WIDTH, placesOf, withPlaces } from "./layout";
import { type Editing, NodeProperties, TransitionProperties } from "./properties";
import { FlowTable } from "./table";
import { fieldsNow, type FlowWords, labelIn } from "./words";

type Problem = { node: string; transition: string; sentence: string };
type Answer = { problems: Problem[] };

const NARROW = "(max-width: 50em)";
const isTyping = (target: EventTarget) => target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable=true]");

export function FlowEditor({ words, start, onChange }: { words: FlowWords; start: Flow; onChange: (flow: Flow) => void }) {
  const history = useHistory<Flow>(start, onChange);
  const flow = history.now;
  const [view, setView] = useState<"canvas" | "table">(() => (matchMedia(NARROW).matches ? "table" : "canvas"));
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [focus, setFocus] = useState<{ nodes: string[] } | null>(null);
  const [open, setOpen] = useState<string[]>([]);
  const [told, setTold] = useState("");
  const [hinted, setHinted] = useState("step");
  const [isWide, setWide] = useState(false);
  const kept = useRef("");
  const root = useRef<HTMLDivElement>(null);
  const fields = fieldsNow(words);
  const answer = useAnswer<Answer>(words.checkUrl, { token: words.token, document: flow, fields });
  const problems = answer?.problems ?? [];

  const notes = useMemo(() => notesOf(problems), [answer]);
  const summaries = useMemo(() => new Map(flow.nodes.map((node) => [node.key, summaryOf(node, fields, words)])), [flow, JSON.stringify(fields), words]);
  const editing: Editing = {
    words,
    flow,
    change: history.change,
    epoch: history.epoch,
    problems: {
      node: (key) => notes.nodes.get(key)?.problems ?? [],
      transition: (key) => notes.transitions.get(key)?.problems ?? [],
    },
  };

  // What is gone cannot be selected.
  const chosen: Selection = useMemo(
    () => ({
      nodes: selection.nodes.filter((key) => nodeCalled(flow, key)),
      transitions: selection.transitions.filter((key) => transitionCalled(flow, key)),
    }),
    [flow, selection],
  );
  const isChosen = chosen.nodes.length + chosen.transitions.length > 0;

  const show = (nodes: string[], transitions: string[] = []) => {
    setSelection({ nodes, transitions });
    const ends = transitions.flatMap((key) => [transitionCalled(flow, key)?.from ?? "", transitionCalled(flow, key)?.to ?? ""]);
    setFocus({ nodes: nodes.length ? nodes : ends });
    setOpen([...open, ...nodes, ...ends.slice(0, 1)]);
  };
  /** Once a node stands where somebody put it, the others stay where they are seen. */
  const placed = () => (flow.nodes.length ? withPlaces(flow, placesOf(flow).places) : flow);
  const addNode = (kind: string, at?: Position) => {
    const now = placed();
    const before = chosen.nodes.length === 1 ? nodeCalled(now, chosen.nodes[0]!) : now.nodes.at(-1);
    const below = before?.position && { x: before.position.x, y: before.position.y + NODE_HEIGHT * 2 };
    const node = newNode(now, kind, kindCalled(kind).begins, at ?? freePlace(now, below ?? { x: 0, y: 0 }));
    history.change(withNode(now, node));
    setSelection({ nodes: [node.key], transitions: [] });
    if (!at) setFocus({ nodes: [node.key] });
    setTold(interpolate(gettext("Added: %s."), [said(node.label)]));
  };
  const connect = (from: string, to: string) => {
    const row = newTransition(flow, from, to);
    history.change(withTransition(flow, row));
    setSelection({ nodes: [], transitions: [row.key] });
    setTold(interpolate(gettext("Connected: %s."), [said(row.label)]));
  };
  const remove = () => {
    if (!isChosen || words.readOnly) return;
    history.change(without(flow, chosen));
    setTold(interpolate(gettext("Removed: %s."), [chosen.nodes.length + chosen.transitions.length]));
    setSelection(NOTHING);
  };
  const widen = () => {
    setWide(!isWide);
    setFocus({ nodes: flow.nodes.map(({ key }) => key) });
  };
  const tidyUp = () => {
    history.change(withPlaces(flow, laidOut(flow).places));
    setFocus({ nodes: flow.nodes.map(({ key }) => key) });
  };
  const undo = () => !words.readOnly && history.undo() && setTold(gettext("Undone."));
  const redo = () => !words.readOnly && history.redo() && setTold(gettext("Done again."));
  const copy = (): string | null => {
    const text = copied(placed(), chosen);
    if (text) {
      kept.current = text;
      setTold(interpolate(gettext("Copied steps: %s."), [chosen.nodes.length]));
    }
    return text;
  };
  const paste = (text: string) => {
    const result = pasted(placed(), text);
    if (!result) return setTold(gettext("There are no copied steps to paste."));
    history.change(result.flow);
    setSelection({ nodes: result.nodes, transitions: [] });
    setFocus({ nodes: result.nodes });
    setOpen([...open, ...result.nodes]);
    setTold(interpolate(gettext("Pasted steps: %s."), [result.nodes.length]));
  };
  const pasteFromClipboard = async () => {
    // Without the right to read the clipboard, what was copied here last.
    const text = await navigator.clipboard?.readText().catch(() => "");
    paste(pasted(flow, text ?? "") ? text! : kept.current);
  };
  const copyToClipboard = () => {
    const text = copy();
    if (text) void navigator.clipboard?.writeText(text).catch(() => undefined);
  };

  const press = (event: KeyboardEvent) => {
    if (isTyping(event.target)) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const act =
      isCommand && key === "z" ? (event.shiftKey ? redo : undo)
      : isCommand && key === "y" ? redo
      : isCommand && key === "a" && view === "canvas" ? () => setSelection({ nodes: flow.nodes.map((node) => node.key), transitions: [] })
      : (event.key === "Delete" || event.key === "Backspace") && view === "canvas" ? remove
      : event.key === "Escape" && isWide ? () => setWide(false)
      : null;
    if (!act) return;
    event.preventDefault();
    act();
  };
  const onCopy = (event: ClipboardEvent) => {
    if (isTyping(event.target) || window.getSelection()?.toString()) return;
    const text = copy();
    if (!text) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (isTyping(event.target) || words.readOnly) return;
    event.preventDefault();
    paste(event.clipboardData.getData("text/plain"));
  };
  // What had the focus may be gone with what was removed; keys go on working.
  useEffect(() => {
    if (history.canUndo && document.activeElement === document.body) root.current?.focus({ preventScroll: true });
  }, [flow]);
  // Beside the drawing, so that nothing moves under a hand that drags.
  const found = (
    <ProblemList
      flow={flow}
      problems={problems}
      isChecked={answer !== null}
      onShow={(problem) => show(problem.node ? [problem.node] : [], problem.transition ? [problem.transition] : [])}
    />
  );
  const select = useCallback((next: Selection) => setSelection(next), []);

  return (
    <div ref={root} tabIndex={-1} className={`flow-editor builder${isWide ? " is-wide" : ""}`} onKeyDown={press} onCopy={onCopy} onPaste={onPaste}>
      <div className="flow-tools">
        <div role="group" aria-label={gettext("How the flow is shown")} className="flow-views">
          <button type="button" aria-pressed={view === "canvas"} onClick={() => setView("canvas")}>
            {gettext("Drawing")}
          </button>
          <button type="button" aria-pressed={view === "table"} onClick={() => setView("table")}>
            {gettext("Table")}
          </button>
        </div>
        {!words.readOnly && (
          <div role="toolbar" aria-label={gettext("Change the flow")} className="flow-toolbar">
            <Tool sign="↶" label={gettext("Undo")} hint="Ctrl+Z" disabled={!history.canUndo} onClick={undo} />
            <Tool sign="↷" label={gettext("Redo")} hint="Ctrl+Y" disabled={!history.canRedo} onClick={redo} />
            <Tool label={gettext("Copy")} hint="Ctrl+C" disabled={!chosen.nodes.length} onClick={copyToClipboard} />
            <Tool label={gettext("Paste")} hint="Ctrl+V" onClick={() => void pasteFromClipboard()} />
            <Tool label={gettext("Delete")} hint="Delete" disabled={!isChosen} onClick={remove} />
            {view === "canvas" && <Tool label={gettext("Tidy up")} disabled={!flow.nodes.length} onClick={tidyUp} />}
          </div>
        )}
        <span className="flow-tools__end">
          {words.walkUrl && (
            <a className="builder-add flow-walk-link" href={words.walkUrl} target="_blank" rel="noopener">
              ▶ {gettext("Walk it")}
            </a>
          )}
          <Tool label={isWide ? gettext("Smaller") : gettext("Whole window")} onClick={widen} />
        </span>
      </div>
      {view === "table" && found}
      {view === "table" ? (
        <FlowTable editing={editing} open={open} onOpen={setOpen} chosen={chosen.nodes} onChoose={(nodes) => setSelection({ nodes, transitions: [] })} />
      ) : (
        <div className="flow-desk">
          {!words.readOnly && <Palette onAdd={addNode} onHint={setHinted} hinted={hinted} />}
          <div className="flow-canvas">
            <Canvas
              flow={flow}
              notes={notes}
              summaries={summaries}
              readOnly={words.readOnly}
              selection={chosen}
              focus={focus}
              label={gettext("Drawing of the flow")}
              onSelect={select}
              onMove={(places) => history.change(withPlaces(flow, places), "move")}
              onConnect={connect}
              onDrop={addNode}
            />
            {!flow.nodes.length && <p className="flow-canvas__empty">{gettext("Drag a start here, or press it above. Then add steps and draw lines between them.")}</p>}
          </div>
          <aside className="flow-side" aria-label={gettext("Settings")}>
            {found}
            <Side editing={editing} selection={chosen} onOpen={(key) => setSelection({ nodes: [], transitions: [key] })} onNode={(key) => show([key])} />
          </aside>
        </div>
      )}
      <p className="w-sr-only" role="status">
        {told}
      </p>
    </div>
  );
}

const Tool = ({ label, sign, hint, disabled, onClick }: { label: string; sign?: string; hint?: string; disabled?: boolean; onClick: () => void }) => (
  <button type="button" className="builder-add" title={hint ? `${label} (${hint})` : undefined} disabled={disabled} onClick={onClick}>
    {sign && <span aria-hidden="true">{sign} </span>}
    {label}
  </button>
);

function Palette({ onAdd, onHint, hinted }: { onAdd: (kind: string) => void; onHint: (kind: string) => void; hinted: string }) {
  return (
    <div className="flow-palette">
      <ul aria-label={gettext("Kinds of steps: drag one onto the drawing, or press it")}>
        {kinds().map(({ name, label, sentence, icon }) => (
          <li key={name}>
            <button
              type="button"
              draggable
              title={sentence}
              aria-description={sentence}
              onClick={() => onAdd(name)}
              onMouseEnter={() => onHint(name)}
              onFocus={() => onHint(name)}
              onDragStart={(event) => {
                event.dataTransfer.setData(DRAGGED, name);
                event.dataTransfer.effectAllowed = "copy";
              }}
            >
              {icon} {label}
            </button>
          </li>
        ))}
      </ul>
      <p className="flow-hint" aria-hidden="true">
        {kindCalled(hinted).sentence}
      </p>
    </div>
  );
}

function Side({ editing, selection, onOpen, onNode }: { editing: Editing; selection: Selection; onOpen: (transition: string) => void; onNode: (node: string) => void }): ReactNode {
  const { nodes, transitions } = selection;
  if (nodes.length + transitions.length > 1) {
    return (
      <p className="flow-hint">
        {interpolate(gettext("Selected: %s. Drag to move them, Ctrl+C copies, Delete removes."), [nodes.length + transitions.length])}
      </p>
    );
  }
  if (nodes[0]) {
    return (
      <>
        <h3>{gettext("Step")}</h3>
        <NodeProperties key={nodes[0]} editing={editing} nodeKey={nodes[0]} onOpen={onOpen} />
      </>
    );
  }
  const row = transitions[0] && transitionCalled(editing.flow, transitions[0]);
  if (row) {
    return (
      <>
        <h3>{gettext("Way")}</h3>
        <p>
          <button type="button" className="flow-link" onClick={() => onNode(row.from)}>
            ← {said(nodeCalled(editing.flow, row.from)?.label)}
          </button>
        </p>
        <TransitionProperties key={row.key} editing={editing} transitionKey={row.key} />
      </>
    );
  }
  return <p className="flow-hint">{gettext("Choose a step or an arrow to see its settings. Drag from the dot below a step to the step that follows.")}</p>;
}

function ProblemList({ flow, problems, isChecked, onShow }: { flow: Flow; problems: Problem[]; isChecked: boolean; onShow: (problem: Problem) => void }) {
  return (
    <section className="flow-findings" aria-label={gettext("What is left to mend")} aria-live="polite">
      {isChecked && !problems.length && flow.nodes.length > 0 && (
        <p className="flow-findings__good">
          <span aria-hidden="true">✔</span> {gettext("The flow holds together.")}
        </p>
      )}
      {problems.length > 0 && (
        <details open={problems.length < 6}>
          <summary>
            <span aria-hidden="true">⚠</span> {interpolate(gettext("Left to mend: %s"), [problems.length])}
          </summary>
          <ul>
            {problems.map((problem) => (
              <li key={`${problem.node}/${problem.transition}/${problem.sentence}`}>
                {problem.node || problem.transition ? (
                  <button type="button" className="flow-link" onClick={() => onShow(problem)}>
                    {placeOf(flow, problem)}
                  </button>
                ) : null}
                {(problem.node || problem.transition) && gettext(": ")}
                {problem.sentence}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function placeOf(flow: Flow, { node, transition }: Problem): string {
  const arrow = transitionCalled(flow, transition);
  return !node && arrow ? arrowCalled(arrow) : said(nodeCalled(flow, node)?.label) || gettext("(no name yet)");
}

function notesOf(problems: Problem[]): Notes {
  const notes: Notes = { nodes: new Map(), transitions: new Map() };
  for (const { node, transition, sentence } of problems) {
    const [part, key] = node ? [notes.nodes, node] : [notes.transitions, transition];
    if (key) part.set(key, { problems: [...((part.get(key) as Note | undefined)?.problems ?? []), sentence] });
  }
  return notes;
}

/** What stands small on a node: what it asks and who has it. */
function summaryOf(node: FlowNode, fields: { name: string; label: string }[], words: FlowWords): string {
  const who =
    node.assign === "department" ? node.department_name
    : node.assign === "person" ? node.person_name
    : node.assign === "presser" ? gettext("who pressed the button")
    : node.assign === "rules" ? gettext("by rules")
    : "";
  const approvers = node.kind === "approval" ? (node.approval?.approvers ?? []).map(({ type, name }) => labelIn(type === "role" ? words.roles : type === "person" ? words.people : words.departments, name)) : [];
  const asks = node.asks.length ? interpolate(gettext("asks %s"), [node.asks.map((name) => labelIn(fields, name)).join(gettext(", "))]) : "";
  return [who, approvers.join(gettext(", ")), asks].filter(Boolean).join(" · ");
}

/** Below `wanted`, where no node stands yet. */
function freePlace(flow: Flow, wanted: Position): Position {
  let { x, y } = wanted;
  while (flow.nodes.some(({ position }) => position && Math.abs(position.x - x) < NODE_WIDTH + 16 && Math.abs(position.y - y) < NODE_HEIGHT + 16)) x += NODE_WIDTH + 32;
  return { x, y };
}
