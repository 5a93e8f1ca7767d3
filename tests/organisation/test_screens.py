import pytest
from django.urls import reverse
from django.utils import translation

from flows.organisation.models import Absence, Department, Region, Shift, Skill, Store, User
from flows.organisation.roles import AGENTS

pytestmark = pytest.mark.django_db


def test_an_admin_adds_a_member_of_staff_with_one_name_department_and_store(admin, client_of):
    department = Department.objects.create(slug="quality", name="品控部")
    store = Store.objects.create(slug="one", name="一店")
    page = client_of(admin).post(
        reverse("wagtailusers_users:add"),
        {
            "username": "agent-2",
            "first_name": "客服二号",
            "department": department.pk,
            "store": store.pk,
            "password1": "a long-enough password",
            "password2": "a long-enough password",
        },
    )
    assert page.status_code == 302, page.context["form"].errors
    user = User.objects.get(username="agent-2")
    assert (str(user), user.department, user.store) == ("客服二号", department, store)


def test_the_staff_list_names_roles_in_the_readers_language(admin, agent, client_of):
    page = client_of(admin).get(reverse("wagtailusers_users:index"), headers={"accept-language": "zh-hans"})
    assert "客服" in page.content.decode()
    with translation.override("zh-hans"):
        assert translation.gettext(AGENTS) == "客服"


def test_editing_staff_offers_the_roles_by_name(admin, agent, client_of):
    page = client_of(admin).get(
        reverse("wagtailusers_users:edit", args=[agent.pk]), headers={"accept-language": "en"}
    )
    assert "Ops designers" in page.content.decode()


@pytest.mark.parametrize("name", ["region", "store", "department"])
def test_designers_see_places_and_cannot_change_them(designer, client_of, name):
    client = client_of(designer)
    assert client.get(reverse(f"{name}:index")).status_code == 200
    assert client.get(reverse(f"{name}:add")).status_code == 302


def test_an_admin_adds_a_region_and_a_store_in_it(admin, client_of):
    client = client_of(admin)
    client.post(reverse("region:add"), {"name": "西区", "slug": "west"})
    region = Region.objects.get()
    client.post(reverse("store:add"), {"name": "西区一店", "slug": "west-1", "region": region.pk})
    assert Store.objects.get().region == region


def test_an_admin_gives_skills_a_shift_and_a_capacity(admin, agent, client_of):
    client = client_of(admin)
    client.post(reverse("skill:add"), {"name": "英语", "slug": "english"})
    hours = {"mon": "09:00-12:00, 13:00-18:00", "tue": "22:00-06:00", "timezone": "Asia/Shanghai"}
    client.post(reverse("shift:add"), {"name": "白班", "slug": "day", "days_off": "2026-10-01", **hours})
    skill, shift = Skill.objects.get(), Shift.objects.get()
    edit = reverse("wagtailusers_users:edit", args=[agent.pk])
    form = {"username": agent.username, "first_name": "客服", "is_active": "on"}
    page = client.post(edit, form | {"skills": [skill.pk], "shift": shift.pk, "capacity": "5"})
    assert page.status_code == 302, page.context["form"].errors
    agent.refresh_from_db()
    assert (list(agent.skills.all()), agent.shift, agent.capacity) == ([skill], shift, 5)
    for name in ("skill", "shift"):
        assert "客服" in client.get(reverse(f"{name}:index")).content.decode()


@pytest.mark.parametrize(
    ("field", "typed"),
    [("mon", "9 to 5"), ("timezone", "Moon/Crater"), ("days_off", "tomorrow")],
)
def test_what_is_wrong_with_a_shift_is_said_at_its_field(admin, client_of, field, typed):
    given = {"name": "白班", "slug": "day", "timezone": "Asia/Shanghai", "mon": "09:00-18:00"}
    page = client_of(admin).post(reverse("shift:add"), given | {field: typed})
    assert set(page.context["form"].errors) == {field}


def test_an_admin_sets_absences_of_everybody_and_a_designer_sees_them(admin, agent, designer, client_of):
    given = {"person": agent.pk, "starts_at": "2026-10-01 09:00", "ends_at": "2026-10-08 09:00"}
    client_of(admin).post(reverse("absence:add"), given)
    assert Absence.objects.get().person == agent
    assert client_of(designer).get(reverse("absence:index")).status_code == 200
    assert client_of(designer).get(reverse("absence:add")).status_code == 302


def test_an_absence_of_no_time_or_with_oneself_as_backup_is_refused(admin, agent, client_of):
    given = {"person": agent.pk, "starts_at": "2026-10-08 09:00", "ends_at": "2026-10-01 09:00"}
    page = client_of(admin).post(reverse("absence:add"), given | {"backup": agent.pk})
    assert page.context["form"].errors
    assert not Absence.objects.exists()
