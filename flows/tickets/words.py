"""What a ticket type says, line by line, for its top sentence, for comparing and for review."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from flows.forms.fields import FieldSpec, compile_fields
from flows.forms.logic import vocabulary_of_answers
from flows.forms.texts import said
from flows.tickets.assignment.names import names_of
from flows.tickets.assignment.words import list_in_words
from flows.tickets.automatic import action_vocabulary
from flows.tickets.facts import vocabulary_of
from flows.tickets.flow import read_node, read_transition
from flows.tickets.service_levels.words import limit_in_words, measure_in_words
from rules.engine import RuleErrors, action_sentence, compile_actions, compile_condition
from rules.store.problems import Line


def lines_of(document: dict, language: str) -> list[Line]:
    with override(language):
        return [
            Line(key="flow", label=_("Flow"), text=flow_in_words(document, language)),
            *field_lines(document["fields"], language),
            *(node_line(read_node(node), document, language) for node in document["nodes"]),
            *transition_lines(document, language),
            *access_lines(document, language),
            *time_limit_lines(document, language),
        ]


def flow_in_words(document: dict, language: str) -> str:
    begin = [said(node["label"], language) for node in document["nodes"] if node["kind"] == "start"]
    ends = [
        said(node["label"], language)
        for node in document["nodes"]
        if node["kind"] in ("resolved", "closed", "cancelled")
    ]
    return _("Begins at %(start)s and ends at %(ends)s.") % {
        "start": listed(begin) or _("no step yet"),
        "ends": listed(ends) or _("no step yet"),
    }


def field_lines(fields: list[dict], language: str) -> list[Line]:
    specs = compile_fields(fields)
    vocabulary = vocabulary_of_answers(specs)
    return [field_line(spec, vocabulary, language) for spec in specs]


def field_line(spec: FieldSpec, vocabulary, language: str) -> Line:
    def condition_of(tree: dict) -> str:
        try:
            return compile_condition(tree, vocabulary).sentence(language)
        except RuleErrors as errors:
            return " ".join(errors.sentences(language))

    parts = [str(spec.asks.label)]
    if spec.options:
        parts.append(listed(said(option.label, language) for option in spec.options))
    if spec.asks.is_computed:
        parts.append(spec.formula)
    elif not spec.required_if:
        parts.append(_("must be answered") if spec.required else _("may be left out"))
    else:
        parts.append(_("must be answered when %(condition)s") % {"condition": condition_of(spec.required_if)})
    if spec.visible_if:
        parts.append(_("asked only when %(condition)s") % {"condition": condition_of(spec.visible_if)})
    name = quoted(said(spec.label, language))
    text = _("%(name)s: %(what)s") % {"name": name, "what": _("; ").join(parts)}
    return Line(key=f"field/{spec.name}", label=_("Field %(name)s") % {"name": name}, text=text)


def node_line(node: dict, document: dict, language: str) -> Line:
    labels = {field["name"]: said(field["label"], language) for field in document["fields"]}
    parts = [kind_of_node_in_words(node["kind"])]
    if node["asks"]:
        asked = listed(labels.get(name, name) for name in node["asks"])
        parts.append(_("asks for %(fields)s") % {"fields": asked})
    if node["assign"] == "rules":
        parts += ways_in_words(node, document, language)
    parts.append(assignment_in_words(node))
    parts += doing_in_words(node, document, language)
    name = quoted(said(node["label"], language))
    text = _("%(name)s: %(what)s") % {"name": name, "what": _("; ").join(part for part in parts if part)}
    return Line(key=f"node/{node['key']}", label=_("Step %(name)s") % {"name": name}, text=text)


def transition_lines(document: dict, language: str) -> list[Line]:
    labels = {node["key"]: said(node["label"], language) for node in document["nodes"]}
    vocabulary = vocabulary_of(compile_fields(document["fields"]))
    lines = []
    for row in map(read_transition, document["transitions"]):
        parts = [
            _("from %(from)s to %(to)s")
            % {
                "from": quoted(labels.get(row["from"], row["from"])),
                "to": quoted(labels.get(row["to"], row["to"])),
            },
            condition_in_words(row["condition"], vocabulary, language),
            presser_in_words(row),
            "" if row["needs_answers"] else _("answers are not needed"),
            trigger_in_words(row),
            *actions_in_words(row["actions"], document, language),
        ]
        name = quoted(said(row["label"], language))
        text = _("%(name)s: %(what)s") % {"name": name, "what": _("; ").join(part for part in parts if part)}
        lines.append(
            Line(key=f"transition/{row['key']}", label=_("Button %(name)s") % {"name": name}, text=text)
        )
    return lines


def access_lines(document: dict, language: str) -> list[Line]:
    """One for each role with limits: which fields, at which steps."""
    fields = {field["name"]: said(field["label"], language) for field in document["fields"]}
    nodes = {node["key"]: said(node["label"], language) for node in document["nodes"]}
    lines = []
    for role, by_node in document.get("access", {}).items():
        places = {}
        for node, levels in by_node.items():
            for name, level in levels.items():
                places.setdefault((name, level), []).append(nodes[node])
        parts = [
            _("%(field)s %(level)s at %(steps)s")
            % {
                "field": quoted(fields[name]),
                "level": level_in_words(level),
                "steps": _("every step") if len(steps) == len(nodes) else listed(steps),
            }
            for (name, level), steps in places.items()
        ]
        text = _("%(name)s: %(what)s") % {"name": _(role), "what": _("; ").join(parts)}
        lines.append(
            Line(key=f"access/{role}", label=_("Fields for %(role)s") % {"role": _(role)}, text=text)
        )
    return lines


def time_limit_lines(document: dict, language: str) -> list[Line]:
    levels = document.get("service_levels", {})
    lines = [
        Line(
            key=f"time/{level['measure']}",
            label=_("Time limit: %(name)s") % {"name": measure_in_words(level["measure"])},
            text=limit_in_words(level),
        )
        for level in levels.get("levels", [])
    ]
    for node in document["nodes"]:
        if node.get("time_limits"):
            name = quoted(said(node["label"], language))
            text = limit_in_words(node["time_limits"])
            lines.append(
                Line(
                    key=f"time/node/{node['key']}",
                    label=_("Time limit: step %(name)s") % {"name": name},
                    text=text,
                )
            )
    if levels.get("calendar"):
        lines.append(Line(key="time/calendar", label=_("Working calendar"), text=levels["calendar_name"]))
    return lines


def level_in_words(level: str) -> str:
    return {
        "hidden": _("hidden"),
        "masked": _("masked"),
        "read": _("read only"),
        "required": _("must be answered"),
    }[level]


def condition_in_words(tree: dict, vocabulary, language: str) -> str:
    try:
        condition = compile_condition(tree, vocabulary)
    except RuleErrors as errors:
        return " ".join(errors.sentences(language))
    if not condition.names:
        return ""
    return _("only when %(condition)s") % {"condition": condition.sentence(language)}


def doing_in_words(node: dict, document: dict, language: str) -> list[str]:
    """What is particular to the kind of this step."""
    match node["kind"]:
        case "approval":
            return approval_in_words(node["approval"], document, language)
        case "join":
            return [
                how_many(node["join"], all_=_("waits for every way"), any_=_("waits for the first way"),
                         count=_("waits for %(count)s ways"))
            ]  # fmt: skip
        case "subflow":
            opened = [one.get("ticket_type", "") for one in node["subflow"].get("tickets", [])]
            return [
                _("opens tickets of: %(types)s") % {"types": listed(opened)},
                _("goes on at once")
                if node["subflow"].get("wait") == "none"
                else how_many(node["subflow"], all_=_("waits until all have ended"),
                              any_=_("waits until one has ended"),
                              count=_("waits until %(count)s have ended")),
            ]  # fmt: skip
        case "actions":
            return actions_in_words(node["actions"], document, language)
        case "wait":
            return [wait_in_words(node["wait"], document, language)]
    return []


def how_many(part: dict, *, all_: str, any_: str, count: str) -> str:
    mode = part.get("mode") or part.get("wait") or "all"
    return {"all": all_, "any": any_}.get(mode) or count % {"count": part.get("count", 0)}


def approval_in_words(approval: dict, document: dict, language: str) -> list[str]:
    tiers_asked = [approver for tier in approval.get("tiers", []) for approver in tier.get("approvers", [])]
    called = names_of(
        (one.get("type", "person"), one["name"], None)
        for one in [*tiers_asked, *approval.get("approvers", [])]
    )

    def people(approvers) -> str:
        kinds = [(one.get("type", "person"), one["name"]) for one in approvers]
        return listed(_(name) if kind == "role" else called[kind].get(name, name) for kind, name in kinds)

    mode = {
        "any": _("one of them approves"),
        "all": _("all of them approve"),
        "count": _("%(count)s of them approve") % {"count": approval.get("count", 0)},
        "percent": _("%(percent)s%% of them approve") % {"percent": approval.get("percent", 0)},
        "sequence": _("they approve one after the other"),
    }[approval.get("mode", "any")]
    vocabulary = vocabulary_of(compile_fields(document["fields"]))
    tiers = [
        _("%(condition)s: %(people)s")
        % {
            "condition": condition_in_words(tier.get("condition", {"all": []}), vocabulary, language)
            or _("otherwise"),
            "people": people(tier.get("approvers", [])),
        }
        for tier in approval.get("tiers", [])
    ]
    usual = people(approval.get("approvers", []))
    asked = tiers + ([_("otherwise: %(people)s") % {"people": usual}] if tiers and usual else [usual])
    return [_("asks for approval: %(people)s") % {"people": _("; ").join(filter(None, asked))}, mode]


def wait_in_words(wait: dict, document: dict, language: str) -> str:
    match wait.get("mode"):
        case "until":
            labels = {field["name"]: said(field["label"], language) for field in document["fields"]}
            return _("waits until %(field)s") % {"field": quoted(labels.get(wait.get("field"), ""))}
        case "event":
            return _("waits for: %(event)s") % {"event": wait.get("event", "")}
    time = length_in_words(int(wait.get("seconds", 0)))
    return (_("waits %(time)s of working time") if wait.get("working") else _("waits %(time)s")) % {
        "time": time
    }


def length_in_words(seconds: int) -> str:
    parts = []
    for size, words in (
        (86_400, _("%(count)s days")), (3_600, _("%(count)s hours")), (60, _("%(count)s minutes")),
        (1, _("%(count)s seconds")),
    ):  # fmt: skip
        if count := seconds // size:
            parts.append(words % {"count": count})
            seconds -= count * size
    return " ".join(parts)


def trigger_in_words(row: dict) -> str:
    if row["is_default"]:
        return _("taken when no other way holds")
    return {
        "button": "",
        "auto": _("taken by itself"),
        "approved": _("taken when approved"),
        "refused": _("taken when refused"),
    }[row["trigger"]]


def actions_in_words(actions: list[dict], document: dict, language: str) -> list[str]:
    vocabulary = action_vocabulary(compile_fields(document["fields"]))
    try:
        return [
            action_sentence(action, language, vocabulary) for action in compile_actions(actions, vocabulary)
        ]
    except RuleErrors as errors:
        return errors.sentences(language)


def kind_of_node_in_words(kind: str) -> str:
    return {
        "approval": _("approval"),
        "choice": _("choice"),
        "split": _("split into parallel ways"),
        "join": _("join of parallel ways"),
        "subflow": _("other tickets"),
        "actions": _("automatic actions"),
        "wait": _("wait"),
        "start": _("start"),
        "step": _("step"),
        "waiting": _("waiting"),
        "resolved": _("end: resolved"),
        "closed": _("end: closed"),
        "cancelled": _("end: cancelled"),
    }[kind]


def assignment_in_words(node: dict) -> str:
    return {
        "keep": "",
        "presser": _("goes to whoever pressed the button"),
        "department": _("goes to %(name)s") % {"name": node["department_name"]},
        "person": _("goes to %(name)s") % {"name": node["person_name"]},
        "nobody": _("belongs to nobody"),
        "rules": _("if nobody is free, it waits in the queue of %(name)s")
        % {"name": node["department_name"]},
    }[node["assign"]]


def ways_in_words(node: dict, document: dict, language: str) -> list[str]:
    """How someone is found there, in order."""
    vocabulary = vocabulary_of(compile_fields(document["fields"]))
    ways = list_in_words(
        node.get("assignment", ()), language, fields=document["fields"], vocabulary=vocabulary
    )
    return [f"{number}. {way}" for number, way in enumerate(ways, start=1)]


def presser_in_words(row: dict) -> str:
    return {
        "anyone": "",
        "assignee": _("pressed by the person it is assigned to"),
        "department": _("pressed by people of %(name)s") % {"name": row["department_name"]},
    }[row["who"]]


def listed(items) -> str:
    return _(", ").join(items)


def quoted(text: str) -> str:
    return _("“%(text)s”") % {"text": text}
