/** A decision table while it is edited: cells are what a person typed; the server makes S-FEEL of them. */

import type { Words } from "../builder/vocabulary";

export type Input = { name: string };
export type Output = { name: string; type: string; values: string[]; default: string };
export type Rule = { id: string; when: string[]; then: string[]; annotation: string };
export type Table = { hit_policy: string; aggregation: string | null; inputs: Input[]; outputs: Output[]; rules: Rule[] };

export type Column = { kind: "input" | "output" | "note"; place: number; label: string; choices: string[] };

export const freshId = () => crypto.randomUUID().slice(0, 8);

export const emptyRule = (table: Table): Rule => ({
  id: freshId(),
  when: table.inputs.map(() => ""),
  then: table.outputs.map(() => ""),
  annotation: "",
});

export function columnsOf(table: Table, words: Words): Column[] {
  const askable = (name: string) => words.table!.askable.find((column) => column.name === name);
  const label = (name: string) => askable(name)?.label ?? interpolate(gettext("%s (no longer there)"), [name]);
  const choices = (name: string) => askable(name)?.choices ?? [];
  return [
    ...table.inputs.map(({ name }, place) => ({ kind: "input" as const, place, label: label(name), choices: choices(name) })),
    ...table.outputs.map(({ name, values }, place) => ({
      kind: "output" as const,
      place,
      label: name || gettext("(no name yet)"),
      choices: values,
    })),
    { kind: "note" as const, place: 0, label: gettext("Note"), choices: [] },
  ];
}

export function cellOf(rule: Rule, column: Column): string {
  if (column.kind === "note") return rule.annotation;
  return (column.kind === "input" ? rule.when : rule.then)[column.place] ?? "";
}

export function withCell(rule: Rule, column: Column, text: string): Rule {
  if (cellOf(rule, column) === text) return rule;
  if (column.kind === "note") return { ...rule, annotation: text };
  const side = column.kind === "input" ? "when" : "then";
  return { ...rule, [side]: rule[side].map((old, place) => (place === column.place ? text : old)) };
}

/** "rules/2/when/0" → the cell it is about. */
export const pathOf = (row: number, column: Column) =>
  `rules/${row}/${column.kind === "input" ? "when" : column.kind === "output" ? "then" : "annotation"}/${column.place}`;

/** `table` with a column moved by so many places among those of its side; the same where there is no such place. */
export function withColumnMoved(table: Table, kind: Column["kind"], from: number, to: number): Table {
  const width = kind === "input" ? table.inputs.length : kind === "output" ? table.outputs.length : 0;
  if (from === to || to < 0 || to >= width) return table;
  if (kind === "input") {
    const rules = table.rules.map((rule) => ({ ...rule, when: moved(rule.when, from, to) }));
    return { ...table, inputs: moved(table.inputs, from, to), rules };
  }
  const rules = table.rules.map((rule) => ({ ...rule, then: moved(rule.then, from, to) }));
  return { ...table, outputs: moved(table.outputs, from, to), rules };
}

function moved<T>(list: T[], from: number, to: number): T[] {
  const rest = without(list, from);
  return [...rest.slice(0, to), list[from]!, ...rest.slice(to)];
}

export const without = <T>(list: T[], place: number) => list.filter((_one, other) => other !== place);
