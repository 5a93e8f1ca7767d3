/** Where nodes stand that nobody placed: in layers from top to bottom, with room for what the arrows say. */

import { Graph, layout } from "@dagrejs/dagre";

import { type Flow, type Position, said } from "./document";

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 76;
const LABEL_HEIGHT = 30;
const BETWEEN = 40;
const LETTER = 8;

export function laidOut(flow: Flow): Map<string, Position> {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 56, ranksep: 44, edgesep: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of flow.nodes) graph.setNode(key, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { key, from, to, label } of flow.transitions) {
    if (!graph.hasNode(from) || !graph.hasNode(to)) continue;
    const width = Math.min(160, 24 + 2 * LETTER * said(label).length);
    graph.setEdge(from, to, { width, height: LABEL_HEIGHT, labelpos: "c" }, key);
  }
  layout(graph);
  return new Map(
    flow.nodes.map(({ key }) => {
      const { x, y } = graph.node(key) as { x: number; y: number };
      return [key, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }];
    }),
  );
}

/** Each node's place: where it was put, else where the layout puts it; beside the others where some were put. */
export function placesOf(flow: Flow): Map<string, Position> {
  const placed = flow.nodes.filter(({ position }) => position);
  if (placed.length === flow.nodes.length) return new Map(placed.map(({ key, position }) => [key, position!]));
  const automatic = laidOut(flow);
  if (!placed.length) return automatic;
  const right = Math.max(...placed.map(({ position }) => position!.x)) + NODE_WIDTH + BETWEEN;
  const top = Math.min(...placed.map(({ position }) => position!.y));
  let beside = 0;
  return new Map(
    flow.nodes.map(({ key, position }) => [
      key,
      position ?? { x: right, y: top + beside++ * (NODE_HEIGHT + BETWEEN) },
    ]),
  );
}

export const withPlaces = (flow: Flow, places: Map<string, Position>): Flow => ({
  ...flow,
  nodes: flow.nodes.map((node) => ({ ...node, position: places.get(node.key) ?? node.position })),
});
