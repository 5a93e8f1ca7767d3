"""The pages of a stored record, through the browser's requests: what each person sees and may do."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from rules.store.actions import approve, publish_reviewed_by, request_review, save_draft
from rules.store.decisions import decision_of, log_decision, log_decisions
from rules.store.models import RuleSet, Version
from tests.store.conftest import make_draft, more_than, sales_purpose  # noqa: F401


@pytest.fixture(autouse=True)
def in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


def url(name, *args):
    return reverse(RuleSet.snippet_viewset.get_url_name(name), args=args)


def text(response):
    return response.content.decode()


def posted(rules, **fields):
    """Form data of a rule set with `rules`: [(name, condition, actions)]."""
    data = {
        "name": "Discounts",
        "slug": "discounts",
        "purpose": "sales",
        "about": "",
        "rules-TOTAL_FORMS": len(rules),
        "rules-INITIAL_FORMS": 0,
        "rules-MIN_NUM_FORMS": 0,
        "rules-MAX_NUM_FORMS": 1000,
    } | fields
    for number, (name, condition, actions) in enumerate(rules):
        data |= {
            f"rules-{number}-id": "",
            f"rules-{number}-ORDER": number + 1,
            f"rules-{number}-name": name,
            f"rules-{number}-condition": json.dumps(condition),
            f"rules-{number}-actions": json.dumps(actions),
        }
    return data


BIG_SALE = ("Big sale", more_than(1000), [{"name": "discount", "params": {"percent": 5}}])
BROKEN = ("Broken", {"all": [{"name": "amount", "operator": "greater_than", "value": "many"}]}, [])


def test_a_designer_makes_a_rule_set_and_asks_for_review_in_one_step(client_of, designer):
    page = client_of(designer)
    response = page.post(url("add"), posted([BIG_SALE]) | {"action-submit": "1"}, follow=True)
    record = RuleSet.objects.get()
    assert response.status_code == 200
    assert record.state == "in_review"
    assert "amount" in text(page.get(url("edit", record.pk)))


def test_a_broken_condition_is_named_at_its_row_and_nothing_is_submitted(client_of, designer):
    response = client_of(designer).post(url("add"), posted([BIG_SALE, BROKEN]) | {"action-submit": "1"})
    formset = response.context["form"].formsets["rules"]
    assert formset.forms[0].errors == {}
    assert list(formset.forms[1].errors) == ["condition"]
    assert not RuleSet.objects.exists()


def test_an_incomplete_draft_is_saved_as_a_draft(client_of, designer):
    client_of(designer).post(url("add"), posted([]))
    assert RuleSet.objects.get().state == "draft"


def test_a_draft_without_a_short_name_gets_one_from_its_name(client_of, designer):
    client_of(designer).post(url("add"), posted([BIG_SALE], name="食品安全", slug=""))
    assert RuleSet.objects.get().slug == "shipinanquan"


def test_submitting_an_incomplete_record_says_what_is_missing_and_keeps_what_was_typed(client_of, designer):
    response = client_of(designer).post(url("add"), posted([], name="Half done") | {"action-submit": "1"})
    assert "Add at least one rule." in text(response)
    assert "Half done" in text(response)


def test_the_reviewer_reads_the_difference_and_approves(client_of, designer, reviewer):
    draft = make_draft()
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    newer = RuleSet.objects.get().get_latest_revision_as_object()
    rule = newer.rules.get()
    rule.condition = more_than(5000)
    newer.rules = [rule]
    save_draft(record=newer, by=designer)
    request_review(record=RuleSet.objects.get(), by=designer)
    page = client_of(reviewer)
    shown = text(page.get(url("review", draft.pk)))
    assert "1,000" in shown
    assert "5,000" in shown
    page.post(url("review", draft.pk), {"verdict": "approve"})
    assert Version.objects.current().get().number == 2
    compared = text(page.get(url("versions_compare", draft.pk, 1, 2)))
    assert "1,000" in compared
    assert "5,000" in compared


def test_the_author_sees_why_they_cannot_decide(client_of, designer, reviewer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    page = client_of(designer)
    shown = text(page.get(url("review", draft.pk)))
    assert 'value="approve"' not in shown
    page.post(url("review", draft.pk), {"verdict": "approve"})
    assert not Version.objects.exists()


def test_sending_back_needs_a_comment(client_of, designer, reviewer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    page = client_of(reviewer)
    assert "say what has to change" in text(
        page.post(url("review", draft.pk), {"verdict": "reject", "comment": " "})
    )
    page.post(url("review", draft.pk), {"verdict": "reject", "comment": "Too low"})
    assert "Too low" in text(client_of(designer).get(reverse("wagtailadmin_home")))


def test_rolling_back_and_stopping_ask_first(client_of, designer, reviewer):
    draft = make_draft()
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    page = client_of(reviewer)
    assert "stops deciding at once" in text(page.get(url("act", draft.pk, "stop")))
    assert Version.objects.current().exists()
    page.post(url("act", draft.pk, "stop"), {"reason": "Over"})
    assert not Version.objects.current().exists()
    shown = text(page.get(url("act", draft.pk, "roll-back") + "?version=1"))
    assert "1,000" in shown
    page.post(url("act", draft.pk, "roll-back"), {"version": "1"})
    assert Version.objects.current().get().number == 2


@pytest.mark.parametrize("page", ["delete", "unpublish", "usage"])
def test_there_is_no_page_to_delete_or_unpublish(page):
    with pytest.raises(Exception, match="not a valid view"):
        url(page, 1)


def test_an_agent_does_not_reach_the_rules(client_of, agent, designer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    for name in ("edit", "versions", "review"):
        assert client_of(agent).get(url(name, draft.pk)).status_code in (302, 403)


def test_history_and_comparison_of_drafts_open(client_of, designer, reviewer):
    draft = make_draft()
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    page = client_of(designer)
    for address in (
        url("list"),
        url("history", draft.pk),
        url("versions", draft.pk),
        url("revisions_compare", draft.pk, "earliest", "latest"),
        url("workflow_history", draft.pk),
        url("copy", draft.pk),
        url("preview_on_edit", draft.pk),
    ):
        assert page.get(address).status_code == 200, address


def test_a_decision_is_looked_up_explained_and_replayed(client_of, admin, designer, reviewer):
    version = publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    facts = {"amount": 2000, "city": "上海"}
    decision = log_decision(
        version=version, subject="order:7", facts=facts, outcome=RuleSet.replay(version.compiled, facts),
        at=timezone.now(),
    )  # fmt: skip
    page = client_of(admin)
    assert "order:7" in text(page.get(reverse("decisions") + "?about=order:7"))
    shown = text(page.get(reverse("decision", args=[decision.pk]) + "?replay"))
    assert "2,000" in shown
    assert "give a discount" in shown
    assert "decides the same" in shown


def test_designers_and_reviewers_read_the_decision_log_and_agents_do_not(
    client_of, designer, reviewer, agent
):
    version = publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    log_decision(version=version, subject="ticket:12", facts={}, outcome={}, at=timezone.now())
    for person in (designer, reviewer):
        shown = text(client_of(person).get(reverse("decisions")))
        assert "Ticket #12" in shown
        assert reverse("desk:ticket", args=[12]) in shown
    assert client_of(agent).get(reverse("decisions")).status_code in (302, 403)


def test_the_log_is_read_page_by_page_without_counting_it(
    client_of, admin, designer, reviewer, django_assert_max_num_queries
):
    version = publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    at = timezone.now()
    logged = [f"ticket:{number}" for number in range(12_000)]
    log_decisions([decision_of(version=version, subject=one, facts={}, outcome={}, at=at) for one in logged])
    page = client_of(admin)
    first = page.get(reverse("decisions"))
    with django_assert_max_num_queries(25) as asked:
        second = page.get(reverse("decisions"), {"before": first.context["older"]})
    assert not any("COUNT(*)" in query["sql"] for query in asked if "rules_store" in query["sql"])
    seen = [row[0].pk for page in (first, second) for row in page.context["rows"]]
    assert len(set(seen)) == 100
    assert seen == sorted(seen, reverse=True)
    for number in ("12", "#12"):
        found = page.get(reverse("decisions"), {"about": number}).context["rows"]
        assert [row[0].subject for row in found] == ["ticket:12"]
    one = page.get(reverse("decisions"), {"about": "ticket:12"})
    assert [row[0].subject for row in one.context["rows"]] == ["ticket:12"]


def test_the_versions_page_looks_up_what_was_live_at_a_moment(client_of, designer, reviewer):
    first = publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    page = client_of(designer)
    moment = timezone.localtime(first.live_from + timezone.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    said = text(page.get(url("versions", first.object_id), {"at": moment}))
    assert "version 1 was live, approved by reviewer" in said
    said = text(page.get(url("versions", first.object_id), {"at": "2020-01-01T10:00"}))
    assert "nothing was live" in said
    said = page.get(url("versions", first.object_id), {"at": "yesterday"})
    assert said.context["as_of"]["form"].errors


def test_the_versions_page_shows_until_when_a_version_holds_and_what_comes_next(
    client_of, designer, reviewer
):
    draft = make_draft()
    draft.expire_at = timezone.now() + timezone.timedelta(days=10)
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    newer = RuleSet.objects.get().get_latest_revision_as_object()
    newer.go_live_at, newer.expire_at = timezone.now() + timezone.timedelta(days=2), None
    newer.name = "More discounts"
    save_draft(record=newer, by=designer)
    request_review(record=newer, by=designer)
    approve(record=newer, by=reviewer)
    said = text(client_of(designer).get(url("versions", draft.pk)))
    assert "Stops on" in said
    assert "Next version" in said
    assert "Goes live on" in said
    assert "Requested by designer, approved by reviewer." in said
    assert "More" in said


NEVER = (
    "Never",
    {
        "all": [
            {"name": "amount", "operator": "greater_than", "value": 10},
            {"name": "amount", "operator": "less_than", "value": 5},
        ]
    },
    [{"name": "discount", "params": {"percent": 9}}],
)
NEVER_SAYS = "Rule 2 can never hold: it is impossible that amount is more than 10 and amount is less than 5."


def test_what_is_surely_not_meant_is_said_at_its_rule_and_keeps_nobody_from_saving(client_of, designer):
    page = client_of(designer)
    page.post(url("add"), posted([BIG_SALE, NEVER]))
    record = RuleSet.objects.get()
    shown = text(page.get(url("edit", record.pk)))
    card, rules = shown.split("What was noticed")[1].split('id="inline_child_rules-0"')
    first_rule, second_rule = rules.split('id="inline_child_rules-1"')
    assert NEVER_SAYS in card
    assert NEVER_SAYS not in first_rule
    assert NEVER_SAYS in second_rule.split("inline_child_rules-__prefix__")[0]


def test_what_was_noticed_stands_in_the_review_too(client_of, designer, reviewer):
    client_of(designer).post(url("add"), posted([BIG_SALE, NEVER]) | {"action-submit": "1"})
    record = RuleSet.objects.get()
    assert NEVER_SAYS in text(client_of(reviewer).get(url("review", record.pk)))


def test_a_draft_that_makes_no_sense_yet_has_no_findings(client_of, designer):
    page = client_of(designer)
    page.post(url("add"), posted([BROKEN]))
    assert "What was noticed" not in text(page.get(url("edit", RuleSet.objects.get().pk)))


def test_the_way_to_a_page_is_said_in_the_readers_language_whoever_came_first(client_of, designer):
    page = client_of(designer)
    for language, home in (("en", "Home"), ("zh-hans", "首页"), ("en", "Home")):
        shown = page.get(url("list"), headers={"accept-language": language}).content.decode()
        assert home in shown
        assert ">Snippets<" not in shown
