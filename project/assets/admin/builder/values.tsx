/** One input per kind of value. Native inputs wherever there are some: they work on phones and with readers. */

import { type KeyboardEvent, type ClipboardEvent, useState } from "react";

import { Chooser } from "./chooser";
import { type Circle, numberOf, type Span } from "./document";
import type { Option } from "./vocabulary";

type Props = {
  input: string;
  value: unknown;
  options: Option[];
  label: string;
  onChange: (value: unknown) => void;
  source?: string;
  chooseUrl?: string;
};

/** The inputs whose value can be looked up, and whether they take several. */
const LOOKED_UP: Record<string, boolean> = { text: false, select: false, words: true, select_multiple: true };

const text = (value: unknown) => (value === null || value === undefined ? "" : String(value));

export function Value({ input, value, options, label, onChange, source, chooseUrl }: Props) {
  const one = { label, value, onChange };
  if (source && chooseUrl && input in LOOKED_UP) {
    return <Chooser url={`${chooseUrl}?source=${encodeURIComponent(source)}`} many={LOOKED_UP[input]!} {...one} />;
  }
  switch (input) {
    case "none":
      return null;
    case "number":
      return <NumberInput {...one} />;
    case "date":
      return <Native type="date" {...one} />;
    case "datetime":
      return <Instant {...one} />;
    case "range":
      return <Range part={NumberInput} {...one} />;
    case "date_range":
      return <Range part={DateInput} {...one} />;
    case "datetime_range":
      return <Range part={Instant} {...one} />;
    case "words":
      return <Chips {...one} read={(word) => word} />;
    case "numbers":
      return <Chips {...one} read={numberOf} />;
    case "amount":
      return <NumberInput {...one} />;
    case "relative_days":
      return <SpanInput {...one} units={["days", "weeks", "months", "years"]} />;
    case "relative_time":
      return <SpanInput {...one} units={["minutes", "hours", "days", "weeks", "months", "years"]} />;
    case "duration":
      return <LengthInput {...one} />;
    case "duration_range":
      return <Range part={LengthInput} {...one} />;
    case "circle":
      return <CircleInput {...one} />;
    case "dates":
      return <Several {...one} part={DateInput} />;
    case "time":
      return <ClockInput {...one} />;
    case "time_range":
      return <Range part={ClockInput} {...one} />;
    case "times":
      return <Several {...one} part={ClockInput} />;
    case "datetimes":
      return <Several {...one} part={Instant} />;
    case "lexicons":
      return <Checkboxes options={options} {...one} />;
    case "text_pair":
      return <Range part={TextInput} {...one} pair />;
    case "number_pair":
      return <Range part={NumberInput} {...one} pair />;
    case "date_pair":
      return <Range part={DateInput} {...one} pair />;
    case "select_pair":
      return <Range part={ChoiceInput} options={options} {...one} pair />;
    case "select":
      return options.length ? <Select options={options} {...one} /> : <Native type="text" {...one} />;
    case "select_multiple":
      return options.length ? <Checkboxes options={options} {...one} /> : <Chips {...one} read={(word) => word} />;
    default:
      return <Native type="text" {...one} />;
  }
}

type One = { label: string; value: unknown; onChange: (value: unknown) => void };

const Native = ({ type, label, value, onChange }: One & { type: string }) => (
  <input type={type} aria-label={label} value={text(value)} onChange={(event) => onChange(event.target.value)} />
);

const ChoiceInput = ({ options, ...props }: One & { options?: Option[] }) =>
  options?.length ? <Select options={options} {...props} /> : <TextInput {...props} />;

const TextInput = (props: One) => <Native type="text" {...props} />;

const UNITS = (): Record<string, string> => ({
  seconds: gettext("seconds"),
  minutes: gettext("minutes"),
  hours: gettext("hours"),
  days: gettext("days"),
  weeks: gettext("weeks"),
  months: gettext("months"),
  years: gettext("years"),
});

/** A number and a unit: 30 days. */
function SpanInput({ label, value, onChange, units }: One & { units: string[] }) {
  const span = value as Span;
  return (
    <span className="builder-span">
      <NumberInput label={`${label}: ${gettext("how many")}`} value={span.amount} onChange={(amount) => onChange({ ...span, amount })} />
      <select
        aria-label={`${label}: ${gettext("unit")}`}
        value={span.unit}
        onChange={(event) => onChange({ ...span, unit: event.target.value })}
      >
        {units.map((unit) => (
          <option key={unit} value={unit}>
            {UNITS()[unit]}
          </option>
        ))}
      </select>
    </span>
  );
}

const LengthInput = ({ value, ...props }: One) => (
  <SpanInput {...props} value={value || { amount: "", unit: "hours" }} units={["seconds", "minutes", "hours", "days", "weeks"]} />
);

function CircleInput({ label, value, onChange }: One) {
  const circle = value as Circle;
  const part = (key: keyof Circle, name: string) => (
    <label className="builder-part">
      <span>{name}</span>
      <NumberInput label={`${label}: ${name}`} value={circle[key]} onChange={(changed) => onChange({ ...circle, [key]: changed })} />
    </label>
  );
  return (
    <span className="builder-circle">
      {part("latitude", gettext("Latitude"))}
      {part("longitude", gettext("Longitude"))}
      {part("metres", gettext("Metres"))}
    </span>
  );
}

