"""What a region or store may have its own way about a rule set: each rule, and a few rules of its own."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rules.engine import RuleErrors, compile_ruleset
from rules.store.fields import TreeFormField, always
from rules.store.problems import say
from rules.store.scope import Part

# Asked after all others, at the end.
OWN_RULES = ("added:1", "added:2", "added:3")


def parts_of(document, vocabulary) -> list[Part]:
    rules = [
        Part(
            key=f"rule:{rule['name']}",
            label=_("Rule “%(name)s”") % {"name": rule["name"]},
            value={"off": False, "conditions": rule["conditions"], "actions": rule["actions"]},
            inputs=rule_inputs,
            say=lambda value: say_rule(value, vocabulary),
        )
        for rule in document["rules"]
    ]
    own = [
        Part(
            key=key,
            label=_("Own rule %(number)s, asked after all others") % {"number": number},
            value={"name": "", "conditions": always(), "actions": []},
            inputs=own_rule_inputs,
            say=lambda value: say_rule(value, vocabulary) if value["actions"] else _("none"),
        )
        for number, key in enumerate(OWN_RULES, start=1)
    ]
    return rules + own


def rule_inputs():
    return {
        "off": forms.TypedChoiceField(
            label=_("here"),
            choices=[(False, _("asked, as below")), (True, _("switched off"))],
            coerce=lambda value: value in (True, "True"),
        ),
        **tree_inputs(),
    }


def own_rule_inputs():
    return {"name": forms.CharField(label=_("name"), max_length=120), **tree_inputs()}


def tree_inputs():
    return {
        "conditions": TreeFormField(label=_("when"), nothing=always, required=False),
        "actions": TreeFormField(label=_("then"), nothing=list, required=False),
    }


def say_rule(value, vocabulary) -> str:
    if value.get("off"):
        return _("switched off")
    rule = {"id": "1", "conditions": value["conditions"], "actions": value["actions"]}
    try:
        [sentence] = compile_ruleset([rule], vocabulary).sentences(get_language())
    except RuleErrors as errors:
        return " ".join(say(problem.sentence) for problem in errors.problems)
    return f"{value['name']}: {sentence}" if value.get("name") else sentence


def with_parts(document, values) -> dict:
    asked = [(rule, values.get(f"rule:{rule['name']}", {})) for rule in document["rules"]]
    kept = [
        rule | {name: own[name] for name in ("conditions", "actions") if name in own}
        for rule, own in asked
        if not own.get("off")
    ]
    # Their ids tell them from the numbered rules in the decision log.
    added = [
        {"id": key, **{name: values[key][name] for name in ("name", "conditions", "actions")}}
        for key in OWN_RULES
        if key in values and values[key]["actions"]
    ]
    return document | {"rules": [*kept, *added]}
