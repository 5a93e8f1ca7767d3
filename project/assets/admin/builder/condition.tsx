/** Builds a condition: groups (all, any, none of these) of comparisons, as deep as needed. */

import { useState } from "react";
import {
  type ActionProps,
  type FieldSelectorProps,
  QueryBuilder,
  Rule,
  RuleGroup,
  type RuleGroupProps,
  type RuleGroupType,
  type RuleProps,
  type ShiftActionsProps,
  type ValueEditorProps,
} from "react-querybuilder";

import { fitting, otherOf, queryOf, type Tree, treeOf } from "./document";
import { type Problem, Problems, Sentence, useReadBack } from "./read_back";
import { Select, Value } from "./values";
import { lookedUpIn, operatorCalled, operatorsFor, othersLike, variableCalled, type Words } from "./vocabulary";

type Shared = { words: Words; problems: Problem[] };

export function ConditionBuilder({ words, start, onChange }: { words: Words; start: Tree; onChange: (tree: Tree) => void }) {
  const [query, setQuery] = useState<RuleGroupType>(() => queryOf(start));
  const [tree, setTree] = useState<Tree>(start);
  const answer = useReadBack(words, tree);
  if (words.readOnly) return <Sentence answer={answer} />;

  const change = (next: RuleGroupType) => {
    const document = treeOf(next, words);
    setQuery(next);
    if (JSON.stringify(document) === JSON.stringify(tree)) return;
    setTree(document);
    onChange(document);
  };
  const context: Shared = { words, problems: answer?.problems ?? [] };
  return (
    <>
      <QueryBuilder
        query={query}
        onQueryChange={change}
        fields={fieldsOf(words, query)}
        combinators={combinators()}
        getOperators={(field) => operatorsFor(words, field).map(({ name, label }) => ({ name, label }))}
        getDefaultValue={(rule) => fitting("", operatorCalled(words, rule.field, rule.operator)?.input ?? "text")}
        controlElements={{
          rule: RuleWithProblems,
          ruleGroup: GroupWithProblems,
          valueEditor: ValueControl,
          fieldSelector: FieldControl,
          removeRuleAction: Remove,
          removeGroupAction: Remove,
          addRuleAction: Add,
          addGroupAction: Add,
          shiftActions: Shift,
        }}
        context={context}
        resetOnOperatorChange={false}
        showShiftActions
        addRuleToNewGroups
        controlClassnames={{ queryBuilder: "builder" }}
        translations={translations()}
      />
      <Sentence answer={answer} />
    </>
  );
}

const combinators = () => [
  { name: "all", label: gettext("All of these hold") },
  { name: "any", label: gettext("At least one of these holds") },
  { name: "none", label: gettext("None of these holds") },
];

/** The variables, and any name a stored condition uses that is no variable any more. */
function fieldsOf(words: Words, query: RuleGroupType) {
  const known = words.vocabulary.variables.map(({ name, label }) => ({ name, label }));
  const broken = [...namesIn(query)].filter((name) => !variableCalled(words, name));
  return [...known, ...broken.map((name) => ({ name, label: interpolate(gettext("%s (no longer there)"), [name]) }))];
}

function namesIn(query: RuleGroupType, names = new Set<string>()) {
  for (const rule of query.rules) "rules" in rule ? namesIn(rule as RuleGroupType, names) : names.add(rule.field);
  return names;
}

const translations = () => ({
  fields: { title: gettext("What to ask") },
  operators: { title: gettext("Comparison") },
  combinators: { title: gettext("How these count") },
});

/** "all/0/any/1/value" is the rule at [0, 1]; a problem of a group itself ends at the group. */
function problemsAt(path: number[], { problems }: Shared): string[] {
  const here = path.join("/");
  return problems
    .filter(({ path: there }) => there.split("/").filter((part) => /^\d+$/.test(part)).slice(0, path.length + 1).join("/") === here)
    .map(({ sentence }) => sentence);
}

