/** The flow as a drawing: nodes to drag and to connect. Also read only, with marks: two versions compared, a trial. */

import {
  BaseEdge,
  Background,
  type Connection,
  ConnectionMode,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getSmoothStepPath,
  Handle,
  MarkerType,
  MiniMap,
  type Node,
  type NodeChange,
  type NodeProps,
  Position as Side,
  ReactFlow,
  ReactFlowProvider,
  useNodesState,
  useReactFlow,
} from "@xyflow/react";
import { memo, useEffect, useMemo, useState } from "react";

import { type Flow, type FlowNode, isAlways, NOTHING, type Position, said, type Selection, type Transition } from "./document";
import { arrowCalled, FINAL, KindIcon, kindCalled } from "./kinds";
import { laidOut, lineThrough, NODE_HEIGHT, NODE_WIDTH, placesOf, type Layout, type Way } from "./layout";

/** What stands at a node or transition besides what it is. `mark`: added, removed, changed, here, been. */
export type Note = { problems?: string[]; mark?: Mark; text?: string };
export type Mark = "added" | "removed" | "changed" | "here" | "been";
export type Notes = { nodes: Map<string, Note>; transitions: Map<string, Note> };
export const NO_NOTES: Notes = { nodes: new Map(), transitions: new Map() };

export const markInWords = (mark: Mark) =>
  ({
    added: gettext("added"),
    removed: gettext("removed"),
    changed: gettext("changed"),
    here: gettext("the ticket is here"),
    been: gettext("the ticket was here"),
  })[mark];

const MARK_SIGNS: Record<Mark, string> = { added: "+", removed: "−", changed: "≠", here: "●", been: "✓" };

export const MarkLabel = ({ mark }: { mark: Mark }) => (
  <span className={`flow-mark flow-mark--${mark}`}>
    <span aria-hidden="true">{MARK_SIGNS[mark]}</span> {markInWords(mark)}
  </span>
);

type NodeData = { node: FlowNode; summary: string; note?: Note };
type EdgeData = { row: Transition; note?: Note; way?: Way; place: number; goesBack: boolean };
type DrawnNode = Node<NodeData, "flow">;
type DrawnEdge = Edge<EdgeData, "flow">;

const DrawnNodeBox = memo(({ data: { node, summary, note }, selected }: NodeProps<DrawnNode>) => {
  const kind = kindCalled(node.kind);
  const problems = note?.problems ?? [];
  const isOpen = !FINAL.has(node.kind);
  return (
    <div
      className={`flow-node flow-node--${node.kind}${selected ? " is-selected" : ""}${problems.length ? " has-problems" : ""}${note?.mark ? ` is-${note.mark}` : ""}`}
      data-node={node.key}
    >
      <Handle type="target" position={Side.Top} />
      <p className="flow-node__kind">
        <KindIcon kind={node.kind} /> {kind.label}
        {note?.mark && <MarkLabel mark={note.mark} />}
      </p>
      <p className="flow-node__label">{said(node.label) || gettext("(no name yet)")}</p>
      {summary && <p className="flow-node__summary">{summary}</p>}
      {problems.length > 0 && (
        <p className="flow-node__problem" title={problems.join("\n")}>
          <span aria-hidden="true">⚠</span> {problems[0]}
          {problems.length > 1 && ` (+${problems.length - 1})`}
        </p>
      )}
      {note?.text && <p className="flow-node__summary">{note.text}</p>}
      {isOpen && <Handle type="source" position={Side.Bottom} />}
      <Handle id={BACK} type="target" position={Side.Right} isConnectable={false} className="flow-node__back" />
      <Handle id={BACK} type="source" position={Side.Right} isConnectable={false} className="flow-node__back" />
    </div>
  );
});

/** How several arrows between the same two nodes, or several that lead back, keep apart. */
const APART = 26;
const BACK = "back";

