"""The demo company's people and places: one account per role, named after the role."""

from django.contrib.auth.models import Group

from flows.organisation import roles
from flows.organisation.models import Department, Region, Store, User

# Printed when the demo starts; production never loads the demo.
DEMO_PASSWORD = "tangram-demo"

DEPARTMENTS = {"quality": "品控部 Quality", "logistics": "物流部 Logistics", "service": "客服部 Service"}
REGIONS = {"north": "北区 North", "east": "东区 East", "south": "南区 South", "online": "线上 Online"}
STORES = {
    "north-1": ("北区一店 North 1", "north"),
    "east-1": ("东区一店 East 1", "east"),
    "east-2": ("东区二店 East 2", "east"),
    "south-1": ("南区一店 South 1", "south"),
    "web": ("网店 Web shop", "online"),
}
# username -> (display name, role, department, store). No role: may do everything.
ACCOUNTS = {
    "admin": ("管理员 Admin", None, None, None),
    "designer": ("运营设计师 Ops designer", roles.OPS_DESIGNERS, None, None),
    "reviewer": ("合规审核员 Compliance reviewer", roles.COMPLIANCE_REVIEWERS, None, None),
    # In quality, so that the red tickets are the first thing an agent sees.
    "agent": ("客服 Agent", roles.AGENTS, "quality", None),
    "service": ("客服主管 Head of service", roles.AGENTS, "service", None),
    "manager": ("店长 Store manager", roles.STORE_MANAGERS, None, "east-1"),
}


def make_demo() -> dict[str, User]:
    """Make what is missing; returns the accounts by username. Running it again changes nothing."""
    make_places()
    return {username: make_account(username) for username in ACCOUNTS}


def make_places():
    for slug, name in DEPARTMENTS.items():
        Department.objects.get_or_create(slug=slug, defaults={"name": name})
    for slug, name in REGIONS.items():
        Region.objects.get_or_create(slug=slug, defaults={"name": name})
    for slug, (name, region) in STORES.items():
        Store.objects.get_or_create(
            slug=slug, defaults={"name": name, "region": Region.objects.get(slug=region)}
        )


def make_account(username: str) -> User:
    name, role, department, store = ACCOUNTS[username]
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": name,
            "is_superuser": role is None,
            "department": Department.objects.filter(slug=department).first(),
            "store": Store.objects.filter(slug=store).first(),
        },
    )
    if is_new:
        user.set_password(DEMO_PASSWORD)
        user.save()
        user.groups.set(Group.objects.filter(name=role))
    return user
