from dataclasses import dataclass
from datetime import datetime

from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from flows.customers.facts import SEGMENT_VOCABULARY, sql_columns, with_choices
from flows.customers.models.customer import Customer
from rules.engine import CompiledRule, CompiledRuleSet, Condition, RuleErrors, Words, compile_condition
from rules.engine.difference import condition_differences
from rules.sql import NotInSql, check_sql
from rules.store.fields import ConditionField
from rules.store.models import StoredRecord
from rules.store.problems import Differences, Line, RecordErrors, RecordProblem, at, say

SAMPLE = 10
WHO = Words(en="Customers of whom this holds", zh="满足以下条件的客户")
EVERYONE = Words(en="every customer", zh="全部客户")


@dataclass(frozen=True)
class CompiledSegment:
    """A segment as it runs."""

    condition: Condition

    def customers(self, *, at: datetime):
        """Who belongs to it at `at`: a queryset of Customer."""
        return Customer.objects.matching(self.condition, at=at)

    def holds(self, facts) -> bool:
        return self.condition.holds(facts)


class Segment(StoredRecord):
    """A stored condition over customers: who a message is for, who a plan applies to."""

    condition = ConditionField(_("who belongs to it"), vocabulary="customers")

    class Meta(StoredRecord.Meta):
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def document(self):
        return {"condition": self.condition}

    @classmethod
    def compile(cls, document):
        try:
            return CompiledSegment(compile_condition(document["condition"], SEGMENT_VOCABULARY))
        except RuleErrors as errors:
            raise RecordErrors(at(("condition",), errors)) from None

    def completeness(self):
        """What cannot be asked of all customers in one query; what is wrong in itself, `compile` says."""
        try:
            condition = self.compile(self.document()).condition
        except RecordErrors:
            return []
        problems = check_sql(condition, sql_columns(at=timezone.now()))
        return [RecordProblem(("condition",), problem.sentence) for problem in problems]

    @classmethod
    def in_words(cls, document, language):
        condition = cls.compile(document).condition
        text = EVERYONE.say(language) if condition.is_always else condition.sentence(language)
        return [Line(key="condition", label=WHO.say(language), text=text)]

    @classmethod
    def differences(cls, before, after, language):
        old, new = (cls.compile(document).condition.tree for document in (before, after))
        found = condition_differences(old, new)
        return Differences(sentences={"condition": [difference.sentence(language) for difference in found]})

    def vocabularies(self):
        return {"customers": with_choices(SEGMENT_VOCABULARY)}

    @classmethod
    def asks(cls, compiled):
        return [
            variable
            for name, variable in SEGMENT_VOCABULARY.variables.items()
            if name in compiled.condition.names
        ]

    @classmethod
    def replay(cls, compiled, facts):
        return {"belongs": compiled.holds(facts)}

    @classmethod
    def in_engine(cls, compiled):
        rule = CompiledRule(id="belongs", condition=compiled.condition, actions=())
        return CompiledRuleSet(rules=(rule,), vocabulary=SEGMENT_VOCABULARY)

    @classmethod
    def possible_outcomes(cls, compiled, facts):
        return [{"belongs": True}, {"belongs": False}]

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        with translation.override(language):
            return [gettext("belongs to it") if outcome["belongs"] else gettext("does not belong to it")]

    @classmethod
    def explain(cls, compiled, facts, language):
        return [compiled.condition.explain(facts).sentence(language)]

    # Preview: how many, and who for example.

    def serve_preview(self, request, mode_name):
        now = timezone.now()
        context = {"segment": self, "now": now}
        try:
            customers = self.compile(self.document()).customers(at=now)
        except (RecordErrors, NotInSql) as errors:
            context["problems"] = [say(problem.sentence) for problem in errors.problems]
        else:
            context |= {
                "count": customers.count(),
                "total": Customer.objects.count(),
                "sample": customers.order_by("number")[:SAMPLE],
            }
        return TemplateResponse(request, "customers/segment_preview.html", context)
