"""Who answers for the rules reads on the first page whether the log still comes out the same."""

import pytest
from django.urls import reverse
from django.utils import timezone

from rules.store.models import Decision
from rules.store.replaying import replay_sample
from tests.editor.test_record_pages import in_english, text  # noqa: F401
from tests.store.conftest import draft, sales_purpose  # noqa: F401
from tests.store.test_replaying import logged  # noqa: F401


def home(client):
    return text(client.get(reverse("wagtailadmin_home")))


def test_a_sound_log_is_said_to_be_sound(client_of, reviewer, logged):  # noqa: F811
    assert "Decisions asked again" not in home(client_of(reviewer))
    replay_sample(at=timezone.now())
    assert "30 decisions, all come out the same." in home(client_of(reviewer))


@pytest.mark.parametrize("persona", ["reviewer", "admin"])
def test_a_difference_is_shown_and_leads_to_the_decision(request, client_of, logged, persona):  # noqa: F811
    Decision.objects.filter(pk=logged[3].pk).update(outcome={"fired": [], "actions": ["x"]})
    replay_sample(at=timezone.now())
    page = client_of(request.getfixturevalue(persona))
    assert "of 30 decisions 1 comes out differently." in home(page)
    shown = text(page.get(reverse("decision_replays")))
    assert f"{reverse('decision', args=[logged[3].pk])}?replay" in shown
    assert f"{reverse('decision', args=[logged[4].pk])}?replay" not in shown


def test_designers_and_agents_are_not_bothered(client_of, designer, agent, logged):  # noqa: F811
    replay_sample(at=timezone.now())
    assert "asked again" not in home(client_of(designer))
    for person in (designer, agent):
        assert client_of(person).get(reverse("decision_replays")).status_code in (302, 403)
