/** The flow of a ticket type while it is drawn: nodes and transitions, as the server stores them. What this editor
 *  does not know (time limits, say) is kept as it came. Positions are presentation only. */

import type { StoredAction } from "../builder/actions";
import type { Tree } from "../builder/document";

export type Text = { zh: string; en: string };
export type Position = { x: number; y: number };
export type Approver = { type: string; name: string };
export type Tier = { condition: Tree; approvers: Approver[] };
export type Approval = { mode: string; count?: number; percent?: number; approvers: Approver[]; tiers?: Tier[] };
export type Counted = { mode: string; count?: number };
export type Subflow = { tickets: { ticket_type: string; label: Text }[]; wait: string; count?: number };
export type Wait = { mode: string; seconds?: number; working?: boolean; field?: string; event?: string };

export type FlowNode = {
  key: string;
  label: Text;
  kind: string;
  position?: Position;
  asks: string[];
  assign: string;
  department: string;
  department_name: string;
  person: string;
  person_name: string;
  assignment?: Record<string, unknown>[];
  approval?: Approval;
  join?: Counted;
  subflow?: Subflow;
  actions?: StoredAction[];
  wait?: Wait;
};

export type Transition = {
  key: string;
  from: string;
  to: string;
  label: Text;
  trigger: string;
  condition: Tree;
  is_default: boolean;
  who: string;
  department: string;
  department_name: string;
  needs_answers: boolean;
  actions?: StoredAction[];
};

export type Flow = { nodes: FlowNode[]; transitions: Transition[] };

/** What is selected: keys of nodes and of transitions. */
export type Selection = { nodes: string[]; transitions: string[] };
export const NOTHING: Selection = { nodes: [], transitions: [] };

const ALWAYS: Tree = { all: [] };
export const isAlways = (tree: Tree | undefined) => !tree || ("all" in tree && tree.all.length === 0);

/** A stored flow with the defaults of what older documents leave out. */
export function flowOf(stored: Partial<Flow> | null): Flow {
  return {
    ...stored,
    nodes: (stored?.nodes ?? []).map((node) => ({
      ...node,
      kind: node.kind ?? "step",
      asks: node.asks ?? [],
      assign: node.assign ?? "keep",
      department: node.department ?? "",
      department_name: node.department_name ?? "",
      person: node.person ?? "",
      person_name: node.person_name ?? "",
    })),
    transitions: (stored?.transitions ?? []).map((row) => ({
      ...row,
      trigger: row.trigger ?? "button",
      condition: row.condition ?? ALWAYS,
      is_default: row.is_default ?? false,
      who: row.who ?? "anyone",
      department: row.department ?? "",
      department_name: row.department_name ?? "",
      needs_answers: row.needs_answers ?? true,
    })),
  };
}

export const said = (text: Text | undefined): string => {
  const first = document.documentElement.lang.startsWith("zh") ? text?.zh : text?.en;
  return first || text?.zh || text?.en || "";
};

/** English says the same as Chinese until somebody translates it, and the other way round. */
export const withZh = (text: Text, zh: string): Text => ({ zh, en: text.en === text.zh || !text.en ? zh : text.en });
export const withEn = (text: Text, en: string): Text => ({ zh: text.zh || en, en: en || text.zh });
export const typedEn = (text: Text) => (text.en === text.zh ? "" : text.en);

function free(wanted: string, taken: Iterable<string>): string {
  const keys = new Set(taken);
  let key = wanted;
  for (let number = 2; keys.has(key); number++) key = `${wanted}-${number}`;
  return key;
}

export const nodeCalled = (flow: Flow, key: string) => flow.nodes.find((node) => node.key === key);
export const transitionCalled = (flow: Flow, key: string) => flow.transitions.find((row) => row.key === key);
export const leaving = (flow: Flow, key: string) => flow.transitions.filter((row) => row.from === key);

/** Settings that only one kind has, as a new node of that kind begins. */
function settingsOf(kind: string): Partial<FlowNode> {
  switch (kind) {
    case "approval":
      return { approval: { mode: "any", approvers: [], tiers: [] } };
    case "join":
      return { join: { mode: "all" } };
    case "subflow":
      return { subflow: { tickets: [], wait: "all" } };
    case "actions":
      return { actions: [] };
    case "wait":
      return { wait: { mode: "duration", seconds: 86_400, working: false } };
    default:
      return {};
  }
}

export function newNode(flow: Flow, kind: string, label: Text, position?: Position): FlowNode {
  return {
    key: free(kind, flow.nodes.map(({ key }) => key)),
    label,
    kind,
    ...(position && { position }),
    asks: [],
    assign: "keep",
    department: "",
    department_name: "",
    person: "",
    person_name: "",
    ...settingsOf(kind),
  };
}

export const withNode = (flow: Flow, node: FlowNode): Flow => ({ ...flow, nodes: [...flow.nodes, node] });

/** People press buttons; from the other kinds the ticket goes on by itself. */
const GOES_ON: Record<string, string> = { choice: "auto", split: "auto", join: "auto", subflow: "auto", actions: "auto", wait: "auto" };

/** How the ways out of a node of this kind may happen, the usual one first. */
export const triggersAt = (kind: string | undefined): string[] =>
  GOES_ON[kind ?? ""] ? ["auto"] : kind === "approval" ? ["approved", "refused", "button"] : ["button", "auto"];

