"""Chinese and English: nothing of ours, and nothing of Wagtail's that people see, is left untranslated."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import available_timezones

import django.conf
import polib
import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from project import catalogues, collect_messages, messages, untranslated
from project.catalogues import BrokenCatalogue, compile_catalogues
from project.messages import Composed, messages_in_python, messages_in_script, messages_in_template
from rules.store import purposes
from rules.store.actions import publish_reviewed_by, request_review, save_draft
from rules.store.models import Rule, RuleSet
from tests.store.conftest import SALES, more_than

HERE = Path(__file__)
WAGTAIL_WORDS = catalogues.ROOT / "project" / "locale_wagtail" / "zh_Hans" / "LC_MESSAGES"
HEADER = collect_messages.HEADER


# The product's own words


def test_every_message_of_ours_has_its_chinese():
    problems = untranslated.find_problems()
    assert not problems, "\n".join(problems)


def test_wagtail_has_no_message_without_chinese():
    """After an upgrade this lists what to add to project/locale_wagtail."""
    missing = [
        f"{domain}: {msgid}"
        for domain in ("django", "djangojs")
        for msgid in sorted(asked_by_packages(domain) - chinese_of_packages(domain))
    ]
    assert not missing, "\n".join(missing)


def test_what_we_say_for_wagtail_is_said_by_wagtail():
    for domain in ("django", "djangojs"):
        ours = {entry.msgid for entry in polib.pofile(WAGTAIL_WORDS / f"{domain}.po")}
        assert not ours - asked_by_packages(domain)


def asked_by_packages(domain):
    # Some packages keep no English catalogue.
    return messages_of_packages(domain, "en") | messages_of_packages(domain, "zh_Hans")


def chinese_of_packages(domain):
    ours = {entry.msgid for entry in polib.pofile(WAGTAIL_WORDS / f"{domain}.po")}
    return ours | messages_of_packages(domain, "zh_Hans", only_translated=True)


def messages_of_packages(domain, language, *, only_translated=False):
    """What the catalogues of installed packages hold, ours left out."""
    folders = [Path(app.path) for app in apps.get_app_configs() if not is_ours(app.name)]
    return {
        entry.msgid
        for folder in [*folders, Path(django.conf.__file__).parent]
        for path in folder.glob(f"locale/{language}/LC_MESSAGES/{domain}.po")
        for entry in polib.pofile(path)
        if not entry.obsolete and (entry.translated() or not only_translated)
    }


def is_ours(name):
    return name.split(".")[0] in catalogues.PACKAGES


# Finding messages


def found_in(reader, source):
    return [
        "composed" if isinstance(found, Composed) else (found.context, found.singular, found.plural)
        for found in reader(source, HERE)
    ]


def test_messages_are_found_in_python():
    source = """
from django.utils.translation import gettext_lazy as say
_("one " "two")
say("three")
ngettext("%(n)s hour", "%(n)s hours", n)
pgettext("of a flow", "node")
_(name)
"""
    assert found_in(messages_in_python, source) == [
        (None, "one two", None),
        (None, "three", None),
        (None, "%(n)s hour", "%(n)s hours"),
        ("of a flow", "node", None),
    ]


@pytest.mark.parametrize(
    "call",
    ['_(f"{count} tickets")', '_("%s tickets" % count)', '_("{} tickets".format(count))', '_("a" + b)'],
)
def test_a_message_put_together_at_runtime_is_refused(call):
    assert found_in(messages_in_python, call) == ["composed"]


def test_messages_are_found_in_templates():
    source = """{% load i18n %}
{% translate "Save" %} {% trans "Open" context "a ticket" as title %}
{% include "x.html" with title=_("More") %} {{ note|default:_("None") }}
{% blocktranslate trimmed count n=tickets|length %}
  {{ n }} ticket
{% plural %}
  {{ n }} tickets
{% endblocktranslate %}
"""
    assert found_in(messages_in_template, source) == [
        (None, "Save", None),
        ("a ticket", "Open", None),
        (None, "More", None),
        (None, "None", None),
        (None, "%(n)s ticket", "%(n)s tickets"),
    ]


def test_messages_are_found_in_tsx():
    source = """
