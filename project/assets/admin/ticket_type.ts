/** Inputs that name other rows of the same page offer what stands there now, saved or not:
 *  <input data-suggest="nodes">   one step of the flow: a native drop-down
 *  <input data-suggest="fields">  several fields of the form, separated by commas: buttons to press */

const ROWS = {
  nodes: { label: /^nodes-(\d+)-label$/, gone: (index: string) => `nodes-${index}-DELETE` },
  fields: { label: /^form-(\d+)-value-label$/, gone: (index: string) => `form-${index}-deleted` },
};
type Suggested = keyof typeof ROWS;

function named(kind: Suggested): string[] {
  const labels: string[] = [];
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name]")) {
    const index = ROWS[kind].label.exec(input.name)?.[1];
    if (index === undefined || !input.value.trim()) continue;
    const gone = document.querySelector<HTMLInputElement>(`input[name="${ROWS[kind].gone(index)}"]`)?.value;
    if (!gone) labels.push(input.value.trim());
  }
  return labels;
}

function offerOne(input: HTMLInputElement) {
  let list = document.getElementById("suggested-nodes");
  if (!list) {
    list = document.createElement("datalist");
    list.id = "suggested-nodes";
    document.body.append(list);
  }
  list.replaceChildren(...named("nodes").map((label) => new Option(label, label)));
  input.setAttribute("list", list.id);
}

const parts = (input: HTMLInputElement) => input.value.split(/[,，、]/).map((part) => part.trim()).filter(Boolean);

function offerSeveral(input: HTMLInputElement) {
  const next = input.nextElementSibling;
  const box = next instanceof HTMLDivElement && next.classList.contains("suggestions") ? next : document.createElement("div");
  box.className = "suggestions";
  box.replaceChildren(
    ...named("fields").map((label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-pressed", String(parts(input).includes(label)));
      button.addEventListener("click", () => {
        const chosen = parts(input);
        input.value = (chosen.includes(label) ? chosen.filter((part) => part !== label) : [...chosen, label]).join(", ");
        input.dispatchEvent(new Event("change", { bubbles: true }));
        offerSeveral(input);
      });
      return button;
    }),
  );
  if (box !== next) input.after(box);
}

function offer(event: Event) {
  const input = event.target;
  if (!(input instanceof HTMLInputElement)) return;
  if (input.dataset.suggest === "nodes") offerOne(input);
  if (input.dataset.suggest === "fields") offerSeveral(input);
}

document.addEventListener("focusin", offer);
document.addEventListener("input", offer);
