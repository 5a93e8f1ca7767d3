"""What a message may say of its recipient: a closed list, so that nothing unknowable is asked for."""

import re
from dataclasses import dataclass

from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as say

from rules.engine import Words

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class MessageVariable:
    """`field` of a Customer; people may write {key} or {中文}."""

    field: str
    label: Words

    @property
    def spellings(self):
        return (self.label.en, self.label.zh)


VARIABLES = (
    MessageVariable("name", Words(en="name", zh="姓名")),
    MessageVariable("number", Words(en="number", zh="客户编号")),
    MessageVariable("level", Words(en="level", zh="等级")),
    MessageVariable("country", Words(en="country", zh="国家或地区")),
)
BY_SPELLING = {spelling: variable for variable in VARIABLES for spelling in variable.spellings}


def unknown_in(message: str) -> list[str]:
    """What stands in braces and is no variable, in order."""
    return [name for name in PLACEHOLDER.findall(message) if name.strip() not in BY_SPELLING]


def fields_in(message: str) -> list[str]:
    """The Customer fields a message speaks of, each once."""
    return list(dict.fromkeys(BY_SPELLING[name.strip()].field for name in PLACEHOLDER.findall(message)))


def filled(message: str, values: dict) -> str:
    return PLACEHOLDER.sub(lambda found: values[BY_SPELLING[found[1].strip()].field], message)


def without_placeholders(message: str) -> str:
    """The message with each placeholder blanked out, letter for letter, so that positions stay."""
    return PLACEHOLDER.sub(lambda found: "\ufffc" * len(found[0]), message)


def spelled_out(language: str) -> str:
    """{name}, {number} … as people read them."""
    return " ".join("{" + variable.label.say(language) + "}" for variable in VARIABLES)


def _help_text():
    return say("You can write: %(known)s. Each is replaced for every customer.") % {
        "known": spelled_out(get_language() or "en")
    }


# Said when it is read, in the reader's language.
help_text = lazy(_help_text, str)
