/** A time limit on one step offers the steps of the flow on the same page: <input data-suggest="nodes">. */

type FlowNode = { key: string; label?: { zh?: string; en?: string } };

function steps(): string[] {
  const flow = document.querySelector<HTMLInputElement | HTMLTextAreaElement>("[name=flow]")?.value;
  try {
    const nodes: FlowNode[] = JSON.parse(flow || "{}").nodes ?? [];
    const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
    return nodes.map((node) => node.label?.[language] || node.label?.zh || node.label?.en || node.key);
  } catch {
    return [];
  }
}

document.addEventListener("focusin", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.dataset.suggest !== "nodes") return;
  let list = document.getElementById("suggested-nodes");
  if (!list) {
    list = document.createElement("datalist");
    list.id = "suggested-nodes";
    document.body.append(list);
  }
  list.replaceChildren(...steps().map((label) => new Option(label, label)));
  input.setAttribute("list", list.id);
});
