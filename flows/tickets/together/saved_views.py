"""A filter of the desk's list under a name, for oneself, a department or everyone."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from flows.tickets.together.macros import demand_audience, may_change
from flows.tickets.together.models import DefaultView, SavedView
from flows.tickets.together.models.macro import Audience
from rules.store.problems import Refusal

# Each has a count of its own to work out whenever the list is shown.
MOST_SHOWN = 8


def views_for(person) -> list[SavedView]:
    return list(SavedView.objects.offered_to(person)[:MOST_SHOWN])


def save_view(
    *, name: str, chosen: Mapping, audience: str, department, by, at: datetime, is_default=False
) -> SavedView:
    """Raises Refusal."""
    name = " ".join(name.split())
    if not name:
        raise Refusal(_("Give the view a name."))
    department = department if audience == Audience.DEPARTMENT else None
    demand_audience(audience, department, by=by)
    if SavedView.objects.offered_to(by).count() >= MOST_SHOWN:
        raise Refusal(
            _("At most %(count)s views stand above the list. Remove one first.") % {"count": MOST_SHOWN}
        )
    try:
        with transaction.atomic():
            view = SavedView.objects.create(
                name=name, chosen=dict(chosen), audience=audience, department=department, owner=by, at=at
            )
            if is_default:
                choose_default(view=view, by=by)
    except IntegrityError:
        raise Refusal(_("You have a view called “%(name)s” already.") % {"name": name}) from None
    return view


def choose_default(*, view: SavedView | None, by) -> None:
    """What the person's list opens with; None: what it opens with anyway."""
    if view is None:
        DefaultView.objects.filter(person=by).delete()
        return
    DefaultView.objects.update_or_create(person=by, defaults={"view": view})


def default_view_of(person) -> SavedView | None:
    return (
        SavedView.objects.offered_to(person)
        .filter(pk__in=DefaultView.objects.filter(person=person).values("view"))
        .first()
    )


def remove_view(*, view: SavedView, by) -> None:
    """Raises Refusal."""
    if not may_change(view, by):
        raise Refusal(_("Only who made this view, or who may offer such views, removes it."))
    view.delete()
