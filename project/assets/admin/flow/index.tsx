/** Mounts the designer of flows on its hidden input, and its drawings where two versions are compared or a ticket
 *  is walked through:
 *  <div data-controller="flow-editor" data-flow-editor-words-value="flow-words">
 *    <input type="hidden" data-flow-editor-target="input" name="flow" value="…">
 *  </div> */

import { createRoot, type Root } from "react-dom/client";

import { flowOf } from "./document";
import { type DrawnFlow, FlowDrawing } from "./drawing";
import { FlowEditor } from "./editor";
import { flowWords } from "./words";

import "@xyflow/react/dist/style.css";
import "./flow.css";

class FlowEditorController extends window.StimulusModule.Controller {
  static targets = ["input"];
  static values = { words: String };

  declare readonly inputTarget: HTMLInputElement;
  declare readonly wordsValue: string;
  root?: Root;
  place?: HTMLElement;

  connect() {
    const words = flowWords(this.wordsValue);
    if (!words) return;
    this.place = document.createElement("div");
    this.element.append(this.place);
    this.root = createRoot(this.place);
    this.root.render(<FlowEditor words={words} start={this.stored()} onChange={(flow) => this.store(flow)} />);
  }

  disconnect() {
    this.root?.unmount();
    this.place?.remove();
  }

  stored() {
    try {
      return flowOf(JSON.parse(this.inputTarget.value));
    } catch {
      return flowOf(null);
    }
  }

  store(flow: unknown) {
    this.inputTarget.value = JSON.stringify(flow);
    this.inputTarget.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** <div data-controller="flow-drawing" data-flow-drawing-data-value="id of a JSON script"> */
class FlowDrawingController extends window.StimulusModule.Controller {
  static values = { data: String };

  declare readonly dataValue: string;
  root?: Root;

  connect() {
    const drawing = JSON.parse(document.getElementById(this.dataValue)?.textContent ?? "null") as DrawnFlow | null;
    if (!drawing) return;
    this.root = createRoot(this.element);
    this.root.render(<FlowDrawing {...drawing} flow={flowOf(drawing.flow)} />);
  }

  disconnect() {
    this.root?.unmount();
  }
}

/** The form of a trial: what it asks may depend on what is typed, which the server knows. */
class FlowWalkController extends window.StimulusModule.Controller {
  declare readonly element: HTMLFormElement;
  asked?: AbortController;

  connect() {
    this.element.addEventListener("change", this.look);
  }

  disconnect() {
    this.element.removeEventListener("change", this.look);
  }

  play() {
    this.element.submit();
  }

  look = async (event: Event) => {
    if (!(event.target instanceof HTMLElement) || !event.target.closest("[data-slot]")) return;
    this.asked?.abort();
    this.asked = new AbortController();
    const body = new FormData(this.element);
    body.set("do", "look");
    const answer = await fetch(location.href, { method: "POST", body, signal: this.asked.signal }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = [...page.forms].find(({ elements }) => (elements.namedItem("node") as HTMLInputElement | null)?.value === body.get("node"));
    for (const slot of this.element.querySelectorAll<HTMLElement>("[data-slot]")) {
      const now = form?.querySelector<HTMLElement>(`[data-slot="${CSS.escape(slot.dataset.slot!)}"]`);
      slot.hidden = now?.hidden ?? false;
      const [computed, shown] = [now?.querySelector("output"), slot.querySelector("output")];
      if (computed && shown) shown.textContent = computed.textContent;
    }
  };
}

export function registerFlows() {
  window.wagtail.app.register("flow-drawing", FlowDrawingController);
  window.wagtail.app.register("flow-walk", FlowWalkController);
  window.wagtail.app.register("flow-editor", FlowEditorController);
}
