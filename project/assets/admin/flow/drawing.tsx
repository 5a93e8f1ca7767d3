/** A flow to look at: two versions laid over one another, or where a trial ticket is. */

import { useMemo, useState } from "react";

import { arrowInWords, Canvas, type Mark, markInWords, MarkLabel, type Notes } from "./canvas";
import { type Flow, NOTHING, said } from "./document";
import { kindCalled } from "./kinds";

export type DrawnFlow = { flow: Flow; nodes: Record<string, Mark>; transitions: Record<string, Mark> };

/** Two flows of which one was never arranged by hand are arranged together. */
const arranged = (flow: Flow): Flow =>
  flow.nodes.every(({ position }) => position) ? flow : { ...flow, nodes: flow.nodes.map((node) => ({ ...node, position: undefined })) };

export function FlowDrawing({ flow: given, nodes, transitions }: DrawnFlow) {
  const flow = useMemo(() => arranged(given), [given]);
  const [selection, setSelection] = useState(NOTHING);
  const notes: Notes = useMemo(() => {
    const noted = (marks: Record<string, Mark>) => new Map(Object.entries(marks).map(([key, mark]) => [key, { mark }]));
    return { nodes: noted(nodes), transitions: noted(transitions) };
  }, [nodes, transitions]);
  const here = useMemo(() => {
    const keys = flow.nodes.map(({ key }) => key).filter((key) => nodes[key] === "here");
    // With where it may go from there.
    const next = flow.transitions.filter(({ from }) => keys.includes(from)).map(({ to }) => to);
    return keys.length ? { nodes: [...new Set([...keys, ...next])] } : null;
  }, [flow, nodes]);
  return (
    <div className="flow-drawing">
      <div className="flow-canvas">
        <Canvas flow={flow} notes={notes} readOnly selection={selection} onSelect={setSelection} focus={here} label={gettext("Drawing of the flow")} />
      </div>
      <details className="flow-drawing__words">
        <summary>{gettext("The drawing in words")}</summary>
        <ul>
          {flow.nodes.map((node) => (
            <li key={node.key}>
              {kindCalled(node.kind).label}: {said(node.label)} {nodes[node.key] && <MarkLabel mark={nodes[node.key]!} />}
            </li>
          ))}
          {flow.transitions.map((row) => (
            <li key={row.key}>
              {arrowInWords(flow, row)}
              {transitions[row.key] && ` (${markInWords(transitions[row.key]!)})`}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
