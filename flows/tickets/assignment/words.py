"""An entry of the list at a step as a sentence: "In turn among the people of 品控部 (anna 1, ben 2), with the
skill English; on shift and below their limit." For the designer, comparing and review."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from flows.forms.texts import said
from rules.engine import RuleErrors, compile_condition

USUAL = {"most_idle": 3, "best_history": 90}


def entry_in_words(row: Mapping, language: str, *, fields: Iterable[Mapping] = (), vocabulary=None) -> str:
    """`row`: one of node["assignment"]; `fields`: the document's; `vocabulary`: of its conditions."""
    with override(language):
        labels = {field["name"]: said(field["label"], language) for field in fields}
        sentence = whom_in_words(row, labels)
        for more in filter(None, (skills_in_words(row), limits_in_words(row))):
            sentence = _("%(what)s, %(more)s") % {"what": sentence, "more": more}
        if condition := condition_in_words(row.get("condition"), vocabulary, language):
            return _("when %(condition)s: %(what)s") % {"condition": condition, "what": sentence}
        return sentence


def list_in_words(rows: Iterable[Mapping], language: str, **known) -> list[str]:
    """One sentence for each, in their order."""
    return [entry_in_words(row, language, **known) for row in rows]


def whom_in_words(row: Mapping, labels: Mapping) -> str:
    pool = pool_in_words(row)
    days = row.get("days") or USUAL.get(row.get("strategy"), 0)
    match row.get("strategy"):
        case "person":
            return _("to %(name)s") % {"name": called(row, "person", row.get("person", ""))}
        case "role":
            return _("to whoever of the role %(role)s has the fewest open tickets") % {
                "role": role_in_words(row.get("role", ""))
            }
        case "department":
            return _("to the queue of %(name)s") % {
                "name": called(row, "department", row.get("department", ""))
            }
        case "field":
            name = row.get("field", "")
            return _("to who is named in “%(field)s” (of a store: its manager)") % {
                "field": labels.get(name, name)
            }
        case "nearest_store":
            return _("to the nearest store where someone is free")
        case "round_robin":
            weights = row.get("weights") or {}
            if not weights:
                return _("in turn among %(pool)s") % {"pool": pool}
            shares = _(", ").join(
                f"{called(row, 'person', name)} {weight}" for name, weight in weights.items()
            )
            return _("in turn among %(pool)s, by weight (%(weights)s; others 1)") % {
                "pool": pool,
                "weights": shares,
            }
        case "least_loaded":
            return _("to who has the fewest open tickets of %(pool)s") % {"pool": pool}
        case "most_idle" if row.get("measure") == "count":
            return ngettext(
                "to who did the fewest steps in the last %(days)s day, of %(pool)s",
                "to who did the fewest steps in the last %(days)s days, of %(pool)s",
                days,
            ) % {"days": days, "pool": pool}
        case "most_idle":
            return ngettext(
                "to who was idle for most of their working time in the last %(days)s day, of %(pool)s",
                "to who was idle for most of their working time in the last %(days)s days, of %(pool)s",
                days,
            ) % {"days": days, "pool": pool}
        case "best_history":
            return ngettext(
                "to who did best with such tickets in the last %(days)s day, of %(pool)s",
                "to who did best with such tickets in the last %(days)s days, of %(pool)s",
                days,
            ) % {"days": days, "pool": pool}
    return _("not chosen yet")


def pool_in_words(row: Mapping) -> str:
    pool = row.get("pool") or {}
    kind, name = pool.get("kind"), pool.get("name", "")
    match kind:
        case "department":
            return _("the people of %(name)s") % {"name": called(row, kind, name)}
        case "role":
            return _("the role %(name)s") % {"name": role_in_words(name)}
        case "people":
            people = [called(row, "person", person) for person in pool.get("people") or []]
            return _(", ").join(people) or _("nobody named yet")
        case "store" if not name:
            return _("the people of the ticket's store")
        case "store":
            return _("the people of %(name)s") % {"name": called(row, kind, name)}
    return _("nobody named yet")


def called(row: Mapping, kind: str, name: str) -> str:
    return (row.get("names") or {}).get(f"{kind}/{name}", name)


def role_in_words(name: str) -> str:
    return _(name) if name else "…"


def skills_in_words(row: Mapping) -> str:
    skills = [called(row, "skill", skill) for skill in row.get("skills") or []]
    return _("with all these skills: %(skills)s") % {"skills": _(", ").join(skills)} if skills else ""


def limits_in_words(row: Mapping) -> str:
    """Only what is not as usual: people out of office, off shift or with enough tickets are passed over."""
    if row.get("strategy") == "department":
        return ""
    off = {"on_shift": _("also off shift"), "within_capacity": _("also above their limit")}
    return _(", ").join(text for part, text in off.items() if row.get(part) is False)


def condition_in_words(tree, vocabulary, language: str) -> str:
    if not tree or vocabulary is None:
        return ""
    try:
        condition = compile_condition(tree, vocabulary)
    except RuleErrors as errors:
        return " ".join(errors.sentences(language))
    return condition.sentence(language) if condition.names else ""
