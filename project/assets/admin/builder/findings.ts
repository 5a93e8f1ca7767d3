/** What the analysis finds in rules while they are typed, told at the rule it concerns and above all rules:
 *  <section data-controller="live-findings" data-live-findings-vocabulary-value="rules">
 *    <p data-live-findings-target="lead"></p><div data-live-findings-target="list"></div>  (or nothing in it)
 *  </section>  … and <div data-findings-at="rules-0"></div> in each row of the form. */

import { csrfToken } from "./read_back";
import { rowsIn, valueIn, whenChanged } from "./rows";
import { wordsCalled } from "./vocabulary";

type Finding = { severity: string; sentence: string; example_sentence: string; at: number[] };
type Answer = { findings: Finding[]; note: string };

// Longer than the reading back: an analysis looks at all rules.
const PAUSE_MS = 600;

export class LiveFindings extends window.StimulusModule.Controller {
  static targets = ["lead", "list"];
  static values = { vocabulary: String };

  declare readonly hasListTarget: boolean;
  declare readonly leadTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly vocabularyValue: string;
  form?: HTMLFormElement | null;
  asked = "";
  timer?: number;
  request?: AbortController;
  stop?: () => void;

  connect() {
    this.form = document.querySelector<HTMLFormElement>("form[data-edit-form]");
    if (!this.form || !wordsCalled(this.vocabularyValue)?.rulesUrl) return;
    this.asked = JSON.stringify(this.typed());
    this.stop = whenChanged(this.form, () => this.look());
  }

  disconnect() {
    this.stop?.();
    window.clearTimeout(this.timer);
    this.request?.abort();
  }

  look() {
    const typed = JSON.stringify(this.typed());
    if (typed === this.asked) return;
    this.asked = typed;
    window.clearTimeout(this.timer);
    this.request?.abort();
    this.timer = window.setTimeout(() => this.ask(), PAUSE_MS);
  }

  rows() {
    return rowsIn(this.form!, "rules");
  }

  typed() {
    return this.rows().map((row) => ({
      conditions: parsed(valueIn(this.form!, `${row}-condition`)) ?? { all: [] },
      actions: parsed(valueIn(this.form!, `${row}-actions`)) ?? [],
    }));
  }

  async ask() {
    const words = wordsCalled(this.vocabularyValue)!;
    const request = (this.request = new AbortController());
    const rows = this.rows();
    try {
      const response = await fetch(words.rulesUrl!, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ token: words.token, document: this.typed() }),
        signal: request.signal,
      });
      if (response.ok) this.tell(await response.json(), rows);
    } catch (error) {
      // Offline or superseded: what was found last stands; saving tells all the same.
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  /** Of a draft in which nothing was found the server sends no words. */
  furnish() {
    const title = document.createElement("h2");
    title.className = "record-card__title";
    title.textContent = gettext("What was noticed");
    const lead = document.createElement("p");
    lead.className = "record-lead";
    lead.dataset.liveFindingsTarget = "lead";
    const list = document.createElement("div");
    list.dataset.liveFindingsTarget = "list";
    this.element.replaceChildren(title, lead, list);
  }

  tell({ findings, note }: Answer, rows: string[]) {
    if (!this.hasListTarget) this.furnish();
    this.element.hidden = !findings.length && !note;
    this.leadTarget.textContent = note || gettext("Looked for in the rules as they stand here. None of this keeps them from going live.");
    this.listTarget.replaceChildren(listed(findings));
    for (const place of document.querySelectorAll<HTMLElement>("[data-findings-at]")) {
      const row = rows.indexOf(place.dataset.findingsAt ?? "");
      place.replaceChildren(listed(findings.filter(({ at }) => at.includes(row))));
    }
  }
}

function listed(findings: Finding[]): HTMLElement {
  const list = document.createElement("ul");
  list.className = "record-findings";
  list.append(...findings.map(shown));
  return list;
}

function shown({ severity, sentence, example_sentence }: Finding): HTMLElement {
  const item = document.createElement("li");
  item.className = `record-finding record-finding--${severity}`;
  const mark = document.createElement("span");
  mark.className = "record-finding__mark";
  mark.textContent = marks()[severity] ?? "";
  const says = document.createElement("p");
  says.append(mark, ` ${sentence}`);
  item.append(says);
  if (example_sentence) {
    const example = document.createElement("p");
    example.className = "record-finding__example";
    example.textContent = `${gettext("For example:")} ${example_sentence}`;
    item.append(example);
  }
  return item;
}

const marks = (): Record<string, string> => ({
  error: gettext("To mend"),
  warning: gettext("Worth a look"),
  info: gettext("Good to know"),
});

function parsed(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return null;
  }
}
