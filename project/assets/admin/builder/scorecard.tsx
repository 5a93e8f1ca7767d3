/** Tries a scorecard as it stands in the form, saved or not: the points, each with its reason. */

import { useEffect, useState } from "react";

import { Problems, useAnswer } from "./read_back";
import { rowsIn, valueIn, whenChanged } from "./rows";
import { type Ask, type Facts, TryIt } from "./try_it";
import type { Words } from "./vocabulary";

type Row = { row: string; held: boolean; counted: boolean; points: string; sentence: string; because: string };
type Score = { points: string; band: string | null; sentence: string; sentences: string[]; rows: Row[] };
type Answer = { problems: { path: string; sentence: string }[]; asks: Ask[] | null; tried: Score | null };

export function TryScorecard({ words, form }: { words: Words; form: HTMLFormElement }) {
  const document = useForm(form);
  const [facts, setFacts] = useState<Facts>({});
  const answer = useAnswer<Answer>(words.scorecardUrl ?? "", { token: words.token, document, facts });
  const [asks, setAsks] = useState<Ask[]>([]);
  useEffect(() => {
    if (answer?.asks) setAsks(answer.asks);
  }, [JSON.stringify(answer?.asks)]);
  const empty = document.rows.length === 0;
  return (
    <section className="try-it" aria-label={gettext("Try it")}>
      {empty ? (
        <p className="try-it__hint">{gettext("Add a row first; then its points can be tried here.")}</p>
      ) : (
        <TryIt chooseUrl={words.chooseUrl} asks={asks} facts={facts} onChange={setFacts} />
      )}
      <div aria-live="polite">
        {!empty && answer && <Problems sentences={answer.problems.map((problem) => placed(problem, document))} />}
        {!empty && answer?.tried && <Told score={answer.tried} />}
      </div>
    </section>
  );
}

function Told({ score }: { score: Score }) {
  return (
    <>
      <p className="try-it__result">{score.sentence}</p>
      <ul className="score-reasons">
        {score.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <details className="record-more">
        <summary>{gettext("Every row, also those that gave nothing")}</summary>
        <ul className="try-it__rows">
          {score.rows.map((row, place) => (
            <li key={place} className={row.counted ? "try-it__row--held" : undefined}>
              {row.sentence}
              <span>{row.because}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

type Typed = {
  base: string;
  floor: string | null;
  ceiling: string | null;
  rows: { name: string; condition: unknown; points: string; reason: string; group: string }[];
  bands: { name: string; from: string | null }[];
};

/** "rows/1/points" is told by the row's name. */
function placed({ path, sentence }: { path: string; sentence: string }, document: Typed): string {
  const [part, place] = path.split("/");
  const rows: { name: string }[] = part === "rows" ? document.rows : part === "bands" ? document.bands : [];
  const row = rows[Number(place)];
  return row ? `${row.name || interpolate(gettext("Row %s"), [Number(place) + 1])}: ${sentence}` : sentence;
}

function useForm(form: HTMLFormElement): Typed {
  const [typed, setTyped] = useState(() => read(form));
  useEffect(() => whenChanged(form, () => setTyped(read(form))), [form]);
  return typed;
}

function read(form: HTMLFormElement): Typed {
  const value = (name: string) => valueIn(form, name);
  return {
    base: value("base") || "0",
    floor: value("floor") || null,
    ceiling: value("ceiling") || null,
    rows: rowsIn(form, "rows").map((row) => ({
      name: value(`${row}-name`),
      condition: parsed(value(`${row}-condition`)),
      points: value(`${row}-points`),
      reason: value(`${row}-reason`),
      group: value(`${row}-group`),
    })),
    bands: rowsIn(form, "bands")
      .filter((band) => value(`${band}-name`) || value(`${band}-begin`))
      .map((band) => ({ name: value(`${band}-name`), from: value(`${band}-begin`) || null })),
  };
}

function parsed(condition: string): unknown {
  try {
    return JSON.parse(condition) ?? { all: [] };
  } catch {
    return { all: [] };
  }
}
