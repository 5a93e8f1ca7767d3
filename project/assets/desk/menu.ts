import { Controller } from "@hotwired/stimulus";

/** Closes a drop-down on Escape and on a press elsewhere.
 *  <details class="menu" data-controller="menu"><summary>…</summary><div class="menu__panel">…</div></details> */
export class MenuController extends Controller<HTMLDetailsElement> {
  connect() {
    document.addEventListener("click", this.closeFromOutside);
    this.element.addEventListener("keydown", this.closeOnEscape);
  }

  disconnect() {
    document.removeEventListener("click", this.closeFromOutside);
    this.element.removeEventListener("keydown", this.closeOnEscape);
  }

  private readonly closeFromOutside = (event: Event) => {
    if (!this.element.contains(event.target as Node)) this.element.open = false;
  };

  private readonly closeOnEscape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !this.element.open) return;
    this.element.open = false;
    this.element.querySelector("summary")?.focus();
  };
}
