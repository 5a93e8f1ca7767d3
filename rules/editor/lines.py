"""A record in words, whatever state its draft is in, and whatever has become of its vocabulary since."""

from django.utils.translation import gettext as _

from rules.store.models import StoredRecord, Version
from rules.store.problems import Line, RecordErrors


def lines_of(record: StoredRecord, language: str) -> list[Line]:
    """What `record` says; for a draft that does not make sense yet, what has to be mended."""
    try:
        return [name_line(record), *record.in_words(record.document(), language)]
    except RecordErrors as errors:
        return [name_line(record), *to_mend(errors, label=_("To mend"))]


def lines_of_version(version: Version, language: str) -> list[Line]:
    """What `version` says; where its vocabulary is gone, why, and what is stored."""
    try:
        return version.lines(language)
    except RecordErrors as errors:
        return [*to_mend(errors, label=_("Cannot be read any more")), *as_stored(version)]


def lines_to_compare(before, after, language: str) -> tuple[list[Line], list[Line]]:
    """Both sides, each a record or a version, said in the same way, so that only differences differ."""
    try:
        return tuple(all_lines(side, in_words(side, language)) for side in (before, after))
    except RecordErrors:
        return tuple(all_lines(side, as_stored(side)) for side in (before, after))


def all_lines(side, lines):
    # The short name too: runtime looks records up by it.
    return [name_line(side), *lines, Line(key="slug", label=_("Short name"), text=side.slug)]


def in_words(side, language):
    return side.lines(language) if isinstance(side, Version) else side.in_words(side.document(), language)


def as_stored(side) -> list[Line]:
    """The document line by line, for when nothing can put it in words."""
    document = side.document if isinstance(side, Version) else side.document()
    return [
        Line(key="/".join(("stored", *path)), label=" · ".join(path), text=text)
        for path, text in leaves(document)
    ]


def lines_of_tests(tests, decider, language: str) -> list[Line]:
    """A record's tests, to be compared: each with its case and what it expects."""
    return [
        Line(
            key=f"tests/{test.id}",
            label=test.name,
            text=_("%(case)s → %(expected)s")
            % {
                "case": _("; ").join(
                    f"{label} {text}" for label, text in decider.facts_in_words(test.facts, language)
                ),
                "expected": decider.say(test.expected, language),
            },
        )
        for test in tests
    ]


def leaves(value, path=()):
    """The ends of a tree: ((name, name, …), text). What holds no further lists is one end."""
    if is_branch(value):
        for name, part in named_parts(value):
            yield from leaves(part, (*path, name))
    elif value not in (None, "", [], {}):
        yield path, " ".join(str(part) for part in parts_of(value))


def is_branch(value):
    return isinstance(value, dict | list) and any(isinstance(part, dict | list) for part in parts_of(value))


def parts_of(value):
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def named_parts(value):
    """A row of a list is called by its name, else by its place."""
    if isinstance(value, dict):
        return [(str(name), part) for name, part in value.items()]
    return [
        (str(part["name"]) if is_branch(part) and "name" in part else str(place), part)
        for place, part in enumerate(value, start=1)
    ]


def to_mend(errors, *, label):
    return [
        Line(key=f"problem/{number}", label=label, text=str(problem))
        for number, problem in enumerate(errors.problems)
    ]


def name_line(side):
    return Line(key="name", label=_("Name"), text=side.name)
