import { Controller } from "@hotwired/stimulus";

/** Keeps a form from being sent twice by an impatient thumb.
 *  <form data-controller="busy"> */
export class BusyController extends Controller<HTMLFormElement> {
  private readonly markBusy = (event: Event) => this.isOwn(event) && this.mark(true);
  private readonly stop = (event: Event) => this.isOwn(event) && this.mark(false);

  connect() {
    this.element.addEventListener("submit", this.start);
    this.element.addEventListener("htmx:beforeRequest", this.markBusy);
    this.element.addEventListener("htmx:afterRequest", this.stop);
    // A page taken from the back-forward cache must not come back busy.
    window.addEventListener("pageshow", this.stop);
  }

  disconnect() {
    this.element.removeEventListener("submit", this.start);
    this.element.removeEventListener("htmx:beforeRequest", this.markBusy);
    this.element.removeEventListener("htmx:afterRequest", this.stop);
    window.removeEventListener("pageshow", this.stop);
  }

  private readonly start = (event: SubmitEvent) => {
    if (this.element.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    // Sent by htmx: busy from the moment the request leaves, for a question may come first.
    if (this.element.matches("[hx-post]")) return;
    this.mark(true);
    event.submitter?.setAttribute("aria-busy", "true");
  };

  /** Not what htmx asks for one of the inputs, such as suggestions. */
  private isOwn(event: Event) {
    return event.target === this.element || event.type === "pageshow";
  }

  private mark(busy: boolean) {
    this.element.setAttribute("aria-busy", String(busy));
    if (!busy) this.element.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  }
}
