"""A ledger entry explained: where each cent came from, in sentences anyone can check with a calculator."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.money import plain
from flows.settlement.commission import DEFAULT_RATE
from flows.settlement.models import CommissionPlan, Entry


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
    said = {"version": str(entry.version), "percent": entry.arithmetic["percent"]}
    if not entry.rule:
        if entry.arithmetic["reason"] == DEFAULT_RATE:
            return _("%(version)s: no rate held, so all other lines get %(percent)s %%.") % said
        return _("%(version)s: no rule holds for this line, so it earns nothing.") % said
    rates = {rate.name: rate for rate in entry.version.compiled.rates}
    said |= {
        "rule": entry.rule,
        "condition": rates[entry.rule].condition.sentence(get_language()),
    }
    return _("%(version)s, rate “%(rule)s” (%(condition)s): %(percent)s %%.") % said


def rate_sentence(entry):
    numbers = entry.arithmetic
    return _("%(base)s × %(percent)s %% = %(exact)s, not rounded yet.") % {
        "base": plain(numbers["base"]),
        "percent": numbers["percent"],
        "exact": plain(numbers["exact"]),
    }


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
