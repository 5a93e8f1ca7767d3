from django import template
from django.utils.text import Truncator
from django.utils.translation import get_language

from rules.editor.lines import lines_of
from rules.editor.names import subject_label

register = template.Library()

SUMMARY_CHARACTERS = 160


@register.filter
def summary(record) -> str:
    """The first things a record says, for one cell of a list."""
    said = " · ".join(line.text for line in lines_of(record, get_language())[1:] if line.text)
    return Truncator(said).chars(SUMMARY_CHARACTERS)


register.filter("subject_label", subject_label)


@register.filter
def said(record):
    return lines_of(record, get_language())


@register.filter
def in_language(words) -> str:
    """A sentence of the engine, which knows both languages."""
    return words.say(get_language())
