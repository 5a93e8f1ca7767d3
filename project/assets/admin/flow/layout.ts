/** Where nodes stand that nobody placed: in layers from top to bottom, with room for what the arrows say. */

import { Graph, layout } from "@dagrejs/dagre";

import { type Flow, type Position, said } from "./document";

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 76;
const LABEL_HEIGHT = 28;
const BETWEEN = 40;
const LETTER = 13;

/** How an arrow runs between its nodes, and where its words stand. */
export type Way = { points: Position[]; label: Position };
export type Layout = { places: Map<string, Position>; ways: Map<string, Way> };

/** What hangs together is laid out by itself, side by side: a new step that nothing leads to moves nothing. */
export function laidOut(flow: Flow): Layout {
  const whole: Layout = { places: new Map(), ways: new Map() };
  let left = 0;
  for (const part of partsOf(flow)) {
    const { places, ways } = partLaidOut(part);
    for (const [key, { x, y }] of places) whole.places.set(key, { x: x + left, y });
    for (const [key, way] of ways) whole.ways.set(key, shifted(way, { x: left, y: 0 }));
    left = Math.max(...[...whole.places.values()].map(({ x }) => x)) + NODE_WIDTH + BETWEEN;
  }
  return whole;
}

/** The parts of a flow that no arrow connects. */
function partsOf({ nodes, transitions }: Flow): Flow[] {
  const part = new Map(nodes.map(({ key }) => [key, key]));
  const root = (key: string): string => (part.get(key) === key ? key : root(part.get(key)!));
  const drawn = transitions.filter(({ from, to }) => part.has(from) && part.has(to));
  for (const { from, to } of drawn) part.set(root(to), root(from));
  const roots = [...new Set(nodes.map(({ key }) => root(key)))];
  return roots.map((one) => ({
    nodes: nodes.filter(({ key }) => root(key) === one),
    transitions: drawn.filter(({ from }) => root(from) === one),
  }));
}

function partLaidOut(flow: Flow): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 40, ranksep: 30, edgesep: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of flow.nodes) graph.setNode(key, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { key, from, to, label } of flow.transitions) {
    const width = Math.min(170, 32 + LETTER * said(label).length);
    graph.setEdge(from, to, { width, height: LABEL_HEIGHT, labelpos: "c" }, key);
  }
  layout(graph);
  const places = new Map(
    flow.nodes.map(({ key }) => {
      const { x, y } = graph.node(key) as Position;
      return [key, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }];
    }),
  );
  const ways = new Map(
    graph.edges().map(({ v, w, name }) => {
      const { points, x, y } = graph.edge(v, w, name) as { points: Position[]; x: number; y: number };
      return [name!, { points, label: { x, y } }];
    }),
  );
  return { places, ways };
}

/** Each node's place: where it was put, else where the layout puts it; beside the others where some were put.
 *  An arrow follows the layout as long as its two ends stand to one another as the layout puts them. */
export function placesOf(flow: Flow, automatic: Layout = laidOut(flow)): Layout {
  const placed = flow.nodes.filter(({ position }) => position);
  if (!placed.length) return automatic;
  const right = Math.max(...placed.map(({ position }) => position!.x)) + NODE_WIDTH + BETWEEN;
  const top = Math.min(...placed.map(({ position }) => position!.y));
  let beside = 0;
  const places = new Map(
    flow.nodes.map(({ key, position }) => [key, position ?? { x: right, y: top + beside++ * (NODE_HEIGHT + BETWEEN) }]),
  );
  const shift = (key: string): Position | null => {
    const [here, there] = [places.get(key), automatic.places.get(key)];
    return here && there ? { x: here.x - there.x, y: here.y - there.y } : null;
  };
  const ways = new Map(
    flow.transitions.flatMap(({ key, from, to }) => {
      const [way, begin, end] = [automatic.ways.get(key), shift(from), shift(to)];
      return way && begin && end && begin.x === end.x && begin.y === end.y ? [[key, shifted(way, begin)] as const] : [];
    }),
  );
  return { places, ways };
}

function shifted({ points, label }: Way, { x, y }: Position): Way {
  const move = (point: Position) => ({ x: point.x + x, y: point.y + y });
  return { points: points.map(move), label: move(label) };
}

export const withPlaces = (flow: Flow, places: Map<string, Position>): Flow => ({
  ...flow,
  nodes: flow.nodes.map((node) => ({ ...node, position: places.get(node.key) ?? node.position })),
});

const BEND = 10;

/** A line through `points` with rounded corners, as SVG writes it. */
export function lineThrough(points: Position[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x},${first.y}`;
  rest.forEach((point, place) => {
    const next = rest[place + 1];
    if (!next) {
      path += ` L${point.x},${point.y}`;
      return;
    }
    const before = place ? rest[place - 1]! : first;
    const [from, to] = [towards(point, before), towards(point, next)];
    path += ` L${from.x},${from.y} Q${point.x},${point.y} ${to.x},${to.y}`;
  });
  return path;
}

function towards(from: Position, to: Position): Position {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(BEND, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
