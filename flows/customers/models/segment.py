from dataclasses import dataclass
from datetime import datetime

from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from flows.customers.facts import (
    SCORE_PURPOSE,
    SEGMENT_VOCABULARY,
    score_columns,
    sql_columns,
    with_choices,
)
from flows.customers.models.customer import Customer
from rules.engine import (
    CompiledRule,
    CompiledRuleSet,
    Condition,
    RuleErrors,
    Vocabulary,
    Words,
    compile_condition,
)
from rules.engine.difference import condition_differences
from rules.engine.facts import Complete
from rules.sql import NotInSql, check_sql
from rules.store.fields import ConditionField
from rules.store.models import StoredRecord
from rules.store.problems import Differences, Line, RecordErrors, RecordProblem, at, say
from rules.store.scores import Scored, Scores, newer_scores, published_scores

SAMPLE = 10
WHO = Words(en="Customers of whom this holds", zh="满足以下条件的客户")
EVERYONE = Words(en="every customer", zh="全部客户")


@dataclass(frozen=True)
class CompiledSegment:
    """A segment as it runs."""

    condition: Condition
    scores: Scores
    vocabulary: Vocabulary

    @property
    def names(self) -> frozenset[str]:
        """The facts it asks for, those of its scorecards too."""
        return self.condition.names | self.scores.needs(self.condition.names)

    def customers(self, *, at: datetime):
        """Who belongs to it at `at`: a queryset of Customer."""
        return Customer.objects.matching(self.condition, at=at, scores=self.scores)

    def holds(self, facts) -> bool:
        return self.condition.holds(Complete(Scored(facts, self.scores)))


class Segment(StoredRecord):
    """A stored condition over customers: who a message is for, who a plan applies to."""

    condition = ConditionField(_("who belongs to it"), vocabulary="customers")

    class Meta(StoredRecord.Meta):
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def document(self):
        # A segment keeps the scorecards it went live with.
        return {"condition": self.condition, "scores": published_scores(SCORE_PURPOSE)}

    @classmethod
    def compile(cls, document):
        scores = Scores(document.get("scores", {}))
        vocabulary = SEGMENT_VOCABULARY.extended(scores.variables())
        try:
            condition = compile_condition(document["condition"], vocabulary)
            return CompiledSegment(condition, scores, vocabulary)
        except RuleErrors as errors:
            raise RecordErrors(at(("condition",), errors)) from None

    def completeness(self):
        """What cannot be asked of all customers in one query; what is wrong in itself, `compile` says."""
        try:
            compiled = self.compile(self.document())
        except RecordErrors:
            return []
        now = timezone.now()
        columns = sql_columns(at=now) | score_columns(compiled.scores, compiled.condition.names, at=now)
        problems = check_sql(compiled.condition, columns)
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
        scores = Scores(published_scores(SCORE_PURPOSE))
        return {"customers": with_choices(SEGMENT_VOCABULARY.extended(scores.variables()))}

    @classmethod
    def outdated(cls, document):
        compiled = cls.compile(document)
        return newer_scores(document.get("scores", {}), compiled.condition.names, SCORE_PURPOSE)

    @classmethod
    def asks(cls, compiled):
        return [variable for name, variable in SEGMENT_VOCABULARY.variables.items() if name in compiled.names]

    @classmethod
    def replay(cls, compiled, facts):
        return {"belongs": compiled.holds(facts)}

    @classmethod
    def in_engine(cls, compiled):
        rule = CompiledRule(id="belongs", condition=compiled.condition, actions=())
        return CompiledRuleSet(rules=(rule,), vocabulary=compiled.vocabulary)

    @classmethod
    def possible_outcomes(cls, compiled, facts):
        return [{"belongs": True}, {"belongs": False}]

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        with translation.override(language):
            return [gettext("belongs to it") if outcome["belongs"] else gettext("does not belong to it")]

    @classmethod
    def explain(cls, compiled, facts, language):
        explanation = compiled.condition.explain(Complete(Scored(facts, compiled.scores)))
        reasons = compiled.scores.reasons(compiled.condition.names, facts, language)
        return [explanation.sentence(language), *reasons]

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
