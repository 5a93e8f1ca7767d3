import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";

type News = { all?: boolean; unread?: number; tickets?: Record<string, { by?: string; own?: boolean; gone?: boolean }> };

// Milliseconds.
const TOGETHER = 400; // several changes at once are one refresh
const ASK_EVERY = 20_000; // when the server cannot stream

/** Keeps an open page up to date: listens to the server's events and lets htmx fetch the parts that changed.
 *  What a person is typing is never replaced: then a bar says who changed the ticket and offers to show it.
 *
 *  <body data-controller="live" data-live-url-value="…" data-live-bell-value="…" data-live-since-value="1772424000">
 *  part    replaced whenever a ticket of this page changes; needs an id
 *  form    (one, with data-seen) replaced only while nothing is typed into it
 *  bar, changed, who, gone, show, away, typed: what the ticket's page says; see ticket_detail.html
 *  [data-ticket]  a row of this ticket; data-live-ticket-value on the page of one */
export class LiveController extends Controller<HTMLElement> {
  static targets = ["part", "form", "bar", "changed", "who", "gone", "show", "away", "typed"];
  static values = { url: String, bell: String, since: String, ticket: String };

  declare readonly partTargets: HTMLElement[];
  declare readonly hasPartTarget: boolean;
  declare readonly formTarget: HTMLElement;
  declare readonly hasFormTarget: boolean;
  declare readonly barTarget: HTMLElement;
  declare readonly hasBarTarget: boolean;
  declare readonly changedTarget: HTMLElement;
  declare readonly whoTarget: HTMLElement;
  declare readonly goneTarget: HTMLElement;
  declare readonly showTarget: HTMLElement;
  declare readonly awayTarget: HTMLElement;
  declare readonly typedTarget: HTMLElement;
  declare readonly urlValue: string;
  declare readonly bellValue: string;
  declare readonly ticketValue: string;
  declare sinceValue: string;

  private source?: EventSource;
  private told = new Set<string>();
  private asking?: number;
  private soon?: number;
  private untouched = "";
  private who = "";

  connect() {
    this.untouched = this.written();
    document.addEventListener("visibilitychange", this.lookedAt);
    document.addEventListener("htmx:afterSettle", this.listenForNewRows);
    this.lookedAt();
  }

  disconnect() {
    document.removeEventListener("visibilitychange", this.lookedAt);
    document.removeEventListener("htmx:afterSettle", this.listenForNewRows);
    this.stop();
  }

  /** A browser opens few connections to one server, so a page nobody looks at holds none. */
  private readonly lookedAt = () => {
    this.stop();
    if (!document.hidden) this.listen();
  };

  private stop() {
    this.source?.close();
    this.source = undefined;
    window.clearInterval(this.asking);
  }

