/** Inputs for the facts that a scorecard or a formula asks for. */

import { Value } from "./values";
import type { Lines, Variable } from "./vocabulary";

export type Ask = Variable | Lines;
export type Facts = Record<string, unknown>;

type Props = { asks: Ask[]; facts: Facts; chooseUrl: string; onChange: (facts: Facts) => void };

export function TryIt({ asks, facts, chooseUrl, onChange }: Props) {
  if (!asks.length) return <p className="try-it__hint">{gettext("It asks for nothing yet.")}</p>;
  const put = (name: string, value: unknown) => onChange({ ...facts, [name]: value });
  return (
    <div className="try-it__asks builder">
      {asks.map((ask) =>
        "columns" in ask ? (
          <LinesInput key={ask.name} lines={ask} value={facts[ask.name]} onChange={(value) => put(ask.name, value)} />
        ) : (
          <div key={ask.name} className="try-it__ask">
            <span className="try-it__label">{ask.label}</span>
            <FactInput variable={ask} chooseUrl={chooseUrl} value={facts[ask.name]} onChange={(value) => put(ask.name, value)} />
          </div>
        ),
      )}
    </div>
  );
}

const INPUT_OF: Record<string, string> = {
  numeric: "number",
  date: "date",
  datetime: "datetime",
  time: "time",
  select: "select",
  select_multiple: "select_multiple",
};

type FactProps = { variable: Variable; chooseUrl?: string; value: unknown; onChange: (value: unknown) => void };

function FactInput({ variable, chooseUrl, value, onChange }: FactProps) {
  if (variable.type === "boolean") {
    return (
      <select aria-label={variable.label} value={String(value ?? "")} onChange={(event) => onChange(event.target.value)}>
        <option value="">–</option>
        <option value="true">{gettext("Yes")}</option>
        <option value="false">{gettext("No")}</option>
      </select>
    );
  }
  return (
    <Value
      input={INPUT_OF[variable.type] ?? "text"}
      value={value ?? ""}
      options={variable.options}
      source={variable.source}
      chooseUrl={chooseUrl}
      label={variable.label}
      onChange={onChange}
    />
  );
}

function LinesInput({ lines, value, onChange }: { lines: Lines; value: unknown; onChange: (value: unknown) => void }) {
  const rows = (Array.isArray(value) && value.length ? value : [{}]) as Facts[];
  const put = (place: number, name: string, typed: unknown) =>
    onChange(rows.map((row, other) => (other === place ? { ...row, [name]: typed } : row)));
  return (
    <fieldset className="try-it__lines">
      <legend>{lines.label}</legend>
      {rows.map((row, place) => (
        <div className="try-it__asks" key={place}>
          {lines.columns.map((column) => (
            <div key={column.name} className="try-it__ask">
              <span className="try-it__label">{column.label}</span>
              <FactInput variable={column} value={row[column.name]} onChange={(typed) => put(place, column.name, typed)} />
            </div>
          ))}
        </div>
      ))}
      <button type="button" className="builder-add" onClick={() => onChange([...rows, {}])}>
        + {gettext("Line")}
      </button>
    </fieldset>
  );
}