const RuleWithProblems = (props: RuleProps) => (
  <div className="builder-rule">
    <Rule {...props} />
    <Problems sentences={problemsAt(props.path, props.context as Shared)} />
  </div>
);

const GroupWithProblems = (props: RuleGroupProps) => {
  const group = props.ruleGroup as RuleGroupType;
  return (
    <div className="builder-group" role="group" aria-label={combinators().find(({ name }) => name === group.combinator)?.label}>
      <RuleGroup {...props} />
      {group.rules.length === 0 && props.path.length === 0 && (
        <p className="builder-always">{gettext("No condition: it always holds.")}</p>
      )}
      {group.rules.length === 0 && <Problems sentences={problemsAt(props.path, props.context as Shared)} />}
    </div>
  );
};

function ValueControl({ field, operator, value, handleOnChange, context }: ValueEditorProps) {
  const { words } = context as Shared;
  const variable = variableCalled(words, field);
  const chosen = operatorCalled(words, field, operator);
  if (!chosen) return <span className="builder-broken">{gettext("Choose again what to ask and how to compare.")}</span>;
  const { input } = chosen;
  const others = chosen.takesVariable ? othersLike(words, field) : [];
  const other = chosen.takesVariable ? otherOf(value) : null;
  const label = interpolate(gettext("Value for “%s”"), [variable?.label ?? field]);
  const literal = other === null && (
    <Value
      // A new kind of input starts afresh; the same kind keeps what was typed.
      key={`${field}-${input}-${lookedUpIn(variable, chosen)}`}
      input={input}
      value={fitting(value, input)}
      source={lookedUpIn(variable, chosen)}
      chooseUrl={words.chooseUrl}
      options={input === "lexicons" ? words.vocabulary.lexicons : (variable?.options ?? [])}
      label={label}
      onChange={handleOnChange}
    />
  );
  if (!others.length && other === null) return literal;
  return (
    <span className="builder-either">
      <select
        aria-label={interpolate(gettext("Compare “%s” with"), [variable?.label ?? field])}
        value={other === null ? "value" : "variable"}
        onChange={(event) =>
          handleOnChange(event.target.value === "variable" ? { variable: others[0]?.name ?? "" } : fitting("", input))
        }
      >
        <option value="value">{gettext("a value")}</option>
        <option value="variable">{gettext("another variable")}</option>
      </select>
      {literal}
      {other !== null && (
        <Select options={others} label={label} value={other} onChange={(name) => handleOnChange({ variable: name })} />
      )}
    </span>
  );
}

const FieldControl = ({ options, value, handleOnChange, title, disabled }: FieldSelectorProps) => (
  <select
    className="rule-fields"
    aria-label={title}
    value={value}
    disabled={disabled}
    onChange={(event) => handleOnChange(event.target.value)}
  >
    {options.map((option) => "name" in option && <option key={option.name} value={option.name}>{option.label}</option>)}
  </select>
);

const Remove = ({ handleOnClick, disabled }: ActionProps) => (
  <button
    type="button"
    className="builder-icon"
    title={gettext("Remove")}
    aria-label={gettext("Remove")}
    disabled={disabled}
    onClick={(event) => handleOnClick(event)}
  >
    ×
  </button>
);

const Add = ({ handleOnClick, className, disabled }: ActionProps) => (
  <button type="button" className="builder-add" disabled={disabled} onClick={(event) => handleOnClick(event)}>
    + {className?.includes("addGroup") ? gettext("Group") : gettext("Condition")}
  </button>
);

const Shift = ({ shiftUp, shiftDown, shiftUpDisabled, shiftDownDisabled }: ShiftActionsProps) => (
  <span className="builder-shift">
    <button type="button" className="builder-icon" aria-label={gettext("Move up")} disabled={shiftUpDisabled} onClick={() => shiftUp?.()}>
      ↑
    </button>
    <button type="button" className="builder-icon" aria-label={gettext("Move down")} disabled={shiftDownDisabled} onClick={() => shiftDown?.()}>
      ↓
    </button>
  </span>
);
