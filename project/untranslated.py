"""`python -m project.untranslated [app ...]`: what of our own words has no Chinese, or a faulty one.

Prints one line per problem, with the file it belongs to, and exits with 1 when there is any. Names of apps
(`tickets desk`) narrow it to their code and catalogues. Needs neither database nor gettext.
`manage.py collect_messages` writes what is missing into the catalogues.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

from project.catalogues import ROOT, BrokenCatalogue, catalogue_paths, read_catalogue
from project.messages import Composed, Message, catalogue_of, find_messages

# Fills in for Wagtail's own catalogue; its messages belong to Wagtail's code, not to ours.
FOREIGN = ROOT / "project" / "locale_wagtail"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdr]|%%|\{\w*\}")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
PLURAL_FORMS = "nplurals=1; plural=0;"

Key = tuple[str, str | None, str]


def read_catalogues() -> dict[Path, polib.POFile]:
    """Our Chinese catalogues by path. Raises BrokenCatalogue."""
    return {path: read_catalogue(path) for path in catalogue_paths()}


def entries_of(catalogues: dict[Path, polib.POFile]) -> Iterator[tuple[Key, Path, polib.POEntry]]:
    for path, catalogue in catalogues.items():
        for entry in catalogue:
            if not entry.obsolete:
                yield (path.stem, entry.msgctxt, entry.msgid), path, entry


def problems_of_catalogues(catalogues: dict[Path, polib.POFile]) -> Iterator[tuple[Path, str]]:
    """(catalogue, sentence) for each entry that would show wrong words or none."""
    for path, catalogue in catalogues.items():
        yield from ((path, problem) for problem in problems_of_header(catalogue))
        yield from ((path, problem) for problem in repetitions(catalogue))
        for entry in catalogue:
            yield from ((path, f"{quoted(entry)}: {problem}") for problem in problems_of_entry(entry))
    yield from contradictions(catalogues)


def problems_of_header(catalogue: polib.POFile) -> Iterator[str]:
    # Without it Python assumes two forms, finds no second one, and shows English.
    if catalogue.metadata.get("Plural-Forms") != PLURAL_FORMS:
        yield f'the header needs "Plural-Forms: {PLURAL_FORMS}"'
    if "charset=UTF-8" not in catalogue.metadata.get("Content-Type", ""):
        yield 'the header needs "Content-Type: text/plain; charset=UTF-8"'


def repetitions(catalogue: polib.POFile) -> Iterator[str]:
    times = Counter((entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete)
    for (_context, msgid), count in times.items():
        if count > 1:
            yield f"“{msgid}”: stands {count} times in this catalogue"


def problems_of_entry(entry: polib.POEntry) -> Iterator[str]:
    if entry.obsolete:
        yield "is marked obsolete (#~); remove it"
        return
    if entry.fuzzy:
        yield "is fuzzy; check it and remove the mark"
    if not says_something(entry):
        yield "has no Chinese"
        return
    pattern, chinese = words_to_compare(entry)
    for what, find in (("placeholders", placeholders_in), ("HTML tags", tags_in)):
        if find(pattern) != find(chinese):
            yield f"{what} differ: {listed(find(pattern))} in English, {listed(find(chinese))} in Chinese"


def says_something(entry: polib.POEntry) -> bool:
    return bool(entry.msgstr_plural.get(0) if entry.msgid_plural else entry.msgstr)


def words_to_compare(entry: polib.POEntry) -> tuple[str, str]:
    """English and Chinese. The one Chinese form serves every number, so it answers to the plural."""
    if entry.msgid_plural:
        return entry.msgid_plural, entry.msgstr_plural[0]
    return entry.msgid, entry.msgstr


def placeholders_in(text: str) -> list[str]:
    """Named ones may be used twice or change places; nameless ones are told apart by their order only."""
    found = PLACEHOLDER.findall(text)
    nameless = [mark for mark in found if mark in ("%s", "%d", "%r", "{}")]
    return sorted({mark for mark in found if mark not in nameless and mark != "%%"}) + nameless


def tags_in(text: str) -> list[str]:
    return sorted(TAG.findall(text))


def contradictions(catalogues: dict[Path, polib.POFile]) -> Iterator[tuple[Path, str]]:
    """Django merges all catalogues into one: of two words for one message, the reader only ever sees one."""
    spoken = {}
    for key, path, entry in entries_of(catalogues):
        if not says_something(entry):
            continue
        _english, chinese = words_to_compare(entry)
        other_path, other = spoken.setdefault(key, (path, chinese))
        if other != chinese:
            where = other_path.relative_to(ROOT)
            yield path, f"{quoted(entry)}: is “{chinese}” here, “{other}” in {where}; use one, or a context"


def missing_messages(found: Iterable, catalogues: dict[Path, polib.POFile]) -> dict[Key, list[Message]]:
    """Messages our code asks for that are in none of our catalogues, with every place that asks."""
    known = {key: entry for key, _path, entry in entries_of(catalogues)}
    missing = defaultdict(list)
    for message in found:
        if isinstance(message, Message) and not speaks(known.get(message.key), message):
            missing[message.key].append(message)
    return missing


def speaks(entry: polib.POEntry | None, message: Message) -> bool:
    # An empty entry is reported with its catalogue. One without plural is no answer to ngettext.
    return entry is not None and (not message.plural or entry.msgid_plural == message.plural)


def unused_entries(found: Iterable, catalogues: dict[Path, polib.POFile]) -> Iterator[tuple[Path, str]]:
    used = {message.key for message in found if isinstance(message, Message)}
    for key, path, entry in entries_of(catalogues):
        if key not in used and FOREIGN not in path.parents:
            yield path, f"{quoted(entry)}: no code asks for it any more; remove it"


def problems_of_code(catalogues: dict[Path, polib.POFile]) -> Iterator[tuple[Path, str]]:
    """(file, sentence) for what code asks and no catalogue answers, and the reverse."""
    found = find_messages()
    for place in found:
        if isinstance(place, Composed):
            yield place.path, f"{place.place}: the message is put together at runtime; use placeholders"
    for messages in missing_messages(found, catalogues).values():
        places = ", ".join(message.place for message in messages)
        what = "entry with this plural" if messages[0].plural else "entry"
        yield catalogue_of(messages[0]), f"“{messages[0].singular}”: has no {what}; asked for at {places}"
    yield from unused_entries(found, catalogues)


def find_problems(apps: Iterable[str] = ()) -> list[str]:
    """One line per problem, of all our code or of the named apps only."""
    catalogues = read_catalogues()
    problems = [*problems_of_catalogues(catalogues), *problems_of_code(catalogues)]
    apps = set(apps)
    return [
        f"{path.relative_to(ROOT)}: {sentence}"
        for path, sentence in problems
        if not apps or apps & set(path.relative_to(ROOT).parts)
    ]


def quoted(entry: polib.POEntry) -> str:
    return f"“{entry.msgid}”" + (f" ({entry.msgctxt})" if entry.msgctxt else "")


def listed(marks: list[str]) -> str:
    return " ".join(marks) or "none"


def main(apps: list[str]) -> int:
    try:
        problems = find_problems(apps)
    except BrokenCatalogue as fault:
        problems = [str(fault)]
    for problem in problems:
        print(problem)
    print(
        f"{len(problems)} problems with messages." if problems else "Every message of ours has its Chinese."
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