/** A list of dates or times, one input each and an empty one for the next. */
function Several({ part: Part, label, value, onChange }: One & { part: (props: One) => React.ReactNode }) {
  const entries = Array.isArray(value) ? value : [];
  return (
    <span className="builder-several">
      {[...entries, ""].map((entry, place) => (
        <Part
          key={`${place}-${entries.length}`}
          label={`${label}: ${place + 1}`}
          value={entry}
          onChange={(changed) => onChange([...entries.slice(0, place), changed, ...entries.slice(place + 1)].filter(Boolean))}
        />
      ))}
    </span>
  );
}

/** A time of day; conditions of before have it as the number of its digits. */
const ClockInput = ({ value, ...props }: One) => (
  <Native type="time" {...props} value={typeof value === "number" ? String(value).padStart(4, "0").replace(/(..)$/, ":$1") : value} />
);

const DateInput = (props: One) => <Native type="date" {...props} />;

const NumberInput = ({ label, value, onChange }: One) => (
  <input
    type="text"
    inputMode="decimal"
    aria-label={label}
    defaultValue={text(value)}
    onChange={(event) => onChange(numberOf(event.target.value))}
  />
);

/** Shown in the browser's zone, stored with its offset: an instant without one would mean another each place. */
function Instant({ label, value, onChange }: One) {
  const instant = new Date(text(value));
  const local = Number.isNaN(instant.getTime()) ? "" : withoutOffset(instant);
  return (
    <input
      type="datetime-local"
      aria-label={label}
      defaultValue={local}
      onChange={(event) => onChange(event.target.value && withOffset(event.target.value))}
    />
  );
}

function withoutOffset(instant: Date) {
  return new Date(instant.getTime() - instant.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function withOffset(local: string) {
  const minutes = -new Date(local).getTimezoneOffset();
  const two = (number: number) => String(Math.trunc(number)).padStart(2, "0");
  const sign = minutes < 0 ? "-" : "+";
  return `${local}:00${sign}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

type Ends = One & {
  part: (props: One & { options?: Option[] }) => React.ReactNode;
  options?: Option[];
  pair?: boolean;
};

/** Two ends of a range; or, as a pair, what was and what is. */
function Range({ part: Part, options, pair, label, value, onChange }: Ends) {
  const [low, high] = Array.isArray(value) ? value : ["", ""];
  return (
    <span className="builder-range">
      <Part options={options} label={`${label}: ${gettext("from")}`} value={low} onChange={(changed) => onChange([changed, high])} />
      <span aria-hidden="true">{pair ? "→" : "–"}</span>
      <Part options={options} label={`${label}: ${pair ? gettext("to") : gettext("up to")}`} value={high} onChange={(changed) => onChange([low, changed])} />
    </span>
  );
}

export function Select({ options, label, value, onChange }: One & { options: Option[] }) {
  const known = options.some((option) => text(option.name) === text(value));
  return (
    <select
      aria-label={label}
      value={text(value)}
      onChange={(event) => onChange(options.find((option) => text(option.name) === event.target.value)?.name ?? "")}
    >
      {!known && <option value={text(value)}>{text(value) || gettext("Choose")}</option>}
      {options.map((option) => (
        <option key={option.name} value={option.name}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function Checkboxes({ options, label, value, onChange }: One & { options: Option[] }) {
  const chosen = Array.isArray(value) ? value : [];
  const has = (option: Option) => chosen.some((name) => text(name) === text(option.name));
  const toggle = (option: Option) =>
    onChange(has(option) ? chosen.filter((name) => text(name) !== text(option.name)) : [...chosen, option.name]);
  return (
    <span role="group" aria-label={label} className="builder-checkboxes">
      {options.map((option) => (
        <label key={option.name}>
          <input type="checkbox" checked={has(option)} onChange={() => toggle(option)} /> {option.label}
        </label>
      ))}
    </span>
  );
}

const SEPARATORS = /[,，、;；\n\t]+/;

/** Type a word and press Enter or a comma; paste many at once; Backspace takes the last one back. */
function Chips({ label, value, onChange, read }: One & { read: (word: string) => unknown }) {
  const [typed, setTyped] = useState("");
  const words = Array.isArray(value) ? value : [];
  const add = (input: string) => {
    const fresh = input.split(SEPARATORS).map((word) => word.trim()).filter(Boolean).map(read);
    if (fresh.length) onChange([...new Set([...words, ...fresh])]);
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && !typed && words.length) {
      onChange(words.slice(0, -1));
    }
  };
  const onPaste = (event: ClipboardEvent<HTMLInputElement>) => {
    const pasted = event.clipboardData.getData("text");
    if (!SEPARATORS.test(pasted)) return;
    event.preventDefault();
    add(typed + pasted);
  };
  return (
    <span className="builder-chips">
      {words.map((word, place) => (
        <span className="builder-chip" key={`${word}-${place}`}>
          {text(word)}
          <button
            type="button"
            aria-label={interpolate(gettext("Remove “%s”"), [text(word)])}
            onClick={() => onChange(words.filter((_other, other) => other !== place))}
          >
            ×
          </button>
        </span>
      ))}
      <input
        type="text"
        aria-label={label}
        placeholder={words.length ? "" : gettext("Type a word, then Enter")}
        value={typed}
        onChange={(event) => (SEPARATORS.test(event.target.value) ? add(event.target.value) : setTyped(event.target.value))}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onBlur={() => typed && add(typed)}
      />
    </span>
  );
}
