"""A ledger entry explained: where each cent came from, in sentences anyone can check with a calculator."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.money import plain
from flows.settlement.commission import AMOUNT, DEFAULT_RATE, PERCENT
from flows.settlement.models import CommissionPlan, Entry
from flows.settlement.models.plan import working

DECIMALS_SHOWN = 12


def entry_sentences(entry: Entry) -> list[str]:
    return [
        line_sentence(entry),
        rule_sentence(entry),
        rate_sentence(entry),
        rounding_sentence(entry),
        transfer_sentence(entry),
    ]


def line_sentence(entry):
    numbers, order = entry.arithmetic, entry.line.order
    return _(
        "Order %(order)s of %(when)s, line %(line)s: %(product)s, "
        "%(quantity)s × %(price)s = %(base)s %(currency)s."
    ) % {
        "order": order.number,
        "when": date_format(localtime(entry.happened_at), "DATETIME_FORMAT"),
        "line": entry.line.position,
        "product": entry.line.description or entry.line.sku,
        "quantity": numbers["quantity"],
        "price": plain(numbers["unit_price"]),
        "base": plain(numbers["base"]),
        "currency": entry.currency,
    }


def rule_sentence(entry):
    numbers = entry.arithmetic
    said = {"version": str(entry.version), "percent": numbers["percent"]}
    if not entry.rule:
        if numbers["reason"] == DEFAULT_RATE:
            return _("%(version)s: no rate held, so all other lines get %(percent)s %%.") % said
        return _("%(version)s: no rule holds for this line, so it earns nothing.") % said
    rates = {rate.name: rate for rate in entry.version.compiled.rates}
    said |= {
        "rule": entry.rule,
        "condition": rates[entry.rule].condition.sentence(get_language()),
    }
    if numbers.get("pays", PERCENT) != PERCENT:
        said |= {"gave": formula_sentence(entry, "formula")}
        return _("%(version)s, rate “%(rule)s” (%(condition)s), by formula: %(gave)s.") % said
    return _("%(version)s, rate “%(rule)s” (%(condition)s): %(percent)s %%.") % said


def formula_sentence(entry, which: str) -> str:
    """A formula worked out again with the facts of then: "80 × 15% = 12"."""
    used = entry.arithmetic[which]
    return working(used["text"], used["facts"], entry.version.compiled.vocabulary, get_language())


def rate_sentence(entry):
    numbers = entry.arithmetic
    said = {
        "base": plain(numbers["base"]),
        "percent": shortened(numbers["percent"]),
        "exact": shortened(plain(numbers["exact"])),
    }
    if numbers.get("pays") == AMOUNT:
        sentence = _("That amount: %(exact)s, not rounded yet.") % said
    else:
        sentence = _("%(base)s × %(percent)s %% = %(exact)s, not rounded yet.") % said
    if "cap" not in numbers:
        return sentence
    said = {"sentence": sentence, "cap": formula_sentence(entry, "cap")}
    return _("With the limit of this rate (%(cap)s): %(sentence)s") % said


def shortened(number: str) -> str:
    """A number that never ends, as far as anyone reads it."""
    whole, point, decimals = number.partition(".")
    return number if len(decimals) <= DECIMALS_SHOWN else f"{whole}{point}{decimals[:DECIMALS_SHOWN]}…"


def rounding_sentence(entry):
    numbers = entry.arithmetic
    point = CommissionPlan.RoundingPoint(numbers["point"])
    said = {
        "point": point.label,
        "mode": CommissionPlan.RoundingMode(numbers["mode"]).label,
        "rounded": numbers["rounded"],
    }
    if point == CommissionPlan.RoundingPoint.LINE:
        return _("This plan rounds %(point)s, %(mode)s: %(rounded)s.") % said
    said |= {
        "unit": numbers["unit"] or _("no region"),
        "unit_exact": plain(numbers["unit_exact"]),
        "unit_rounded": numbers["unit_rounded"],
    }
    return (
        _(
            "This plan rounds %(point)s, %(mode)s: %(unit)s earns %(unit_exact)s, which rounds to "
            "%(unit_rounded)s. That is spread over its lines by largest remainder: %(rounded)s for this line."
        )
        % said
    )


def transfer_sentence(entry):
    said = {"money": entry.money_moved, "debit": entry.debit, "credit": entry.credit}
    sentence = (
        _("A return, so the transfer is reversed: %(money)s, debit %(debit)s, credit %(credit)s.")
        if entry.is_return
        else _("Posted: %(money)s, debit %(debit)s, credit %(credit)s.")
    )
    return sentence % said
