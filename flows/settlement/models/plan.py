from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, PublishingPanel, TitleFieldPanel
from wagtail.models import Orderable

from flows.settlement.commission import (
    DEFAULT_RATE,
    NO_RULE,
    NOT_RULES,
    CompiledPlan,
    CompiledRate,
    Earned,
)
from flows.settlement.facts import VOCABULARY, place_options
from rules.engine import CompiledRule, CompiledRuleSet, RuleErrors, compile_condition
from rules.engine.difference import condition_differences
from rules.store.fields import ConditionField
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
                    "percent": percent_text(rate.percent),
                    "region": rate.region,
                }
                for rate in self.rates.all()
            ],
            "default": {"percent": percent_text(self.default_rate), "region": self.default_region},
        }

    @classmethod
    def compile(cls, document):
        problems = [*repeated_names(document["rates"])]
        vocabulary = VOCABULARY.extended(options=document["options"])
        rates = []
        for row, rate in enumerate(document["rates"]):
            problems += problems_of_rate(row, rate)
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
                    rate["name"], condition, Decimal(rate["percent"]), rate["region"] or rate["name"]
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
                percents = {
                    "before": percent_text(old[name].percent),
                    "after": percent_text(new[name].percent),
                }
                sentences[f"rates/{name}"].append(say("rate: %(before)s %% became %(after)s %%") % percents)
        return Differences(sentences=sentences)

    @classmethod
    def adjustable_parts(cls, document):
        return [
            *(rate_part(f"rate:{rate['name']}", rate["name"], rate) for rate in document["rates"]),
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
        rates = [Earned("rule", rate.name, rate.percent, rate.region) for rate in compiled.rates]
        return [outcome_of(earned) for earned in [*rates, compiled.of_all_others]]

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        with translation.override(language):
            return [earned_text(outcome)]

    @classmethod
    def explain(cls, compiled, facts, language):
        return [rate.condition.explain(facts).sentence(language) for rate in compiled.rates]


class CommissionRate(Orderable):
    """A share of the lines for which the condition holds, unless an earlier rate held."""

    plan = ParentalKey(CommissionPlan, on_delete=models.CASCADE, related_name="rates")
    name = models.CharField(_("name"), max_length=100)
    condition = ConditionField(_("when"), vocabulary="order_lines")
    percent = models.DecimalField(
        _("rate (%)"),
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
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
        FieldPanel("percent", widget=PercentInput),
        FieldPanel("region"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("rate")
        verbose_name_plural = _("rates")

    def __str__(self):
        return self.name


def outcome_of(earned: Earned) -> dict:
    return {"reason": earned.reason, "rule": earned.rule, "percent": percent_text(earned.percent)}


def earned_text(outcome: dict) -> str:
    if outcome["reason"] == NO_RULE:
        return say("earns nothing: no rate holds")
    rate = outcome["rule"] or NOT_RULES[DEFAULT_RATE]
    return say("earns %(percent)s %% (%(rate)s)") % {"percent": outcome["percent"], "rate": rate}


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


def problems_of_rate(row, rate):
    if not rate["name"]:
        yield RecordProblem(("rates", row, "name"), _("Please fill this in."))
    try:
        percent = Decimal(rate["percent"])
    except InvalidOperation:
        yield RecordProblem(("rates", row, "percent"), _("Please fill this in."))
    else:
        if not 0 <= percent <= 100:
            yield RecordProblem(("rates", row, "percent"), _("A rate is between 0 and 100 %."))


# What a document says, in the active language.


def covers_text(plan, document):
    return say("%(included)s in %(currency)s, by gross amount; days begin at midnight in %(zone)s") % {
        "included": plan.Included(document["included"]).label,
        "currency": document["currency"],
        "zone": document["zone"],
    }


def rate_text(rate, document, language):
    condition = compile_condition(rate["condition"], VOCABULARY.extended(options=document["options"]))
    said = {"condition": condition.sentence(language), "percent": rate["percent"], "region": rate["region"]}
    if not rate["region"]:
        return say("%(condition)s: %(percent)s %%") % said
    return say("%(condition)s: %(percent)s %%, for %(region)s") % said


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
