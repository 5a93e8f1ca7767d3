"""Stores, regions, departments and colleagues, as rules name them: by code."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rules.store.sources import Found, register_source


def register() -> None:
    from flows.organisation.models import Department, Region

    register_source(
        key="stores",
        label=_("store"),
        may_ask=is_colleague,
        find=find_store,
        called=called_store,
        is_public=True,
    )
    for key, label, model in (
        ("regions", _("region"), Region),
        ("departments", _("department"), Department),
    ):
        register_source(
            key=key,
            label=label,
            may_ask=is_colleague,
            find=finder(model),
            called=caller(model),
            is_public=True,
        )
    register_source(
        key="staff", label=_("person"), may_ask=may_find_staff, find=find_person, called=called_person
    )


def is_colleague(user) -> bool:
    return user.is_active


def may_find_staff(user) -> bool:
    return user.has_perm("tickets.change_ticket") or user.has_perm("wagtailadmin.access_admin")


def matching(words: str) -> Q:
    return Q(slug__icontains=words) | Q(name__icontains=words)


def find_store(words: str, most: int) -> list[Found]:
    from flows.organisation.models import Store

    return [as_store(row) for row in Store.objects.filter(matching(words)).select_related("region")[:most]]


def called_store(codes: list[str]) -> list[Found]:
    from flows.organisation.models import Store

    return [as_store(row) for row in Store.objects.filter(slug__in=codes).select_related("region")]


def as_store(row) -> Found:
    return Found(row.slug, row.name, row.region.name if row.region else "")


def finder(model):
    return lambda words, most: [
        Found(row.slug, row.name) for row in model.objects.filter(matching(words))[:most]
    ]


def caller(model):
    return lambda codes: [Found(row.slug, row.name) for row in model.objects.filter(slug__in=codes)]


def find_person(words: str, most: int) -> list[Found]:
    from flows.organisation.models import User

    named = Q(username__istartswith=words) | Q(first_name__icontains=words) | Q(last_name__icontains=words)
    rows = User.objects.filter(named, is_active=True).order_by("username")
    return [Found(row.username, str(row)) for row in rows[:most]]


def called_person(names: list[str]) -> list[Found]:
    from flows.organisation.models import User

    return [Found(row.username, str(row)) for row in User.objects.filter(username__in=names)]
