"""Regions and stores as places at which stored records are adjusted; see rules/store/places.py."""

from django.utils.translation import gettext_lazy as _

from rules.store.places import Place, register_places


def region_key(slug: str) -> str:
    return f"region:{slug}"


def store_key(slug: str) -> str:
    return f"store:{slug}"


def path_of(*, store: str | None, region: str | None) -> tuple[str, ...]:
    """Down to the store with this code, in the region with that; (), headquarters, when neither is known."""
    return (*([region_key(region)] if region else []), *([store_key(store)] if store else []))


def path_of_store(store) -> tuple[str, ...]:
    if store is None:
        return ()
    return path_of(store=store.slug, region=store.region.slug if store.region_id else None)


def place_of_region(region) -> Place:
    return Place(region_key(region.slug), region.name, path_of(store=None, region=region.slug))


def place_of_store(store) -> Place:
    return Place(store_key(store.slug), store.name, path_of_store(store))


def may_adjust_region(user, place: Place) -> bool:
    """Who belongs to a store adjusts that store only."""
    return user.store_id is None


def may_adjust_store(user, place: Place) -> bool:
    return user.store_id is None or store_key(user.store.slug) == place.key


def register() -> None:
    from flows.organisation.models import Region, Store

    regions, stores = Region.objects.all(), Store.objects.select_related("region")
    register_places(
        key="region",
        label=_("region"),
        find=lambda code: first_place(regions.filter(slug=code), place_of_region),
        all=lambda: map(place_of_region, regions.all()),
        allows=may_adjust_region,
    )
    register_places(
        key="store",
        label=_("store"),
        find=lambda code: first_place(stores.filter(slug=code), place_of_store),
        all=lambda: map(place_of_store, stores.all()),
        allows=may_adjust_store,
    )


def first_place(rows, place_of) -> Place | None:
    row = rows.first()
    return row and place_of(row)
