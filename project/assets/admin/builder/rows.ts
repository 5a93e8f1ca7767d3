/** The rows of an inline panel as they stand in the form: in their order, without those that were removed. */

export const valueIn = (form: HTMLFormElement, name: string) =>
  form.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value ?? "";

/** Prefixes of the rows: "rules-0", "rules-3". `field` is one that every row has. */
export function rowsIn(form: HTMLFormElement, prefix: string, field = "name"): string[] {
  const value = (name: string) => valueIn(form, name);
  return Array.from({ length: Number(value(`${prefix}-TOTAL_FORMS`)) }, (_row, place) => `${prefix}-${place}`)
    .filter((row) => form.querySelector(`[name="${row}-${field}"]`) && !value(`${row}-DELETE`))
    .sort((one, other) => Number(value(`${one}-ORDER`)) - Number(value(`${other}-ORDER`)));
}

/** Calls `look` after each change of the form; returns what stops it. */
export function whenChanged(form: HTMLFormElement, look: () => void): () => void {
  // Wagtail moves and removes rows after the click, without an event of their own.
  const soon = () => setTimeout(look, 100);
  const events = ["input", "change", "click"];
  for (const event of events) form.addEventListener(event, soon);
  return () => {
    for (const event of events) form.removeEventListener(event, soon);
  };
}
