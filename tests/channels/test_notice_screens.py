"""What administrators and designers set for notices: webhooks and wordings."""

import pytest

from flows.channels.models import NoticeWording, Webhook
from tests.channels.test_webhooks import receiver  # noqa: F401

NEW = {"name": "ERP", "secret": "a-secret-of-some-length", "events": ["ticket.red"], "is_on": "on"}


@pytest.fixture
def office(client_of, admin):
    return client_of(admin)


@pytest.fixture
def desk_of_designer(client_of, designer):
    return client_of(designer)


def test_an_administrator_adds_a_webhook_and_tries_it(office, receiver):  # noqa: F811
    page = office.get("/admin/webhook/new/")
    assert len(page.context["form"].initial["secret"]) > 40
    office.post("/admin/webhook/new/", NEW | {"url": receiver.url})
    webhook = Webhook.objects.get()
    assert webhook.events == ["ticket.red"]
    answer = office.post(f"/admin/webhook/{webhook.pk}/try/", follow=True).content.decode()
    assert "“ERP”在" in answer
    assert "返回 200" in answer
    assert receiver.calls[0][1]["Tangram-Event"] == "webhook.test"
    receiver.status = 500
    assert "返回 500" in office.post(f"/admin/webhook/{webhook.pk}/try/", follow=True).content.decode()
    receiver.shutdown()
    Webhook.objects.update(url="http://127.0.0.1:1/")
    assert "无法连接" in office.post(f"/admin/webhook/{webhook.pk}/try/", follow=True).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://10.0.0.1/"}, {"url": "nonsense"}, {"url": "http://localhost:6379/"}, {"events": []},
        {"url": "https://no-such-name.invalid/"}, {"url": f"https://{'a' * 70}.com/"},
        {"events": ["no.such"]}, {"secret": "short"},
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_webhook_is_said_at_its_field(office, wrong, settings):
    page = office.post("/admin/webhook/new/", NEW | {"url": "http://8.8.8.8/"} | wrong)
    assert page.status_code == 200
    assert list(page.context["form"].errors) == list(wrong)
    assert not Webhook.objects.exists()


def test_webhooks_are_for_administrators(desk_of_designer, db):
    webhook = Webhook.objects.create(name="ERP", url="https://example.com/", secret="s", events=[])
    for address in ("/admin/webhook/", "/admin/webhook/new/", f"/admin/webhook/edit/{webhook.pk}/"):
        assert desk_of_designer.get(address).status_code == 302
    assert desk_of_designer.post(f"/admin/webhook/{webhook.pk}/try/").status_code == 302


def words(**changes):
    given = {f"{part}-{language}": "" for part in ("subject", "body") for language in ("zh-hans", "en")}
    return given | changes


def test_a_designer_changes_the_words_of_one_language_and_sees_them_first(desk_of_designer):
    assert "通知文案" in desk_of_designer.get("/admin/notices/").content.decode()
    own = words(**{"subject-zh-hans": "红色警报：{title}"})
    address = "/admin/notices/ticket.red/"
    preview = desk_of_designer.post(address, own | {"preview": "1"})
    assert "红色警报：蛋糕送到时碎了" in preview.content.decode()
    assert "Urgent: #1024 The cake arrived broken" in preview.content.decode()
    assert not NoticeWording.objects.exists()
    desk_of_designer.post(address, own)
    assert list(NoticeWording.objects.values_list("event", "language", "subject")) == [
        ("ticket.red", "zh-hans", "红色警报：{title}")
    ]
    assert "红色警报：蛋糕送到时碎了" in desk_of_designer.get("/admin/notices/").content.decode()
    desk_of_designer.post(address, words())
    assert not NoticeWording.objects.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("subject-zh-hans", "{nonsense}"), ("subject-en", "{title.__class__}"), ("subject-en", "{title"),
        ("subject-en", "x" * 201),
    ],
)  # fmt: skip
def test_words_with_an_unknown_placeholder_are_refused_at_their_field(desk_of_designer, name, text):
    page = desk_of_designer.post("/admin/notices/ticket.red/", words(**{name: text}))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [name]
    assert not NoticeWording.objects.exists()


def test_a_text_without_a_subject_is_refused(desk_of_designer):
    page = desk_of_designer.post("/admin/notices/ticket.red/", words(**{"body-en": "only a body"}))
    assert list(page.context["form"].errors) == ["subject-en"]


def test_words_are_shown_as_text_never_as_a_template(desk_of_designer):
    evil = words(**{"subject-en": "<script>alert(1)</script> {% debug %}"[:30]})
    page = desk_of_designer.post("/admin/notices/ticket.red/", evil | {"preview": "1"})
    assert "<script>alert" not in page.content.decode()


def test_wordings_of_an_unknown_event_are_not_found_and_an_agent_has_none(desk_of_designer, client_of, agent):
    assert desk_of_designer.get("/admin/notices/no.such/").status_code == 404
    assert client_of(agent).get("/admin/notices/").status_code == 302
