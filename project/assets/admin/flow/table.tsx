/** The same flow as a table: every step a row that opens, with all its settings and ways. For the keyboard, screen
 *  readers and phones; nothing is missing that the drawing can do. */

import { Fragment, useId, useState } from "react";

import { labelIn, fieldsNow } from "./words";
import { leaving, moveNode, newNode, nodeCalled, NOTHING, said, withNode, without } from "./document";
import { KindIcon, kindCalled, kinds } from "./kinds";
import { type Editing, NodeProperties, Remove } from "./properties";

type Props = { editing: Editing; open: string[]; onOpen: (keys: string[]) => void; chosen: string[]; onChoose: (keys: string[]) => void };

export function FlowTable({ editing, open, onOpen, chosen, onChoose }: Props) {
  const { words, flow, change } = editing;
  const [kind, setKind] = useState("step");
  const id = useId();
  const fields = fieldsNow(words);
  const add = () => {
    const { begins } = kindCalled(kind);
    const node = newNode(flow, kind, begins);
    change(withNode(flow, node));
    onOpen([node.key]);
    // The row is there after the next paint; its name is what a person types first.
    requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(`${id}-${node.key}`)?.querySelector<HTMLInputElement>("input")?.select()));
  };
  return (
    <div className="flow-table">
      <table role="table" className="flow-rows">
        <caption className="w-sr-only">{gettext("The steps of the flow, in the order of the list")}</caption>
        <thead>
          <tr role="row">
            {!words.readOnly && <th scope="col" role="columnheader"><span className="w-sr-only">{gettext("Choose")}</span></th>}
            <th scope="col" role="columnheader">{gettext("Step")}</th>
            <th scope="col" role="columnheader">{gettext("Kind")}</th>
            <th scope="col" role="columnheader">{gettext("Asks")}</th>
            <th scope="col" role="columnheader">{gettext("Goes on to")}</th>
            {!words.readOnly && <th scope="col" role="columnheader"><span className="w-sr-only">{gettext("Change")}</span></th>}
          </tr>
        </thead>
        <tbody>
          {flow.nodes.map((node, place) => {
            const isOpen = open.includes(node.key);
            const name = said(node.label) || gettext("(no name yet)");
            const ways = leaving(flow, node.key);
            const wrong = [...editing.problems.node(node.key), ...ways.flatMap((row) => editing.problems.transition(row.key))];
            const settings = `${id}-${node.key}`;
            return (
              <Fragment key={node.key}>
                <tr role="row" className={wrong.length ? "has-problems" : undefined}>
                  {!words.readOnly && (
                    <td role="cell" className="flow-rows__choose">
                      <input
                        type="checkbox"
                        aria-label={interpolate(gettext("Choose “%s”, to copy or to delete it"), [name])}
                        checked={chosen.includes(node.key)}
                        onChange={({ target }) => onChoose(target.checked ? [...chosen, node.key] : chosen.filter((key) => key !== node.key))}
                      />
                    </td>
                  )}
                  <th scope="row" role="rowheader">
                    <button
                      type="button"
                      className="flow-open"
                      aria-expanded={isOpen}
                      aria-controls={settings}
                      onClick={() => onOpen(isOpen ? open.filter((key) => key !== node.key) : [...open, node.key])}
                    >
                      <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span> {name}
                    </button>
                    {wrong.map((sentence) => (
                      <p key={sentence} className="flow-node__problem">
                        <span aria-hidden="true">⚠</span> {sentence}
                      </p>
                    ))}
                  </th>
                  <td role="cell" data-label={gettext("Kind")}>
                    <KindIcon kind={node.kind} /> {kindCalled(node.kind).label}
                  </td>
                  <td role="cell" data-label={gettext("Asks")}>{node.asks.map((asked) => labelIn(fields, asked)).join(gettext(", ")) || "–"}</td>
                  <td role="cell" data-label={gettext("Goes on to")}>
                    {ways.map((row) => `${said(row.label)} → ${said(nodeCalled(flow, row.to)?.label) || row.to}`).join("; ") || "–"}
                  </td>
                  {!words.readOnly && (
                    <td role="cell" className="flow-rows__change">
                      <button type="button" className="builder-icon" aria-label={interpolate(gettext("%s: earlier"), [name])} disabled={place === 0} onClick={() => change(moveNode(flow, node.key, -1))}>
                        ↑
                      </button>
                      <button type="button" className="builder-icon" aria-label={interpolate(gettext("%s: later"), [name])} disabled={place === flow.nodes.length - 1} onClick={() => change(moveNode(flow, node.key, 1))}>
                        ↓
                      </button>
                      <Remove label={name} onClick={() => change(without(flow, { ...NOTHING, nodes: [node.key] }))} />
                    </td>
                  )}
                </tr>
                {isOpen && (
                  <tr role="row" className="flow-rows__settings">
                    <td role="cell" colSpan={words.readOnly ? 4 : 6} id={settings}>
                      <NodeProperties editing={editing} nodeKey={node.key} />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
      {!flow.nodes.length && <p className="flow-hint">{gettext("No steps yet. Begin with a start, add what happens next, and finish with an end.")}</p>}
      {!words.readOnly && (
        <div className="flow-add">
          <label htmlFor={`${id}-kind`}>{gettext("Add a step")}</label>
          <select id={`${id}-kind`} value={kind} onChange={({ target }) => setKind(target.value)}>
            {kinds().map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
          <button type="button" className="builder-add" onClick={add}>
            + {gettext("Add")}
          </button>
          <p className="flow-hint">{kindCalled(kind).sentence}</p>
        </div>
      )}
    </div>
  );
}
