"""What no person types into the forms of tests, back-tests and local adjustments: told in words, or refused,
never a crash; and what was kept of it can be shown again."""

import re
from datetime import time

import pytest
from django.urls import reverse

from flows.broadcasts.models import Lexicon, LexiconCategory, Limit
from flows.customers.models import Segment
from flows.organisation.models import Region, Store
from flows.organisation.places import place_of_store
from rules.store import tasks
from rules.store.actions import adjust, publish_reviewed_by, save_draft
from rules.store.models import BackTest, Override
from rules.store.testing import StoredTest, keep_tests
from tests.store.conftest import make_draft, sales_purpose  # noqa: F401
from tests.tickets.conftest import departments, refund_type  # noqa: F401

FORM = "application/x-www-form-urlencoded"
# As they come over the line.
TYPED = {
    "nothing": "",
    "10^400": "1" + "0" * 400,
    "many digits": "9" * 10_000,
    "1e400": "1e400",
    "1e999999999": "1e999999999",
    "-1e-999999999": "-1e-999999999",
    "NaN": "NaN",
    "sNaN": "sNaN",
    "infinity": "-Infinity",
    "other digits": "%D9%A1%D9%A2",
    "a lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "a null character": "a%00b",
    "a line break": "a%0D%0Ab",
    "the year 1": "0001-01-01T00:00",
    "the year 9999": "9999-12-31T23:59:59",
    "the day 9999": "9999-12-31",
    "the day 1": "0001-01-01",
    "the 30th of February": "2026-02-30T12:00",
    "two places": "91%2C 181",
    "a mark-up": "%3Cscript%3Ealert(1)%3C/script%3E",
    "a long text": "x" * 200_000,
    "an object": "%7B%7D",
    "deep lists": "[" * 3_000,
    "deep groups": "%7B%22any%22%3A[" * 3_000,
    "JSON with a lone surrogate": "[%7B%22name%22%3A%22%5Cud800%22%2C%22params%22%3A%7B%7D%7D]",
    "JSON with 10^400": "[%7B%22name%22%3A1" + "0" * 400 + "%7D]",
    "JSON with NaN": "[%7B%22name%22%3ANaN%2C%22params%22%3A[]%7D]",
    "JSON without keys": "[%7B%7D]",
    "JSON null": "null",
    "JSON of wrong types": "[[]%2C7%2Cnull%2C%22x%22]",
}
# Enough where each takes a long page.
FEW = ("nothing", "10^400", "many digits", "NaN", "a null character", "no UTF-8", "the year 1", "a long text")
NOT_BROKEN = (200, 302, 400, 403, 404)


def lexicon():
    record = Lexicon(name="Words", slug="words")
    record.categories = [LexiconCategory(name="law", action="block", words="最低价\n国家级")]
    return record


def limit(**fields):
    return Limit(name="Cap", slug="cap", **{"kind": "cap", "most": 3, "length": 1, "unit": "week"} | fields)


def night():
    return limit(kind="quiet", quiet_from=time(21), quiet_until=time(9))


def segment():
    return Segment(
        name="S",
        slug="s",
        condition={"all": [{"name": "orders_count", "operator": "greater_than", "value": 1}]},
    )


MAKES = {
    "rules": make_draft,
    "a cap": limit,
    "quiet hours": night,
    "recent buyers": lambda: limit(kind="bought", unit="day"),
    "a pace": lambda: limit(kind="pace", counted="rolling", unit="minute", length=1),
    "a lexicon": lexicon,
    "a segment": segment,
    "a ticket type": refund_type,
}


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch):
    monkeypatch.setattr(tasks, "perform_back_test", lambda pk: None)


@pytest.fixture(params=MAKES.values(), ids=MAKES)
def record(request, designer, departments):  # noqa: F811
    record = request.param()
    save_draft(record=record, by=designer)
    return record


@pytest.fixture
def page(client, designer):
    client.force_login(designer)
    return client


def address_of(record, name, *args):
    return reverse(record.snippet_viewset.get_url_name(name), args=[record.pk, *args])


def send(page, address, data):
    """Post what a browser would not. Values are encoded already."""
    body = "&".join(f"{name}={value}" for name, value in data.items())
    answer = page.post(address, data=body, content_type=FORM)
    assert answer.status_code in NOT_BROKEN
    return answer


def inputs_of(page, address) -> list[str]:
    """The names of a page's inputs, so that a new one is not forgotten."""
    names = re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"', page.get(address).content.decode())
    return [name for name in dict.fromkeys(names) if name not in ("csrfmiddlewaretoken", "verb")]


# Tests


def test_a_test_of_anything(record, page):
    address = address_of(record, "test", "new")
    names = [name for name in inputs_of(page, address) if name.startswith("fact-")]
    assert names
    for typed in TYPED.values():
        everything = dict.fromkeys(names, typed)
        send(page, address, everything | {"verb": "try"})
        send(page, address, {"verb": "keep", "name": typed, "expected": typed})
    show_what_was_kept(record, page)


@pytest.mark.parametrize("make", [make_draft, limit], ids=["rules", "a cap"])
def test_each_fact_alone_and_kept(make, designer, page):
    record = make()
    save_draft(record=record, by=designer)
    address = address_of(record, "test", "new")
    for name in inputs_of(page, address)[:4]:
        for typed in FEW:
            send(page, address, {name: TYPED[typed], "verb": "keep", "name": "x", "expected": "0"})
    show_what_was_kept(record, page)


