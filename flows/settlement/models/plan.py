from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, PublishingPanel, TitleFieldPanel
from wagtail.models import Orderable

from flows.settlement.commission import (
    AMOUNT,
    DEFAULT_RATE,
    NO_RULE,
    NOT_RULES,
    PERCENT,
    RATE,
    CompiledPlan,
    CompiledRate,
    Earned,
)
from flows.settlement.facts import PURPOSE, VOCABULARY, place_options
from rules.engine import (
    CompiledRule,
    CompiledRuleSet,
    RuleErrors,
    compile_condition,
    compile_formula,
    facts_from_json,
)
from rules.engine.difference import condition_differences
from rules.store.fields import ConditionField
from rules.store.formulas import named_of, newer_formulas, published_formulas
from rules.store.models import StoredRecord
from rules.store.problems import Differences, Line, RecordErrors, RecordProblem, at
from rules.store.scope import Part

CURRENCIES = ("CNY", "HKD", "SGD", "JPY", "USD", "EUR", "GBP")


def currency_choices():
    return [(code, code) for code in CURRENCIES]


def zone_choices():
    return [(zone, zone) for zone in settings.WAGTAIL_USER_TIME_ZONES]


class PercentInput(forms.NumberInput):
    """Shows 15 for a stored 15.0000."""

    def format_value(self, value):
        return percent_text(value) if isinstance(value, Decimal) else super().format_value(value)


class FormulaChoice(forms.Select):
    """The live formulas over order lines; one that is chosen although it is gone stays, and is refused."""

    def optgroups(self, name, value, attrs=None):
        live = [(slug, one["name"]) for slug, one in published_formulas(PURPOSE).items()]
        known = {slug for slug, _name in live}
        gone = [
            (slug, say("%(slug)s (no longer there)") % {"slug": slug}) for slug in value if slug not in known
        ]
        self.choices = [("", "–"), *live, *[one for one in gone if one[0]]]
        return super().optgroups(name, value, attrs)


