from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.models import Orderable

from rules.engine import RuleErrors, Vocabulary, compile_ruleset
from rules.engine.analysis import analyse_ruleset
from rules.engine.difference import rename_sentence, renamed, rule_differences
from rules.store import ruleset_parts
from rules.store.fields import ActionsField, ConditionField
from rules.store.lexicons import for_vocabulary, lexicons_named, newer_lexicons
from rules.store.models.record import StoredRecord, say_fact
from rules.store.problems import Differences, Line, RecordErrors, RecordProblem
from rules.store.purposes import purpose
from rules.store.scores import ScoredRuleSet, Scores, newer_scores, published_scores, with_scores
from rules.store.sources import names_in, with_names


class RuleSet(StoredRecord):
    """An ordered set of rules for one purpose, such as routing tickets."""

    purpose = models.CharField(_("purpose"), max_length=60)
    about = models.SlugField(
        _("only for"),
        max_length=80,
        blank=True,
        help_text=_("Leave empty for rules that apply everywhere this purpose is used."),
    )

    class Meta(StoredRecord.Meta):
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")

    def document(self):
        known = purpose(self.purpose)
        return {
            "purpose": self.purpose,
            "about": self.about,
            # Kept with the version: a field removed from the form later must not change what this meant.
            "fields": known.fields_about(self.about) if known else [],
            "options": known.options() if known else {},
            # All of them, not only those named above: an adjustment of a region may name others.
            "lexicons": known.lexicons() if known else {},
            "scores": self.offered_scores(known) if known else {},
            # What the stores and the like in it are called, for sentences.
            "names": self.names_of_values(known),
            "rules": [
                {"id": str(number), "name": rule.name, "conditions": rule.condition, "actions": rule.actions}
                for number, rule in enumerate(self.rules.all(), start=1)
            ],
        }

    @classmethod
    def vocabulary_of(cls, document) -> Vocabulary:
        known = purpose(document["purpose"])
        if known is None:
            raise RecordErrors([RecordProblem(("purpose",), _("Choose what these rules are for."))])
        vocabulary = known.vocabulary.extended(
            fields=[*document["fields"], *Scores(document.get("scores", {})).variables()],
            options=document.get("options"),
            lexicons=for_vocabulary(document.get("lexicons", {})),
        )
        return with_names(vocabulary, document.get("names", {}))

    def offered_scores(self, known) -> dict:
        taken = [*known.vocabulary.variables, *(field["name"] for field in known.fields_about(self.about))]
        return published_scores(known.scores_of, self.about, taken)

    def names_of_values(self, known) -> dict:
        if known is None:
            return {}
        vocabulary = known.vocabulary.extended(fields=known.fields_about(self.about), options=known.options())
        return names_in(vocabulary, [rule.condition for rule in self.rules.all()])

    @classmethod
    def compile(cls, document):
        rules = [{key: rule[key] for key in ("id", "conditions", "actions")} for rule in document["rules"]]
        try:
            compiled = compile_ruleset(rules, cls.vocabulary_of(document))
        except RuleErrors as errors:
            raise RecordErrors([problem_of_rule(problem) for problem in errors.problems]) from None
        return with_scores(compiled, document.get("scores", {}))

    def completeness(self):
        if not self.rules.count():
            return [RecordProblem(("rules",), _("Add at least one rule."))]
        try:
            # A comparison with nothing makes sense to the engine, but never to the person who left it empty.
            return [problem_of_rule(problem) for problem in self.compile(self.document()).unfinished]
        except RecordErrors as errors:
            return errors.problems

    @classmethod
    def in_words(cls, document, language):
        sentences = cls.compile(document).sentences(language)
        return [
            Line(key=line_key(rule["name"]), label=rule["name"], text=sentence)
            for rule, sentence in zip(document["rules"], sentences, strict=True)
        ]

    @classmethod
    def differences(cls, before, after, language):
        old, new = cls.compile(before), cls.compile(after)
        old_rules, new_rules = rules_by_name(before, old), rules_by_name(after, new)
        said_before, said_now = words_by_name(before, old, language), words_by_name(after, new, language)
        names = renamed(said_before, said_now)
        earlier = {name: name for name in new_rules if name in old_rules} | {
            now: once for once, now in names.items()
        }
        return Differences(
            renamed={line_key(once): line_key(now) for once, now in names.items()},
            sentences={
                line_key(now): [
                    *([rename_sentence(once, now, language)] if once != now else []),
                    *rule_differences(
                        old_rules[once],
                        new_rules[now],
                        language,
                        say_before=lambda action: old.action_sentence(action, language),
                        say_after=lambda action: new.action_sentence(action, language),
                    ),
                ]
                for now, once in earlier.items()
            },
        )

    @classmethod
    def adjustable_parts(cls, document):
        return ruleset_parts.parts_of(document, cls.vocabulary_of(document))

    @classmethod
    def with_parts(cls, document, values):
        return ruleset_parts.with_parts(document, values)

    @classmethod
    def findings(cls, compiled, left_out=()):
        """`left_out`: places of rules that cannot be read yet."""
        return analyse_ruleset(compiled, left_out=left_out)

    @classmethod
    def outdated(cls, document):
        compiled, known = cls.compile(document), purpose(document["purpose"])
        scores = document.get("scores", {})
        return [
            *newer_lexicons(document.get("lexicons", {}), lexicons_named(compiled)),
            *(newer_scores(scores, compiled.names, known.scores_of, document["about"]) if scores else []),
        ]

    def vocabularies(self):
        known = purpose(self.purpose)
        if known is None:
            return {}
        return {
            "rules": known.vocabulary.extended(
                fields=[
                    *known.fields_about(self.about),
                    *Scores(self.offered_scores(known)).variables(),
                ],
                options=known.options(),
                lexicons=for_vocabulary(known.lexicons()),
            )
        }

    @classmethod
    def asks(cls, compiled):
        return [
            variable for name, variable in compiled.vocabulary.variables.items() if name in compiled.names
        ]

    @classmethod
    def replay(cls, compiled, facts):
        decision = compiled.decide(facts)
        return {"fired": decision.fired, "actions": decision.actions}

    @classmethod
    def in_engine(cls, compiled):
        return compiled

    @classmethod
    def effect(cls, document, outcome):
        """What happens, whichever rules it came from: a rule that was moved or renamed changes nothing."""
        actions = [{"name": action["name"], "params": action["params"]} for action in outcome["actions"]]
        known = purpose(document["purpose"])
        return {"actions": known.sum_up(actions) if known and known.sum_up else actions}

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        return [compiled.action_sentence(action, language) for action in outcome["actions"]]

    @classmethod
    def facts_in_words(cls, compiled, facts, language):
        known = compiled.vocabulary.variables
        return [
            (
                known[name].label.say(language) if name in known else name,
                say_fact(value, known.get(name), language),
            )
            for name, value in facts.items()
        ]

    @classmethod
    def explain(cls, compiled, facts, language):
        said = [reason.sentence(language) for reason in compiled.decide(facts).reasons]
        if isinstance(compiled, ScoredRuleSet):
            said += compiled.scores.reasons(compiled.names, facts, language)
        return said


class Rule(Orderable):
    """When the condition holds, the actions happen."""

    ruleset = ParentalKey(RuleSet, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(_("name"), max_length=120)
    condition = ConditionField(_("when"), vocabulary="rules")
    actions = ActionsField(_("then"), vocabulary="rules")

    class Meta(Orderable.Meta):
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self):
        return self.name


def line_key(name: str) -> str:
    return f"rules/{name}"


def rules_by_name(document, compiled) -> dict:
    return {rule["name"]: one for rule, one in zip(document["rules"], compiled.rules, strict=True)}


def words_by_name(document, compiled, language) -> dict[str, str]:
    """What each rule says. Its form is not compared: the editor may write the same comparison in another."""
    return dict(zip((rule["name"] for rule in document["rules"]), compiled.sentences(language), strict=True))


FIELD_OF = {"conditions": "condition", "actions": "actions"}


def problem_of_rule(problem) -> RecordProblem:
    """The engine's "2/conditions/all/0/value" is the third row's condition on the form."""
    number, field, *_rest = [*problem.path.split("/"), "name"]
    if not number.isdigit():
        return RecordProblem(("rules",), problem.sentence)
    return RecordProblem(("rules", int(number), FIELD_OF.get(field, "name")), problem.sentence)
