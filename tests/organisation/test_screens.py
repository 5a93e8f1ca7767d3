import pytest
from django.urls import reverse
from django.utils import translation

from flows.organisation.models import Department, Region, Store, User
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
