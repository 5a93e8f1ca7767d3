/** Mounts the designer of flows on its hidden input, and its drawings where two versions are compared or a ticket
 *  is walked through:
 *  <div data-controller="flow-editor" data-flow-editor-words-value="flow-words">
 *    <input type="hidden" data-flow-editor-target="input" name="flow" value="…">
 *  </div> */

import { createRoot, type Root } from "react-dom/client";

import { flowOf } from "./document";
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

export function registerFlows() {
  window.wagtail.app.register("flow-editor", FlowEditorController);
}
