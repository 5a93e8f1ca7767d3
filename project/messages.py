"""Which messages our code asks gettext for: read from Python, templates and TypeScript, without running any.

Gettext's own xgettext is not used: it is not on every machine, and it does not know TSX.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

from project.catalogues import PACKAGES, ROOT

# Function name: places of context, message and plural among its arguments.
KEYWORDS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
ASSETS = ROOT / "project" / "assets"
SCRIPTS = {".ts", ".tsx", ".js", ".jsx", ".mjs"}

LITERAL = r"""[ub]?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
TEMPLATE_LITERAL = r"`(?:[^`\\]|\\.)*`"
CALL = re.compile(
    rf"(?<![\w$])(?P<name>_|n?p?gettext)\(\s*(?P<arguments>(?:{LITERAL}|{TEMPLATE_LITERAL})"
    rf"(?:\s*,\s*{LITERAL})*)",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One place in the code that asks for a message."""

    domain: str  # "django" or "djangojs": the catalogue the runtime looks in
    context: str | None
    singular: str
    plural: str | None
    path: Path
    line: int

    @property
    def key(self) -> tuple[str, str | None, str]:
        """What makes two messages the same one; gettext does not tell plurals apart."""
        return self.domain, self.context, self.singular

    @property
    def place(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A message put together before gettext sees it, as in _(f"..."): no catalogue can hold the result."""

    path: Path
    line: int

    @property
    def place(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


Found = Iterator[Message | Composed]


def find_messages() -> list[Message | Composed]:
    """Every message of our code, in the order of the files."""
    return [*python_messages(), *template_messages(), *script_messages()]


def python_messages() -> Found:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from messages_in_python(path.read_text(encoding="utf-8"), path)


def template_messages() -> Found:
    folders = [ROOT / "templates", *(ROOT / package for package in PACKAGES)]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "templates" in path.parts:
                yield from messages_in_template(path.read_text(encoding="utf-8"), path)


def script_messages() -> Found:
    for path in sorted(ASSETS.rglob("*")):
        if path.suffix in SCRIPTS and not {"build", "node_modules"} & set(path.parts):
            yield from messages_in_script(path.read_text(encoding="utf-8"), path)


def messages_in_python(source: str, path: Path) -> Found:
    tree = ast.parse(source, filename=str(path))
    names = {name: name for name in KEYWORDS} | aliases_in(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if called not in names:
            continue
        if any(is_composed(argument) for argument in node.args):
            yield Composed(path=path, line=node.lineno)
        else:
            texts = [text_of(argument) for argument in node.args]
            yield from as_message(names[called], texts, domain="django", path=path, line=node.lineno)


def aliases_in(tree: ast.AST) -> dict[str, str]:
    """`from django.utils.translation import gettext as t` makes {"t": "gettext"}."""
    return {
        imported.asname: imported.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for imported in node.names
        if imported.asname and imported.name in KEYWORDS
    }


def text_of(argument: ast.expr) -> str | None:
    """The literal text of an argument; None for a number or a name."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return None


def is_composed(argument: ast.expr) -> bool:
    """An f-string, "..." % x, "..." + x or "...".format(x)."""
    if isinstance(argument, ast.BinOp):
        return any(text_of(side) is not None or is_composed(side) for side in (argument.left, argument.right))
    return isinstance(argument, ast.JoinedStr) or (
        isinstance(argument, ast.Call)
        and isinstance(argument.func, ast.Attribute)
        and argument.func.attr == "format"
    )


def messages_in_template(source: str, path: Path) -> Found:
    # Django turns tags into calls such as ` gettext('Save') ` and keeps the line breaks.
    yield from messages_in_calls(templatize(source, origin=str(path)), domain="django", path=path)


def messages_in_script(source: str, path: Path) -> Found:
    yield from messages_in_calls(source, domain="djangojs", path=path)


def messages_in_calls(source: str, *, domain: str, path: Path) -> Found:
    for call in CALL.finditer(source):
        line = source.count("\n", 0, call.start()) + 1
        if call["arguments"].startswith("`"):
            yield Composed(path=path, line=line)
            continue
        texts = [ast.literal_eval(found) for found in re.findall(LITERAL, call["arguments"])]
        yield from as_message(call["name"], texts, domain=domain, path=path, line=line)


def as_message(name: str, texts: list[str | None], *, domain: str, path: Path, line: int) -> Found:
    """One message, or none when the text is only known at runtime (translated where it was declared)."""
    context, singular, plural = (
        texts[index] if index is not None and index < len(texts) else None for index in KEYWORDS[name]
    )
    if singular:
        yield Message(domain=domain, context=context, singular=singular, plural=plural, path=path, line=line)


def catalogue_of(message: Message) -> Path:
    """The catalogue a message belongs to: its app's, else the product's shared one."""
    folder = owner_of(message.path.relative_to(ROOT))
    return folder / "locale" / "zh_Hans" / "LC_MESSAGES" / f"{message.domain}.po"


def owner_of(path: Path) -> Path:
    """flows/tickets for what is in flows/tickets/, templates/tickets/ and project/assets/tickets/."""
    parts = path.parts
    if parts[0] in ("rules", "flows") and len(parts) > 2:
        return ROOT / parts[0] / parts[1]
    name = parts[2] if parts[:2] == ("project", "assets") else parts[1]
    for package in ("rules", "flows"):
        if (ROOT / package / name / "apps.py").exists():
            return ROOT / package / name
    return ROOT / "project"
