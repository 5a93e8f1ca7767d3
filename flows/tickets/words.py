"""What a ticket type says, line by line, for its top sentence, for comparing and for review."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from flows.forms.fields import FieldSpec, compile_fields
from flows.forms.logic import vocabulary_of_answers
from flows.forms.texts import said
from flows.tickets.assignment.words import list_in_words
from flows.tickets.facts import vocabulary_of
from rules.engine import RuleErrors, compile_condition
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
    if node["assign"] == "rules":
        parts += ways_in_words(node, document, language)
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
            condition_in_words(row["condition"], vocabulary, language),
            presser_in_words(row),
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
