/** A working calendar's page: the table of the week, a year's page of days, and a line to try both.
 *  The server says what a calendar means; this only changes inputs. */

type Kind = "free" | "working";
type Day = { date: string; kind: Kind; name: string };
type Words = {
  weekdays: string[]; months: string[]; states: Record<Kind | "usual", string>;
  today: string; holidays: Record<string, Day[]>; tryUrl: string;
};
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const NEXT: Record<string, Kind | undefined> = { usual: "free", free: "working" };
const two = (number: number) => String(number).padStart(2, "0");

function watchWeek(table: HTMLElement) {
  const rows = [...table.querySelectorAll("tbody tr")];
  const inputs = (row: Element) => [...row.querySelectorAll<HTMLInputElement>("input")];
  const changed = (input: HTMLInputElement) => input.dispatchEvent(new Event("change", { bubbles: true }));
  table.querySelector("[data-week-copy]")?.addEventListener("click", () => {
    for (const row of rows.slice(1, 5)) inputs(row).forEach((input, place) => { input.value = inputs(rows[0]!)[place]!.value; });
    changed(inputs(rows[0]!)[0]!);
  });
  for (const button of table.querySelectorAll("[data-week-clear]")) {
    button.addEventListener("click", () => {
      const own = inputs(button.closest("tr")!);
      for (const input of own) input.value = "";
      changed(own[0]!);
    });
  }
}

class Year {
  private input: HTMLInputElement;
  private words: Words;
  private days: Map<string, Day>;
  private year: number;

