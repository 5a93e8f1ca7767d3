/** What the page tells the designer of flows beside the vocabularies: who there is, what may be asked, where to check. */

import type { Option, Words } from "../builder/vocabulary";
import { wordsCalled } from "../builder/vocabulary";

export type Choice = { name: string; label: string };
export type FlowWords = {
  fields: Choice[];
  dateFields: string[];
  departments: Choice[];
  people: Choice[];
  roles: Choice[];
  ticketTypes: Choice[];
  events: Choice[];
  strategies: Choice[];
  skills: Choice[];
  checkUrl: string;
  walkUrl: string;
  token: string;
  readOnly: boolean;
  /** Null until a draft was saved once: conditions need the form's fields. */
  conditions: Words | null;
  actions: Words | null;
};

type Printed = Omit<FlowWords, "conditions" | "actions" | "readOnly"> & {
  conditions: string;
  actions: string;
};

export function flowWords(id: string): FlowWords | null {
  const script = document.getElementById(id);
  if (!script) return null;
  const printed = JSON.parse(script.textContent ?? "null") as Printed;
  const conditions = wordsCalled(printed.conditions);
  const actions = wordsCalled(printed.actions);
  return {
    ...printed,
    readOnly: conditions?.readOnly ?? false,
    conditions,
    actions: actions?.vocabulary.actions.length ? actions : null,
  };
}

/** As the server makes a short name from a label: flows/forms/texts.py. */
const shortName = (label: string) =>
  label.normalize("NFKC").trim().toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 50);

const LABEL = /^form-(\d+)-value-label$/;

/** The form's fields as they stand on the page now, saved or not; as they were saved where the form is not there. */
export function fieldsNow(words: FlowWords): Choice[] {
  const labels = [...document.querySelectorAll<HTMLInputElement>("input[name^='form-'][name$='-value-label']")];
  if (!labels.length) return words.fields;
  const input = (name: string) => document.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.value ?? "";
  return labels.flatMap(({ name, value }) => {
    const index = LABEL.exec(name)?.[1];
    if (index === undefined || !value.trim() || input(`form-${index}-deleted`)) return [];
    return [{ name: input(`form-${index}-value-name`) || shortName(value), label: value.trim() }];
  });
}

export const labelIn = (choices: (Choice | Option)[], name: string) =>
  choices.find((one) => one.name === name)?.label ?? (name ? interpolate(gettext("%s (no longer there)"), [name]) : "");
