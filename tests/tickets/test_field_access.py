"""Who sees which field: a canary in each answer is looked for behind every exit, for every persona."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.utils import timezone

from flows.customers.models import Customer, Order
from flows.organisation.models import Store, User
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.field_access import FieldAccess, answers_in_words, as_seen, masked
from flows.tickets.models import Ticket, TicketType
from flows.tickets.refusals import AnswersMissing, ConditionNotMet
from rules.editor.back_tests import examples_of
from rules.engine import facts_as_json
from rules.store.models import Decision
from tests.desk.test_fields_in_browser import block
from tests.forms.test_fields import private_files  # noqa: F401
from tests.forms.test_kinds import picture
from tests.tickets.conftest import does, flow, node, press, text_has

CANARIES = {
    "story": "泄密甲泄密甲泄密甲",
    "phone": "13877660000",
    "amount": "98765.43",
    "customer": "C-泄密乙-1",
    "order_number": "O-泄密丙-1",
    "store": "store-canary",
    "choice": "泄密丁选项",
}
SECRETS = [*CANARIES.values(), "98,765.43", "9876543", "泄密己姓名", "泄密戊.jpg"]
AGENTS, REVIEWERS = "Agents", "Compliance reviewers"
NODES = ("new", "handling", "done")
FIELDS = [
    block("text", "note", "备注", "Note"),
    block("long_text", "story", "经过", "Story"),
    block("text", "phone", "电话", "Phone"),
    block("money", "amount", "金额", "Amount", currency="CNY"),
    block("customer", "customer", "顾客", "Customer"),
    block("order", "order_number", "订单", "Order"),
    block("store", "store", "门店", "Store"),
    block(
        "choice", "choice", "类别", "Class",
        choices=[{"label": "泄密丁选项", "name": "secret"}, {"label": "普通", "name": "plain"}],
    ),
    block("photo", "photo", "照片", "Photo"),
    block("computed", "total", "合计", "Total", formula="[金额] + 0"),
]  # fmt: skip
NAMES = [one["value"]["name"] for one in FIELDS]
LARGE = {"all": [{"name": "amount", "operator": "less_than", "value": 5}]}


def everywhere(level, *names, but=()):
    return {node: dict.fromkeys([name for name in names if name not in but], level) for node in NODES}


def report_type(access) -> TicketType:
    return TicketType(
        name="报告",
        name_en="Report",
        slug="report",
        form=FIELDS,
        field_access=access,
        flow=flow(
            node("new", "登记", kind="start", asks=NAMES),
            node("handling", "处理", asks=["phone", "amount", "note"]),
            node("done", "完成", kind="resolved"),
            press("new", "handling", "处理", "Handle"),
            press("handling", "done", "完成", "Finish"),
            press("new", "done", "小额完成", "Small", condition=LARGE),
        ),
    )


@pytest.fixture
def report(publish, departments, publish_rules, private_files):  # noqa: F811
    """report(access) publishes the type with this matrix and opens a ticket full of canaries."""

    def report(access, *, by=None):
        publish(report_type(access))
        publish_rules([(text_has("泄密甲"), [does("add_tag", tag="标记")])], about="report")
        customer = Customer.objects.create(
            number=CANARIES["customer"], name="泄密己姓名", phone="1", created_at=timezone.now()
        )
        Order.objects.create(
            number=CANARIES["order_number"], customer=customer, placed_at=timezone.now(), currency="CNY"
        )
        Store.objects.create(slug=CANARIES["store"], name="门店泄密")
        photo = SimpleUploadedFile("泄密戊.jpg", picture("JPEG"))
        photo.checked_type = "image/jpeg"
        answers = {name: value for name, value in CANARIES.items() if name not in ("amount", "choice")} | {
            "amount": {"minor": 9876543, "currency": "CNY"},
            "choice": "secret",
            "photo": photo,
            "note": "公开备注",
        }
        ticket = create_ticket(ticket_type="report", answers=answers, by=by, at=timezone.now())
        assert set(ticket.answers) == set(NAMES)
        return ticket

    return report


def exits(ticket) -> list[str]:
    """Every address that can tell something of a ticket: pages, lists, searches, files, exports, the log."""
    decisions = Decision.objects.filter(subject=ticket.subject)
    searches = [
        reverse(name) + "?q=公开备注" for name in ("desk:tickets", "tickets:index", "tickets:index_results")
    ]
    photo = reverse("desk:attachment", args=[ticket.pk, ticket.answers["photo"]["id"]])
    return [
        reverse("desk:home"),
        reverse("desk:tickets"),
        reverse("desk:tickets") + "?status=any&sort=newest",
        reverse("desk:ticket", args=[ticket.pk]),
        reverse("tickets:index"),
        reverse("tickets:index") + "?export=csv",
        reverse("tickets:index") + "?export=xlsx",
        reverse("tickets:index") + f"?export=csv&ticket_type={ticket.ticket_type}",
        reverse("decisions"),
        *(reverse("decision", args=[one.pk]) + suffix for one in decisions for suffix in ("", "?replay")),
        *searches,
        photo,
        photo + "?size=small",
    ]


def read(client, url) -> str:
    response = client.get(url)
    if response.status_code != 200:
        return ""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if url.endswith("xlsx"):
        return xlsx_text(content)
    return content.decode("utf-8", "replace") if "image" not in response["Content-Type"] else "泄密戊.jpg"


def xlsx_text(content) -> str:
    from io import BytesIO

    from openpyxl import load_workbook

    rows = load_workbook(BytesIO(content)).active.iter_rows(values_only=True)
    return "\n".join(str(cell) for row in rows for cell in row)


def told(client, ticket) -> dict[str, list[str]]:
    """Which canaries a person meets, and where."""
    found = {}
    for url in exits(ticket):
        page = read(client, url)
        if met := [canary for canary in SECRETS if canary in page]:
            found[url] = met
    return found


@pytest.fixture
def people(db, admin, designer, reviewer, agent, store_manager):
    """Every persona; the manager's store is the ticket's."""
    return {
        "designer": designer,
        "reviewer": reviewer,
        "agent": agent,
        "store_manager": store_manager,
        "admin": admin,
    }


ROLE_OF = {
    "designer": "Ops designers",
    "reviewer": REVIEWERS,
    "agent": AGENTS,
    "store_manager": "Store managers",
}


@pytest.mark.parametrize("level", ["hidden", "masked"])
@pytest.mark.parametrize("persona", list(ROLE_OF))
def test_no_exit_tells_a_persona_what_its_role_may_not_see(
    level,
    persona,
    people,
    report,
    client_of,
):
    ticket = report({ROLE_OF[persona]: everywhere(level, *NAMES, but=("note",))})
    person = people[persona]
    if persona == "store_manager":
        person.store = Store.objects.get(slug=CANARIES["store"])
        person.save()
    client = client_of(person)
    assert "公开备注" in read(client, reverse("desk:ticket", args=[ticket.pk])), "the ticket itself is seen"
    assert told(client, ticket) == {}
    # The same exits do tell it to who may see it: the walk would notice.
    assert len(told(client_of(people["admin"]), ticket)) > 8


def test_the_walk_knows_every_address_of_tickets(report):
    """A new page about tickets must join the walk, or say here why it tells nothing."""
    silent = {
        "desk:take", "desk:fields", "desk:open_ticket", "desk:open_fields", "desk:choose_type", "desk:find",
        "desk:language", "desk:log_out", "tickets:index_results",
    }  # fmt: skip
    ticket = report({})
    resolver = get_resolver()
    walked = {resolver.resolve(url.split("?")[0]).view_name for url in exits(ticket)}
    there = {
        f"desk:{name}" for name in resolver.namespace_dict["desk"][1].reverse_dict if isinstance(name, str)
    } | {"tickets:index", "tickets:index_results"}
    assert there - walked - silent == set()


@pytest.mark.parametrize("words", ["泄密甲", CANARIES["customer"], CANARIES["order_number"], "13877660000"])
def test_searching_finds_no_ticket_by_what_one_may_not_see(words, report, agent, admin):
    ticket = report({AGENTS: everywhere("masked", *NAMES, but=("note",))})
    assert list(Ticket.objects.matching(words, by=admin)) == [ticket]
    assert list(Ticket.objects.matching(words, by=agent)) == []
    assert list(Ticket.objects.matching(f"#{ticket.pk}", by=agent)) == [ticket]


def test_finance_sees_the_order_but_not_how_to_reach_the_customer(report, client_of):
    ticket = report(
        {"Finance": {node: {"customer": "hidden", "phone": "masked", "amount": "read"} for node in NODES}}
    )
    finance = User.objects.create_user("finance")
    group = Group.objects.create(name="Finance")
    group.permissions.set(Group.objects.get(name=REVIEWERS).permissions.all())
    finance.groups.add(group)
    page = read(client_of(finance), reverse("desk:ticket", args=[ticket.pk]))
    assert CANARIES["order_number"] in page
    assert "138****0000" in page
    assert CANARIES["phone"] not in page
    assert CANARIES["customer"] not in page
    assert "泄密己姓名" not in page


def test_the_widest_right_of_several_roles_counts_and_the_step_decides(
    report,
    agent,
    designer,
):
    ticket = report({AGENTS: {"new": {"phone": "hidden"}, "done": {"phone": "read"}}})
    shown = {fact.label for fact in answers_in_words(ticket, "en", to=agent)}
    assert "Phone" not in shown
    ticket.node = "done"
    assert "Phone" in {fact.label for fact in answers_in_words(ticket, "en", to=agent)}
    ticket.node = "new"
    agent.groups.add(Group.objects.get(name="Ops designers"))
    again = User.objects.get(pk=agent.pk)
    assert "Phone" in {fact.label for fact in answers_in_words(ticket, "en", to=again)}


def test_what_one_may_not_write_is_neither_asked_nor_taken(report, agent, client_of):
    ticket = report({AGENTS: {"handling": {"phone": "read", "amount": "hidden", "note": "required"}}})
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=timezone.now())
    form = client_of(agent).get(reverse("desk:ticket", args=[ticket.pk])).context["form"]
    assert list(form.fields) == ["note"]
    assert form.fields["note"].required
    forged = {"phone": "1", "amount": {"minor": 1, "currency": "CNY"}, "note": "好"}
    moved = move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=timezone.now(), answers=forged
    )
    assert moved.answers["phone"] == CANARIES["phone"]
    assert moved.answers["amount"]["minor"] == 9876543
    assert moved.answers["note"] == "好"


def test_a_role_can_be_made_to_answer(report, agent, designer):
    ticket = report({AGENTS: {"handling": {"note": "required"}}})
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=timezone.now())
    with pytest.raises(AnswersMissing):
        move_ticket(
            ticket=ticket, transition="handling-done", by=agent, at=timezone.now(), answers={"note": None}
        )


def test_a_refusal_does_not_tell_the_value_it_is_about(report, agent):
    ticket = report({AGENTS: everywhere("hidden", "amount")})
    with pytest.raises(ConditionNotMet) as refused:
        move_ticket(ticket=ticket, transition="new-done", by=agent, at=timezone.now())
    assert "98" not in str(refused.value)


def test_what_is_shown_is_a_copy(report, agent):
    ticket = report({AGENTS: everywhere("hidden", "story", "customer")})
    seen = as_seen(ticket, by=agent)
    assert (seen.customer, seen.title) == (None, "公开备注 13877660000")
    assert ticket.customer.number == CANARIES["customer"]
    assert "泄密甲" in ticket.title
    assert as_seen(ticket, by=None) is ticket


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("13877660000", "text", "138****0000"),
        ("12345678", "text", "12****78"),
        ("1234567", "text", "****"),
        ("¥12,345,678.00", "money", "****"),
    ],
)
def test_masking_keeps_the_ends_of_long_texts_only(text, kind, shown):
    from flows.forms.fields import FieldSpec

    assert masked(text, FieldSpec(name="a", kind=kind, label="a")) == shown


def test_without_a_matrix_nobody_is_limited(agent):
    assert FieldAccess().level("phone", node="new", by=agent) == "edit"


def test_the_matrix_forgets_what_is_gone_and_is_read_in_words(db):
    record = report_type(
        {AGENTS: {"new": {"phone": "masked", "gone": "hidden", "note": "edit"}, "no": {"a": "read"}}}
    )
    assert record.document()["access"] == {AGENTS: {"new": {"phone": "masked"}}}
    assert "access" not in report_type({}).document()
    line = next(one for one in TicketType.in_words(record.document(), "en") if one.key == f"access/{AGENTS}")
    assert line.text == "Agents: “Phone” masked at 登记"
    assert TicketType.compile(record.document()).access.levels == {AGENTS: {"new": {"phone": "masked"}}}


def test_secrets_do_not_leave_by_a_test_or_a_back_test(report, designer, client_of):
    ticket = report({"Ops designers": everywhere("hidden", *NAMES, but=("note",))})
    decision = Decision.objects.get(subject=ticket.subject)
    client = client_of(designer)
    client.post(reverse("decision_make_test", args=[decision.pk]))
    ruleset = decision.version.record
    assert ruleset.get_latest_revision_as_object().tests == []
    url = reverse(ruleset.snippet_viewset.get_url_name("tests"), args=[ruleset.pk])
    client.post(url, {"verb": "find", "number": str(ticket.pk)})
    assert ruleset.get_latest_revision_as_object().tests == []

    decider = SimpleNamespace(
        facts_in_words=lambda facts, language: [(name, str(value)) for name, value in facts.items()],
        why=lambda facts, language: [str(facts)],
    )
    example = {
        "subject": ticket.subject,
        "facts": facts_as_json({"text": CANARIES["story"], "source": "desk"}),
    }
    sides = SimpleNamespace(live=decider, draft=decider)
    told_of = examples_of({"examples": [example]}, sides, "en", reader=designer)
    assert "泄密" not in str(list(told_of))
