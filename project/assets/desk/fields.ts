import { Controller } from "@hotwired/stimulus";

type Changes = { hidden: string[]; required: string[]; computed: Record<string, string>; said: string };

/** Shows and hides the fields of a form as the server answers after each change (htmx asks). Inputs stay where
 *  they are, so focus, typed text and chosen files do, too.
 *  <div data-controller="fields" hx-post="…">: slot (data-name), shown (hidden input), said (role=status) */
export class FieldsController extends Controller<HTMLElement> {
  static targets = ["slot", "shown", "said"];

  declare readonly slotTargets: HTMLElement[];
  declare readonly shownTarget: HTMLInputElement;
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

  private apply({ hidden, required, computed, said }: Changes) {
    for (const slot of this.slotTargets) {
      const name = slot.dataset.name ?? "";
      slot.hidden = hidden.includes(name);
      slot.querySelector(".field")?.classList.toggle("field--required", required.includes(name));
      const output = slot.querySelector("output");
      if (output && name in computed) output.textContent = computed[name] ?? "";
    }
    this.shownTarget.value = this.slotTargets.filter((slot) => !slot.hidden).map((slot) => slot.dataset.name).join(",");
    if (said) this.saidTarget.textContent = said;
  }
}
