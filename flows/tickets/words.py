"""What a ticket type says, line by line, for its top sentence, for comparing and for review."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from flows.forms.fields import FieldSpec, compile_fields
from flows.forms.logic import vocabulary_of_answers
from flows.forms.texts import said
from flows.tickets.facts import vocabulary_of
from rules.engine import RuleErrors, action_sentence, compile_actions, compile_condition
from rules.store.problems import Line


def lines_of(document: dict, language: str) -> list[Line]:
    with override(language):
        return [
            Line(key="flow", label=_("Flow"), text=flow_in_words(document, language)),
            *field_lines(document["fields"], language),
            *(node_line(node, document, language) for node in document["nodes"]),
            *transition_lines(document, language),
            *access_lines(document, language),
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
    parts += settings_in_words(node, document, language)
    parts.append(assignment_in_words(node))
    name = quoted(said(node["label"], language))
    text = _("%(name)s: %(what)s") % {"name": name, "what": _("; ").join(part for part in parts if part)}
    return Line(key=f"node/{node['key']}", label=_("Step %(name)s") % {"name": name}, text=text)


def transition_lines(document: dict, language: str) -> list[Line]:
    labels = {node["key"]: said(node["label"], language) for node in document["nodes"]}
    vocabulary = vocabulary_of(compile_fields(document["fields"]))
    lines = []
    for row in document["transitions"]:
        parts = [
            _("from %(from)s to %(to)s")
            % {
                "from": quoted(labels.get(row["from"], row["from"])),
                "to": quoted(labels.get(row["to"], row["to"])),
            },
            trigger_in_words(row),
            condition_in_words(row["condition"], vocabulary, language),
            presser_in_words(row),
            actions_in_words(row.get("actions", []), vocabulary, language),
            "" if row["needs_answers"] else _("answers are not needed"),
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


def kind_of_node_in_words(kind: str) -> str:
    return {
        "start": _("start"),
        "step": _("step"),
        "waiting": _("waiting"),
        "approval": _("approval"),
        "choice": _("choice"),
        "split": _("split"),
        "join": _("join"),
        "subflow": _("sub-tickets"),
        "actions": _("automatic"),
        "wait": _("wait"),
        "resolved": _("end: resolved"),
        "closed": _("end: closed"),
        "cancelled": _("end: cancelled"),
    }[kind]


def settings_in_words(node: dict, document: dict, language: str) -> list[str]:
    """What only nodes of its kind have."""
    vocabulary = vocabulary_of(compile_fields(document["fields"]))
    match node["kind"]:
        case "approval":
            return approval_in_words(node.get("approval", {}), vocabulary, language)
        case "join":
            return [join_in_words(node.get("join", {}))]
        case "subflow":
            return [subflow_in_words(node.get("subflow", {}))]
        case "actions":
            return [actions_in_words(node.get("actions", []), vocabulary, language)]
        case "wait":
            labels = {field["name"]: said(field["label"], language) for field in document["fields"]}
            return [wait_in_words(node.get("wait", {}), labels)]
    return []


def approval_in_words(approval: dict, vocabulary, language: str) -> list[str]:
    needed = {
        "any": _("one of them agrees"),
        "all": _("all of them agree"),
        "count": _("%(count)s of them agree") % {"count": approval.get("count", 1)},
        "percent": _("%(percent)s%% of them agree") % {"percent": approval.get("percent", 100)},
        "sequence": _("they agree one after the other"),
    }[approval.get("mode", "any")]
    parts = [
        _("approved by %(people)s") % {"people": approvers_in_words(approval.get("approvers", []))},
        needed,
    ]
    for tier in approval.get("tiers", []):
        condition = condition_in_words(tier.get("condition", {"all": []}), vocabulary, language)
        people = approvers_in_words(tier.get("approvers", []))
        parts.append(_("%(condition)s by %(people)s") % {"condition": condition, "people": people})
    return parts


def approvers_in_words(approvers: list[dict]) -> str:
    names = [_(one["name"]) if one.get("type") == "role" else one.get("name") for one in approvers]
    return listed(name for name in names if name) or _("nobody yet")


def join_in_words(join: dict) -> str:
    return {
        "all": _("goes on when all ways have arrived"),
        "any": _("goes on when one way has arrived"),
        "count": _("goes on when %(count)s ways have arrived") % {"count": join.get("count", 1)},
    }[join.get("mode", "all")]


def subflow_in_words(subflow: dict) -> str:
    opened = listed(ticket.get("ticket_type", "") for ticket in subflow.get("tickets", [])) or _(
        "nothing yet"
    )
    text = {
        "all": _("opens %(tickets)s and waits for all"),
        "any": _("opens %(tickets)s and waits for one"),
        "count": _("opens %(tickets)s and waits for %(count)s"),
        "none": _("opens %(tickets)s and does not wait"),
    }[subflow.get("wait", "all")]
    return text % {"tickets": opened, "count": subflow.get("count", 1)}


def wait_in_words(wait: dict, labels: dict[str, str]) -> str:
    match wait.get("mode", "duration"):
        case "until":
            field = wait.get("field", "")
            return _("until %(date)s") % {"date": quoted(labels.get(field, field))}
        case "event":
            return _("until something happens: %(event)s") % {"event": _(wait.get("event") or "–")}
    seconds = wait.get("seconds", 0)
    text = _("for %(time)s of working time") if wait.get("working") else _("for %(time)s")
    return text % {"time": length_in_words(seconds)}


def length_in_words(seconds: float) -> str:
    for length, text in ((86_400, _("%(count)s days")), (3_600, _("%(count)s hours"))):
        if seconds and seconds % length == 0:
            return text % {"count": int(seconds // length)}
    return _("%(count)s minutes") % {"count": round(seconds / 60, 1)}


def actions_in_words(actions: list[dict], vocabulary, language: str) -> str:
    if not actions:
        return ""
    try:
        done = compile_actions(actions, vocabulary)
    except RuleErrors as errors:
        return " ".join(errors.sentences(language))
    return _("; ").join(action_sentence(action, language, vocabulary) for action in done)


def trigger_in_words(row: dict) -> str:
    parts = [
        {
            "button": "",
            "auto": _("by itself"),
            "approved": _("when it was approved"),
            "refused": _("when it was refused"),
        }[row.get("trigger", "button")],
        _("when no other way fits") if row.get("is_default") else "",
    ]
    return _(", ").join(part for part in parts if part)


def assignment_in_words(node: dict) -> str:
    return {
        "keep": "",
        "presser": _("goes to whoever pressed the button"),
        "department": _("goes to %(name)s") % {"name": node["department_name"]},
        "person": _("goes to %(name)s") % {"name": node["person_name"]},
        "nobody": _("belongs to nobody"),
        "rules": _("goes to whom its rules find"),
    }[node["assign"]]


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
