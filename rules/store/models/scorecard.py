from decimal import Decimal, InvalidOperation

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.models import Orderable

from rules.engine import CompiledRuleSet, RuleErrors, compile_scorecard
from rules.engine.analysis import boundary_facts
from rules.engine.rulesets import CompiledRule
from rules.store.fields import ConditionField, FormulaField
from rules.store.lexicons import lexicons_named, newer_lexicons
from rules.store.models.purposeful import PurposefulRecord, number_typed, plain_number
from rules.store.problems import Line, RecordErrors, RecordProblem


class Scorecard(PurposefulRecord):
    """Rows that give points where they hold, and the bands that the points lead to."""

    base = models.DecimalField(_("points to begin with"), max_digits=15, decimal_places=6, default=0)
    floor = models.DecimalField(_("lowest score"), max_digits=15, decimal_places=6, null=True, blank=True)
    ceiling = models.DecimalField(_("highest score"), max_digits=15, decimal_places=6, null=True, blank=True)

    class Meta(PurposefulRecord.Meta):
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")

    def document(self):
        return super().document() | {
            "base": plain_number(self.base),
            "floor": plain_number(self.floor),
            "ceiling": plain_number(self.ceiling),
            "rows": [
                {
                    "name": row.name,
                    "condition": row.condition,
                    "points": row.points,
                    "reason": row.reason,
                    "group": row.group,
                }
                for row in self.rows.all()
            ],
            "bands": [{"name": band.name, "from": plain_number(band.begin)} for band in self.bands.all()],
        }

    @classmethod
    def compile(cls, document):
        vocabulary, lines = cls.words_of(document)
        try:
            return compile_scorecard(as_engine_reads(document), vocabulary, lines=lines)
        except RuleErrors as errors:
            raise RecordErrors([problem_of_scorecard(problem) for problem in errors.problems]) from None

    def completeness(self):
        if not self.rows.count():
            return [RecordProblem(("rows",), _("Add at least one row."))]
        try:
            # A comparison with nothing makes sense to the engine, but never to the person who left it empty.
            return [problem_of_scorecard(problem) for problem in self.compile(self.document()).unfinished]
        except RecordErrors as errors:
            return errors.problems

    def name_variables(self):
        for row in self.rows.all():
            if formula := self.formula(row.points):
                row.points = formula.text

    @classmethod
    def in_words(cls, document, language):
        scorecard = cls.compile(document)
        lines = [
            Line(key=f"rows/{row.name}", label=row.name, text=said_of_row(row, language))
            for row in scorecard.rows
        ]
        for key, label in (
            ("base", _now("To begin with")),
            ("floor", _now("At least")),
            ("ceiling", _now("At most")),
        ):
            number = getattr(scorecard, key)
            if number is not None and (number or key != "base"):
                lines.append(Line(key=key, label=label, text=plain_number(number)))
        if scorecard.bands:
            said = "\n".join(band.sentence(language) for band in reversed(scorecard.bands))
            lines.append(Line(key="bands", label=_now("Bands"), text=said))
        return lines

    @classmethod
    def outdated(cls, document):
        return newer_lexicons(document.get("lexicons", {}), lexicons_named(cls.compile(document)))

    @classmethod
    def replay(cls, compiled, facts):
        return outcome_of(compiled.score(facts))

    @classmethod
    def boundaries(cls, compiled):
        rules = tuple(CompiledRule(id=row.name, condition=row.condition, actions=()) for row in compiled.rows)
        return boundary_facts(CompiledRuleSet(rules=rules, vocabulary=compiled.vocabulary))

    @classmethod
    def effect(cls, document, outcome):
        """The points and their band, whichever rows gave them."""
        return {part: outcome[part] for part in ("points", "band")}

    @classmethod
    def typed(cls, compiled, outcome):
        return outcome["points"]

    @classmethod
    def outcome_typed(cls, compiled, text):
        points = number_typed(text)
        band = compiled.band_of(points)
        return {"points": str(points), "band": band.name if band else ""}

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        labels = {band.name: band.label for band in compiled.bands}
        points = _now("%(points)s points") % {"points": outcome["points"]}
        band = labels.get(outcome.get("band"))
        return [points, *([band.say(language)] if band else [])]

    @classmethod
    def explain(cls, compiled, facts, language):
        score = compiled.score(facts)
        return [score.sentence(language), *score.explain(language)]


def outcome_of(score) -> dict:
    """What the decision log keeps of a score."""
    return {
        "points": str(score.points),
        "band": score.band.name if score.band else "",
        "rows": [row.row.name for row in score.rows if row.counted],
    }


def said_of_row(row, language) -> str:
    sentence = row.sentence(language)
    if not row.group:
        return sentence
    return _now("%(sentence)s – only the best row of “%(group)s” counts") % {
        "sentence": sentence,
        "group": row.group,
    }


class ScoreRow(Orderable):
    """Points, where the condition holds."""

    scorecard = ParentalKey(Scorecard, on_delete=models.CASCADE, related_name="rows")
    name = models.CharField(_("name"), max_length=120)
    condition = ConditionField(_("when"), vocabulary="rules")
    points = FormulaField(
        _("points"),
        vocabulary="rules",
        compact=True,
        help_text=_("A number such as 20 or -5, or a formula such as [amount] / 100."),
    )
    reason = models.CharField(
        _("reason"),
        max_length=200,
        blank=True,
        help_text=_("Shown beside the points: “+20: bought three times”. Without one, the name is shown."),
    )
    group = models.CharField(
        _("only the best of"),
        max_length=60,
        blank=True,
        help_text=_("Of rows with the same word here, only the one with the most points counts."),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("row")
        verbose_name_plural = _("rows")

    def __str__(self):
        return self.name


class ScoreBand(Orderable):
    """What so many points mean."""

    scorecard = ParentalKey(Scorecard, on_delete=models.CASCADE, related_name="bands")
    name = models.CharField(_("name"), max_length=60)
    begin = models.DecimalField(_("from points"), max_digits=15, decimal_places=6)

    class Meta(Orderable.Meta):
        verbose_name = _("band")
        verbose_name_plural = _("bands")

    def __str__(self):
        return self.name


def as_engine_reads(document) -> dict:
    """The document as compile_scorecard takes it: JSON keeps exact numbers as texts."""
    return {
        "base": number_of(document["base"]) or 0,
        "floor": number_of(document["floor"]),
        "ceiling": number_of(document["ceiling"]),
        "rows": document["rows"],
        "bands": [
            {"name": band["name"], "label": band["name"], "from": number_of(band["from"])}
            for band in document["bands"]
        ],
    }


def number_of(text):
    """What is no number stays as it is, and is refused at its place."""
    try:
        return Decimal(text) if isinstance(text, str) else text
    except InvalidOperation:
        return text


FIELD_OF = {
    "condition": "condition",
    "points": "points",
    "reason": "reason",
    "group": "group",
    "from": "begin",
}


def problem_of_scorecard(problem) -> RecordProblem:
    """The engine's "rows/2/condition/all/0/name" is the third row's condition on the form."""
    part, *rest = problem.path.split("/")
    if part not in ("rows", "bands"):
        return RecordProblem((part,), problem.sentence)
    if not rest or not rest[0].isdigit():
        return RecordProblem((part,), problem.sentence)
    field = FIELD_OF.get(rest[1] if len(rest) > 1 else "", "name")
    return RecordProblem((part, int(rest[0]), field), problem.sentence)
