"""The words of a notice: built in for both languages, or the company's own, with {placeholders} filled in.

The placeholder language is nothing but {name}: no logic, no attributes, no template engine. What a
placeholder stands for was already decided for the reader, so wording cannot make it tell more.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flows.channels.models import NoticeWording
from flows.channels.notices.kinds import Kind, about_of
from rules.store.problems import Refusal

PLACEHOLDER = re.compile(r"\{(\w+)\}")
LONGEST_VALUE = 1_000

Wordings = Mapping[tuple[str, str], tuple[str, str]]


def as_json(context: Mapping) -> dict:
    """A caller's context, so that each reader reads it in their own language and zone later."""
    return {name: value_as_json(value) for name, value in context.items()}


def value_as_json(value):
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    return value if type(value) in (str, int) else in_both(value)


def in_both(value) -> dict:
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language.split("-")[0]] = str(value)
    return said


def stored_wordings() -> Wordings:
    return {(row.event, row.language): (row.subject, row.body) for row in NoticeWording.objects.all()}


def builtin(kind: Kind, language: str) -> tuple[str, str]:
    with translation.override(language):
        return str(kind.subject), str(kind.body)


def words_of(
    kind: Kind, context: Mapping, *, language: str, zone: ZoneInfo, wordings: Wordings
) -> tuple[str, str]:
    """(one line, more) in `language`."""
    subject, body = wordings.get((kind.key, language)) or builtin(kind, language)
    said = {name: in_words(value, language, zone) for name, value in context.items()}
    with translation.override(language):
        said.setdefault("by", _("the system"))
        said["by"] = said["by"] or _("the system")
    line = " ".join(filled_in(subject, said).split())
    return line, filled_in(body, said).strip()


def filled_in(text: str, said: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: said.get(found[1], ""), text)


def in_words(value, language: str, zone: ZoneInfo) -> str:
    if isinstance(value, Mapping):
        if "at" in value:
            with translation.override(language):
                at = timezone.localtime(datetime.fromisoformat(value["at"]), zone)
                return date_format(at, "SHORT_DATETIME_FORMAT")
        value = value.get(language.split("-")[0]) or next(iter(value.values()), "")
    with translation.override(language):
        text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def check_wording(kind: Kind, text: str) -> None:
    """Raises a Refusal for a placeholder that this kind of notice does not fill."""
    unknown = sorted(set(PLACEHOLDER.findall(text)) - set(kind.placeholders))
    if unknown:
        raise Refusal(
            _("This notice cannot say %(unknown)s. It can say: %(known)s.")
            % {
                "unknown": _(", ").join(f"{{{name}}}" for name in unknown),
                "known": _(", ").join(f"{{{name}}}" for name in kind.placeholders),
            }
        )
    if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
        raise Refusal(_("A curly bracket is left over: a placeholder is written like {name}."))


EXAMPLES = {"by": gettext_lazy("Wang Fang")}


def example_context(kind: Kind) -> dict:
    """Something for each placeholder, for previews."""
    about = about_of(kind.about)
    named = {name: f"[{label}]" for name, label in kind.placeholders.items()}
    return named | EXAMPLES | dict(about.example if about else {})
