/** Which columns a table has: what is asked, and what follows. */

import type { Words } from "../builder/vocabulary";
import { type Output, type Table, without } from "./document";

type Props = { words: Words; table: Table; onChange: (table: Table) => void };

export function Columns({ words, table, onChange }: Props) {
  return (
    <div className="table-columns builder">
      <Inputs words={words} table={table} onChange={onChange} />
      <Outputs words={words} table={table} onChange={onChange} />
    </div>
  );
}

function Inputs({ words, table, onChange }: Props) {
  const { askable } = words.table!;
  const used = new Set(table.inputs.map(({ name }) => name));
  const free = askable.filter(({ name }) => !used.has(name));
  const labelOf = (name: string) => askable.find((column) => column.name === name)?.label ?? name;
  const add = (name: string) =>
    onChange({ ...table, inputs: [...table.inputs, { name }], rules: table.rules.map((rule) => ({ ...rule, when: [...rule.when, ""] })) });
  const remove = (place: number) =>
    onChange({
      ...table,
      inputs: without(table.inputs, place),
      rules: table.rules.map((rule) => ({ ...rule, when: without(rule.when, place) })),
    });
  return (
    <fieldset>
      <legend>{gettext("What is asked")}</legend>
      <ul className="table-chips">
        {table.inputs.map(({ name }, place) => (
          <li key={name} className="builder-chip">
            {labelOf(name)}
            {!words.readOnly && (
              <button type="button" aria-label={interpolate(gettext("Remove the column “%s”"), [labelOf(name)])} onClick={() => remove(place)}>
                ×
              </button>
            )}
          </li>
        ))}
        {!words.readOnly && free.length > 0 && (
          <li>
            <select aria-label={gettext("Add a column that is asked")} value="" onChange={(event) => event.target.value && add(event.target.value)}>
              <option value="">+ {gettext("Column")}</option>
              {free.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          </li>
        )}
      </ul>
    </fieldset>
  );
}

const SEPARATORS = /[,，、;；\n]+/;

function Outputs({ words, table, onChange }: Props) {
  const put = (place: number, changed: Partial<Output>) =>
    onChange({ ...table, outputs: table.outputs.map((old, other) => (other === place ? { ...old, ...changed } : old)) });
  const add = () =>
    onChange({
      ...table,
      outputs: [...table.outputs, { name: "", type: "number", values: [], default: "" }],
      rules: table.rules.map((rule) => ({ ...rule, then: [...rule.then, ""] })),
    });
  const remove = (place: number) =>
    onChange({
      ...table,
      outputs: without(table.outputs, place),
      rules: table.rules.map((rule) => ({ ...rule, then: without(rule.then, place) })),
    });
  return (
    <fieldset disabled={words.readOnly}>
      <legend>{gettext("What follows")}</legend>
      {table.outputs.map((output, place) => (
        <div key={place} className="table-output">
          <label>
            <span>{gettext("Name")}</span>
            <input type="text" value={output.name} onChange={(event) => put(place, { name: event.target.value })} />
          </label>
          <label>
            <span>{gettext("Kind")}</span>
            <select value={output.type} onChange={(event) => put(place, { type: event.target.value })}>
              {words.table!.outputTypes.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>{gettext("Only these values, the most important first")}</span>
            <input
              type="text"
              key={output.values.join("\n")}
              defaultValue={output.values.join(", ")}
              placeholder={gettext("any")}
              onBlur={(event) => put(place, { values: event.target.value.split(SEPARATORS).map((value) => value.trim()).filter(Boolean) })}
            />
          </label>
          <label>
            <span>{gettext("When no row holds")}</span>
            <input type="text" value={output.default} placeholder={gettext("nothing")} onChange={(event) => put(place, { default: event.target.value })} />
          </label>
          <button
            type="button"
            className="builder-icon"
            aria-label={interpolate(gettext("Remove the column “%s”"), [output.name])}
            onClick={() => remove(place)}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" className="builder-add" onClick={add}>
        + {gettext("Column")}
      </button>
    </fieldset>
  );
}
