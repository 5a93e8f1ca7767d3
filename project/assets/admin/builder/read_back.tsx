/** What the server makes of a document: one sentence, or what is wrong and where. */

import { useEffect, useState } from "react";

import type { Words } from "./vocabulary";

export type Problem = { path: string; sentence: string };
export type ReadBack = { sentence: string; problems: Problem[] };

const PAUSE_MS = 300;

export const useReadBack = (words: Words, document: unknown) =>
  useAnswer<ReadBack>(words.readBackUrl, { token: words.token, document });

/** Asks a moment after the last change; an answer to an older question is not shown. */
export function useAnswer<Answer>(url: string, asked: object): Answer | null {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const body = JSON.stringify(asked);
  useEffect(() => {
    const request = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const response = await fetch(url, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
          body,
          signal: request.signal,
        });
        if (response.ok) setAnswer(await response.json());
      } catch (error) {
        // Offline or superseded: the last sentence stands; saving tells what is wrong all the same.
        if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      request.abort();
    };
  }, [body, url]);
  return answer;
}

export const csrfToken = () => document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";

export const Sentence = ({ answer }: { answer: ReadBack | null }) => (
  <p className="builder-sentence" aria-live="polite">
    {answer?.sentence || (answer?.problems.length ? gettext("Not complete yet.") : " ")}
  </p>
);

export const Problems = ({ sentences }: { sentences: string[] }) =>
  sentences.length ? (
    <ul className="builder-problems">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  ) : null;
