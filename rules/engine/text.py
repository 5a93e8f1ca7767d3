"""Word lists: where a text says something it should not, however it is dressed up.

compile_lexicon(entries) → Lexicon;  lexicon.find(text) → [Span], positions in the text as it was written.

What makes no difference when matching: full and half width, upper and lower case, accents, traditional and
simplified characters, zero-width marks anywhere, separators between Chinese characters (微-信), letters
repeated more often than the word has them (赌赌博, freeee), and, when asked for, digits and numerals (3, 三).
Words that begin or end with a Latin letter or a digit match whole: "av" is not in "have".
An allow phrase hides every word inside it: with 路口交通 allowed, 口交 is not found there.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import ahocorasick

from .errors import Problem, RuleErrors
from .words import Words

BLOCK, WARN, ALLOW = "block", "warn", "allow"
ACTIONS = (BLOCK, WARN, ALLOW)

ZERO_WIDTH = "\u200b"
# Not the marks that end a sentence or a clause: 你好微，信任我 does not say 微信.
SEPARATORS = " -_.*·•~|/\\+=#^'\"`"
CHINESE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\ud800-\udfff"
)
LETTER = re.compile(f"[{CHINESE}]")
SEPARATED = re.compile(f"(?<=[{CHINESE}])[{re.escape(SEPARATORS)}]+(?=[{CHINESE}])")
HIDDEN = re.compile(f"{ZERO_WIDTH}+")
REPEATED = re.compile(r"([^\W\d_]|\s)\1+")
REPEATED_BUT_NUMERALS = re.compile(r"([^\W\d_〇一二三四五六七八九]|\s)\1+")
NUMERALS = {
    ord(written): numeral
    for row in ("0123456789", "零壹贰叁肆伍陆柒捌玖", "○壱弐参")
    for written, numeral in zip(row, "〇一二三四五六七八九", strict=False)
}


@dataclass(frozen=True)
class Entry:
    """One row of a word list. `action`: block, warn, or allow for a phrase that hides words inside it."""

    word: str
    category: str = ""
    action: str = BLOCK


@dataclass(frozen=True)
class Span:
    """`original` is text[start:end], as written; `word` is the entry it matched."""

    start: int
    end: int
    original: str
    word: str
    category: str
    action: str


@dataclass(frozen=True)
class Lexicon:
    """A compiled word list; immutable, shared by threads."""

    size: int
    fold_numerals: bool
    _automaton: ahocorasick.Automaton | None

    def find(self, text: str) -> list[Span]:
        """Every place where `text` has a blocked or warned word, in order of position.

        Of matches inside one another the longest is reported, unless a shorter one is stricter.
        """
        if self._automaton is None or not text:
            return []
        folded = fold(text, numerals=self.fold_numerals)
        found, allowed = [], []
        for last_byte, patterns in self._automaton.iter(in_bytes(folded.squeezed)):
            for pattern in patterns:
                if last_byte % 2 and (place := folded.place(pattern, last_byte // 2)):
                    (allowed if pattern.entry.action == ALLOW else found).append((*place, pattern.entry))
        return [
            Span(start, end, text[start:end], entry.word, entry.category, entry.action)
            for start, end, entry in without_covered(found, allowed)
        ]


def compile_lexicon(entries: Iterable[Entry], *, fold_numerals: bool = False) -> Lexicon:
    """Raises RuleErrors naming every unusable entry; a Problem's path is the number of the entry."""
    patterns: dict[str, dict[tuple, Pattern]] = {}
    problems, size = [], 0
    for number, entry in enumerate(entries):
        if sentence := fault_of(entry, numerals=fold_numerals):
            problems.append(Problem(str(number), sentence))
            continue
        pattern = Pattern.of(entry, numerals=fold_numerals)
        alike = patterns.setdefault(pattern.squeezed, {})
        alike.setdefault((pattern.runs, entry.category, entry.action), pattern)
        size += 1
    if problems:
        raise RuleErrors(problems)
    return Lexicon(size=size, fold_numerals=fold_numerals, _automaton=automaton_of(patterns))


def automaton_of(patterns: dict[str, dict[tuple, Pattern]]):
    if not patterns:
        return None
    automaton = ahocorasick.Automaton()
    for squeezed, alike in patterns.items():
        automaton.add_word(in_bytes(squeezed), tuple(alike.values()))
    automaton.make_automaton()
    return automaton