/** A button says where it leads until somebody finds a better word. */
export function newTransition(flow: Flow, from: string, to: string): Transition {
  const source = nodeCalled(flow, from);
  const target = nodeCalled(flow, to);
  const isApproval = source?.kind === "approval";
  const answered = leaving(flow, from).map(({ trigger }) => trigger);
  const trigger = isApproval ? (answered.includes("approved") ? "refused" : "approved") : (GOES_ON[source?.kind ?? ""] ?? "button");
  const label = isApproval && trigger === "approved" ? { zh: "同意", en: "Approve" } : isApproval ? { zh: "不同意", en: "Refuse" } : null;
  return {
    key: free(`${from}-${to}`, flow.transitions.map(({ key }) => key)),
    from,
    to,
    label: label ?? { zh: target?.label.zh ?? to, en: target?.label.en ?? to },
    trigger,
    condition: ALWAYS,
    is_default: false,
    who: "anyone",
    department: "",
    department_name: "",
    needs_answers: trigger === "button",
  };
}

export const withTransition = (flow: Flow, row: Transition): Flow => ({ ...flow, transitions: [...flow.transitions, row] });

export const putNode = (flow: Flow, key: string, part: Partial<FlowNode>): Flow => ({
  ...flow,
  nodes: flow.nodes.map((node) => (node.key === key ? { ...node, ...part } : node)),
});

/** Another kind keeps what both have; settings of its own begin anew, and its ways happen as that kind lets them. */
export function withKind(flow: Flow, key: string, kind: string): Flow {
  const next = putNode(flow, key, { ...settingsOf(kind), ...nodeOwn(nodeCalled(flow, key)!, kind), kind });
  const allowed = triggersAt(kind);
  return {
    ...next,
    transitions: next.transitions.map((row) =>
      row.from === key && !allowed.includes(row.trigger) ? { ...row, trigger: allowed[0]! } : row,
    ),
  };
}

function nodeOwn(node: FlowNode, kind: string): Partial<FlowNode> {
  const own = Object.keys(settingsOf(kind)) as (keyof FlowNode)[];
  return Object.fromEntries(own.filter((name) => node[name] !== undefined).map((name) => [name, node[name]]));
}

/** At most one transition from a node is the one for "otherwise". */
export function putTransition(flow: Flow, key: string, part: Partial<Transition>): Flow {
  const from = part.from ?? transitionCalled(flow, key)?.from;
  return {
    ...flow,
    transitions: flow.transitions.map((row) => {
      if (row.key === key) return { ...row, ...part };
      return part.is_default && row.from === from ? { ...row, is_default: false } : row;
    }),
  };
}

export function without(flow: Flow, { nodes, transitions }: Selection): Flow {
  const gone = new Set(nodes);
  const cut = new Set(transitions);
  return {
    ...flow,
    nodes: flow.nodes.filter(({ key }) => !gone.has(key)),
    transitions: flow.transitions.filter(({ key, from, to }) => !cut.has(key) && !gone.has(from) && !gone.has(to)),
  };
}

export function moved<T>(list: T[], place: number, by: number): T[] {
  const to = place + by;
  if (to < 0 || to >= list.length) return list;
  const next = [...list];
  [next[place], next[to]] = [next[to]!, next[place]!];
  return next;
}

/** A step earlier or later in the list; a transition among those that leave the same step, as buttons stand. */
export const moveNode = (flow: Flow, key: string, by: number): Flow => ({
  ...flow,
  nodes: moved(flow.nodes, flow.nodes.findIndex((node) => node.key === key), by),
});

export function moveTransition(flow: Flow, key: string, by: number): Flow {
  const row = transitionCalled(flow, key);
  if (!row) return flow;
  const order = moved(leaving(flow, row.from), leaving(flow, row.from).indexOf(row), by);
  return { ...flow, transitions: flow.transitions.map((old) => (old.from === row.from ? order.shift()! : old)) };
}

// Copying

const MARK = "tangram/flow";

/** The selected nodes with what runs between them, as text for the clipboard. */
export function copied(flow: Flow, { nodes }: Selection): string | null {
  if (!nodes.length) return null;
  const keys = new Set(nodes);
  const part = {
    nodes: flow.nodes.filter(({ key }) => keys.has(key)),
    transitions: flow.transitions.filter(({ from, to }) => keys.has(from) && keys.has(to)),
  };
  return JSON.stringify({ [MARK]: part });
}

const BESIDE = 48;

/** `flow` with what was copied, under keys of its own, and what came in. Null when the text is nothing of ours. */
export function pasted(flow: Flow, text: string): { flow: Flow; nodes: string[] } | null {
  let part: Flow;
  try {
    const found = JSON.parse(text)?.[MARK];
    if (!Array.isArray(found?.nodes)) return null;
    part = flowOf(found);
  } catch {
    return null;
  }
  const keys = new Map<string, string>();
  let next = flow;
  for (const node of part.nodes) {
    const key = free(node.key, next.nodes.map((old) => old.key));
    keys.set(node.key, key);
    const position = node.position && { x: node.position.x + BESIDE, y: node.position.y + BESIDE };
    // A flow begins once: a copied start is a step.
    const kind = node.kind === "start" && next.nodes.some((old) => old.kind === "start") ? "step" : node.kind;
    next = withNode(next, { ...node, key, kind, ...(position && { position }) });
  }
  for (const row of part.transitions) {
    const [from, to] = [keys.get(row.from), keys.get(row.to)];
    if (!from || !to) continue;
    const key = free(`${from}-${to}`, next.transitions.map((old) => old.key));
    next = withTransition(next, { ...row, key, from, to });
  }
  return { flow: next, nodes: [...keys.values()] };
}
