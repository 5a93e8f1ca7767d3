"""What order lines earn under a plan: the rate, the exact amount, the rounding. Asks no table, no clock."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from flows.money import EXACT, in_minor_units, round_minor, spread, to_major
from flows.settlement.facts import VOCABULARY, OrderLineVariables
from rules.engine import Formula, Vocabulary, facts_as_json

DEFAULT_RATE = "default"
NO_RULE = "no rule"
Progress = Callable[[int], None]
NOWHERE: Mapping = MappingProxyType({})
# Under these names totals list the lines that no rule decided; people read the words beside them.
NOT_RULES = {DEFAULT_RATE: _("All other lines"), NO_RULE: _("No rule")}


# What a rate pays: a percentage that is written, one that a formula gives, or an amount that a formula gives.
PERCENT, RATE, AMOUNT = "percent", "rate", "amount"
MOST_PERCENT = Decimal(100)
# Of a return these are given to formulas as they were of its sale; what comes out is taken back.
TURNED = ("quantity", "amount")


class Worked(NamedTuple):
    """What a formula gave: `value` in percent or in major units, within its bounds; None without a value.

    facts  what it asked for, as facts_as_json keeps them, so that its working can be shown again
    """

    formula: str
    value: Decimal | None
    facts: Mapping


class CompiledRate(NamedTuple):
    name: str
    condition: Any  # has .holds(facts), .explain(facts), .names
    percent: Decimal
    region: str
    pays: str = PERCENT
    formula: Formula | None = None  # unless it pays PERCENT
    cap: Formula | None = None  # pays at most this amount

    @property
    def names(self) -> frozenset[str]:
        formulas = [formula for formula in (self.formula, self.cap) if formula]
        return frozenset().union(self.condition.names, *(formula.names for formula in formulas))

    def earned(self, facts) -> "Earned":
        """Under this rate, which holds."""
        formula = self.formula and worked(self.formula, facts)
        cap = self.cap and worked(self.cap, facts)
        percent, amount = self.percent, None
        if self.pays == RATE:
            share = Decimal(0) if formula.value is None else formula.value.scaleb(2, EXACT)
            percent = min(max(share, Decimal(0)), MOST_PERCENT)
            formula = formula._replace(value=None if formula.value is None else percent)
        elif self.pays == AMOUNT:
            amount = max(formula.value or Decimal(0), Decimal(0))
            formula = formula._replace(value=None if formula.value is None else amount)
        if cap:
            cap = cap._replace(value=None if cap.value is None else max(cap.value, Decimal(0)))
        return Earned("rule", self.name, percent, self.region, self.pays, amount, formula, cap)


def worked(formula: Formula, facts: Mapping) -> Worked:
    given = {name: facts.get(name) for name in sorted(formula.names)}
    given = {
        name: -value if name in TURNED and value is not None and value < 0 else value
        for name, value in given.items()
    }
    return Worked(formula.text, formula.evaluate(given).value, facts_as_json(given))


class Earned(NamedTuple):
    """Why a line earns what it does. reason: "rule", DEFAULT_RATE or NO_RULE.

    amount   in major units, of what a formula pays outright; then `percent` does not count
    formula  what gave the percentage or the amount, where a formula did
    cap      at most this much; without a value it pays nothing, for nobody knows how much may be paid
    """

    reason: str
    rule: str
    percent: Decimal
    region: str
    pays: str = PERCENT
    amount: Decimal | None = None
    formula: Worked | None = None
    cap: Worked | None = None

    @property
    def called(self):
        return self.rule or self.reason

    @property
    def rate_text(self) -> str:
        """The percentage as totals group by it; empty where each line has its own."""
        return f"{self.percent:f}" if self.pays == PERCENT else ""

    def exact(self, base: Decimal, *, currency: str) -> Decimal:
        """What a line of that amount earns, in minor units, not rounded. Of a return it is negative."""
        if self.pays == AMOUNT:
            paid = in_minor_units(self.amount, currency=currency)
            paid = -paid if base < 0 else paid
        else:
            paid = in_minor_units(base * self.percent, currency=currency).scaleb(-2)
        if self.cap is None:
            return paid
        most = in_minor_units(self.cap.value or Decimal(0), currency=currency)
        return max(-most, min(most, paid))


@dataclass(frozen=True, kw_only=True)
class CompiledPlan:
    zone: ZoneInfo
    currency: str
    counts_returns: bool
    rounding_point: str
    rounding_mode: str
    rates: tuple[CompiledRate, ...]
    default_percent: Decimal | None
    default_region: str
    vocabulary: Vocabulary = VOCABULARY  # with the stores and regions of its document

    @property
    def names(self) -> list[str]:
        """The facts this plan asks for."""
        return sorted(set().union(*(rate.names for rate in self.rates)))

    def rate_for(self, facts) -> Earned:
        """The first rate that holds wins; then the default rate; then nothing, with that reason."""
        for rate in self.rates:
            if rate.condition.holds(facts):
                return rate.earned(facts)
        return self.of_all_others

    @property
    def of_all_others(self) -> Earned:
        if self.default_percent is not None:
            return Earned(DEFAULT_RATE, "", self.default_percent, self.default_region)
        return Earned(NO_RULE, "", Decimal(0), "")


class Share(NamedTuple):
    """What one line earns. `exact` and `unit_exact` count minor units, not rounded; `minor` is posted.

    unit  what was rounded at once: the order's number or the region; empty when lines are rounded alone
    """

    line: Any
    earned: Earned
    base: Decimal
    exact: Decimal
    unit: str
    unit_exact: Decimal
    unit_minor: int
    minor: int

    def arithmetic(self, plan: CompiledPlan) -> dict:
        """Every number on the way, as texts in major units, so that a person can check it by hand."""

        def major(minor):
            return f"{to_major(minor, currency=plan.currency):f}"

        numbers = {
            "reason": self.earned.reason,
            "quantity": self.line.quantity,
            "unit_price": f"{self.line.unit_price:f}",
            "base": f"{self.base:f}",
            "percent": f"{self.earned.percent:f}",
            "exact": major(self.exact),
            "rounded": major(self.minor),
            "point": plan.rounding_point,
            "mode": plan.rounding_mode,
        }
        if self.earned.pays != PERCENT or self.earned.cap:
            numbers |= self._formulas()
        if plan.rounding_point != "line":
            numbers |= {
                "unit": self.unit,
                "unit_exact": major(self.unit_exact),
                "unit_rounded": major(self.unit_minor),
            }
        return numbers

    def _formulas(self) -> dict:
        """What formulas gave, and the facts they asked for."""
        said = {"pays": self.earned.pays}
        for key, one in (("formula", self.earned.formula), ("cap", self.earned.cap)):
            if one:
                value = "" if one.value is None else f"{one.value:f}"
                said[key] = {"text": one.formula, "value": value, "facts": dict(one.facts)}
        return said


UNIT_OF: dict[str, Callable[[Any, Earned], tuple]] = {
    "line": lambda line, earned: (line.pk, ""),
    "order": lambda line, earned: (line.order__number, line.order__number),
    "statement_and_region": lambda line, earned: (earned.region, earned.region),
}


def shares_of(
    plan: CompiledPlan,
    lines: Iterable,
    *,
    by_store: Mapping[str, CompiledPlan] = NOWHERE,
    progress: Progress | None = None,
) -> list[Share]:
    """What each line earns, in the order of `lines`, so that every rounded unit adds up to its total.

    lines     rows of querysets.lines_to_settle
    by_store  {store code: the plan with the rates of that store}, where they differ
    progress  called now and then with the number of lines looked at
    """
    rated = rate_lines(plan, lines, by_store=by_store, progress=progress)
    units = defaultdict(list)
    for index, (line, earned, _base, _exact) in enumerate(rated):
        units[UNIT_OF[plan.rounding_point](line, earned)].append(index)
    shares: list[Share | None] = [None] * len(rated)
    for (_key, name), indexes in units.items():
        exact = [rated[index][3] for index in indexes]
        with localcontext(EXACT):
            unit_exact = sum(exact, Decimal(0))
        unit_minor = round_minor(unit_exact, mode=plan.rounding_mode)
        for index, minor in zip(indexes, spread(exact, unit_minor), strict=True):
            shares[index] = Share(*rated[index], name, unit_exact, unit_minor, minor)
    return shares


def rate_lines(plan, lines, *, by_store=NOWHERE, progress=None) -> Sequence[tuple]:
    """(line, earned, base, exact) of each line. Lines alike in what the plan asks for are decided once."""
    names, known, rated = plan.names, {}, []
    with localcontext(EXACT):
        for line in lines:
            variables = OrderLineVariables(line)
            values = tuple(getattr(variables, name)() for name in names)
            here = by_store.get(line.order__store__slug, plan)
            key = (id(here), values)
            earned = known.get(key)
            if earned is None:
                earned = known[key] = here.rate_for(dict(zip(names, values, strict=True)))
            base = line.quantity * line.unit_price
            exact = earned.exact(base, currency=plan.currency)
            rated.append((line, earned, base, exact))
            if progress and len(rated) % 5_000 == 0:
                progress(len(rated))
    return rated
