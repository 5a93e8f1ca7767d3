import { Controller } from "@hotwired/stimulus";

type Changes = { hidden: string[]; required: string[]; computed: Record<string, string>; said: string; about?: string; values?: Record<string, string> };

/** Shows and hides the fields of a form as the server answers after each change (htmx asks). Inputs stay where
 *  they are, so focus, typed text and chosen files do, too.
 *  <div data-controller="fields" hx-post="…">: slot (data-name), shown and about (hidden inputs), said (role=status) */
export class FieldsController extends Controller<HTMLElement> {
  static targets = ["slot", "shown", "about", "said"];

  declare readonly slotTargets: HTMLElement[];
  declare readonly shownTarget: HTMLInputElement;
  declare readonly aboutTarget: HTMLInputElement;
  declare readonly saidTarget: HTMLElement;

  connect() {
    this.element.addEventListener("htmx:afterRequest", this.answered);
  }

  disconnect() {
    this.element.removeEventListener("htmx:afterRequest", this.answered);
  }

  private readonly answered = (event: Event) => {
    const { elt, successful, xhr } = (event as CustomEvent<{ elt: Element; successful: boolean; xhr: XMLHttpRequest }>).detail;
    // Suggestions for numbers are asked for inside this element as well.
    if (elt === this.element && successful) this.apply(JSON.parse(xhr.responseText) as Changes);
  };

  private apply({ hidden, required, computed, said, about, values }: Changes) {
    for (const slot of this.slotTargets) {
      const name = slot.dataset.name ?? "";
      slot.hidden = hidden.includes(name);
      slot.querySelector(".field")?.classList.toggle("field--required", required.includes(name));
      const output = slot.querySelector("output");
      if (output && name in computed) output.textContent = computed[name] ?? "";
    }
    this.shownTarget.value = this.slotTargets.filter((slot) => !slot.hidden).map((slot) => slot.dataset.name).join(",");
    if (said) this.saidTarget.textContent = said;
    if (about) this.aboutTarget.value = about;
    if (values) this.fill(values);
  }

  /** What was filled in for someone else is replaced; what a person typed stays. */
  private fill(values: Record<string, string>) {
    let filled: HTMLElement | undefined;
    for (const slot of this.slotTargets) {
      const value = values[slot.dataset.name ?? ""];
      const input = slot.querySelector<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(
        "input:not([type=radio], [type=checkbox], [type=file], [type=hidden]), select, textarea",
      );
      if (value === undefined || !input || (input.value && input.value !== input.dataset.filled)) continue;
      input.value = input.dataset.filled = value;
      filled = input;
    }
    // It may decide what else is asked.
    filled?.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