import { gettext, ngettext } from "../words";
const label = <b title={gettext('Don\\'t')}>it's {ngettext("%s row", "%s rows", n)}</b>;
mygettext("no"); gettext(name); gettext(`${count} rows`);
"""
    assert found_in(messages_in_script, source) == [
        (None, "Don't", None),
        (None, "%s row", "%s rows"),
        "composed",
    ]


@pytest.mark.parametrize(
    ("path", "catalogue"),
    [
        ("flows/tickets/models/ticket.py", "flows/tickets/locale/zh_Hans/LC_MESSAGES/django.po"),
        ("templates/tickets/list.html", "flows/tickets/locale/zh_Hans/LC_MESSAGES/django.po"),
        ("templates/editor/_line.html", "rules/editor/locale/zh_Hans/LC_MESSAGES/django.po"),
        ("templates/404.html", "project/locale/zh_Hans/LC_MESSAGES/django.po"),
        ("flows/money.py", "project/locale/zh_Hans/LC_MESSAGES/django.po"),
    ],
)
def test_a_message_belongs_to_the_catalogue_of_its_app(path, catalogue):
    message = messages.Message(
        domain="django", context=None, singular="x", plural=None, path=catalogues.ROOT / path, line=1
    )
    assert messages.catalogue_of(message) == catalogues.ROOT / catalogue


# Faults in a catalogue


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A tree of its own, with one app and one catalogue: house(entries) writes it and returns its path."""
    for module in (catalogues, messages, untranslated, collect_messages):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "ASSETS", tmp_path / "project" / "assets")
    app = tmp_path / "flows" / "tickets"
    app.mkdir(parents=True)
    (app / "apps.py").touch()
    path = app / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"

    def write(entries, *, header=HEADER, code=""):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(header + "\n" + entries, encoding="utf-8")
        (app / "models.py").write_text(code)
        return path

    return write


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ('msgid "Save"\nmsgstr ""\n', "“Save”: has no Chinese"),
        ('#, fuzzy\nmsgid "Save"\nmsgstr "保存"\n', "“Save”: is fuzzy"),
        ('#~ msgid "Save"\n#~ msgstr "保存"\n', "“Save”: is marked obsolete"),
        (
            'msgid "%(n)s of %(m)s"\nmsgstr "共 %(m)s"\n',
            "placeholders differ: %(m)s %(n)s in English, %(m)s in",
        ),
        ('msgid "{name} left"\nmsgstr "{nmae}已离开"\n', "placeholders differ"),
        ('msgid "%s of %d"\nmsgstr "%d 之 %s"\n', "placeholders differ"),
        ('msgid "<b>Bold</b>"\nmsgstr "<b>粗体<b>"\n', "HTML tags differ"),
        ('msgid "Save"\nmsgstr "保存"\n\nmsgid "Save"\nmsgstr "存"\n', "stands 2 times"),
        ('msgid "Gone"\nmsgstr "已移除"\n', "no code asks for it any more"),
    ],
)
def test_a_faulty_entry_is_reported(house, entries, problem):
    house(entries, code='_("Save"), _("%(n)s of %(m)s"), _("{name} left"), _("%s of %d"), _("<b>Bold</b>")')
    assert any(problem in line for line in untranslated.find_problems())


def test_the_one_chinese_form_answers_to_the_english_plural(house):
    entry = 'msgid "One row"\nmsgid_plural "%(n)s rows"\nmsgstr[0] "%(n)s 行"\n'
    house(entry, code='ngettext("One row", "%(n)s rows", n)')
    assert untranslated.find_problems() == []


def test_a_catalogue_without_plural_rule_is_reported(house):
    house("", header=HEADER.replace('"Plural-Forms: nplurals=1; plural=0;\\n"\n', ""))
    assert "Plural-Forms" in untranslated.find_problems()[0]


def test_two_words_for_one_message_are_reported(house, tmp_path):
    path = house('msgid "order"\nmsgstr "订单"\n', code='_("order")')
    other = tmp_path / "flows" / "broadcasts" / path.relative_to(tmp_path / "flows" / "tickets")
    other.parent.mkdir(parents=True)
    other.write_text(HEADER + '\nmsgid "order"\nmsgstr "顺序"\n', encoding="utf-8")
    (problem,) = untranslated.find_problems()
    assert "“order”: is “订单” here, “顺序” in flows/broadcasts" in problem