  constructor(private element: HTMLElement) {
    this.input = element.querySelector<HTMLInputElement>("input[type=hidden]")!;
    this.words = JSON.parse(element.querySelector("script")!.textContent!);
    this.days = new Map((JSON.parse(this.input.value || "[]") as Day[]).map((day) => [day.date, day]));
    this.year = Number(this.words.today.slice(0, 4));
    for (const button of element.querySelectorAll<HTMLElement>("[data-year-step]")) {
      button.addEventListener("click", () => { this.year += Number(button.dataset.yearStep); this.draw(); });
    }
    this.find("[data-year-load]").addEventListener("click", () => this.load());
    this.find("[data-year-clear]").addEventListener("click", () => { this.clear(); this.store(); this.draw(); });
    this.find(".year__months").addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest<HTMLElement>("button[data-date]");
      if (button) this.turn(button.dataset.date!);
    });
    document.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.name.startsWith("week-")) this.draw();
    });
    this.draw();
  }

  private find<E extends HTMLElement>(selector: string): E { return this.element.querySelector<E>(selector)!; }

  private ofYear(): Day[] {
    return [...this.days.values()].filter((day) => day.date.startsWith(`${this.year}-`)).sort((a, b) => a.date.localeCompare(b.date));
  }

  private turn(date: string) {
    const day = this.days.get(date), kind = NEXT[day?.kind ?? "usual"];
    if (kind) this.days.set(date, { date, kind, name: day?.name ?? "" });
    else this.days.delete(date);
    this.store();
    this.draw();
    this.element.querySelector<HTMLElement>(`button[data-date="${date}"]`)?.focus();
  }

  private load() {
    this.clear();
    const loaded = this.words.holidays[this.year] ?? [];
    for (const day of loaded) this.days.set(day.date, day);
    this.store();
    this.draw();
    this.find(".year__said").textContent = `✓ ${loaded.length}`;
  }

  private clear() { for (const day of this.ofYear()) this.days.delete(day.date); }

  private store() {
    this.input.value = JSON.stringify([...this.days.values()].sort((a, b) => a.date.localeCompare(b.date)));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private worksOn(weekday: number): boolean {
    return Boolean(document.querySelector<HTMLInputElement>(`input[name="week-${WEEKDAYS[weekday]}-from"]`)?.value);
  }

  private draw() {
    const known = Boolean(this.words.holidays[this.year]);
    this.find(".year__number").textContent = String(this.year);
    this.find("[data-year-load] span").textContent = String(this.year);
    this.find<HTMLButtonElement>("[data-year-load]").disabled = !known;
    this.find(".year__unknown").hidden = known;
    this.find(".year__said").textContent = "";
    this.find(".year__months").replaceChildren(...this.words.months.map((name, month) => this.month(name, month)));
    this.find(".year__list tbody").replaceChildren(...this.ofYear().map((day) => this.row(day)));
    this.find(".year__list").hidden = !this.ofYear().length;
  }

  private month(name: string, month: number): HTMLElement {
    const box = document.createElement("section"), head = document.createElement("h4"), grid = document.createElement("div");
    head.textContent = name;
    grid.className = "year__grid";
    for (const weekday of this.words.weekdays) {
      const cell = document.createElement("span");
      cell.textContent = weekday.replace(/^周/, "");
      grid.append(cell);
    }
    const count = new Date(Date.UTC(this.year, month + 1, 0)).getUTCDate();
    for (let number = 1; number <= count; number++) grid.append(this.day(month, number, name));
    box.append(head, grid);
    return box;
  }

  private day(month: number, number: number, monthName: string): HTMLElement {
    const weekday = (new Date(Date.UTC(this.year, month, number)).getUTCDay() + 6) % 7;
    const date = `${this.year}-${two(month + 1)}-${two(number)}`, day = this.days.get(date);
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.date = date;
    button.dataset.state = day?.kind ?? (this.worksOn(weekday) ? "usual" : "usual-free");
    button.textContent = String(number);
    button.title = [this.words.states[day?.kind ?? "usual"], day?.name].filter(Boolean).join(" · ");
    button.setAttribute("aria-label", `${monthName} ${number}, ${this.words.weekdays[weekday]}: ${button.title}`);
    if (date === this.words.today) button.setAttribute("aria-current", "date");
    if (number === 1) button.style.gridColumnStart = String(weekday + 1);
    return button;
  }

  private row(day: Day): Element {
    const row = this.find<HTMLTemplateElement & HTMLElement>("template[data-row]") as unknown as HTMLTemplateElement;
    const line = row.content.firstElementChild!.cloneNode(true) as HTMLElement;
    const weekday = (new Date(`${day.date}T00:00:00Z`).getUTCDay() + 6) % 7;
    line.querySelector("th")!.textContent = `${day.date} ${this.words.weekdays[weekday]}`;
    line.querySelector("td")!.textContent = this.words.states[day.kind];
    const name = line.querySelector("input")!;
    name.value = day.name;
    name.addEventListener("input", () => { day.name = name.value; this.store(); });
    line.querySelector("button")!.addEventListener("click", () => { this.days.delete(day.date); this.store(); this.draw(); });
    return line;
  }
}

function watchTry(element: HTMLElement) {
  const words: Words = JSON.parse(document.querySelector("[data-calendar-days] script")!.textContent!);
  const form = element.closest("form")!, start = element.querySelector<HTMLInputElement>("[name=try_start]")!;
  if (!start.value) start.value = `${words.today}T17:00`;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const response = await fetch(words.tryUrl, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (!response?.ok || mine !== asked) return;
    const said: { sentence: string; ends: string } = await response.json();
    element.querySelector(".calendar-try__sentence")!.textContent = said.sentence;
    element.querySelector(".calendar-try__ends")!.textContent = said.ends;
  };
  let waiting: number;
  const soon = () => { clearTimeout(waiting); waiting = window.setTimeout(ask, 300); };
  form.addEventListener("change", soon);
  form.addEventListener("input", soon);
  void ask();
}

export function watchCalendars() {
  document.querySelectorAll<HTMLElement>(".week").forEach(watchWeek);
  document.querySelectorAll<HTMLElement>("[data-calendar-days]").forEach((element) => new Year(element));
  document.querySelectorAll<HTMLElement>("[data-calendar-try]").forEach(watchTry);
}