function DrawnArrow({ id, data, selected, markerEnd, ...ends }: EdgeProps<DrawnEdge>) {
  const { row, note, way, place, goesBack } = data!;
  const [straight, atX, atY] = getSmoothStepPath({ ...ends, borderRadius: 10, offset: 22 + (goesBack ? place * APART : 0) });
  const path = way ? lineThrough(way.points) : straight;
  const { x, y } = way?.label ?? { x: atX, y: atY + (goesBack ? 0 : place * APART) };
  const problems = note?.problems ?? [];
  const classes = `${selected ? " is-selected" : ""}${problems.length ? " has-problems" : ""}${note?.mark ? ` is-${note.mark}` : ""}`;
  return (
    <>
      <BaseEdge id={id} path={path} markerEnd={markerEnd} className={`flow-arrow${classes}`} />
      <EdgeLabelRenderer>
        <div
          className={`flow-arrow__label nodrag nopan${classes}`}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          data-transition={row.key}
          title={problems.join("\n") || undefined}
        >
          {problems.length > 0 && <span aria-hidden="true">⚠ </span>}
          {row.trigger === "auto" && <span aria-hidden="true">⚡ </span>}
          {arrowCalled(row)}
          {row.is_default && ` · ${gettext("otherwise")}`}
          {!isAlways(row.condition) && <span title={gettext("only under a condition")}> ◇</span>}
          {note?.mark && <MarkLabel mark={note.mark} />}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}

const NODE_TYPES = { flow: DrawnNodeBox };
const EDGE_TYPES = { flow: DrawnArrow };

/** What the arrows, the selection and the focus need to know of the drawing's keys. */
function drawnEdges(flow: Flow, { places, ways }: Layout, notes: Notes, selected: Set<string>): DrawnEdge[] {
  const pairs = new Map<string, number>();
  return flow.transitions
    .filter(({ from, to }) => places.has(from) && places.has(to))
    .map((row) => {
      const way = ways.get(row.key);
      const goesBack = !way && places.get(row.to)!.y <= places.get(row.from)!.y;
      const pair = goesBack ? BACK : `${row.from}\n${row.to}`;
      const place = pairs.get(pair) ?? 0;
      pairs.set(pair, place + 1);
      const note = notes.transitions.get(row.key);
      return {
        id: row.key,
        source: row.from,
        target: row.to,
        ...(goesBack && { sourceHandle: BACK, targetHandle: BACK }),
        type: "flow" as const,
        selected: selected.has(row.key),
        markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18 },
        data: { row, note, way, place, goesBack },
        ariaLabel: arrowInWords(flow, row, note),
      };
    });
}

export function arrowInWords(flow: Flow, row: Transition, note?: Note): string {
  const label = (key: string) => said(flow.nodes.find((node) => node.key === key)?.label) || key;
  const sentence = interpolate(gettext("“%s”: from “%s” to “%s”"), [said(row.label), label(row.from), label(row.to)]);
  return [sentence, note?.mark && markInWords(note.mark), ...(note?.problems ?? [])].filter(Boolean).join(". ");
}

function nodeInWords(node: FlowNode, summary: string, note?: Note): string {
  return [kindCalled(node.kind).label, said(node.label), summary, note?.mark && markInWords(note.mark), ...(note?.problems ?? [])]
    .filter(Boolean)
    .join(". ");
}

type CanvasProps = {
  flow: Flow;
  notes?: Notes;
  summaries?: Map<string, string>;
  readOnly?: boolean;
  selection?: Selection;
  /** Where to look; a new object looks again. */
  focus?: { nodes: string[] } | null;
  label: string;
  onSelect?: (selection: Selection) => void;
  onMove?: (places: Map<string, Position>) => void;
  onConnect?: (from: string, to: string) => void;
  onDrop?: (kind: string, at: Position) => void;
};

export const DRAGGED = "application/x-tangram-node";

export const Canvas = (props: CanvasProps) => (
  <ReactFlowProvider>
    <Drawing {...props} />
  </ReactFlowProvider>
);