def show_what_was_kept(record, page):
    """Whatever was kept is shown."""
    assert page.get(address_of(record, "tests")).status_code == 200
    for test in type(record).objects.get(pk=record.pk).get_latest_revision_as_object().tests[:5]:
        assert page.get(address_of(record, "test", test["id"])).status_code == 200


@pytest.mark.parametrize("make", [make_draft, limit], ids=["rules", "a cap"])
def test_the_list_of_tests(make, designer, page):
    record = make()
    save_draft(record=record, by=designer)
    for typed in TYPED.values():
        for verb in ("remove", "accept", "suggested", "find"):
            data = {"verb": verb, "test": typed, "suggestion": typed, "number": typed}
            send(page, address_of(record, "tests"), data)
    assert page.get(address_of(record, "tests")).status_code == 200


@pytest.mark.parametrize("id", ["0", "x" * 500, "_", "-", "new-"])
def test_a_test_that_is_not_there(record, page, id):
    assert page.get(address_of(record, "test", id)).status_code in (302, 404)
    assert page.post(address_of(record, "test", id), {"verb": "keep"}).status_code in (302, 404)


# Back-tests


def test_a_period_to_try(page, designer):
    record = limit()
    save_draft(record=record, by=designer)
    address = address_of(record, "back_test")
    for typed in TYPED.values():
        send(page, address, {"days": typed})
        send(page, address, {"days": "custom", "first_day": typed, "last_day": typed})
        send(page, address, {"days": "custom", "first_day": "2026-01-01", "last_day": typed})
    assert page.get(address).status_code == 200


@pytest.mark.parametrize("run", [0, 10**30, 2**63])
def test_a_back_test_that_is_not_there(page, designer, run):
    record = limit()
    save_draft(record=record, by=designer)
    address = address_of(record, "back_test_run", run)
    assert page.get(address).status_code == 404
    assert page.post(address).status_code == 404
    assert not BackTest.objects.exists()


# Local adjustments


@pytest.fixture
def shop(db):
    region = Region.objects.create(slug="north", name="North")
    return Store.objects.create(slug="sh-001", name="Nanjing Road", region=region)


ADJUSTED = {"a cap": limit, "quiet hours": night, "rules": make_draft}


@pytest.mark.parametrize("make", ADJUSTED.values(), ids=ADJUSTED)
def test_a_local_adjustment(make, page, designer, reviewer, shop):
    record = publish_reviewed_by(make(), author=designer, reviewer=reviewer).record
    override = adjust(record=record, place=place_of_store(shop), by=designer)
    address = address_of(override, "edit")
    names = [name for name in inputs_of(page, address) if name.startswith("parts-")]
    assert names
    # Only conditions and actions read JSON.
    for typed in TYPED.values() if make is make_draft else map(TYPED.get, FEW):
        everything = dict.fromkeys(names, typed) | {"parts": typed, "name": typed}
        send(page, address, everything)
        if override.get_latest_revision_as_object().parts:
            assert page.get(address).status_code == 200
    send(page, address, everything | {"action-submit": "1"})
    assert page.get(address).status_code == 200
    for name in ("places", "review", "versions"):
        assert page.get(address_of(override, name)).status_code in NOT_BROKEN


def test_a_place_to_adjust(page, designer, reviewer, shop):
    record = publish_reviewed_by(limit(), author=designer, reviewer=reviewer).record
    for typed in TYPED.values():
        for place in (typed, f"store:{typed}"):
            send(page, address_of(record, "places"), {"place": place})
        if len(typed) < 2_000:
            assert page.get(f"{address_of(record, 'places')}?place=store:{typed}").status_code == 200
    assert not Override.objects.exists()


# Limits and their numbers


NUMBERS = {"cap": ("most", "length", "unit", "zone"), "quiet": ("quiet_from", "quiet_until")}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_limit(kind, page, designer):
    record = limit()
    save_draft(record=record, by=designer)
    address = address_of(record, "edit")
    usual = {
        "name": "Cap", "slug": "cap", "kind": kind, "most": "2", "length": "7", "unit": "day", "zone": "UTC",
        "counted": "rolling", "quiet_from": "21:00", "quiet_until": "09:00",
        "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    }  # fmt: skip
    for name in NUMBERS[kind]:
        for typed in FEW:
            send(page, address, usual | {name: TYPED[typed]})
    assert page.get(address).status_code == 200
    assert page.get(address_of(record, "tests")).status_code == 200


@pytest.mark.parametrize("length", [4_000, 10**6, 2**31 - 1])
@pytest.mark.parametrize("counted", ["rolling", "calendar"])
def test_a_period_longer_than_ten_years_is_refused_at_its_field(length, counted, db):
    (problem,) = limit(length=length, unit="day", counted=counted).problems()
    assert problem.path == ("length",)


def test_a_test_kept_in_another_shape_is_shown_as_undecided(page, designer):
    record = limit()
    save_draft(record=record, by=designer)
    for facts in ({"at": [], "messages": 7}, {"at": "x", "messages": [[], {"at": {"a": []}}, None]}):
        keep_tests(
            record=record, tests=[StoredTest.make(name="x", facts=facts, expected={"outcome": "reached"})],
            by=designer,
        )  # fmt: skip
    assert page.get(address_of(record, "tests")).status_code == 200
