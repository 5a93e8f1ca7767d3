/** Mounts a builder on its hidden input:
 *  <div data-controller="condition-builder" data-condition-builder-vocabulary-value="rules">
 *    <input type="hidden" data-condition-builder-target="input" name="…" value='{"all": []}'>
 *  </div>
 *  and the same with "actions-builder". Each change writes the input and bubbles a `change`, as Wagtail's check
 *  for unsaved work expects. */

import type { ComponentType } from "react";
import { createRoot, type Root } from "react-dom/client";

import { ActionsBuilder } from "./actions";
import { ConditionBuilder } from "./condition";
import { type Words, wordsCalled } from "./vocabulary";

import "./builder.css";

type Builder = ComponentType<{ words: Words; start: never; onChange: (document: unknown) => void }>;

function controllerFor(Builder: Builder, nothing: unknown) {
  return class extends window.StimulusModule.Controller {
    static targets = ["input"];
    static values = { vocabulary: String };

    declare readonly inputTarget: HTMLInputElement;
    declare readonly vocabularyValue: string;
    root?: Root;
    place?: HTMLElement;

    connect() {
      this.place = document.createElement("div");
      this.element.append(this.place);
      this.root = createRoot(this.place);
      const words = wordsCalled(this.vocabularyValue);
      this.root.render(
        words ? (
          <Builder words={words} start={this.stored() as never} onChange={(changed) => this.store(changed)} />
        ) : (
          <p className="builder-sentence">{gettext("Save the draft once; then this can be built here.")}</p>
        ),
      );
    }

    disconnect() {
      this.root?.unmount();
      this.place?.remove();
    }

    stored(): unknown {
      try {
        return JSON.parse(this.inputTarget.value) ?? nothing;
      } catch {
        return nothing;
      }
    }

    store(changed: unknown) {
      this.inputTarget.value = JSON.stringify(changed);
      this.inputTarget.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
}

export function registerBuilders() {
  window.wagtail.app.register("condition-builder", controllerFor(ConditionBuilder as Builder, { all: [] }));
  window.wagtail.app.register("actions-builder", controllerFor(ActionsBuilder as Builder, []));
}
