/** Every setting of a node or a transition. The canvas shows it beside the drawing, the table under the row. */

import { type ReactNode, useId, useState } from "react";

import { ActionsBuilder } from "../builder/actions";
import { ConditionBuilder } from "../builder/condition";
import type { Tree } from "../builder/document";
import {
  type Approver,
  type Flow,
  type FlowNode,
  isAlways,
  leaving,
  moved,
  moveTransition,
  newTransition,
  nodeCalled,
  NOTHING,
  putNode,
  putTransition,
  said,
  type Text,
  type Tier,
  transitionCalled,
  triggersAt,
  type Transition,
  typedEn,
  withEn,
  withKind,
  without,
  withTransition,
  withZh,
} from "./document";
import { arrowCalled, ASKS, FINAL, HAS_PEOPLE, kindCalled, kinds, triggers } from "./kinds";
import { type Choice, fieldsNow, type FlowWords, labelIn } from "./words";

export type Editing = {
  words: FlowWords;
  flow: Flow;
  /** `what` names a change that goes on: typing in one field is one step for undo. */
  change: (flow: Flow, what?: string) => void;
  /** Changes with undo and redo, so that builders with a state of their own begin anew. */
  epoch: number;
  problems: { node: (key: string) => string[]; transition: (key: string) => string[] };
};

// Small parts

export const Field = ({ label, children, hint }: { label: string; children: ReactNode; hint?: string }) => (
  <label className="flow-field">
    <span>{label}</span>
    {children}
    {hint && <small>{hint}</small>}
  </label>
);

const Group = ({ label, children }: { label: string; children: ReactNode }) => (
  <fieldset className="flow-group">
    <legend>{label}</legend>
    {children}
  </fieldset>
);

const Texts = ({ text, label, onChange }: { text: Text; label: string; onChange: (text: Text) => void }) => (
  <div className="flow-pair">
    <Field label={label}>
      <input type="text" maxLength={60} value={text.zh} onChange={({ target }) => onChange(withZh(text, target.value))} />
    </Field>
    <Field label={gettext("In English")}>
      <input type="text" maxLength={60} value={typedEn(text)} placeholder={text.zh} onChange={({ target }) => onChange(withEn(text, target.value))} />
    </Field>
  </div>
);