class CommissionPlan(StoredRecord):
    """Who earns how much of which order lines, and where the amounts are rounded."""

    class RoundingPoint(models.TextChoices):
        LINE = "line", _("once per order line")
        ORDER = "order", _("once per order")
        REGION = "statement_and_region", _("once per statement and region")

    class RoundingMode(models.TextChoices):
        HALF_UP = "half_up", _("halves away from zero")
        HALF_EVEN = "half_even", _("halves to the even amount")

    class Included(models.TextChoices):
        ALL = "sales_and_returns", _("sales and returns")
        SALES = "sales", _("sales only")

    zone = models.CharField(
        _("time zone"),
        max_length=40,
        choices=zone_choices,
        default="Asia/Shanghai",
        help_text=_("The days of a period begin at midnight here."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        choices=currency_choices,
        default="CNY",
        help_text=_("Orders in another currency are left out and counted."),
    )
    included = models.CharField(
        _("what counts"), max_length=20, choices=Included, default=Included.ALL,
        help_text=_("A return takes back what it would have earned as a sale."),
    )  # fmt: skip
    rounding_point = models.CharField(
        _("amounts are rounded"),
        max_length=30,
        choices=RoundingPoint,
        default=RoundingPoint.ORDER,
        help_text=_("Each rounded amount is spread over its lines, so that the lines add up to it."),
    )
    rounding_mode = models.CharField(
        _("half a cent goes"), max_length=10, choices=RoundingMode, default=RoundingMode.HALF_UP
    )
    default_rate = models.DecimalField(
        _("rate for all other lines (%)"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Leave empty if lines without a rule earn nothing."),
    )
    default_region = models.CharField(
        _("region for all other lines"),
        max_length=100,
        blank=True,
        help_text=_("Whose account they go to when the order names no store."),
    )

    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldPanel("slug"),
        MultiFieldPanel(
            [FieldPanel("zone"), FieldPanel("currency"), FieldPanel("included")], heading=_("What it covers")
        ),
        InlinePanel(
            "rates",
            heading=_("Rates"),
            label=_("Rate"),
            help_text=_("The first rate whose condition holds decides. Drag to change the order."),
        ),
        MultiFieldPanel(
            [FieldPanel("default_rate", widget=PercentInput), FieldPanel("default_region")],
            heading=_("All other lines"),
        ),
        MultiFieldPanel([FieldPanel("rounding_point"), FieldPanel("rounding_mode")], heading=_("Rounding")),
        PublishingPanel(),
    ]

    class Meta(StoredRecord.Meta):
        verbose_name = _("commission plan")
        verbose_name_plural = _("commission plans")

    def document(self):
        return {
            "zone": self.zone,
            "currency": self.currency,
            "base": "gross",
            "included": self.included,
            "rounding_point": self.rounding_point,
            "rounding_mode": self.rounding_mode,
            # Kept with the version: a store renamed later must not change what this said.
            "options": place_options(),
            "rates": [
                {
                    "name": rate.name,
                    "condition": rate.condition,
                    "percent": percent_text(rate.percent) if rate.pays == PERCENT else "",
                    "region": rate.region,
                    "pays": rate.pays,
                    "formula": rate.formula if rate.pays != PERCENT else "",
                    "cap": rate.cap,
                }
                for rate in self.rates.all()
            ],
            # Those that rates name, as they were when this went live.
            "formulas": named_of(
                published_formulas(PURPOSE),
                [slug for rate in self.rates.all() for slug in (rate.formula, rate.cap) if slug],
            ),
            "default": {"percent": percent_text(self.default_rate), "region": self.default_region},
        }

    @classmethod
    def compile(cls, document):
        problems = [*repeated_names(document["rates"])]
        vocabulary = VOCABULARY.extended(options=document["options"])
        formulas = {}
        for slug, one in document.get("formulas", {}).items():
            try:
                formulas[slug] = compile_formula(one["text"], vocabulary)
            except RuleErrors as errors:
                problems += at(("rates",), errors)
        rates = []
        for row, rate in enumerate(document["rates"]):
            problems += problems_of_rate(row, rate, formulas, document["currency"])
            try:
                condition = compile_condition(rate["condition"], vocabulary)
            except RuleErrors as errors:
                problems += at(("rates", row, "condition"), errors)
            else:
                rates.append((rate, condition))
        if problems:
            raise RecordErrors(problems)
        default = document["default"]
        return CompiledPlan(
            zone=ZoneInfo(document["zone"]),
            currency=document["currency"],
            counts_returns=document["included"] == cls.Included.ALL,
            rounding_point=document["rounding_point"],
            rounding_mode=document["rounding_mode"],
            rates=tuple(
                CompiledRate(
                    rate["name"],
                    condition,
                    Decimal(rate["percent"] or 0),
                    rate["region"] or rate["name"],
                    pays_of(rate),
                    formulas.get(rate.get("formula")),
                    formulas.get(rate.get("cap")),
                )
                for rate, condition in rates
            ),
            default_percent=Decimal(default["percent"]) if default["percent"] else None,
            default_region=default["region"],
            vocabulary=vocabulary,
        )

    def completeness(self):
        if not self.rates.count() and self.default_rate is None:
            return [RecordProblem(("rates",), _("Add at least one rate, or a rate for all other lines."))]
        return []

    @classmethod
    def in_words(cls, document, language):
        with translation.override(language):
            return [
                *(
                    Line(f"rates/{rate['name']}", rate["name"], rate_text(rate, document, language))
                    for rate in document["rates"]
                ),
                Line("default", say("All other lines"), default_text(document["default"])),
                Line("covers", say("What it covers"), covers_text(cls, document)),
                Line("rounding", say("Rounding"), rounding_text(cls, document)),
            ]

    @classmethod
    def differences(cls, before, after, language):
        old, new = ({rate.name: rate for rate in cls.compile(side).rates} for side in (before, after))
        sentences = {
            f"rates/{name}": [
                difference.sentence(language)
                for difference in condition_differences(old[name].condition.tree, rate.condition.tree)
            ]
            for name, rate in new.items()
            if name in old
        }
        with translation.override(language):
            for name in (name for name in new if name in old and old[name].percent != new[name].percent):
                if old[name].pays != PERCENT or new[name].pays != PERCENT:
                    continue
                percents = {
                    "before": percent_text(old[name].percent),
                    "after": percent_text(new[name].percent),
                }
                sentences[f"rates/{name}"].append(say("rate: %(before)s %% became %(after)s %%") % percents)
        return Differences(sentences=sentences)

    @classmethod
    def adjustable_parts(cls, document):
        return [
            *(
                rate_part(f"rate:{rate['name']}", rate["name"], rate)
                for rate in document["rates"]
                if pays_of(rate) == PERCENT
            ),
            rate_part("default", say("All other lines"), document["default"]),
        ]

    @classmethod
    def with_parts(cls, document, values):
        rates = [rate | values.get(f"rate:{rate['name']}", {}) for rate in document["rates"]]
        return document | {"rates": rates, "default": document["default"] | values.get("default", {})}

    def vocabularies(self):
        return {"order_lines": VOCABULARY.extended(options=place_options())}

    @classmethod
    def asks(cls, compiled):
        variables = compiled.vocabulary.variables
        return [variables[name] for name in variables if name in compiled.names]

    @classmethod
    def replay(cls, compiled, facts):
        return outcome_of(compiled.rate_for(facts))

    @classmethod
    def in_engine(cls, compiled):
        rates = (CompiledRule(id=rate.name, condition=rate.condition, actions=()) for rate in compiled.rates)
        return CompiledRuleSet(rules=tuple(rates), vocabulary=compiled.vocabulary)

    @classmethod
    def possible_outcomes(cls, compiled, facts):
        rates = [rate.earned(facts) for rate in compiled.rates]
        return [outcome_of(earned) for earned in [*rates, compiled.of_all_others]]

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        with translation.override(language):
            return [earned_text(outcome)]

    @classmethod
    def explain(cls, compiled, facts, language):
        said = [rate.condition.explain(facts).sentence(language) for rate in compiled.rates]
        earned = compiled.rate_for(facts)
        for one in (earned.formula, earned.cap):
            if one:
                said.append(working(one.formula, one.facts, compiled.vocabulary, language))
        return said

    @classmethod
    def outdated(cls, document):
        return newer_formulas(document.get("formulas", {}), PURPOSE)


class CommissionRate(Orderable):
    """A share of the lines for which the condition holds, unless an earlier rate held."""

    class Pays(models.TextChoices):
        PERCENT = PERCENT, _("a percentage of the amount")
        RATE = RATE, _("a percentage that a formula gives")
        AMOUNT = AMOUNT, _("an amount that a formula gives")

    plan = ParentalKey(CommissionPlan, on_delete=models.CASCADE, related_name="rates")
    name = models.CharField(_("name"), max_length=100)
    condition = ConditionField(_("when"), vocabulary="order_lines")
    pays = models.CharField(_("what it pays"), max_length=10, choices=Pays, default=Pays.PERCENT)
    percent = models.DecimalField(
        _("rate (%)"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    formula = models.SlugField(
        _("formula"), max_length=80, blank=True,
        help_text=_("A live formula over order lines. Returns take back what their sale would have earned."),
    )  # fmt: skip
    cap = models.SlugField(
        _("at most"), max_length=80, blank=True,
        help_text=_("A formula that gives the highest amount paid for one line. Leave empty for no limit."),
    )  # fmt: skip
    region = models.CharField(
        _("region"),
        max_length=100,
        blank=True,
        help_text=_(
            "Rates of the same region are added up together on the statement, and the region is paid when "
            "the order names no store. Leave empty to use the name of the rate."
        ),
    )

    panels = [
        FieldPanel("name"),
        FieldPanel("condition"),
        FieldPanel("pays", classname="rate-pays"),
        FieldPanel("percent", widget=PercentInput, classname="rate-percent"),
        FieldPanel("formula", widget=FormulaChoice, classname="rate-formula"),
        FieldPanel("cap", widget=FormulaChoice),
        FieldPanel("region"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("rate")
        verbose_name_plural = _("rates")

    def __str__(self):
        return self.name


def pays_of(rate: dict) -> str:
    """Of a rate in a document; before there were formulas each paid a percentage."""
    return rate.get("pays", PERCENT)


def outcome_of(earned: Earned) -> dict:
    percent = "" if earned.pays == AMOUNT else percent_text(earned.percent)
    outcome = {"reason": earned.reason, "rule": earned.rule, "percent": percent}
    if earned.pays == AMOUNT:
        outcome["amount"] = percent_text(earned.amount)
    if earned.cap:
        outcome["cap"] = percent_text(earned.cap.value)
    return outcome


def working(text: str, facts: dict, vocabulary, language) -> str:
    """A formula worked out with the facts of then: "80 × 15% = 12"."""
    return compile_formula(text, vocabulary).explain(facts_from_json(facts)).sentence(language)


def earned_text(outcome: dict) -> str:
    if outcome["reason"] == NO_RULE:
        return say("earns nothing: no rate holds")
    rate = outcome["rule"] or NOT_RULES[DEFAULT_RATE]
    if "amount" in outcome:
        said = say("earns %(amount)s (%(rate)s)") % {"amount": outcome["amount"], "rate": rate}
    else:
        said = say("earns %(percent)s %% (%(rate)s)") % {"percent": outcome["percent"], "rate": rate}
    if "cap" not in outcome:
        return said
    return say("%(earns)s, at most %(cap)s") % {"earns": said, "cap": outcome["cap"] or "0"}


def percent_text(percent: Decimal | None) -> str:
    """A rate as it is stored and read: "15", "12.5"; empty for none."""
    return "" if percent is None else f"{Decimal(percent).normalize():f}"


def rate_part(key, label, rate) -> Part:
    return Part(
        key=key,
        label=label,
        value={"percent": rate["percent"]},
        inputs=lambda: {
            "percent": forms.DecimalField(
                label=_("rate (%)"), min_value=0, max_value=100, max_digits=7, decimal_places=4
            )
        },
        say=lambda value: f"{value['percent']} %" if value["percent"] else say("nothing"),
    )


# What can be wrong with the rows, each at its field.


def repeated_names(rates):
    names = [rate["name"] for rate in rates]
    for row, name in enumerate(names):
        if name in names[:row]:
            yield RecordProblem(("rates", row, "name"), _("Another rate has this name already."))
        elif name in NOT_RULES:
            yield RecordProblem(("rates", row, "name"), _("Statements use this name. Choose another."))


def problems_of_rate(row, rate, formulas, currency):
    if not rate["name"]:
        yield RecordProblem(("rates", row, "name"), _("Please fill this in."))
    for field, gives in (("formula", pays_of(rate)), ("cap", AMOUNT)):
        if slug := rate.get(field):
            yield from problems_of_formula(("rates", row, field), formulas.get(slug), gives, currency)
    if pays_of(rate) != PERCENT:
        if not rate.get("formula"):
            yield RecordProblem(("rates", row, "formula"), _("Choose a formula."))
        return
    try:
        percent = Decimal(rate["percent"])
    except InvalidOperation:
        yield RecordProblem(("rates", row, "percent"), _("Please fill this in."))
    else:
        if not 0 <= percent <= 100:
            yield RecordProblem(("rates", row, "percent"), _("A rate is between 0 and 100 %."))


# What a number may count to be an amount: money, or what a price was written beside (quantity * 2).
AMOUNT_UNITS = ("", "money", "number", "pieces", "times")
RATE_UNITS = ("", "percent", "number")


def problems_of_formula(place, formula, gives, currency):
    if formula is None:
        yield RecordProblem(place, _("There is no live formula of this name."))
    elif formula.type != "number":
        yield RecordProblem(place, _("This formula does not give a number."))
    elif gives == RATE and formula.unit not in RATE_UNITS:
        yield RecordProblem(place, _("This formula gives no percentage, such as 5%."))
    elif gives == AMOUNT and formula.unit not in (*AMOUNT_UNITS, currency):
        yield RecordProblem(place, _("This formula gives no amount of money in the currency of the plan."))


# What a document says, in the active language.


def covers_text(plan, document):
    return say("%(included)s in %(currency)s, by gross amount; days begin at midnight in %(zone)s") % {
        "included": plan.Included(document["included"]).label,
        "currency": document["currency"],
        "zone": document["zone"],
    }


def rate_text(rate, document, language):
    condition = compile_condition(rate["condition"], VOCABULARY.extended(options=document["options"]))
    said = {
        "condition": condition.sentence(language),
        "pays": pays_text(rate, document),
        "region": rate["region"],
    }
    if not rate["region"]:
        return say("%(condition)s: %(pays)s") % said
    return say("%(condition)s: %(pays)s, for %(region)s") % said


def pays_text(rate, document) -> str:
    """ "15 %", "an amount by “piece bonus” (version 2: quantity × 2), at most by “cap” …"."""
    if pays_of(rate) == PERCENT:
        said = say("%(percent)s %%") % {"percent": rate["percent"]}
    else:
        template = {
            RATE: say("a percentage by the formula %(formula)s"),
            AMOUNT: say("an amount by the formula %(formula)s"),
        }[pays_of(rate)]
        said = template % {"formula": formula_text(rate["formula"], document)}
    if not rate.get("cap"):
        return said
    cap = formula_text(rate["cap"], document)
    return say("%(pays)s, but at most by the formula %(cap)s") % {"pays": said, "cap": cap}


def formula_text(slug, document) -> str:
    one = document.get("formulas", {}).get(slug)
    if one is None:
        return f"“{slug}”"
    formula = compile_formula(one["text"], VOCABULARY.extended(options=document["options"]))
    return say("“%(name)s” (version %(number)s: %(text)s)") % {
        "name": one["name"],
        "number": one["number"],
        "text": formula.sentence(get_language()),
    }


def default_text(default):
    if not default["percent"]:
        return say("otherwise nothing")
    if not default["region"]:
        return say("otherwise %(percent)s %%") % default
    return say("otherwise %(percent)s %%, for %(region)s") % default


def rounding_text(plan, document):
    return say("%(point)s, %(mode)s") % {
        "point": plan.RoundingPoint(document["rounding_point"]).label,
        "mode": plan.RoundingMode(document["rounding_mode"]).label,
    }
