/** Below a formula: what it says, what is wrong with it and where, what may be put in, and a place to try it. */

import { useEffect, useState } from "react";
import { createPortal } from "react-dom";

import { Problems, useAnswer } from "./read_back";
import { type Ask, type Facts, TryIt } from "./try_it";
import type { Words } from "./vocabulary";

type Problem = { sentence: string; start: number | null; end: number | null };
type Tried = { sentence: string; steps: { text: string; depth: number }[]; nothing: boolean };
type Answer = { sentence: string; unit: string; problems: Problem[]; asks: Ask[] | null; tried: Tried | null };

type Props = { words: Words; textarea: HTMLTextAreaElement; marks: HTMLElement; compact: boolean };

export function FormulaField({ words, textarea, marks, compact }: Props) {
  const text = useTyped(textarea);
  const [facts, setFacts] = useState<Facts>({});
  const answer = useAnswer<Answer>(words.formulaUrl ?? "", {
    token: words.token,
    document: text,
    facts: compact ? {} : facts,
  });
  const asks = useLatest(answer?.asks ?? null);
  const blank = !text.trim();
  // A plain number says itself.
  const plain = /^\s*[-+−]?\s*[\d.]+\s*$/.test(text);
  const problems = blank ? [] : (answer?.problems ?? []);
  useInvalid(textarea, problems.length > 0);
  useEffect(() => {
    // Under review nobody writes; trying goes on.
    textarea.readOnly = words.readOnly;
  }, [textarea, words.readOnly]);
  return (
    <>
      {createPortal(<Marked text={text} problems={problems} />, marks)}
      <div aria-live="polite">
        <Problems sentences={problems.map(({ sentence }) => sentence)} />
        {answer?.sentence && !blank && !plain && (
          <p className="builder-sentence">
            {answer.sentence}
            {answer.unit && !compact && <span className="formula-unit">{answer.unit}</span>}
          </p>
        )}
      </div>
      {!compact && !words.readOnly && <Inserts words={words} textarea={textarea} />}
      {!compact && (
        <section className="try-it" aria-label={gettext("Try it")}>
          <h3 className="try-it__title">{gettext("Try it")}</h3>
          <TryIt chooseUrl={words.chooseUrl} asks={asks ?? []} facts={facts} onChange={setFacts} />
          <div aria-live="polite">{answer?.tried && <Working tried={answer.tried} />}</div>
        </section>
      )}
    </>
  );
}

/** The inputs stay while a formula is half typed. */
function useLatest(asks: Ask[] | null): Ask[] | null {
  const [latest, setLatest] = useState(asks);
  useEffect(() => {
    if (asks) setLatest(asks);
  }, [JSON.stringify(asks)]);
  return asks ?? latest;
}

function useTyped(textarea: HTMLTextAreaElement): string {
  const [text, setText] = useState(textarea.value);
  useEffect(() => {
    const read = () => setText(textarea.value);
    textarea.addEventListener("input", read);
    textarea.addEventListener("change", read);
    return () => {
      textarea.removeEventListener("input", read);
      textarea.removeEventListener("change", read);
    };
  }, [textarea]);
  return text;
}

function useInvalid(textarea: HTMLTextAreaElement, invalid: boolean) {
  useEffect(() => {
    invalid ? textarea.setAttribute("aria-invalid", "true") : textarea.removeAttribute("aria-invalid");
  }, [textarea, invalid]);
}

/** Python counts characters, the browser half characters; the text is taken apart as Python sees it. */
function Marked({ text, problems }: { text: string; problems: Problem[] }) {
  const characters = [...text];
  const wrong = new Set<number>();
  for (const { start, end } of problems) {
    if (start === null || end === null) continue;
    for (let place = start; place < Math.max(end, start + 1); place++) wrong.add(place);
  }
  const runs: { text: string; wrong: boolean }[] = [];
  characters.forEach((character, place) => {
    const last = runs.at(-1);
    if (last && last.wrong === wrong.has(place)) last.text += character;
    else runs.push({ text: character, wrong: wrong.has(place) });
  });
  return (
    <>
      {runs.map((run, place) => (run.wrong ? <mark key={place}>{run.text}</mark> : <span key={place}>{run.text}</span>))}
    </>
  );
}

function Working({ tried }: { tried: Tried }) {
  return (
    <>
      {tried.steps.length > 0 && (
        <ol className="try-it__steps">
          {tried.steps.map((step, place) => (
            <li key={place} className={step.depth ? "try-it__line" : undefined}>
              {step.text}
            </li>
          ))}
        </ol>
      )}
      <p className={tried.nothing ? "try-it__result try-it__result--nothing" : "try-it__result"}>{tried.sentence}</p>
    </>
  );
}

function Inserts({ words, textarea }: { words: Words; textarea: HTMLTextAreaElement }) {
  const [looked, setLooked] = useState("");
  const { variables } = words.vocabulary;
  const lines = words.lines ?? [];
  const wanted = looked.trim().toLowerCase();
  const matches = (...texts: string[]) => !wanted || texts.some((text) => text.toLowerCase().includes(wanted));
  const shown = [
    ...variables.map((variable) => ({ ...variable, insert: labelled(variable, variables) })),
    ...lines.map((list) => ({ ...list, insert: labelled(list, []) })),
    ...lines.flatMap((list) =>
      list.columns.map((column) => ({
        ...column,
        name: `${list.name}/${column.name}`,
        label: `${list.label} · ${column.label}`,
        insert: `[${column.label}]`,
      })),
    ),
  ].filter(({ label, name }) => matches(label, name));
  const functions = (words.functions ?? []).filter(({ name, label }) => matches(name, label));
  return (
    <details className="formula-inserts">
      <summary>{gettext("What can be put in")}</summary>
      <input
        type="search"
        className="formula-look"
        aria-label={gettext("Look for a variable or a function")}
        placeholder={gettext("Look for a variable or a function")}
        value={looked}
        onChange={(event) => setLooked(event.target.value)}
        onKeyDown={(event) => {
          // Enter puts in the first that was found, and must not save the page.
          if (event.key !== "Enter") return;
          event.preventDefault();
          const first = shown[0] ?? functions[0];
          if (first) insert(textarea, first.insert);
        }}
      />
      <h4>{gettext("Variables")}</h4>
      <div className="formula-choices">
        {shown.map((one) => (
          <button type="button" key={one.name} onClick={() => insert(textarea, one.insert)}>
            {one.label}
          </button>
        ))}
      </div>
      <h4>{gettext("Functions")}</h4>
      <ul className="formula-functions">
        {functions.map((one) => (
          <li key={one.name}>
            <button type="button" onClick={() => insert(textarea, one.insert)}>
              <code>{one.usage}</code>
            </button>
            <span>{one.label}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** By its label, unless another variable has the same. */
function labelled(one: { name: string; label: string }, among: { label: string }[]): string {
  const same = among.filter(({ label }) => label.toLowerCase() === one.label.toLowerCase()).length;
  return same > 1 || /[\[\]\n]/.test(one.label) ? `[${one.name}]` : `[${one.label}]`;
}

/** Puts `text` where the cursor is; a | in it is where the cursor goes. */
function insert(textarea: HTMLTextAreaElement, text: string) {
  const start = textarea.selectionStart;
  const cursor = text.indexOf("|");
  textarea.setRangeText(text.replace("|", ""), start, textarea.selectionEnd, "end");
  textarea.focus();
  if (cursor >= 0) textarea.setSelectionRange(start + cursor, start + cursor);
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
  textarea.dispatchEvent(new Event("change", { bubbles: true }));
}
