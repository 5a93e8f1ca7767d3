"""The message catalogues of our own code: where they are, and compiling them without gettext installed.

A catalogue `<app>/locale/zh_Hans/LC_MESSAGES/django.po` is kept in git; the `.mo` beside it is what Django
reads, is made from it on every start, and is not kept.
"""

import gettext
import os
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation import trans_real

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("project", "rules", "flows")


class BrokenCatalogue(Exception):
    """A .po file that cannot be read; the text names the file and the line."""


def catalogue_paths() -> Iterator[Path]:
    """Every .po file of ours, in a stable order."""
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("locale*/*/LC_MESSAGES/*.po"))


def read_catalogue(path: Path) -> polib.POFile:
    """Raises BrokenCatalogue when the file is not well-formed."""
    try:
        return polib.pofile(str(path), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BrokenCatalogue(f"{path.relative_to(ROOT)}: {fault}") from fault


def compile_catalogues() -> list[Path]:
    """Bring every .mo up to date with its .po; returns the .po files that had changed."""
    changed = [path for path in catalogue_paths() if is_stale(path)]
    for path in changed:
        write_compiled(path)
    remove_orphans()
    if changed:
        forget_loaded()
    return changed


def forget_loaded() -> None:
    """Make this process read the catalogues again; what it had loaded before would stay as it was."""
    gettext._translations.clear()
    trans_real._translations.clear()
    trans_real._default = None


def is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns < path.stat().st_mtime_ns


def write_compiled(path: Path) -> None:
    # Web, worker and test processes start at the same time: none may read a file half written by another.
    unfinished = path.with_suffix(f".{os.getpid()}.mo-part")
    read_catalogue(path).save_as_mofile(str(unfinished))
    unfinished.replace(path.with_suffix(".mo"))


def remove_orphans() -> None:
    """A .mo whose .po is gone would go on translating."""
    for package in PACKAGES:
        for compiled in (ROOT / package).rglob("locale*/*/LC_MESSAGES/*.mo"):
            if not compiled.with_suffix(".po").exists():
                compiled.unlink(missing_ok=True)