def test_a_missing_message_is_reported_with_its_place_and_can_be_collected(house, tmp_path):
    path = house("", code='\nngettext("%(n)s row", "%(n)s rows", n)')
    (problem,) = untranslated.find_problems()
    assert problem.endswith(
        "“%(n)s row”: has no entry with this plural; asked for at flows/tickets/models.py:2"
    )

    assert collect_messages.collect() == {path: 1}
    (entry,) = catalogues.read_catalogue(path)
    assert (entry.msgid_plural, entry.occurrences) == ("%(n)s rows", [("flows/tickets/models.py", "")])
    assert collect_messages.collect() == {}
    assert untranslated.find_problems() == [f"{path.relative_to(tmp_path)}: “%(n)s row”: has no Chinese"]


def test_the_command_exits_with_one_when_anything_is_wrong(house, capsys):
    house("", code='_("Save")')
    assert untranslated.main([]) == 1
    assert "1 problem" in capsys.readouterr().out
    assert untranslated.main(["broadcasts"]) == 0


# Compiling


def test_only_changed_catalogues_are_compiled(house):
    path = house('msgid "Save"\nmsgstr "保存"\n')
    assert compile_catalogues() == [path]
    assert compile_catalogues() == []
    path.write_text(path.read_text(encoding="utf-8").replace("保存", "存储"), encoding="utf-8")
    assert compile_catalogues() == [path]
    assert polib.mofile(str(path.with_suffix(".mo")))[0].msgstr == "存储"


def test_what_is_compiled_is_spoken_at_once(house, settings, request):
    request.addfinalizer(catalogues.forget_loaded)
    path = house('msgid "Abracadabra"\nmsgstr "天灵灵"\n')
    settings.LOCALE_PATHS = [path.parent.parent.parent]
    compile_catalogues()
    with translation.override("zh-hans"):
        assert gettext("Abracadabra") == "天灵灵"
    path.write_text(path.read_text(encoding="utf-8").replace("天灵灵", "地灵灵"), encoding="utf-8")
    compile_catalogues()
    with translation.override("zh-hans"):
        assert gettext("Abracadabra") == "地灵灵"


def test_a_compiled_catalogue_goes_with_its_source(house):
    path = house('msgid "Save"\nmsgstr "保存"\n')
    compile_catalogues()
    path.unlink()
    compile_catalogues()
    assert list(path.parent.iterdir()) == []


def test_a_broken_catalogue_is_named_with_its_line(house, tmp_path, capsys):
    path = house('msgid "Save"\nmsgstr "保"存"\n')
    with pytest.raises(BrokenCatalogue, match=rf"{path.relative_to(tmp_path)}.*line 10"):
        compile_catalogues()
    assert untranslated.main([]) == 1
    assert "line 10" in capsys.readouterr().out


# What people see


def test_scripts_in_the_admin_take_their_words_from_all_catalogues(client_of, admin):
    assert reverse("wagtailadmin_javascript_catalog") == reverse("javascript_catalogue")
    chinese, english = (words_for_scripts(client_of(admin), browser) for browser in ("zh-CN,zh", "en-GB,en"))
    assert chinese["Autosave in progress…"] == "正在自动保存…"
    assert chinese["Delete"] == "删除"
    assert "Autosave in progress…" not in english


def words_for_scripts(client, browser):
    answer = client.get(reverse("javascript_catalogue"), headers={"accept-language": browser})
    found = re.search(r"const newcatalog = (\{.*?\});$", answer.content.decode(), re.MULTILINE | re.DOTALL)
    return json.loads(found[1]) if found else {}


