/** What a page tells the builders: the vocabulary as rules/engine describes it, and where to have text read back. */

export type Option = { name: string | number; label: string };
/** `source`: what its values name, where that is looked up and not listed. */
export type Variable = { name: string; label: string; type: string; options: Option[]; unit?: string; source?: string };
/** A list of rows that a formula may add up; `type` is "lines". */
export type Lines = { name: string; label: string; type: string; columns: Variable[] };
export type FormulaFunction = { name: string; usage: string; label: string; insert: string };
export type Operator = { name: string; label: string; input: string; takesVariable: boolean };
export type Param = Variable & { required: boolean };
export type Action = { name: string; label: string; params: Param[] };

export type Words = {
  vocabulary: { variables: Variable[]; operators: Record<string, Operator[]>; actions: Action[]; lexicons: Option[] };
  token: string;
  readOnly: boolean;
  readBackUrl: string;
  chooseUrl: string;
  // Of rule sets:
  rulesUrl?: string;
  // Of records that hold formulas:
  functions?: FormulaFunction[];
  lines?: Lines[];
  formulaUrl?: string;
  scorecardUrl?: string;
  // Of decision tables:
  table?: TableWords;
};

type Named = { name: string; label: string };
export type TableWords = {
  askable: (Named & { choices: string[] })[];
  policies: (Named & { sentence: string })[];
  aggregations: Named[];
  outputTypes: Named[];
  checkUrl: string;
  importUrl: string;
  exportUrl: string;
  liveVersion: number | null;
};

/** The vocabulary called `name` on this page; null before the record says which one it uses. */
export function wordsCalled(name: string): Words | null {
  const script = document.getElementById(`vocabulary-${name}`);
  return script ? (JSON.parse(script.textContent ?? "null") as Words) : null;
}

export const variableCalled = (words: Words, name: string) =>
  words.vocabulary.variables.find((variable) => variable.name === name);

export const operatorsFor = (words: Words, field: string): Operator[] =>
  words.vocabulary.operators[variableCalled(words, field)?.type ?? ""] ?? [];

export const operatorCalled = (words: Words, field: string, name: string) =>
  operatorsFor(words, field).find((operator) => operator.name === name);

const NAMING_ONE = new Set(["equal_to", "not_equal_to", "one_of", "not_one_of"]);

/** Where the value of a comparison is looked up, if it names something; "" where it is written. */
export const lookedUpIn = (variable: Variable | undefined, operator: Operator): string =>
  variable?.source && (variable.type !== "string" || NAMING_ONE.has(operator.name)) ? variable.source : "";

/** The variables that `field` may be compared with: others of its kind. */
export const othersLike = (words: Words, field: string): Option[] => {
  const type = variableCalled(words, field)?.type;
  return words.vocabulary.variables.filter((other) => other.type === type && other.name !== field);
};
