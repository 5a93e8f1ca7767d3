"""A worker that dies between two statements of a step leaves the ticket as before or after, never between."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.tickets.conftest import LARGE, NOON, does, node, press
from tests.tickets.test_approvals import people  # noqa: F401
from tests.tickets.test_stepping import MUCH, begin, live  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def eventful(live, people):  # noqa: F811
    """A step that does everything a flow can do by itself."""
    live(press("new", "done"), slug="part")
    live(
        node(
            "act",
            kind="actions",
            actions=[
                does("add_tag", tag="重点"),
                does("set_urgency", level="red"),
                does("set_field", field="note", value="自动"),
                does("notify", who="creator", message="已受理"),
                does("call_webhook", url="https://example.com"),
                does("create_ticket", ticket_type="part"),
            ],
        ),
        node("which", kind="choice"),
        node("split", kind="split"),
        node("parts", kind="subflow", subflow={"tickets": [{"ticket_type": "part"}]}),
        node("wait", kind="wait", wait={"mode": "duration", "seconds": 60}),
        node(
            "ask",
            kind="approval",
            approval={"mode": "any", "approvers": [{"type": "person", "name": "boss0"}]},
        ),
        node("join", kind="join"),
        press("new", "act"),
        press("act", "which"),
        press("which", "split", condition=LARGE),
        press("which", "done", is_default=True),
        *(press("split", key) for key in ("parts", "wait", "ask")),
        press("parts", "join", trigger="auto"),
        press("wait", "join", trigger="auto"),
        press("ask", "join", trigger="approved"),
        press("ask", "done", trigger="refused"),
        press("join", "done"),
    )


def test_a_step_is_made_whole_or_not_at_all(eventful, begin, child_environment):  # noqa: F811
    ticket = begin(amount=MUCH)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.tickets.walker", str(ticket.pk), "new-act", NOON.isoformat()],
        cwd=ROOT, env=child_environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout.splitlines()[-1])
    assert result["torn"] == []
    assert result["moved"]
    assert result["points"] > 40
