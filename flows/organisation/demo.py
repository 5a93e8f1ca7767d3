"""The demo company's people and places: one account per role, named after the role; and some colleagues, so
that there is someone to choose from when a ticket is given by rules."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from flows.organisation import roles
from flows.organisation.calendars import WEEKDAYS
from flows.organisation.models import (
    Absence,
    Calendar,
    Department,
    Region,
    Shift,
    Skill,
    Store,
    User,
)
from flows.organisation.public_holidays import days_of, known_years
from rules.store.actions import publish_reviewed_by

# Printed when the demo starts; production never loads the demo.
DEMO_PASSWORD = "tangram-demo"

DEPARTMENTS = {
    "quality": "品控部 Quality",
    "logistics": "物流部 Logistics",
    "service": "客服部 Service",
    "product": "产品部 Product",
    "finance": "财务部 Finance",
}
REGIONS = {"north": "北区 North", "east": "东区 East", "south": "南区 South", "online": "线上 Online"}
# code -> (name, region, latitude, longitude)
STORES = {
    "north-1": ("北区一店 North 1", "north", "39.904200", "116.407400"),
    "east-1": ("东区一店 East 1", "east", "31.230416", "121.473701"),
    "east-2": ("东区二店 East 2", "east", "31.298900", "120.585300"),
    "south-1": ("南区一店 South 1", "south", "23.129110", "113.264385"),
    "web": ("网店 Web shop", "online", None, None),
}
SKILLS = {"repair": "维修 Repair", "english": "英语 English", "refund": "退款 Refunds"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# code -> (name, days, hours)
SHIFTS = {
    "office": ("白班 Office hours", DAYS[:5], "09:00-12:00, 13:00-18:00"),
    "shop": ("门店班 Shop hours", DAYS, "08:00-22:00"),
    "on-call": ("全天值班 On call", DAYS, "00:00-24:00"),
}
# username -> (name, department, store, skills, shift, open tickets at most)
COLLEAGUES = {
    "anna": ("安娜 Anna", "service", None, ("english", "refund"), "office", 10),
    "ben": ("小本 Ben", "service", None, ("refund",), "on-call", 10),
    "li": ("李技师 Li", None, "north-1", ("repair",), "on-call", 5),
    "wang": ("王技师 Wang", None, "east-1", ("repair",), "on-call", 2),
    "zhao": ("赵技师 Zhao", None, "east-2", ("repair", "english"), "on-call", 5),
    "chen": ("陈技师 Chen", None, "south-1", ("repair",), "shop", 5),
    "wu": ("吴店员 Wu", None, "south-1", (), "shop", 5),
    "gu": ("顾研发 Gu", "product", None, (), "office", 10),
    "qian": ("钱会计 Qian", "finance", None, (), "office", 10),
    "director": ("孙总监 Director", None, None, (), "office", 10),
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
    make_work()
    for username in COLLEAGUES:
        make_colleague(username)
    people = {username: make_account(username) for username in ACCOUNTS}
    make_calendars(people)
    # Who is told when tickets of a department are late.
    Department.objects.filter(head=None).update(head=people["admin"])
    return people


def make_calendars(people: dict[str, User]) -> None:
    """An office that counts wherever none was chosen, and a shop that opens every day."""
    for record in (office_calendar(), shop_calendar()):
        if not Calendar.objects.filter(slug=record.slug).exists():
            publish_reviewed_by(record, author=people["designer"], reviewer=people["reviewer"])
    shop = Calendar.objects.get(slug="shops")
    Store.objects.filter(calendar=None, slug__in=[slug for slug in STORES if slug != "web"]).update(
        calendar=shop
    )


def office_calendar() -> Calendar:
    years = known_years()[-2:]
    return Calendar(
        name="总部工作日历 Office",
        slug="office",
        days=[day for year in years for day in days_of(year)],
        is_usual=True,
    )


def shop_calendar() -> Calendar:
    """Every day from ten to ten; closed on the first two days of the spring festival only."""
    days = [day for year in known_years()[-2:] for day in days_of(year) if day["name"] == "春节"]
    return Calendar(
        name="门店营业时间 Shops",
        slug="shops",
        week={day: ["10:00-22:00"] for day in WEEKDAYS},
        days=first_two_of_each_year(days),
    )


def first_two_of_each_year(days: list[dict]) -> list[dict]:
    free, found = [day for day in days if day["kind"] == "free"], []
    for year in sorted({day["date"][:4] for day in free}):
        found += [day for day in free if day["date"].startswith(year)][:2]
    return found


def make_places():
    for slug, name in DEPARTMENTS.items():
        Department.objects.get_or_create(slug=slug, defaults={"name": name})
    for slug, name in REGIONS.items():
        Region.objects.get_or_create(slug=slug, defaults={"name": name})
    for slug, (name, region, latitude, longitude) in STORES.items():
        Store.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "region": Region.objects.get(slug=region),
                "latitude": latitude,
                "longitude": longitude,
            },
        )


def make_work():
    for slug, name in SKILLS.items():
        Skill.objects.get_or_create(slug=slug, defaults={"name": name})
    for slug, (name, days, hours) in SHIFTS.items():
        Shift.objects.get_or_create(slug=slug, defaults={"name": name} | dict.fromkeys(days, hours))


def make_colleague(username: str) -> None:
    """Anna is on holiday the week the demo is made; Ben stands in for her."""
    name, department, store, skills, shift, capacity = COLLEAGUES[username]
    person, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": name,
            "department": Department.objects.filter(slug=department).first(),
            "store": Store.objects.filter(slug=store).first(),
            "shift": Shift.objects.get(slug=shift),
            "capacity": capacity,
        },
    )
    if not is_new:
        return
    person.set_password(DEMO_PASSWORD)
    person.save()
    person.groups.set(Group.objects.filter(name=roles.AGENTS))
    person.skills.set(Skill.objects.filter(slug__in=skills))
    if username == "ben":
        now = timezone.now()
        Absence.objects.create(
            person=User.objects.get(username="anna"),
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=6),
            backup=person,
            note="年假 Holiday",
        )


def make_account(username: str) -> User:
    name, role, department, store = ACCOUNTS[username]
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": name,
            "email": f"{username}@example.com",
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
