"""Out of office, set on the desk by the person, or by the manager of the store."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime

from flows.organisation.models import Absence, Department, Store, User

pytestmark = pytest.mark.django_db
PAGE = reverse("desk:absences")


def written(moment) -> str:
    return f"{localtime(moment):%Y-%m-%dT%H:%M}"


def in_hours(hours):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


def typed(**more) -> dict:
    return {"starts_at": written(in_hours(-1)), "ends_at": written(in_hours(8)), "note": "培训"} | more


@pytest.fixture
def colleague(agent):
    department = Department.objects.create(slug="quality", name="品控部")
    User.objects.filter(pk=agent.pk).update(department=department)
    return User.objects.create_user("anna", first_name="安娜", department=department)


def test_a_person_says_when_and_who_stands_in(agent, colleague, client_of):
    client = client_of(agent)
    answer = client.post(PAGE, typed(backup=colleague.pk), follow=True)
    absence = Absence.objects.get()
    assert (absence.person, absence.backup, absence.note) == (agent, colleague, "培训")
    assert "安娜" in answer.content.decode()
    assert list(Absence.objects.current(at=timezone.now())) == [absence]


def test_coming_back_ends_it_now_and_one_to_come_is_taken_back(agent, client_of):
    client = client_of(agent)
    client.post(PAGE, typed())
    client.post(PAGE, typed(starts_at=written(in_hours(2))))
    for absence in Absence.objects.all():
        client.post(reverse("desk:absence_end", args=[absence.pk]))
    assert Absence.objects.count() == 1
    assert not Absence.objects.coming(at=timezone.now()).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": ""},
        {"ends_at": written(in_hours(-2))},
        {"starts_at": written(in_hours(-9)), "ends_at": written(in_hours(-8))},
        {"starts_at": "soon"},
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(agent, client_of, wrong):
    answer = client_of(agent).post(PAGE, typed(**wrong))
    assert answer.status_code == 422
    assert "培训" in answer.content.decode()
    assert not Absence.objects.exists()


def test_nobody_sets_the_absence_of_others_but_managers_of_their_store(agent, store_manager, client_of):
    mine, other = (Store.objects.create(slug=slug, name=slug) for slug in ("mine", "other"))
    clerk = User.objects.create_user("clerk", store=mine)
    stranger = User.objects.create_user("stranger", store=other)
    User.objects.filter(pk__in=[store_manager.pk, agent.pk]).update(store=mine)
    for person, by, is_set in (
        (clerk, store_manager, True),
        (stranger, store_manager, False),
        (clerk, agent, False),
    ):
        client_of(by).post(PAGE, typed(person=person.pk))
        assert Absence.objects.filter(person=person).exists() == is_set, (person, by)
        Absence.objects.all().delete()
    absence = Absence.objects.create(person=stranger, starts_at=in_hours(-1), ends_at=in_hours(1))
    assert client_of(store_manager).post(reverse("desk:absence_end", args=[absence.pk])).status_code == 404
