/** Looks up customers, stores, colleagues: type some letters, choose from what is found. What is kept is the plain
 *  number or code; its name is shown to who may read it. A number that is not found can be taken as it is typed. */

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

type Found = { value: string; name: string; hint: string };
type Answer = { allowed: boolean; found: Found[]; more: boolean };
type Props = { url: string; many: boolean; label: string; value: unknown; onChange: (value: unknown) => void };

const PAUSE_MS = 250;

const text = (value: unknown) => (value === null || value === undefined ? "" : String(value));

async function ask(url: string, signal?: AbortSignal): Promise<Answer | null> {
  try {
    const response = await fetch(url, { signal, headers: { Accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch (error) {
    // Offline or superseded: what is typed can be taken as it is.
    if (error instanceof DOMException || error instanceof TypeError) return null;
    throw error;
  }
}

export function Chooser({ url, many, label, value, onChange }: Props) {
  const list = useId();
  const [typed, setTyped] = useState("");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const chosen = (Array.isArray(value) ? value : [value]).map(text).filter(Boolean);
  const names = useNames(url, chosen);

  useEffect(() => {
    if (!open) return;
    const request = new AbortController();
    const timer = setTimeout(async () => {
      const found = await ask(`${url}&q=${encodeURIComponent(typed.trim())}`, request.signal);
      if (found) setAnswer(found);
      setActive(-1);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      request.abort();
    };
  }, [open, typed, url]);

  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const take = (taken: string) => {
    const plain = taken.trim();
    if (plain) onChange(many ? [...new Set([...chosen, plain])] : plain);
    setTyped("");
    close();
  };
  const remove = (gone: string) => {
    onChange(many ? chosen.filter((other) => other !== gone) : "");
    input.current?.focus();
  };
  const found = open ? (answer?.found ?? []) : [];
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (found.length) setActive((active + step + found.length + (active < 0 && step < 0 ? 1 : 0)) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[active]?.value ?? typed);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Backspace" && !typed && chosen.length) {
      remove(chosen[chosen.length - 1]!);
    }
  };
  return (
    <span className="builder-chooser">
      <span className="builder-chips">
        {chosen.map((one) => (
          <span className="builder-chip" key={one}>
            {names[one] && names[one] !== one ? (
              <span>
                {names[one]} <small>{one}</small>
              </span>
            ) : (
              one
            )}
            <button type="button" aria-label={interpolate(gettext("Remove “%s”"), [names[one] ?? one])} onClick={() => remove(one)}>
              ×
            </button>
          </span>
        ))}
        <input
          ref={input}
          type="text"
          role="combobox"
          autoComplete="off"
          aria-label={label}
          aria-expanded={open}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
          placeholder={chosen.length ? (many ? gettext("Add another") : gettext("Choose another")) : gettext("Type to search")}
          value={typed}
          onFocus={() => setOpen(true)}
          onChange={(event) => {
            setTyped(event.target.value);
            setOpen(true);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => (typed.trim() ? take(typed) : close())}
        />
      </span>
      <span className="builder-found" id={list} role="listbox" aria-label={label} hidden={!open || !answer}>
        {found.map((one, place) => (
          <span
            key={one.value}
            id={`${list}-${place}`}
            role="option"
            aria-selected={chosen.includes(one.value)}
            className={place === active ? "is-active" : ""}
            // Before the input loses the focus, which would take what is typed.
            onMouseDown={(event) => {
              event.preventDefault();
              take(one.value);
            }}
          >
            <span>{one.name}</span>
            <small>{[one.name === one.value ? "" : one.value, one.hint].filter(Boolean).join(" · ")}</small>
          </span>
        ))}
      </span>
      <span className="builder-chooser-note" role="status">
        {open && answer ? noteOn(answer, typed) : ""}
      </span>
    </span>
  );
}

function noteOn(answer: Answer, typed: string): string {
  if (!answer.allowed) return gettext("You may not look these up. Write the number or code and press Enter.");
  if (answer.more) return gettext("There are more. Type on to find yours.");
  if (answer.found.length) return "";
  return typed.trim() ? gettext("Nothing found. Enter takes it as it is typed.") : gettext("There is nothing to choose from yet.");
}

/** What the chosen are called, as far as the reader may know: {value: name}. */
function useNames(url: string, chosen: string[]): Record<string, string> {
  const [names, setNames] = useState<Record<string, string>>({});
  const unknown = chosen.filter((one) => !(one in names)).join("\n");
  useEffect(() => {
    if (!unknown) return;
    const request = new AbortController();
    const values = unknown.split("\n");
    ask(`${url}${values.map((one) => `&value=${encodeURIComponent(one)}`).join("")}`, request.signal).then((answer) => {
      if (!answer) return;
      const found = Object.fromEntries(answer.found.map(({ value, name }) => [value, name]));
      setNames((before) => ({ ...before, ...Object.fromEntries(values.map((one) => [one, one])), ...found }));
    });
    return () => request.abort();
  }, [unknown, url]);
  return names;
}