def in_bytes(text: str) -> str:
    """Two small characters for each one: the automaton tries the branches of a node one after the other, and
    thousands of words begin differently. Five times as fast; a match that ends on an even one is none."""
    return text.encode("utf-16-be", "surrogatepass").decode("latin-1")


def fault_of(entry: Entry, *, numerals: bool) -> Words | None:
    if entry.action not in ACTIONS:
        return Words(
            en="“{action}” is no action: choose block, warn or allow.",
            zh="“{action}”不是可选的处理方式：请选择拦截、提醒或放行。",
        ).fill(action=entry.action)
    if length_of(plain(entry.word, numerals=numerals)) < 2:
        return Words(
            en="“{word}” is too short: one character stands in too many ordinary words. Write at least two.",
            zh="“{word}”太短：单个字会出现在太多普通词语里，请至少写两个字。",
        ).fill(word=entry.word.strip())
    return None


def length_of(letters: str) -> int:
    return sum(not "\udc00" <= char <= "\udfff" for char in letters)


# Folding


@dataclass(frozen=True)
class Pattern:
    """An entry, folded. `runs` says how often each character of `squeezed` stands in the word at least."""

    entry: Entry
    squeezed: str
    runs: tuple[int, ...] | None  # None: once each, as nearly always
    whole_before: bool
    whole_after: bool

    @classmethod
    def of(cls, entry: Entry, *, numerals: bool) -> Pattern:
        word = plain(entry.word, numerals=False)
        shown = plain(entry.word, numerals=numerals)
        squeezed, starts = squeeze(shown, numerals=numerals)
        runs = None
        if starts is not None:
            ends = [*starts[1:], len(shown)]
            runs = tuple(1 if shown[a] == " " else b - a for a, b in zip(starts, ends, strict=True))
        return cls(entry, squeezed, runs, is_latin(word[0]), is_latin(word[-1]))


@dataclass(frozen=True)
class Folded:
    """A text made comparable. Three steps, each with the way back:

    text       as written
    letters    one shape per character, marks and separators taken out; at[i] is the position in the text
    squeezed   repeated letters taken together; starts[i] is the position in `letters` (None: no repeats)
    """

    length: int
    letters: str
    at: list[int] | None  # None: same positions as the text
    squeezed: str
    starts: list[int] | None

    def place(self, pattern: Pattern, last: int) -> tuple[int, int] | None:
        """Where the match that ends at squeezed[last] stands in the text, or None if it does not count."""
        first = last + 1 - len(pattern.squeezed)
        if self.starts is None:
            if pattern.runs is not None and any(run > 1 for run in pattern.runs):
                return None
            start, end = first, last + 1
        else:
            bounds = self.starts[first : last + 2]
            if len(bounds) <= last + 1 - first:
                bounds.append(len(self.letters))
            runs = pattern.runs or (1,) * len(pattern.squeezed)
            if any(b - a < run for a, b, run in zip(bounds, bounds[1:], runs, strict=False)):
                return None
            # 微微信 says 微信 in its last two characters; of Latin words the whole run belongs to the word.
            start = bounds[0] if pattern.whole_before else bounds[1] - runs[0]
            end = bounds[-1] if pattern.whole_after else bounds[-2] + runs[-1]
        if pattern.whole_before and start and is_latin(self.letters[start - 1]):
            return None
        if pattern.whole_after and end < len(self.letters) and is_latin(self.letters[end]):
            return None
        if self.at is None:
            return start, end
        return self.at[start], self.at[end - 1] + 1


def fold(text: str, *, numerals: bool) -> Folded:
    letters, at = letters_of(text)
    shown = letters.translate(NUMERALS) if numerals else letters
    squeezed, starts = squeeze(shown, numerals=numerals)
    return Folded(len(text), letters, at, squeezed, starts)


def plain(text: str, *, numerals: bool) -> str:
    letters, _at = letters_of(text.strip())
    return letters.translate(NUMERALS) if numerals else letters


def letters_of(text: str) -> tuple[str, list[int] | None]:
    shapes = text.translate(SHAPES)
    at = None
    if len(shapes) != len(text):
        # Some characters have a shape of several (㎏ is kg); all of them stand where it stood.
        at = places_of_shapes(text)
    if ZERO_WIDTH in shapes:
        shapes, at = cut(shapes, at, HIDDEN)
    return cut(shapes, at, SEPARATED)


