import { Controller } from "@hotwired/stimulus";

type Person = { username: string; name: string; note: string };

const WAIT = 150;
// What may stand between @ and the caret while a name is being written.
const WRITTEN = /[@＠]([^\s@＠，。！？；：,;!?]{0,30})$/;

/** Offers colleagues after @. Keys are left alone while an input method composes, so Chinese names can be typed.
 *  <form data-controller="mention" data-mention-url-value="…">: text (textarea), list (ul role=listbox) */
export class MentionController extends Controller<HTMLElement> {
  static targets = ["text", "list"];
  static values = { url: String };

  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly listTarget: HTMLElement;
  declare readonly urlValue: string;

  private people: Person[] = [];
  private place = 0;
  private timer = 0;
  private asked = 0;

  look(event: Event) {
    window.clearTimeout(this.timer);
    if ((event as InputEvent).isComposing) return;
    const written = this.written();
    if (written === null) return this.close();
    this.timer = window.setTimeout(() => void this.ask(written), WAIT);
  }

  key(event: KeyboardEvent) {
    if (event.isComposing || event.keyCode === 229 || this.listTarget.hidden) return;
    const last = this.people.length - 1;
    switch (event.key) {
      case "ArrowDown":
        this.mark(this.place === last ? 0 : this.place + 1);
        break;
      case "ArrowUp":
        this.mark(this.place === 0 ? last : this.place - 1);
        break;
      case "Enter":
      case "Tab":
        this.choose(this.place);
        break;
      case "Escape":
        this.close();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  close() {
    window.clearTimeout(this.timer);
    this.asked += 1;
    this.listTarget.hidden = true;
    this.textTarget.removeAttribute("aria-activedescendant");
  }

  private written(): string | null {
    const before = this.textTarget.value.slice(0, this.textTarget.selectionStart);
    return WRITTEN.exec(before)?.[1] ?? null;
  }

  private async ask(written: string) {
    const mine = ++this.asked;
    const response = await fetch(`${this.urlValue}?q=${encodeURIComponent(written)}`);
    // Only the newest question is answered, and only while it is still asked.
    if (!response.ok || mine !== this.asked) return;
    this.people = ((await response.json()) as { people: Person[] }).people;
    if (mine !== this.asked) return;
    if (this.people.length) this.show();
    else this.close();
  }

  private show() {
    this.listTarget.replaceChildren(
      ...this.people.map((person, place) => {
        const item = document.createElement("li");
        item.id = `mention-${place}`;
        item.setAttribute("role", "option");
        item.append(person.name, this.aside(`@${person.username}`), this.aside(person.note));
        // Before the text loses focus.
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.choose(place);
        });
        return item;
      }),
    );
    this.listTarget.hidden = false;
    this.mark(0);
  }

  private aside(text: string) {
    const span = document.createElement("span");
    span.className = "muted small";
    span.textContent = text;
    return span;
  }

  private mark(place: number) {
    this.place = place;
    [...this.listTarget.children].forEach((item, at) => {
      item.setAttribute("aria-selected", String(at === place));
      if (at === place) item.scrollIntoView({ block: "nearest" });
    });
    this.textTarget.setAttribute("aria-activedescendant", `mention-${place}`);
  }

  private choose(place: number) {
    const written = this.written(), person = this.people[place];
    if (written !== null && person) {
      const caret = this.textTarget.selectionStart;
      this.textTarget.setRangeText(`@${person.username} `, caret - written.length - 1, caret, "end");
    }
    this.close();
    this.textTarget.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