/** `value` stays choosable though nobody offers it any more. */
export const Select = ({ label, value, choices, empty, onChange, hint }: { label: string; value: string; choices: Choice[]; empty?: string; onChange: (name: string) => void; hint?: string }) => (
  <Field label={label} hint={hint}>
    <select value={value} onChange={({ target }) => onChange(target.value)}>
      {empty !== undefined && <option value="">{empty}</option>}
      {value && !choices.some(({ name }) => name === value) && <option value={value}>{labelIn(choices, value)}</option>}
      {choices.map(({ name, label: text }) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  </Field>
);

const Count = ({ label, value, most, onChange }: { label: string; value: number | undefined; most?: number; onChange: (count: number | undefined) => void }) => (
  <Field label={label}>
    <input
      type="number"
      min={1}
      max={most}
      step={1}
      value={value ?? ""}
      onChange={({ target }) => onChange(target.value === "" ? undefined : Math.trunc(Number(target.value)))}
    />
  </Field>
);

export const Check = ({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) => (
  <label className="flow-check">
    <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
    <span>{label}</span>
  </label>
);

export const Problems = ({ sentences }: { sentences: string[] }) =>
  sentences.length ? (
    <ul className="flow-problems">
      {sentences.map((sentence) => (
        <li key={sentence}>
          <span aria-hidden="true">⚠</span> {sentence}
        </li>
      ))}
    </ul>
  ) : null;

const Move = ({ up, down, label }: { up?: () => void; down?: () => void; label: string }) => (
  <span className="builder-shift">
    <button type="button" className="builder-icon" aria-label={interpolate(gettext("%s: earlier"), [label])} disabled={!up} onClick={up}>
      ↑
    </button>
    <button type="button" className="builder-icon" aria-label={interpolate(gettext("%s: later"), [label])} disabled={!down} onClick={down}>
      ↓
    </button>
  </span>
);

export const Remove = ({ label, onClick }: { label: string; onClick: () => void }) => (
  <button type="button" className="builder-icon" aria-label={interpolate(gettext("Remove: %s"), [label])} title={gettext("Remove")} onClick={onClick}>
    ×
  </button>
);

/** Built when it is opened first: builders ask the server as soon as they are there. */
function Folded({ summary, children }: { summary: ReactNode; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="flow-way" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && children}
    </details>
  );
}

export const Add = ({ children, onClick, disabled }: { children: ReactNode; onClick: () => void; disabled?: boolean }) => (
  <button type="button" className="builder-add" disabled={disabled} onClick={onClick}>
    + {children}
  </button>
);

// A node

export function NodeProperties({ editing, nodeKey, onOpen }: { editing: Editing; nodeKey: string; onOpen?: (transition: string) => void }) {
  const { words, flow, change, epoch } = editing;
  const node = nodeCalled(flow, nodeKey);
  if (!node) return null;
  const put = (part: Partial<FlowNode>, what?: string) => change(putNode(flow, nodeKey, part), what && `${nodeKey}/${what}`);
  const kind = kindCalled(node.kind);
  return (
    <div className="flow-properties">
      <Problems sentences={editing.problems.node(nodeKey)} />
      <fieldset className="flow-plain" disabled={words.readOnly}>
        <Texts text={node.label} label={gettext("Name of the step")} onChange={(label) => put({ label }, "label")} />
        <Select label={gettext("Kind")} value={node.kind} choices={kinds()} hint={kind.sentence} onChange={(name) => change(withKind(flow, nodeKey, name))} />
        {ASKS.has(node.kind) && <Asked node={node} words={words} put={put} />}
        {node.kind === "approval" && <ApprovalSettings key={epoch} node={node} editing={editing} put={put} />}
        {node.kind === "join" && <JoinSettings node={node} put={put} />}
        {node.kind === "subflow" && <SubflowSettings node={node} words={words} put={put} />}
        {node.kind === "actions" && <ActionsSettings key={epoch} actions={node.actions ?? []} words={words} onChange={(actions) => put({ actions })} />}
        {node.kind === "wait" && <WaitSettings node={node} words={words} put={put} />}
        {HAS_PEOPLE.has(node.kind) && node.kind !== "approval" && <Assigned key={`who-${epoch}`} node={node} editing={editing} put={put} />}
      </fieldset>
      {!FINAL.has(node.kind) && <Ways editing={editing} node={node} onOpen={onOpen} />}
    </div>
  );
}

type Put = (part: Partial<FlowNode>, what?: string) => void;

function Asked({ node, words, put }: { node: FlowNode; words: FlowWords; put: Put }) {
  const fields = fieldsNow(words);
  const known = new Set(fields.map(({ name }) => name));
  const gone = node.asks.filter((name) => !known.has(name));
  const offered = [...fields, ...gone.map((name) => ({ name, label: labelIn(fields, name) }))];
  return (
    <Group label={gettext("Fields asked here")}>
      {offered.length ? (
        <div className="flow-checks">
          {offered.map(({ name, label }) => (
            <Check
              key={name}
              label={label}
              checked={node.asks.includes(name)}
              onChange={(checked) => put({ asks: checked ? [...node.asks, name] : node.asks.filter((one) => one !== name) })}
            />
          ))}
        </div>
      ) : (
        <p className="flow-hint">{gettext("The form has no fields yet. Add them under “Form”, then choose here what is asked.")}</p>
      )}
    </Group>
  );
}

function Assigned({ node, editing, put }: { node: FlowNode; editing: Editing; put: Put }) {
  const { words } = editing;
  const choices = [
    { name: "keep", label: gettext("whoever has it") },
    { name: "presser", label: gettext("who pressed the button") },
    { name: "department", label: gettext("a department") },
    { name: "person", label: gettext("one person") },
    { name: "nobody", label: gettext("nobody") },
    ...(words.strategies.length ? [{ name: "rules", label: gettext("by rules, tried in order") }] : []),
  ];
  return (
    <Group label={gettext("Who has it")}>
      <Select label={gettext("Goes to")} value={node.assign} choices={choices} onChange={(assign) => put({ assign })} />
      {node.assign === "department" && <Department words={words} value={node.department} onChange={(department, department_name) => put({ department, department_name })} />}
      {node.assign === "person" && (
        <Select
          label={gettext("Person")}
          value={node.person}
          choices={words.people}
          empty={gettext("Choose…")}
          onChange={(person) => put({ person, person_name: labelIn(words.people, person) })}
        />
      )}
      {node.assign === "rules" && <AssignmentRules node={node} words={words} put={put} />}
    </Group>
  );
}

const Department = ({ words, value, label, onChange }: { words: FlowWords; value: string; label?: string; onChange: (slug: string, name: string) => void }) => (
  <Select label={label ?? gettext("Department")} value={value} choices={words.departments} empty={gettext("Choose…")} onChange={(slug) => onChange(slug, labelIn(words.departments, slug))} />
);

type Pool = { kind: string; name?: string; people?: string[] };
type Found = {
  strategy: string;
  condition?: Tree;
  pool?: Pool;
  weights?: Record<string, number>;
  role?: string;
  person?: string;
  department?: string;
  field?: string;
  days?: number;
  measure?: string;
  skills?: string[];
  within_capacity?: boolean;
  on_shift?: boolean;
};
const WITH_POOL = new Set(["round_robin", "least_loaded", "most_idle", "best_history"]);
const OF_PEOPLE = (strategy: string) => strategy !== "person" && strategy !== "department";

/** How somebody is found: tried in order, the first that finds someone decides. */
function AssignmentRules({ node, words, put }: { node: FlowNode; words: FlowWords; put: Put }) {
  const rules = (node.assignment ?? []) as Found[];
  const set = (assignment: Found[], what?: string) => put({ assignment }, what);
  return (
    <>
      <ol className="flow-list">
        {rules.map((rule, place) => {
          const name = interpolate(gettext("Rule %s"), [place + 1]);
          return (
            <li key={place} className="flow-way">
              <span className="flow-row">
                <strong>{name}</strong>
                <Move
                  label={name}
                  up={place ? () => set(moved(rules, place, -1)) : undefined}
                  down={place < rules.length - 1 ? () => set(moved(rules, place, 1)) : undefined}
                />
                <Remove label={name} onClick={() => set(rules.filter((_rule, other) => other !== place))} />
              </span>
              <AssignmentRule rule={rule} name={name} words={words} onChange={(part, what) => set(rules.map((old, other) => (other === place ? { ...old, ...part } : old)), what && `${place}/${what}`)} />
            </li>
          );
        })}
        <li>
          <Add onClick={() => set([...rules, { strategy: words.strategies[0]?.name ?? "" }])}>{gettext("Rule")}</Add>
        </li>
      </ol>
      <Department words={words} value={node.department} label={gettext("Waits in this department’s queue when nobody is free")} onChange={(department, department_name) => put({ department, department_name })} />
    </>
  );
}

function AssignmentRule({ rule, name, words, onChange }: { rule: Found; name: string; words: FlowWords; onChange: (part: Partial<Found>, what?: string) => void }) {
  const { strategy } = rule;
  const measures = [
    { name: "time", label: gettext("by working time") },
    { name: "count", label: gettext("by number of steps done") },
  ];
  return (
    <div className="flow-plain">
      <Select label={gettext("How somebody is found")} value={strategy} choices={words.strategies} onChange={(chosen) => onChange({ strategy: chosen })} />
      {strategy === "person" && <Select label={gettext("Person")} value={rule.person ?? ""} choices={words.people} empty={gettext("Choose…")} onChange={(person) => onChange({ person })} />}
      {strategy === "role" && <Select label={gettext("Role")} value={rule.role ?? ""} choices={words.roles} empty={gettext("Choose…")} onChange={(role) => onChange({ role })} />}
      {strategy === "department" && <Department words={words} value={rule.department ?? ""} onChange={(department) => onChange({ department })} />}
      {strategy === "field" && <Select label={gettext("Field")} value={rule.field ?? ""} choices={fieldsNow(words)} empty={gettext("Choose…")} onChange={(field) => onChange({ field })} />}
      {WITH_POOL.has(strategy) && <PoolChoice pool={rule.pool ?? { kind: "department" }} words={words} onChange={(pool) => onChange({ pool })} />}
      {(strategy === "most_idle" || strategy === "best_history") && <Count label={gettext("Looking back so many days")} value={rule.days} most={366} onChange={(days) => onChange({ days }, "days")} />}
      {strategy === "most_idle" && <Select label={gettext("Measured")} value={rule.measure ?? "time"} choices={measures} onChange={(measure) => onChange({ measure })} />}
      {strategy === "round_robin" && rule.pool?.kind === "people" && <Weights rule={rule} words={words} onChange={(weights) => onChange({ weights }, "weights")} />}
      {OF_PEOPLE(strategy) && words.skills.length > 0 && (
        <Folded summary={interpolate(gettext("Skills needed (%s)"), [rule.skills?.length ?? 0])}>
          <Several choices={words.skills} chosen={rule.skills ?? []} onChange={(skills) => onChange({ skills })} />
        </Folded>
      )}
      {OF_PEOPLE(strategy) && (
        <>
          <Check label={gettext("nobody above their capacity")} checked={rule.within_capacity ?? true} onChange={(within_capacity) => onChange({ within_capacity })} />
          <Check label={gettext("only who is on shift")} checked={rule.on_shift ?? true} onChange={(on_shift) => onChange({ on_shift })} />
        </>
      )}
      {words.conditions && (
        <Folded summary={`${name}: ${isAlways(rule.condition) ? gettext("for every ticket") : gettext("under a condition")}`}>
          <ConditionBuilder words={words.conditions} start={rule.condition ?? { all: [] }} onChange={(condition) => onChange({ condition }, "condition")} />
        </Folded>
      )}
    </div>
  );
}

const Several = ({ choices, chosen, onChange }: { choices: Choice[]; chosen: string[]; onChange: (chosen: string[]) => void }) => (
  <div className="flow-checks">
    {[...choices, ...chosen.filter((name) => !choices.some((one) => one.name === name)).map((name) => ({ name, label: labelIn(choices, name) }))].map(({ name, label }) => (
      <Check key={name} label={label} checked={chosen.includes(name)} onChange={(checked) => onChange(checked ? [...chosen, name] : chosen.filter((one) => one !== name))} />
    ))}
  </div>
);

function PoolChoice({ pool, words, onChange }: { pool: Pool; words: FlowWords; onChange: (pool: Pool) => void }) {
  const kinds = [
    { name: "department", label: gettext("people of a department") },
    { name: "role", label: gettext("people of a role") },
    { name: "people", label: gettext("these people") },
    { name: "store", label: gettext("people of the ticket’s store") },
  ];
  const offered = pool.kind === "department" ? words.departments : words.roles;
  return (
    <>
      <Select label={gettext("Among")} value={pool.kind} choices={kinds} onChange={(kind) => onChange({ kind, name: "" })} />
      {(pool.kind === "department" || pool.kind === "role") && <Select label={gettext("Which")} value={pool.name ?? ""} choices={offered} empty={gettext("Choose…")} onChange={(name) => onChange({ ...pool, name })} />}
      {pool.kind === "people" && <Several choices={words.people} chosen={pool.people ?? []} onChange={(people) => onChange({ ...pool, people })} />}
    </>
  );
}

const Weights = ({ rule, words, onChange }: { rule: Found; words: FlowWords; onChange: (weights: Record<string, number>) => void }) => (
  <div className="flow-pair">
    {(rule.pool?.people ?? []).map((name) => (
      <Count key={name} label={interpolate(gettext("Share of %s"), [labelIn(words.people, name)])} value={rule.weights?.[name] ?? 1} most={100} onChange={(share) => onChange({ ...rule.weights, [name]: share ?? 1 })} />
    ))}
  </div>
);

// Kinds with settings of their own

function ApprovalSettings({ node, editing, put }: { node: FlowNode; editing: Editing; put: Put }) {
  const { words } = editing;
  const approval = node.approval ?? { mode: "any", approvers: [] };
  const set = (part: object, what?: string) => put({ approval: { ...approval, ...part } }, what);
  const tiers = approval.tiers ?? [];
  const putTier = (place: number, part: Partial<Tier>) => set({ tiers: tiers.map((tier, other) => (other === place ? { ...tier, ...part } : tier)) });
  const modes = [
    { name: "any", label: gettext("one of them agrees") },
    { name: "all", label: gettext("all of them agree") },
    { name: "count", label: gettext("a number of them agree") },
    { name: "percent", label: gettext("a share of them agrees") },
    { name: "sequence", label: gettext("one after the other") },
  ];
  return (
    <Group label={gettext("Approval")}>
      <Select label={gettext("Approved when")} value={approval.mode} choices={modes} onChange={(mode) => set({ mode })} />
      {approval.mode === "count" && <Count label={gettext("How many")} value={approval.count} onChange={(count) => set({ count }, "count")} />}
      {approval.mode === "percent" && <Count label={gettext("Percent")} value={approval.percent} most={100} onChange={(percent) => set({ percent }, "percent")} />}
      <p className="flow-subhead">{gettext("Who approves")}</p>
      <Approvers words={words} approvers={approval.approvers ?? []} onChange={(approvers) => set({ approvers })} />
      <p className="flow-subhead">{gettext("Others, when a condition holds")}</p>
      <ol className="flow-list">
        {tiers.map((tier, place) => {
          const name = interpolate(gettext("Tier %s"), [place + 1]);
          return (
            <li key={place}>
              <span className="flow-row">
                <strong>{name}</strong>
                <Remove label={name} onClick={() => set({ tiers: tiers.filter((_tier, other) => other !== place) })} />
              </span>
              {words.conditions && <ConditionBuilder words={words.conditions} start={tier.condition} onChange={(condition) => putTier(place, { condition })} />}
              <Approvers words={words} approvers={tier.approvers} onChange={(approvers) => putTier(place, { approvers })} />
            </li>
          );
        })}
        <li>
          <Add onClick={() => set({ tiers: [...tiers, { condition: { all: [] }, approvers: [] }] })}>{gettext("Tier")}</Add>
        </li>
      </ol>
    </Group>
  );
}

function Approvers({ words, approvers, onChange }: { words: FlowWords; approvers: Approver[]; onChange: (approvers: Approver[]) => void }) {
  const types = [
    { name: "role", label: gettext("a role") },
    { name: "person", label: gettext("one person") },
    { name: "department", label: gettext("a department") },
  ];
  const offered: Record<string, Choice[]> = { role: words.roles, person: words.people, department: words.departments };
  const put = (place: number, approver: Approver) => onChange(approvers.map((old, other) => (other === place ? approver : old)));
  const swap = (place: number, by: number) => onChange(moved(approvers, place, by));
  return (
    <ol className="flow-list">
      {approvers.map((approver, place) => {
        const name = interpolate(gettext("Approver %s"), [place + 1]);
        return (
          <li key={place} className="flow-row">
            <Select label={name} value={approver.type} choices={types} onChange={(type) => put(place, { type, name: "" })} />
            <Select
              label={interpolate(gettext("%s: who"), [name])}
              value={approver.name}
              choices={offered[approver.type] ?? []}
              empty={gettext("Choose…")}
              onChange={(who) => put(place, { ...approver, name: who })}
            />
            <Move label={name} up={place ? () => swap(place, -1) : undefined} down={place < approvers.length - 1 ? () => swap(place, 1) : undefined} />
            <Remove label={name} onClick={() => onChange(approvers.filter((_one, other) => other !== place))} />
          </li>
        );
      })}
      <li>
        <Add onClick={() => onChange([...approvers, { type: "role", name: "" }])}>{gettext("Approver")}</Add>
      </li>
    </ol>
  );
}

function JoinSettings({ node, put }: { node: FlowNode; put: Put }) {
  const join = node.join ?? { mode: "all" };
  const modes = [
    { name: "all", label: gettext("all ways have arrived") },
    { name: "any", label: gettext("one way has arrived") },
    { name: "count", label: gettext("a number of ways have arrived") },
  ];
  return (
    <Group label={gettext("Join")}>
      <Select label={gettext("Goes on when")} value={join.mode} choices={modes} onChange={(mode) => put({ join: { ...join, mode } })} />
      {join.mode === "count" && <Count label={gettext("How many")} value={join.count} onChange={(count) => put({ join: { ...join, count } }, "count")} />}
    </Group>
  );
}

function SubflowSettings({ node, words, put }: { node: FlowNode; words: FlowWords; put: Put }) {
  const subflow = node.subflow ?? { tickets: [], wait: "all" };
  const set = (part: object, what?: string) => put({ subflow: { ...subflow, ...part } }, what);
  const waits = [
    { name: "all", label: gettext("all of them have ended") },
    { name: "any", label: gettext("one of them has ended") },
    { name: "count", label: gettext("a number of them have ended") },
    { name: "none", label: gettext("they were opened, without waiting") },
  ];
  return (
    <Group label={gettext("Tickets opened here")}>
      <ol className="flow-list">
        {subflow.tickets.map((ticket, place) => {
          const name = interpolate(gettext("Ticket %s"), [place + 1]);
          const change = (part: object, what?: string) => set({ tickets: subflow.tickets.map((old, other) => (other === place ? { ...old, ...part } : old)) }, what);
          return (
            <li key={place}>
              <span className="flow-row">
                <Select label={name} value={ticket.ticket_type} choices={words.ticketTypes} empty={gettext("Choose…")} onChange={(ticket_type) => change({ ticket_type })} />
                <Remove label={name} onClick={() => set({ tickets: subflow.tickets.filter((_one, other) => other !== place) })} />
              </span>
              <Texts text={ticket.label ?? { zh: "", en: "" }} label={gettext("What it is about")} onChange={(label) => change({ label }, `ticket-${place}`)} />
            </li>
          );
        })}
        <li>
          <Add onClick={() => set({ tickets: [...subflow.tickets, { ticket_type: "", label: { zh: "", en: "" } }] })}>{gettext("Ticket")}</Add>
        </li>
      </ol>
      <Select label={gettext("Goes on when")} value={subflow.wait} choices={waits} onChange={(wait) => set({ wait })} />
      {subflow.wait === "count" && <Count label={gettext("How many")} value={subflow.count} onChange={(count) => set({ count }, "count")} />}
    </Group>
  );
}

function ActionsSettings({ actions, words, onChange }: { actions: NonNullable<FlowNode["actions"]>; words: FlowWords; onChange: (actions: NonNullable<FlowNode["actions"]>) => void }) {
  return (
    <Group label={gettext("What it does by itself")}>
      {words.actions ? (
        <ActionsBuilder words={words.actions} start={actions} onChange={onChange} />
      ) : (
        <p className="flow-hint">{gettext("Save the draft once; then this can be built here.")}</p>
      )}
    </Group>
  );
}

const UNITS: Record<string, number> = { minutes: 60, hours: 3_600, days: 86_400 };
const unitOf = (seconds: number) => (seconds % 86_400 === 0 ? "days" : seconds % 3_600 === 0 ? "hours" : "minutes");

function WaitSettings({ node, words, put }: { node: FlowNode; words: FlowWords; put: Put }) {
  const wait = node.wait ?? { mode: "duration" };
  const set = (part: object, what?: string) => put({ wait: { ...wait, ...part } }, what);
  const seconds = wait.seconds ?? 0;
  const unit = unitOf(seconds || 86_400);
  const dates = fieldsNow(words).filter(({ name }) => words.dateFields.includes(name));
  const modes = [
    { name: "duration", label: gettext("for a time") },
    { name: "until", label: gettext("until a date of the form") },
    ...(words.events.length || wait.mode === "event" ? [{ name: "event", label: gettext("until something happens") }] : []),
  ];
  const units = [
    { name: "minutes", label: gettext("minutes") },
    { name: "hours", label: gettext("hours") },
    { name: "days", label: gettext("days") },
  ];
  return (
    <Group label={gettext("Wait")}>
      <Select label={gettext("Waits")} value={wait.mode} choices={modes} onChange={(mode) => set({ mode })} />
      {wait.mode === "duration" && (
        <>
          <div className="flow-pair">
            <Count label={gettext("How long")} value={seconds ? seconds / UNITS[unit]! : undefined} onChange={(count) => set({ seconds: (count ?? 0) * UNITS[unit]! }, "seconds")} />
            <Select label={gettext("Unit")} value={unit} choices={units} onChange={(name) => set({ seconds: (seconds / UNITS[unit]! || 1) * UNITS[name]! })} />
          </div>
          <Check label={gettext("only working time counts")} checked={wait.working ?? false} onChange={(working) => set({ working })} />
        </>
      )}
      {wait.mode === "until" && <Select label={gettext("Date")} value={wait.field ?? ""} choices={dates} empty={gettext("Choose…")} onChange={(field) => set({ field })} hint={dates.length ? undefined : gettext("The form has no saved field with a date.")} />}
      {wait.mode === "event" && <Select label={gettext("What happens")} value={wait.event ?? ""} choices={words.events} empty={gettext("Choose…")} onChange={(event) => set({ event })} />}
    </Group>
  );
}

// Ways out

/** The transitions of a node, and the way to add one without a mouse. */
function Ways({ editing, node, onOpen }: { editing: Editing; node: FlowNode; onOpen?: (transition: string) => void }) {
  const { flow, change, words } = editing;
  const id = useId();
  const rows = leaving(flow, node.key);
  const add = (to: string) => {
    const row = newTransition(flow, node.key, to);
    change(withTransition(flow, row));
    onOpen?.(row.key);
  };
  return (
    <fieldset className="flow-group" disabled={words.readOnly && !onOpen}>
      <legend>{gettext("Where it goes on")}</legend>
      <ol className="flow-list">
        {rows.map((row, place) => {
          const name = arrowCalled(row);
          return (
            <li key={row.key}>
              {onOpen ? (
                <span className="flow-row">
                  <button type="button" className="flow-link" onClick={() => onOpen(row.key)}>
                    {editing.problems.transition(row.key).length > 0 && <span aria-hidden="true">⚠ </span>}
                    {name} → {said(nodeCalled(flow, row.to)?.label) || row.to}
                  </button>
                  {!words.readOnly && (
                    <>
                      <Move
                        label={name}
                        up={place ? () => change(moveTransition(flow, row.key, -1)) : undefined}
                        down={place < rows.length - 1 ? () => change(moveTransition(flow, row.key, 1)) : undefined}
                      />
                      <Remove label={name} onClick={() => change(without(flow, { ...NOTHING, transitions: [row.key] }))} />
                    </>
                  )}
                </span>
              ) : (
                <Folded
                  summary={
                    <>
                      {editing.problems.transition(row.key).length > 0 && <span aria-hidden="true">⚠ </span>}
                      {name} → {said(nodeCalled(flow, row.to)?.label) || row.to}
                    </>
                  }
                >
                  <TransitionProperties editing={editing} transitionKey={row.key} />
                  {!words.readOnly && (
                    <span className="flow-row">
                      <Move
                        label={name}
                        up={place ? () => change(moveTransition(flow, row.key, -1)) : undefined}
                        down={place < rows.length - 1 ? () => change(moveTransition(flow, row.key, 1)) : undefined}
                      />
                      <Remove label={name} onClick={() => change(without(flow, { ...NOTHING, transitions: [row.key] }))} />
                    </span>
                  )}
                </Folded>
              )}
            </li>
          );
        })}
      </ol>
      {!words.readOnly && (
        <div className="flow-field">
          <label htmlFor={id}>{gettext("Add a way to")}</label>
          <select id={id} value="" onChange={({ target }) => target.value && add(target.value)}>
            <option value="">{gettext("Choose a step…")}</option>
            {flow.nodes.map(({ key, label }) => (
              <option key={key} value={key}>
                {said(label) || key}
              </option>
            ))}
          </select>
        </div>
      )}
    </fieldset>
  );
}

export function TransitionProperties({ editing, transitionKey }: { editing: Editing; transitionKey: string }) {
  const { words, flow, change, epoch } = editing;
  const row = transitionCalled(flow, transitionKey);
  if (!row) return null;
  const put = (part: Partial<Transition>, what?: string) => change(putTransition(flow, transitionKey, part), what && `${transitionKey}/${what}`);
  const steps = flow.nodes.map(({ key, label }) => ({ name: key, label: said(label) || key }));
  const isPressed = row.trigger === "button";
  const presses = [
    { name: "anyone", label: gettext("everyone who may work on it") },
    { name: "assignee", label: gettext("only the person it is assigned to") },
    { name: "department", label: gettext("only the people of one department") },
  ];
  const allowed = triggersAt(nodeCalled(flow, row.from)?.kind);
  const offered = triggers().filter(({ name }) => allowed.includes(name) || name === row.trigger);
  return (
    <div className="flow-properties">
      <Problems sentences={editing.problems.transition(transitionKey)} />
      <fieldset className="flow-plain" disabled={words.readOnly}>
        <Texts text={row.label} label={isPressed ? gettext("Words on the button") : gettext("What it is called")} onChange={(label) => put({ label }, "label")} />
        <div className="flow-pair">
          <Select label={gettext("From")} value={row.from} choices={steps} onChange={(from) => put({ from })} />
          <Select label={gettext("To")} value={row.to} choices={steps} onChange={(to) => put({ to })} />
        </div>
        <Select label={gettext("It happens")} value={row.trigger} choices={offered} onChange={(trigger) => put({ trigger })} />
        <Check label={gettext("taken when no other way fits (otherwise)")} checked={row.is_default} onChange={(is_default) => put({ is_default })} />
        {!row.is_default && (
          <Group label={gettext("Only when")}>
            {words.conditions ? (
              <ConditionBuilder key={`${transitionKey}-${epoch}`} words={words.conditions} start={row.condition} onChange={(condition) => put({ condition }, "condition")} />
            ) : (
              <p className="flow-hint">{gettext("Save the draft once; then this can be built here.")}</p>
            )}
          </Group>
        )}
        {isPressed && (
          <>
            <Select label={gettext("Who may press it")} value={row.who} choices={presses} onChange={(who) => put({ who })} />
            {row.who === "department" && <Department words={words} value={row.department} onChange={(department, department_name) => put({ department, department_name })} />}
            <Check label={gettext("what is asked must be answered first")} checked={row.needs_answers} onChange={(needs_answers) => put({ needs_answers })} />
          </>
        )}
        {words.actions && (
          <Folded summary={interpolate(gettext("What happens besides (%s)"), [row.actions?.length ?? 0])}>
            <ActionsBuilder key={`actions-${transitionKey}-${epoch}`} words={words.actions} start={row.actions ?? []} onChange={(actions) => put({ actions })} />
          </Folded>
        )}
      </fieldset>
    </div>
  );
}