class Shown(HTMLParser):
    """The texts of a page, with what is only read aloud, shown as a hint, or drawn by the menu's script."""

    UNSEEN = {"script", "style", "svg", "kbd", "code"}
    HINTS = {"title", "aria-label", "placeholder", "alt", "label"}

    def __init__(self, html):
        super().__init__()
        self.texts, self.unseen, self.in_menu = [], 0, False
        # What says of itself that it is English is meant to be: wording in both languages.
        self.english, self.depth = None, 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.depth += tag == self.english
        if self.english or (attrs.get("lang") == "en" and tag != "html"):
            if not self.english and tag != "input":
                self.english, self.depth = tag, 1
            return
        self.unseen += tag in self.UNSEEN
        self.in_menu = attrs.get("id") == "wagtail-sidebar-props"
        self.texts += [attrs[hint] or "" for hint in self.HINTS & attrs.keys()]

    def handle_endtag(self, tag):
        if self.english:
            self.depth -= tag == self.english
            self.english = self.english if self.depth else None
            return
        self.unseen -= tag in self.UNSEEN
        self.in_menu = False

    def handle_data(self, data):
        if self.in_menu:
            json.loads(data, object_hook=self.handle_menu_item)
        elif not self.unseen and not self.english:
            self.texts.append(data)

    def handle_menu_item(self, item):
        self.texts.append(str(item.get("label", "")))
        return item


AREAS = "|".join(sorted({name.split("/")[0] for name in available_timezones() if "/" in name}))
# What is the same in both languages.
NAMES = "|".join(
    (
        "Tangram|Wagtail|WeCom|JavaScript|English|Word|Excel|XLSX|xlsx|csv|gz|JSON|json|ID|MB",
        r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])",  # currencies, CSV, PDF, API, SOP
        rf"\b(?:{AREAS})(?:/[\w+-]+)+",  # time zones
        r"[\w.+-]+@[\w.-]+|ticket:\d+",
        r"@/\./\+/-/_",  # the characters of user names, as Wagtail spells them
        r"Online Retail \(UK\)|admin|designer|reviewer|agent",  # stored
    )
)
# What Wagtail's templates say in English without asking for a translation.
HARD_CODED = {"Actions", "True", "None"}
ENGLISH = re.compile(r"[A-Za-z]{2,}")
# Pages that are in no menu of ours, what is not a page, what ends the session, and the screen on which
# an administrator sees Django's permissions under the English names they are stored with.
ELSEWHERE = re.compile(r"/(pages|images|documents|styleguide|logout|sprite|jsi18n|bulk|groups)\b")
ADDRESS = re.compile(r"""["'](/(?:admin|desk)/[\w/-]*/)["'?#]""")


def english_in(page):
    without_names = {re.sub(NAMES, "", text).strip() for text in page.texts} - HARD_CODED
    return sorted(text for text in without_names if ENGLISH.search(text))


@pytest.fixture
def records(designer, reviewer, monkeypatch):
    """A rule set that is live with an older version and has a draft in review, and one that is a draft."""
    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    purposes.register_purpose(key="sales", label="折扣", vocabulary=SALES)
    record = rule_set("1001", "大额折扣", threshold=1000)
    publish_reviewed_by(record, author=designer, reviewer=reviewer)
    publish_reviewed_by(change(record, threshold=2000), author=designer, reviewer=reviewer)
    save_draft(record=change(record, threshold=3000), by=designer)
    request_review(record=record, by=designer)
    save_draft(record=rule_set("1002", "会员折扣", threshold=10), by=designer)


def rule_set(slug, name, *, threshold):
    record = RuleSet(name=name, slug=slug, purpose="sales")
    record.rules = [Rule(name="大额", condition=more_than(threshold), actions=[])]
    return record


def change(record, *, threshold):
    (rule,) = record.rules.all()
    rule.condition = more_than(threshold)
    record.rules = [rule]
    return record


@pytest.mark.parametrize("persona", ["admin", "reviewer", "agent"])
def test_chinese_screens_hold_no_english(request, client_of, records, persona):
    """Every screen that another one leads to, as each persona sees it."""
    client = client_of(request.getfixturevalue(persona))
    waiting, seen, found = [reverse("home")], set(), {}
    while waiting:
        address = waiting.pop(0)
        seen.add(address)
        answer = client.get(address, headers={"accept-language": "zh-CN,zh"}, follow=True)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        html = answer.content.decode()
        for text in english_in(Shown(html)):
            found.setdefault(text, address)
        known = seen | set(waiting)
        waiting += [link for link in links_in(html) if link not in known]
    assert not found, "\n".join(f"{address}: {text}" for text, address in found.items())


def links_in(html):
    return [link for link in dict.fromkeys(ADDRESS.findall(html)) if not ELSEWHERE.search(link)]
