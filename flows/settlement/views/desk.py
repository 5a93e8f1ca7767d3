"""What a store earns, day by day, for its manager on a phone."""

from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from flows.money import Money
from flows.organisation.models import Store
from flows.settlement.actions import expected_shares
from flows.settlement.forms import midnight
from flows.settlement.models import Entry
from flows.settlement.words import entry_sentences


@login_required
def day(request):
    """The entries of one day, and what is not posted yet but would be by the live plans."""
    store = store_of(request)
    on = day_of(request)
    context = {"store": store, "on": on, "before": on - timedelta(days=1), "today": timezone.localdate()}
    if on < context["today"]:
        context["after"] = on + timedelta(days=1)
    if may_see_all(request.user):
        context["stores"] = Store.objects.all()
    if store:
        context |= ledger_of_day(store, on, at=timezone.now())
    return render(request, "settlement/desk_day.html", context)


@login_required
def entry(request, pk):
    found = get_object_or_404(Entry.objects.visible_to(request.user).for_reading(), pk=pk)
    return render(
        request,
        "settlement/desk_entry.html",
        {"entry": found, "sentences": entry_sentences(found), "on": timezone.localdate(found.happened_at)},
    )


def may_see_all(user) -> bool:
    return user.has_perm("settlement.view_entry")


def store_of(request):
    """The store shown: one's own, or any one for who may view the whole ledger."""
    user = request.user
    if may_see_all(user):
        slug = request.GET.get("store")
        return get_object_or_404(Store, slug=slug) if slug else user.store or Store.objects.first()
    if not user.has_perm("settlement.view_own_entry"):
        raise PermissionDenied
    return user.store


def day_of(request) -> date:
    try:
        return date.fromisoformat(request.GET.get("day") or timezone.localdate().isoformat())
    except ValueError:
        raise Http404(_("There is no such day.")) from None


def ledger_of_day(store, on, *, at) -> dict:
    window = {"start": midnight(on), "end": midnight(on + timedelta(days=1))}
    posted = list(Entry.objects.of_store(store.slug).between(**window).for_reading())
    expected = expected_shares(store=store.slug, at=at, **window)
    return {
        "posted": posted,
        "expected": expected,
        "totals": totals_by_currency(
            *((entry.currency, "posted", entry.money.minor) for entry in posted),
            *((row.currency, "expected", row.share.minor) for row in expected),
        ),
    }


def totals_by_currency(*amounts) -> list[dict]:
    sums = {}
    for currency, kind, minor in amounts:
        row = sums.setdefault(currency, {"posted": 0, "expected": 0})
        row[kind] += minor
    return [
        {kind: Money(minor=minor, currency=currency) for kind, minor in row.items()}
        for currency, row in sorted(sums.items())
    ]
