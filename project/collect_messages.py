"""Writes the messages that have no Chinese yet into the catalogues, for you to fill in.

    manage.py collect_messages              every app
    manage.py collect_messages tickets      only what belongs to these apps
    python -m project.collect_messages ...  the same, also while the models do not load
    python -m project.untranslated tickets  what is still empty, faulty or no longer used

A message goes to the catalogue of the app whose code or template asks for it first: `flows/tickets/...`,
`templates/tickets/...` and `project/assets/tickets/...` to `flows/tickets/locale/zh_Hans/LC_MESSAGES/`,
`django.po` (TypeScript: `djangojs.po`); everything outside an app to `project/locale`. A message that
another catalogue of ours already holds is not added again: all catalogues are one at runtime. Entries are
appended with an empty msgstr; nothing that stands in the file is touched.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import polib

from project.catalogues import ROOT
from project.messages import Message, catalogue_of, find_messages
from project.untranslated import entries_of, missing_messages, read_catalogues

HEADER = """msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""
WIDTH = 100


def collect(apps: Iterable[str] = ()) -> dict[Path, int]:
    """Append what is missing; returns how many entries each catalogue got. Raises BrokenCatalogue."""
    added = new_entries(read_catalogues(), set(apps))
    for path, entries in added.items():
        append(path, entries)
    return {path: len(entries) for path, entries in added.items()}


def new_entries(catalogues: dict[Path, polib.POFile], apps: set[str]) -> dict[Path, list[polib.POEntry]]:
    standing = {key for key, _path, _entry in entries_of(catalogues)}
    entries = defaultdict(list)
    for key, messages in missing_messages(find_messages(), catalogues).items():
        path = catalogue_of(messages[0])
        # One that stands there without its plural needs a hand; adding it would make it stand there twice.
        if key not in standing and (not apps or apps & set(path.relative_to(ROOT).parts)):
            entries[path].append(as_entry(messages))
    return entries


def as_entry(messages: list[Message]) -> polib.POEntry:
    first = messages[0]
    plural = next((message.plural for message in messages if message.plural), None)
    # Files without line numbers: lines move with every edit and would make the catalogue change with them.
    files = dict.fromkeys(message.path.relative_to(ROOT).as_posix() for message in messages)
    return polib.POEntry(
        msgctxt=first.context,
        msgid=first.singular,
        msgid_plural=plural or "",
        msgstr_plural={0: ""} if plural else {},
        occurrences=[(file, "") for file in files],
    )


def append(path: Path, entries: list[polib.POEntry]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else HEADER
    added = [entry.__unicode__(wrapwidth=WIDTH) for entry in entries]
    path.write_text("\n".join([text.rstrip("\n") + "\n", *added]).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    for changed, count in collect(sys.argv[1:]).items():
        print(f"{changed.relative_to(ROOT)}: {count} added")
