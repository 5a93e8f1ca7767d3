import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from flows.organisation import roles
from flows.organisation.demo import DEMO_PASSWORD, make_demo
from flows.organisation.models import Department, Store, User

pytestmark = pytest.mark.django_db


def test_every_role_exists_after_migrating():
    assert set(Group.objects.values_list("name", flat=True)) >= set(roles.ROLES)


def test_designers_and_reviewers_enter_the_admin_and_agents_do_not(designer, reviewer, agent, store_manager):
    enters = {user.username: user.has_perm("wagtailadmin.access_admin") for user in User.objects.all()}
    assert enters == {"designer": True, "reviewer": True, "agent": False, "store_manager": False}


def test_designers_write_customers_and_reviewers_only_read_them(designer, reviewer):
    assert designer.has_perms(["customers.view_customer", "customers.change_customer", "customers.add_order"])
    assert reviewer.has_perm("customers.view_customer")
    assert not reviewer.has_perm("customers.change_customer")


def test_designers_add_stored_records_reviewers_change_them_and_nobody_publishes(designer, reviewer):
    for model in filter(roles.is_stored_record, apps.get_models()):
        label, name = model._meta.app_label, model._meta.model_name
        assert designer.has_perms([f"{label}.add_{name}", f"{label}.change_{name}"])
        assert reviewer.has_perm(f"{label}.change_{name}")
        assert not reviewer.has_perm(f"{label}.add_{name}")
        assert not designer.has_perm(f"{label}.publish_{name}")
        assert not designer.has_perm(f"{label}.delete_{name}")


def test_lost_roles_come_back_with_the_next_migration():
    Group.objects.all().delete()
    for app_config in apps.get_app_configs():
        roles.give_permissions(app_config)
    designers = Group.objects.get(name=roles.OPS_DESIGNERS)
    assert designers.permissions.filter(codename="access_admin").exists()


def test_the_demo_has_one_account_per_role_that_can_log_in():
    people = make_demo()
    assert set(people) == {"admin", "designer", "reviewer", "agent", "service", "manager"}
    assert all(user.check_password(DEMO_PASSWORD) for user in people.values())
    assert people["admin"].is_superuser
    assert list(people["agent"].groups.values_list("name", flat=True)) == [roles.AGENTS]
    assert people["agent"].department.slug == "quality"
    assert people["manager"].store.region.slug == "east"


def test_making_the_demo_again_changes_nothing_that_people_changed():
    admin = make_demo()["admin"]
    admin.set_password("my own")
    admin.save()
    make_demo()
    assert User.objects.get(username="admin").check_password("my own")
    assert (Department.objects.count(), Store.objects.count(), User.objects.count()) == (5, 5, 16)