def places_of_shapes(text: str) -> list[int]:
    """For each character of the translated text, where in `text` it comes from."""
    wide = "".join(char for char in set(text) if len(SHAPES[ord(char)]) != 1)
    at, done = [], 0
    for match in re.finditer(f"[{re.escape(wide)}]", text):
        at.extend(range(done, match.start()))
        at.extend([match.start()] * len(SHAPES[ord(match[0])]))
        done = match.end()
    at.extend(range(done, len(text)))
    return at


def cut(text: str, at: list[int] | None, what: re.Pattern) -> tuple[str, list[int] | None]:
    """`text` without the matches of `what`, and where each remaining character stood."""
    places = [match.span() for match in what.finditer(text)]
    if not places:
        return text, at
    at = list(range(len(text))) if at is None else at
    kept, kept_at, done = [], [], 0
    for start, end in places:
        kept.append(text[done:start])
        kept_at += at[done:start]
        done = end
    return "".join([*kept, text[done:]]), kept_at + at[done:]


def squeeze(text: str, *, numerals: bool) -> tuple[str, list[int] | None]:
    """`text` with each run of one letter written once, and where each run starts."""
    repeated = REPEATED_BUT_NUMERALS if numerals else REPEATED
    runs = [match.span() for match in repeated.finditer(text)]
    if not runs:
        return text, None
    kept, starts, done = [], [], 0
    for start, end in runs:
        kept.append(text[done : start + 1])
        starts.extend(range(done, start + 1))
        done = end
    starts.extend(range(done, len(text)))
    return "".join([*kept, text[done:]]), starts


@functools.cache
def is_latin(char: str) -> bool:
    """Of a script that writes spaces between words, where a match inside a longer word is no match."""
    return char.isalnum() and not LETTER.match(char)


class Shapes(dict):
    """Code point → the one shape under which a character is compared; filled as characters are met."""

    def __missing__(self, code):
        shape = self[code] = shape_of(chr(code))
        return shape


def shape_of(char: str) -> str:
    if is_invisible(char):
        return ZERO_WIDTH
    if char == "…":
        return "."
    # Decomposed to drop accents, composed again so that other scripts keep their characters.
    parts = unicodedata.normalize("NFKD", char).casefold()
    shape = unicodedata.normalize("NFC", "".join(part for part in parts if not is_accent(part)))
    if shape in {"\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"}:
        return "-"
    if not shape.strip():
        return char if char in "\r\n" else " "
    simple = simplified()
    return "".join(in_halves(simple.get(part, part)) for part in shape)


def in_halves(char: str) -> str:
    """A rare character as the two that UTF-16 writes for it, so that every one takes two bytes."""
    code = ord(char) - 0x10000
    return char if code < 0 else chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))


def is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or is_accent(char) or "\ufe00" <= char <= "\ufe0f"


def is_accent(char: str) -> bool:
    return "\u0300" <= char <= "\u036f"


@functools.cache
def simplified() -> dict[str, str]:
    """Traditional → simplified, one character to one; of several simplified forms the usual one."""
    rows = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = (row.split() for row in rows if row)
    return {pair[0]: pair[1] for pair in pairs if len(pair[0]) == len(pair[1]) == 1}


SHAPES = Shapes()


# Which matches count


def without_covered(found: list[tuple], allowed: list[tuple]) -> list[tuple]:
    """`found` in order, without what an allow phrase or a longer match that is as strict covers."""
    kept, phrases = [], deque(sorted(allowed, key=lambda match: match[:2]))
    # How far to the right the matches that begin no later reach: that decides whether they cover the next.
    reach = {ALLOW: 0, BLOCK: 0, WARN: 0}
    for start, end, entry in sorted(found, key=lambda match: (match[0], -match[1], match[2].action)):
        while phrases and phrases[0][0] <= start:
            reach[ALLOW] = max(reach[ALLOW], phrases.popleft()[1])
        as_strict = reach[BLOCK] if entry.action == BLOCK else max(reach[BLOCK], reach[WARN])
        if end > max(reach[ALLOW], as_strict):
            kept.append((start, end, entry))
            reach[entry.action] = max(reach[entry.action], end)
    return kept
