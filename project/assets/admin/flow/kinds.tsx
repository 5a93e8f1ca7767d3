/** The kinds of nodes: what each is called, what it does in one sentence, and its picture. */

import type { ReactNode } from "react";

import { said, type Text, type Transition } from "./document";

export type Kind = { name: string; label: string; sentence: string; begins: Text; icon: ReactNode };

const ICONS: Record<string, ReactNode> = {
  start: <path d="M8 5.5v13l10-6.5z" />,
  step: <><rect x="5" y="4.5" width="14" height="15" rx="2" /><path d="M8.5 9h7M8.5 13h7M8.5 16.5h4" /></>,
  waiting: <><circle cx="9" cy="8" r="3" /><path d="M3.5 19c0-3.5 2.5-5.5 5.5-5.5s5.5 2 5.5 5.5M17 7v4l2.5 1.5" /></>,
  approval: <><path d="M12 3.5 19 6v6c0 4-3 7-7 8.5C8 19 5 16 5 12V6z" /><path d="m8.8 11.8 2.3 2.3 4.2-4.4" /></>,
  choice: <><path d="M12 3.5 20.5 12 12 20.5 3.5 12z" /><path d="M10.4 10.2c0-1 .8-1.6 1.7-1.6s1.7.7 1.7 1.6c0 1.3-1.8 1.4-1.8 2.9M12 15.6v.1" /></>,
  split: <path d="M12 3.5v5M12 8.5 6 14v6M12 8.5l6 5.5v6M3.8 17.8 6 20l2.2-2.2M15.8 17.8 18 20l2.2-2.2" />,
  join: <path d="M6 4v5.5l6 5 6-5V4M12 14.5V20.5M9.8 18.3l2.2 2.2 2.2-2.2" />,
  subflow: <><rect x="3.5" y="3.5" width="17" height="17" rx="2" /><path d="M12 8v8M8 12h8" /></>,
  actions: <path d="M13 3 5.5 13.5H11L10 21l8-11h-5.5z" />,
  wait: <><circle cx="12" cy="12" r="8.5" /><path d="M12 7v5l3.5 2" /></>,
  resolved: <><circle cx="12" cy="12" r="8.5" /><path d="m8 12.2 2.8 2.8L16 9.5" /></>,
  closed: <><circle cx="12" cy="12" r="8.5" /><rect x="9" y="9" width="6" height="6" /></>,
  cancelled: <><circle cx="12" cy="12" r="8.5" /><path d="m9 9 6 6M15 9l-6 6" /></>,
};

export const KindIcon = ({ kind }: { kind: string }) => (
  <svg className="flow-icon" viewBox="0 0 24 24" aria-hidden="true">
    {ICONS[kind] ?? ICONS.step}
  </svg>
);

const kind = (name: string, label: string, sentence: string, begins: Text): Kind => ({ name, label, sentence, begins, icon: <KindIcon kind={name} /> });

let known: Kind[] | undefined;

/** Made when first asked for: the catalogue of messages is there by then. */
export const kinds = (): Kind[] =>
  (known ??= [
    kind("start", gettext("Start"), gettext("A new ticket begins here; what is asked here opens it."), { zh: "新建", en: "New" }),
    kind("step", gettext("Step"), gettext("Somebody works on it, answers what is asked, and presses a button."), { zh: "处理", en: "Handle" }),
    kind("waiting", gettext("Waiting for someone"), gettext("The customer or someone outside is awaited; people move it on. Time may stand still."), { zh: "等客户", en: "Waiting for the customer" }),
    kind("approval", gettext("Approval"), gettext("One or several people agree or refuse; the flow goes on by their answer."), { zh: "审批", en: "Approval" }),
    kind("choice", gettext("Choice"), gettext("Goes on by itself along the first way whose condition holds, else along “otherwise”."), { zh: "判断", en: "Choice" }),
    kind("split", gettext("Split"), gettext("Goes on along every way at once; departments work side by side."), { zh: "同时进行", en: "Side by side" }),
    kind("join", gettext("Join"), gettext("Waits for the ways that were split: all, one, or some of them."), { zh: "汇合", en: "Come together" }),
    kind("subflow", gettext("Sub-tickets"), gettext("Opens other tickets and waits for them to end."), { zh: "子工单", en: "Sub-tickets" }),
    kind("actions", gettext("Automatic"), gettext("Does something by itself: sets a field, adds a tag, notifies, opens a ticket."), { zh: "自动处理", en: "Automatic" }),
    kind("wait", gettext("Wait"), gettext("Goes on by itself after a time, at a date, or when something happens."), { zh: "等待", en: "Wait" }),
    kind("resolved", gettext("End: resolved"), gettext("The matter is settled; the ticket may be opened again."), { zh: "已解决", en: "Resolved" }),
    kind("closed", gettext("End: closed"), gettext("Nothing more happens to the ticket."), { zh: "已关闭", en: "Closed" }),
    kind("cancelled", gettext("End: cancelled"), gettext("It was withdrawn or opened by mistake."), { zh: "已取消", en: "Cancelled" }),
  ]);

export const kindCalled = (name: string): Kind => kinds().find((one) => one.name === name) ?? kinds()[1]!;

/** Kinds where people have the ticket and answer. */
export const HAS_PEOPLE = new Set(["start", "step", "waiting", "approval", "resolved", "closed", "cancelled"]);
export const ASKS = new Set(["start", "step", "waiting", "approval"]);
/** From these nothing goes on. */
export const FINAL = new Set(["closed", "cancelled"]);

export const triggers = () => [
  { name: "button", label: gettext("somebody presses it") },
  { name: "auto", label: gettext("by itself") },
  { name: "approved", label: gettext("when it was approved") },
  { name: "refused", label: gettext("when it was refused") },
];

/** A way nobody presses needs no name: how it is taken says enough. */
export const arrowCalled = ({ label, trigger }: Transition): string =>
  said(label) || (trigger === "button" ? gettext("(no name yet)") : triggers().find(({ name }) => name === trigger)?.label ?? "");