function Drawing({ flow, notes = NO_NOTES, summaries, readOnly, selection = NOTHING, focus, label, onSelect, onMove, onConnect, onDrop }: CanvasProps) {
  const view = useReactFlow<DrawnNode, DrawnEdge>();
  // Laying out takes longer than drawing; what is written on a node does not move it.
  const shape = JSON.stringify([flow.nodes.map(({ key }) => key), flow.transitions.map(({ key, from, to, label: text }) => [key, from, to, said(text).length])]);
  const automatic = useMemo(() => laidOut(flow), [shape]);
  const drawing = useMemo(() => placesOf(flow, automatic), [flow, automatic]);
  const { places } = drawing;
  const [nodes, setNodes, onNodesChange] = useNodesState<DrawnNode>([]);
  const [isDark] = useState(() => isDarkNow());

  useEffect(() => {
    const chosen = new Set(selection.nodes);
    setNodes((old) => {
      const drawn = new Map(old.map((node) => [node.id, node]));
      return flow.nodes.map((node) => {
        const note = notes.nodes.get(node.key);
        const summary = summaries?.get(node.key) ?? "";
        return {
          ...drawn.get(node.key),
          id: node.key,
          type: "flow" as const,
          position: places.get(node.key)!,
          selected: chosen.has(node.key),
          data: { node, summary, note },
          ariaLabel: nodeInWords(node, summary, note),
        };
      });
    });
  }, [flow, places, notes, summaries, selection]);

  const edges = useMemo(() => drawnEdges(flow, drawing, notes, new Set(selection.transitions)), [flow, drawing, notes, selection]);

  useEffect(() => {
    if (!focus?.nodes.length) return;
    const found = focus.nodes.map((id) => ({ id }));
    // The drawing knows a new node's size a moment later.
    const timer = setTimeout(() => void view.fitView({ nodes: found, maxZoom: 1, duration: 200, padding: focus.nodes.length > 2 ? 0.12 : 0.6 }), 60);
    return () => clearTimeout(timer);
  }, [focus, view]);

  /** One event of the drawing may tell of several nodes; the selection is the parent's. */
  const change = (changes: NodeChange<DrawnNode>[]) => {
    onNodesChange(changes.filter(({ type }) => type !== "select" && type !== "remove"));
    const chosen = changes.filter((one) => one.type === "select");
    if (chosen.length) select("nodes", chosen);
    // Arrow keys move a node without dragging it.
    const nudged = changes.filter((one) => one.type === "position" && one.dragging === false && one.position);
    if (nudged.length && !readOnly) {
      const next = new Map(places);
      for (const one of nudged) if (one.type === "position") next.set(one.id, rounded(one.position!));
      if ([...next].some(([key, { x, y }]) => places.get(key)!.x !== x || places.get(key)!.y !== y)) onMove?.(next);
    }
  };
  // Nodes and arrows tell of a click one after the other, before the parent renders: gather both.
  const gathered = useMemo(() => ({ now: selection }), [selection]);
  const select = (part: keyof Selection, chosen: { id: string; selected: boolean }[]) => {
    const keys = new Set(gathered.now[part]);
    for (const { id, selected } of chosen) selected ? keys.add(id) : keys.delete(id);
    gathered.now = { ...gathered.now, [part]: [...keys] };
    onSelect?.(gathered.now);
  };

  return (
    <ReactFlow<DrawnNode, DrawnEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={change}
      onEdgesChange={(changes) => {
        const chosen = changes.filter((one) => one.type === "select");
        if (chosen.length) select("transitions", chosen);
      }}
      onConnect={({ source, target }: Connection) => onConnect?.(source, target)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const kind = event.dataTransfer.getData(DRAGGED);
        if (!kind) return;
        event.preventDefault();
        const { x, y } = view.screenToFlowPosition({ x: event.clientX, y: event.clientY });
        onDrop?.(kind, rounded({ x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }));
      }}
      connectionMode={ConnectionMode.Strict}
      connectionRadius={36}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      elementsSelectable={Boolean(onSelect)}
      deleteKeyCode={null}
      multiSelectionKeyCode={["Shift", "Meta", "Control"]}
      selectionKeyCode="Shift"
      colorMode={isDark ? "dark" : "light"}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.16 }}
      minZoom={0.15}
      maxZoom={1.6}
      preventScrolling={false}
      zoomOnScroll={false}
      zoomActivationKeyCode={["Control", "Meta"]}
      aria-label={label}
      ariaLabelConfig={ariaLabels()}
    >
      <Background gap={20} />
      <Controls showInteractive={false} fitViewOptions={{ maxZoom: 1, padding: 0.16 }} />
      <MiniMap<DrawnNode> pannable zoomable nodeClassName={({ data }) => `flow-mini flow-mini--${data.node.kind}`} />
    </ReactFlow>
  );
}

const rounded = ({ x, y }: Position): Position => ({ x: Math.round(x), y: Math.round(y) });

function isDarkNow(): boolean {
  const { classList } = document.documentElement;
  if (classList.contains("w-theme-dark")) return true;
  return classList.contains("w-theme-system") && matchMedia("(prefers-color-scheme: dark)").matches;
}

const ariaLabels = () => ({
  "node.a11yDescription.default": gettext("Press Enter or Space to select it, the arrow keys to move it, Delete to remove it, Escape to leave it."),
  "node.a11yDescription.keyboardDisabled": gettext("Press Enter or Space to select it."),
  "node.a11yDescription.ariaLiveMessage": ({ x, y }: { direction: string; x: number; y: number }) =>
    interpolate(gettext("Moved to %s, %s."), [Math.round(x), Math.round(y)]),
  "edge.a11yDescription.default": gettext("Press Enter or Space to select it, Delete to remove it, Escape to leave it."),
  "controls.ariaLabel": gettext("How the drawing is shown"),
  "controls.zoomIn.ariaLabel": gettext("Zoom in"),
  "controls.zoomOut.ariaLabel": gettext("Zoom out"),
  "controls.fitView.ariaLabel": gettext("Show all of it"),
  "minimap.ariaLabel": gettext("Small map of the flow"),
  "handle.ariaLabel": gettext("Drag from here to another step"),
});
