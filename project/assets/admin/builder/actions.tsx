/** Builds a list of actions: choose one, fill in what it needs. */

import { useState } from "react";

import { fitting } from "./document";
import { Problems, Sentence, useReadBack } from "./read_back";
import { Value } from "./values";
import type { Action, Param, Words } from "./vocabulary";

export type StoredAction = { name: string; params: Record<string, unknown> };

const INPUTS: Record<string, string> = { numeric: "number", select: "select", select_multiple: "select_multiple" };
const inputOf = (param: Param) => INPUTS[param.type] ?? (param.options.length ? "select" : "text");

export function ActionsBuilder({ words, start, onChange }: { words: Words; start: StoredAction[]; onChange: (actions: StoredAction[]) => void }) {
  const [actions, setActions] = useState(start);
  const answer = useReadBack(words, actions);
  if (words.readOnly) return <Sentence answer={answer} />;

  const change = (next: StoredAction[]) => {
    setActions(next);
    onChange(next);
  };
  const put = (place: number, action: StoredAction) => change(actions.map((old, other) => (other === place ? action : old)));
  return (
    <div className="builder">
      <ol className="builder-actions">
        {actions.map((action, place) => (
          <li key={place} className="builder-rule">
            <div className="rule">
              <ActionSelect words={words} action={action} onChoose={(name) => put(place, { name, params: {} })} />
              <Params words={words} action={action} onChange={(params) => put(place, { ...action, params })} />
              <button
                type="button"
                className="builder-icon"
                title={gettext("Remove")}
                aria-label={gettext("Remove")}
                onClick={() => change(actions.filter((_old, other) => other !== place))}
              >
                ×
              </button>
            </div>
            <Problems
              sentences={(answer?.problems ?? [])
                .filter(({ path }) => path.split("/")[0] === String(place))
                .map(({ sentence }) => sentence)}
            />
          </li>
        ))}
      </ol>
      <button
        type="button"
        className="builder-add"
        onClick={() => change([...actions, { name: words.vocabulary.actions[0]?.name ?? "", params: {} }])}
      >
        + {gettext("Action")}
      </button>
      <Sentence answer={answer} />
    </div>
  );
}

const actionCalled = (words: Words, name: string): Action | undefined =>
  words.vocabulary.actions.find((action) => action.name === name);

function ActionSelect({ words, action, onChoose }: { words: Words; action: StoredAction; onChoose: (name: string) => void }) {
  return (
    <select className="rule-fields" aria-label={gettext("Action")} value={action.name} onChange={(event) => onChoose(event.target.value)}>
      {!actionCalled(words, action.name) && (
        <option value={action.name}>{interpolate(gettext("%s (no longer there)"), [action.name])}</option>
      )}
      {words.vocabulary.actions.map(({ name, label }) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}

function Params({ words, action, onChange }: { words: Words; action: StoredAction; onChange: (params: Record<string, unknown>) => void }) {
  return (actionCalled(words, action.name)?.params ?? []).map((param) => (
    <label key={`${action.name}-${param.name}`} className="builder-param">
      <span>{param.label}</span>
      <Value
        input={inputOf(param)}
        value={fitting(action.params[param.name], inputOf(param))}
        options={param.options}
        source={param.source}
        chooseUrl={words.chooseUrl}
        label={param.label}
        onChange={(value) => onChange({ ...action.params, [param.name]: value })}
      />
    </label>
  ));
}
