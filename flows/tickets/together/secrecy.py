"""What a person may read of the free text about a ticket: comments, notes, the names of their files.

Field rights do not hide a comment, for it belongs to no field, and a conversation with holes misleads.
But wherever it repeats the answer of a field that is secret for the reader, that piece is masked; and
since nobody can mask a picture, files of comments are withheld from whoever has a secret photo, file or
signature. Finding is telling: whoever has any secret field in a ticket does not find it by the words of
its comments. What someone puts in words of their own cannot be recognised; the handbook tells writers so.
"""

import re
from collections.abc import Iterable

from flows.tickets.field_access import MASK, secret_fields, unsearchable

FILES = ("photo", "file", "signature")
# Shorter pieces of a long text say little, and would mask half the language.
SHORTEST_PIECE = 4
SHORTEST_ANSWER = 2
SHORTEST_NUMBER = 3
LONG_NUMBER = 7


def secrets_in(ticket, *, by) -> re.Pattern | None:
    """What `by` must not read about `ticket`, wherever it is repeated; None when there is nothing."""
    pieces = {piece for spec in secret_fields(ticket, by=by) for piece in pieces_of(ticket, spec)}
    if not pieces:
        return None
    longest_first = sorted(pieces, key=len, reverse=True)
    return re.compile("|".join(map(written_any_way, longest_first)), re.IGNORECASE)


def pieces_of(ticket, spec) -> Iterable[str]:
    answer = ticket.answers.get(spec.name)
    texts = [spec.shown(answer, language) for language in ("zh-hans", "en")]
    if isinstance(answer, str):
        texts.append(answer)
    if spec.kind in FILES and answer:
        texts.append(answer["name"])
    about = getattr(ticket, spec.kind, None) if spec.kind in ("customer", "order", "store") else None
    if about:
        names = ("name", "number", "phone", "slug")
        texts += [str(getattr(about, name)) for name in names if getattr(about, name, "")]
    for text in filter(None, texts):
        yield from (whole for whole in [text.strip()] if len(whole) >= SHORTEST_ANSWER)
        if spec.kind in ("text", "long_text"):
            parts = re.split(r"[\n。！？!?；;，,]+", text)
            yield from (part.strip() for part in parts if len(part.strip()) >= SHORTEST_PIECE)
        if spec.kind not in FILES:
            yield from numbers_in(text)


def numbers_in(text: str) -> Iterable[str]:
    for number in re.findall(r"\d[\d,.]*\d", text):
        plain = number.replace(",", "")
        if len(re.sub(r"\D", "", plain)) >= SHORTEST_NUMBER:
            yield from (number, plain, plain.split(".")[0])


def written_any_way(piece: str) -> str:
    """138 7766-0000 is 13877660000."""
    if piece.isdigit() and len(piece) >= LONG_NUMBER:
        return r"[\s-]?".join(piece)
    return re.escape(piece)


def readable(text: str, secrets: re.Pattern | None) -> str:
    return secrets.sub(MASK, text) if secrets else text


def may_see_files(ticket, *, by) -> bool:
    return not any(spec.kind in FILES for spec in secret_fields(ticket, by=by))


def unsearchable_by_comments(by):
    from flows.forms.kinds import KINDS

    return unsearchable(by, kinds=tuple(KINDS))
