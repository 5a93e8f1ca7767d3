/** A stored condition ({"all" | "any" | "none": [...]}, leaves {"name", "operator", "value"}) as the query the
 *  builder edits, and back. Nothing is dropped: what the vocabulary does not know stays, and is shown as broken. */

import type { RuleGroupType, RuleType } from "react-querybuilder";

import { operatorCalled, type Words } from "./vocabulary";

export type Leaf = { name: string; operator: string; value: unknown };
export type Tree = { all: Node[] } | { any: Node[] } | { none: Node[] };
export type Node = Tree | Leaf;

export const KINDS = ["all", "any", "none"] as const;

const kindOf = (node: Node) => KINDS.find((kind) => kind in node);

export function queryOf(tree: Node | null): RuleGroupType {
  if (!tree || !kindOf(tree)) return { combinator: "all", rules: tree && "name" in tree ? [ruleOf(tree)] : [] };
  const kind = kindOf(tree)!;
  const children = (tree as Record<string, Node[]>)[kind] ?? [];
  return { combinator: kind, rules: children.map((child) => (kindOf(child) ? queryOf(child) : ruleOf(child as Leaf))) };
}

const ruleOf = (leaf: Leaf): RuleType => ({ field: leaf.name, operator: leaf.operator, value: leaf.value });

export function treeOf(query: RuleGroupType, words: Words): Tree {
  return {
    [query.combinator]: query.rules.map((rule) =>
      "rules" in rule ? treeOf(rule as RuleGroupType, words) : leafOf(rule as RuleType, words),
    ),
  } as Tree;
}

function leafOf(rule: RuleType, words: Words): Leaf {
  const operator = operatorCalled(words, rule.field, rule.operator);
  const keeps = !operator || (operator.takesVariable && otherOf(rule.value) !== null);
  return { name: rule.field, operator: rule.operator, value: keeps ? rule.value : fitting(rule.value, operator.input) };
}

const LISTS = new Set(["words", "numbers", "select_multiple", "dates", "datetimes", "times", "lexicons"]);
const RANGES = new Set([
  "range",
  "date_range",
  "datetime_range",
  "time_range",
  "duration_range",
  "text_pair",
  "number_pair",
  "select_pair",
  "date_pair",
]);
const SPANS = new Set(["relative_days", "relative_time", "duration"]);

export type Span = { amount: unknown; unit: string };
export type Circle = { latitude: unknown; longitude: unknown; metres: unknown };

const has = (value: unknown, key: string): boolean => typeof value === "object" && value !== null && key in value;

/** The name of the variable a value stands for, or null for a value written in the rule. */
export const otherOf = (value: unknown): string | null =>
  has(value, "variable") ? String((value as { variable: unknown }).variable) : null;

/** `value` in the shape an operator's input wants, so that changing the operator keeps what was typed. */
export function fitting(value: unknown, input: string): unknown {
  if (input === "none") return null;
  if (SPANS.has(input)) {
    const [span] = Array.isArray(value) ? value : [value];
    return has(span, "amount") ? span : { amount: typeof span === "number" ? span : "", unit: startingUnit(input) };
  }
  if (input === "circle") return has(value, "metres") ? value : { latitude: "", longitude: "", metres: "" };
  if (input === "duration_range" && !Array.isArray(value)) return [fitting(value, "duration"), fitting("", "duration")];
  if (has(value, "variable") || has(value, "amount") || has(value, "metres")) value = "";
  if (RANGES.has(input)) return Array.isArray(value) && value.length === 2 ? value : [single(value), ""];
  if (LISTS.has(input)) return Array.isArray(value) ? value.filter(filled) : [value].filter(filled);
  return single(value);
}

const startingUnit = (input: string) => (input === "duration" ? "hours" : "days");
const single = (value: unknown) => (Array.isArray(value) ? (value[0] ?? "") : (value ?? ""));
const filled = (value: unknown) => value !== "" && value !== null && value !== undefined;

/** "100" as 100; what is not a number that JavaScript holds exactly stays text, and the server says so. */
export function numberOf(text: string): number | string {
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) && text.replace(/\D/g, "").length <= 15 ? number : text;
}
