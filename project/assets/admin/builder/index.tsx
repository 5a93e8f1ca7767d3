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
import { LiveFindings } from "./findings";
import { FormulaField } from "./formula";
import { TryScorecard } from "./scorecard";
import { TableEditor } from "../table/editor";
import { type Words, wordsCalled } from "./vocabulary";

import "./builder.css";
import "./formula.css";
import "../table/table.css";

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
          <SaveOnce />
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

const SaveOnce = () => <p className="builder-sentence">{gettext("Save the draft once; then this can be built here.")}</p>;

/** A textarea that Django rendered, checked and helped with while it is typed in. */
class FormulaController extends window.StimulusModule.Controller {
  static values = { vocabulary: String, compact: Boolean };

  declare readonly vocabularyValue: string;
  declare readonly compactValue: boolean;
  root?: Root;
  place?: HTMLElement;

  connect() {
    const words = wordsCalled(this.vocabularyValue);
    const textarea = this.element.querySelector("textarea");
    if (!textarea || (!words && this.compactValue)) return;
    const marks = document.createElement("div");
    this.place = document.createElement("div");
    if (words?.formulaUrl) {
      marks.className = "formula-marks";
      marks.setAttribute("aria-hidden", "true");
      const typed = document.createElement("div");
      typed.className = "formula-typed";
      textarea.replaceWith(typed);
      typed.append(marks, textarea);
    }
    this.element.append(this.place);
    this.root = createRoot(this.place);
    this.root.render(
      words?.formulaUrl ? (
        <FormulaField words={words} textarea={textarea} marks={marks} compact={this.compactValue} />
      ) : (
        <SaveOnce />
      ),
    );
  }

  disconnect() {
    this.root?.unmount();
    this.place?.remove();
    const typed = this.element.querySelector(".formula-typed");
    const textarea = typed?.querySelector("textarea");
    if (typed && textarea) typed.replaceWith(textarea);
  }
}

class TryScorecardController extends window.StimulusModule.Controller {
  static values = { vocabulary: String };

  declare readonly vocabularyValue: string;
  root?: Root;

  connect() {
    const words = wordsCalled(this.vocabularyValue);
    const form = this.element.closest("form");
    this.root = createRoot(this.element);
    this.root.render(words?.scorecardUrl && form ? <TryScorecard words={words} form={form} /> : <SaveOnce />);
  }

  disconnect() {
    this.root?.unmount();
  }
}

const EMPTY_TABLE = { hit_policy: "FIRST", aggregation: null, inputs: [], outputs: [], rules: [] };

export function registerBuilders() {
  window.wagtail.app.register("formula-field", FormulaController);
  window.wagtail.app.register("live-findings", LiveFindings);
  window.wagtail.app.register("try-scorecard", TryScorecardController);
  window.wagtail.app.register("condition-builder", controllerFor(ConditionBuilder as Builder, { all: [] }));
  window.wagtail.app.register("table-editor", controllerFor(TableEditor as Builder, EMPTY_TABLE));
  window.wagtail.app.register("actions-builder", controllerFor(ActionsBuilder as Builder, []));
}
