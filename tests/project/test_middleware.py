import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_outside_the_admin_no_script_in_a_page_runs(client):
    policy = client.get(reverse("desk:home"), follow=False).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_admin_allows_what_wagtail_needs_and_frames_of_its_own(client_of, admin):
    policy = client_of(admin).get(reverse("wagtailadmin_home")).headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "frame-ancestors 'none'" not in policy


def test_a_missing_slash_is_forgiven(client):
    assert client.get("/desk").headers["Location"] == "/desk/"


def test_it_is_up_when_the_database_answers(client):
    assert client.get("/up").content == b"up"