  private listen() {
    const shown = this.shown();
    this.told = new Set(shown);
    const source = new EventSource(`${this.urlValue}?since=${this.sinceValue}&shown=${shown.join(",")}`);
    source.addEventListener("beat", ({ lastEventId }) => (this.sinceValue = lastEventId));
    source.addEventListener("news", ({ data, lastEventId }) => {
      this.sinceValue = lastEventId;
      this.hear(JSON.parse(data as string) as News);
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED && source === this.source) this.ask();
    });
    this.source = source;
  }

  private ask() {
    window.clearInterval(this.asking);
    this.asking = window.setInterval(() => {
      this.ring();
      this.refreshSoon();
    }, ASK_EVERY);
  }

  private shown(): string[] {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-ticket]")].map((row) => row.dataset.ticket ?? "");
    return [...new Set(this.ticketValue ? [this.ticketValue, ...rows] : rows)];
  }

  /** Other filters, other rows. */
  private readonly listenForNewRows = () => {
    if (this.source && this.shown().some((ticket) => !this.told.has(ticket))) this.lookedAt();
  };

  private hear({ all, unread, tickets = {} }: News) {
    if (unread !== undefined || all) this.ring();
    for (const ticket of Object.keys(tickets)) this.told.add(ticket);
    if (!this.ticketValue) {
      if (all || Object.keys(tickets).length) this.refreshSoon();
      return;
    }
    const mine = tickets[this.ticketValue];
    if (mine?.gone) this.sayGone();
    else if (mine || all) {
      this.who = mine?.by ?? "";
      this.refreshSoon();
    }
  }

  private ring() {
    if (document.getElementById("bell")) void htmx.ajax("get", this.bellValue, { target: "#bell", swap: "outerHTML" });
  }

  private refreshSoon() {
    window.clearTimeout(this.soon);
    this.soon = window.setTimeout(() => void this.refresh(), TOGETHER);
  }

  private async refresh() {
    if (!this.hasPartTarget || document.hidden) return;
    const seen = this.hasFormTarget ? this.formTarget.dataset.seen : undefined;
    const replaced = this.partTargets.map((part) => `#${part.id}`);
    const isIdle = this.hasFormTarget && this.isUntouched();
    if (isIdle) replaced.push(`#${this.formTarget.id}`);
    const focused = this.focused();
    const [first, ...others] = replaced;
    // What the page would be now; its other parts tell, too, whether the ticket moved.
    let page = "";
    const note = (event: Event) => {
      page = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.responseText;
    };
    document.addEventListener("htmx:beforeSwap", note, { once: true });
    await htmx.ajax("get", window.location.href, {
      target: first,
      select: first,
      swap: "outerHTML",
      selectOOB: others.join(","),
    });
    document.removeEventListener("htmx:beforeSwap", note);
    this.focusAgain(focused);
    if (isIdle) this.untouched = this.written();
    else if (seen !== undefined && page) this.compare(seen, page);
  }

  private compare(seen: string, page: string) {
    const now = new DOMParser().parseFromString(page, "text/html").getElementById(this.formTarget.id)?.dataset.seen;
    if (now === undefined || now === seen || !this.hasBarTarget) return;
    this.whoTarget.textContent = this.who;
    this.whoTarget.hidden = !this.who;
    this.changedTarget.hidden = this.barTarget.hidden = false;
  }

  private sayGone() {
    if (!this.hasBarTarget) return;
    this.changedTarget.hidden = this.showTarget.hidden = true;
    this.goneTarget.hidden = this.awayTarget.hidden = this.barTarget.hidden = false;
    this.stop();
  }

  /** The form as it is now; what was typed goes into fields of the same name, and stands above otherwise. */
  async show() {
    const typed = this.typed();
    const id = `#${this.formTarget.id}`;
    await htmx.ajax("get", window.location.href, { target: id, select: id, swap: "outerHTML" });
    this.barTarget.hidden = true;
    this.untouched = this.written();
    const homeless = typed.filter(([name, value]) => !this.putBack(name, value));
    const list = this.typedTarget.querySelector("dl");
    list?.replaceChildren(
      ...homeless.flatMap(([, value, label]) => {
        const [term, text] = [document.createElement("dt"), document.createElement("dd")];
        term.textContent = label;
        text.textContent = value;
        return [term, text];
      }),
    );
    this.typedTarget.hidden = !homeless.length;
  }

  private putBack(name: string, value: string): boolean {
    const inputs = this.formTarget.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`);
    for (const input of inputs) {
      if (input.type === "radio" || input.type === "checkbox") {
        if (input.value !== value) continue;
        input.checked = true;
      } else input.value = value;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      return true;
    }
    return false;
  }

  private typed(): [name: string, value: string, label: string][] {
    const before = new Map(JSON.parse(this.untouched) as [string, string][]);
    return this.entries()
      .filter(([name, value]) => value && before.get(name) !== value)
      .map(([name, value]) => {
        const input = this.formTarget.querySelector<HTMLInputElement>(`[name="${CSS.escape(name)}"]`);
        const label = input?.closest(".field")?.querySelector("label, legend")?.textContent ?? "";
        return [name, value, label.trim()];
      });
  }

  private isUntouched() {
    return this.written() === this.untouched && !this.formTarget.contains(document.activeElement);
  }

  private written(): string {
    return JSON.stringify(this.entries());
  }

  private entries(): [string, string][] {
    const form = this.hasFormTarget ? this.formTarget.querySelector("form") : null;
    if (!form) return [];
    return [...new FormData(form)]
      .filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "seen")
      .map(([name, value]) => [name, typeof value === "string" ? value : value.name]);
  }

  /** Where the keyboard is within a part that will be replaced. */
  private focused(): string {
    const { activeElement } = document;
    const within = this.partTargets.some((part) => part.contains(activeElement));
    return within && activeElement ? (activeElement.getAttribute("href") ?? "") : "";
  }

  private focusAgain(href: string) {
    if (href) document.querySelector<HTMLElement>(`main a[href="${CSS.escape(href)}"]`)?.focus();
  }
}
