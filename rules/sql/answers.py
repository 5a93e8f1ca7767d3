"""Values inside a JSON document, read as the engine reads them: what is of the wrong type is null.

Numbers are exact on PostgreSQL; SQLite keeps 15 digits of one with decimal places.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from string import Formatter

from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    Func,
    JSONField,
    TextField,
)
from django.db.models.expressions import Expression

from rules.engine.facts import DAY, INSTANT, UNREADABLE, read_datetime

from .expressions import Test, fold_text, teach

Piece = tuple[str, Sequence]  # SQL, and its parameters


class InDocument:
    """SQL about what stands at `keys` of the first source, a JSON document; spelled per database.

    Templates may use {document}, {json} (the answer as JSON), {kind} (its JSON type), {value} (a text without
    its quotes), and on SQLite {path}.
    """

    keys: tuple[str, ...]
    postgresql = sqlite = ""

    def as_postgresql(self, compiler, connection, **context):
        sql, params = self._document(compiler)
        found = (f"({sql}{' -> %s::text' * len(self.keys)})", [*params, *self.keys])
        return _filled(
            self.postgresql,
            self.more_pieces(compiler)
            | {
                "json": found,
                "kind": (f"jsonb_typeof({found[0]})", found[1]),
                "value": (f"({found[0]} #>> '{{}}')", found[1]),
            },
        )

    def as_sqlite(self, compiler, connection, **context):
        sql, params = self._document(compiler)
        path = "$" + "".join(f".{json.dumps(key)}" for key in self.keys)
        teach(connection, {"TANGRAM_LOWER": fold_text, "TANGRAM_INSTANT": instant_in_utc})
        return _filled(
            self.sqlite,
            self.more_pieces(compiler)
            | {
                "document": (sql, params),
                "path": ("%s", [path]),
                "kind": (f"json_type({sql}, %s)", [*params, path]),
                "value": (f"json_extract({sql}, %s)", [*params, path]),
            },
        )

    def _document(self, compiler) -> Piece:
        return compiler.compile(self.get_source_expressions()[0])

    def more_pieces(self, compiler) -> dict[str, Piece]:
        return {}


def _filled(template: str, pieces: dict[str, Piece]) -> Piece:
    parts, params = [], []
    for text, name, _spec, _conversion in Formatter().parse(template):
        parts.append(text)
        if name:
            sql, its_params = pieces[name]
            parts.append(sql)
            params += its_params
    return "".join(parts), params


class Answer(InDocument, Func):
    """The answer as JSON. The subclasses read it as one type, null where it is of another."""

    output_field = JSONField()
    postgresql = "{json}"
    # With two paths the answer is the first element of a list, in which a text keeps its quotes.
    sqlite = "(json_extract({document}, {path}, {path}) -> '$[0]')"

    def __init__(self, document: Expression, keys: tuple[str, ...]):
        super().__init__(document)
        self.keys = keys


class TextAnswer(Answer):
    output_field = TextField()
    postgresql = "CASE WHEN {kind} = 'string' THEN {value} END"
    sqlite = "CASE WHEN {kind} = 'text' THEN {value} END"


class NumberAnswer(Answer):
    output_field = DecimalField()
    postgresql = "CASE WHEN {kind} = 'number' THEN {value}::numeric END"
    # Beyond the largest double SQLite has infinity, which is no number.
    sqlite = (
        "CASE WHEN {kind} IN ('integer', 'real')"
        " AND {value} BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308 THEN {value} END"
    )


class WrittenNumberAnswer(Answer):
    """A number kept as a text, "12.50", as generated forms keep it."""

    output_field = DecimalField()
    _pattern = r"'\A-?[0-9]{{1,200}}([.][0-9]{{1,200}})?\Z'"
    postgresql = f"CASE WHEN {{kind}} = 'string' AND {{value}} ~ {_pattern} THEN {{value}}::numeric END"
    sqlite = (
        f"CASE WHEN {{kind}} = 'text' AND {{value}} REGEXP {_pattern} THEN CAST({{value}} AS NUMERIC) END"
    )


class ClockAnswer(Answer):
    """A time of day, "14:30", as the number of its digits; or that number: rules.engine.facts.read_clock."""

    output_field = DecimalField()
    _pattern = r"'\A([01][0-9]|2[0-3]):[0-5][0-9](:00)?\Z'"
    postgresql = (
        f"CASE WHEN {{kind}} = 'string' AND {{value}} ~ {_pattern}"
        " THEN REPLACE(SUBSTR({value}, 1, 5), ':', '')::numeric"
        " WHEN {kind} = 'number' THEN CASE WHEN {value}::numeric BETWEEN 0 AND 2399"
        " AND {value}::numeric = TRUNC({value}::numeric) AND MOD({value}::numeric, 100) < 60"
        " THEN {value}::numeric END END"
    )
    sqlite = (
        f"CASE WHEN {{kind}} = 'text' AND {{value}} REGEXP {_pattern}"
        " THEN CAST(REPLACE(SUBSTR({value}, 1, 5), ':', '') AS NUMERIC)"
        " WHEN {kind} IN ('integer', 'real') AND {value} BETWEEN 0 AND 2399"
        " AND {value} = CAST({value} AS INTEGER) AND CAST({value} AS INTEGER) % 100 < 60"
        " THEN {value} END"
    )


class BooleanAnswer(Answer):
    output_field = BooleanField()
    postgresql = "CASE WHEN {kind} = 'boolean' THEN {value}::boolean END"
    sqlite = "CASE {kind} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"


def _escaped(pattern: str) -> str:
    return pattern.replace("{", "{{").replace("}", "}}")


class DateAnswer(Answer):
    output_field = DateField()
    _pattern = rf"'\A(?:{_escaped(DAY)})\Z'"
    postgresql = f"CASE WHEN {{kind}} = 'string' AND {{value}} ~ {_pattern} THEN {{value}}::date END"
    sqlite = f"CASE WHEN {{kind}} = 'text' AND {{value}} REGEXP {_pattern} THEN {{value}} END"


class InstantAnswer(Answer):
    output_field = DateTimeField()
    # Not a cast of the whole text: PostgreSQL rounds the seventh decimal and knows no offset beyond 16 hours.
    postgresql = (
        "(SELECT (m[1]::timestamp"
        " + make_interval(hours => m[2]::int, mins => m[3]::int,"
        " secs => (COALESCE(m[4], '0') || '.' || COALESCE(m[5], '0'))::double precision)"
        " - (COALESCE(m[6], '+') || '1')::int * make_interval(hours => COALESCE(m[7], '0')::int,"
        " mins => COALESCE(m[8], m[9], '0')::int, secs => COALESCE(m[10], '0')::int)) AT TIME ZONE 'UTC'"
        rf" FROM (SELECT regexp_match({{value}}, '\A(?:{_escaped(INSTANT)})\Z') AS m) AS answer)"
    )
    sqlite = "TANGRAM_INSTANT({value})"


def instant_in_utc(value: object) -> str | None:
    """An instant written as Django writes it into SQLite, so that their order as texts is theirs in time."""
    at = read_datetime(value)
    if at is UNREADABLE:
        return None
    try:
        return str(at.astimezone(UTC).replace(tzinfo=None))
    except OverflowError:  # before or after all that can be compared with
        return "" if at.year == 1 else "~"


READ_AS: dict[str, type[Answer]] = {
    "string": TextAnswer,
    "numeric": NumberAnswer,
    "time": ClockAnswer,
    "boolean": BooleanAnswer,
    "date": DateAnswer,
    "datetime": InstantAnswer,
    # A set of choices is asked element by element.
    "select": Answer,
    "select_multiple": Answer,
}


# Choices: one text or number, or a list of them


class AreChoices(InDocument, Test):
    """Whether the answer can be read as choices: there, no object, and no list that holds one or a list."""

    # Every list contains the empty list, every object the empty object.
    postgresql = (
        "(CASE {kind} WHEN 'array' THEN NOT ({json} @> '[[]]' OR {json} @> '[{{}}]')"
        " WHEN 'object' THEN FALSE WHEN 'null' THEN FALSE ELSE {json} IS NOT NULL END)"
    )
    sqlite = (
        "(CASE {kind} WHEN 'array' THEN NOT EXISTS (SELECT 1 FROM json_each({document}, {path}) AS e"
        " WHERE e.type IN ('array', 'object'))"
        " WHEN 'object' THEN 0 WHEN 'null' THEN 0 ELSE {kind} IS NOT NULL END)"
    )

    def __init__(self, document: Expression, keys: tuple[str, ...]):
        super().__init__(document)
        self.keys = keys


class SomeChoice(InDocument, Test):
    """Whether one of the choices is among these texts and numbers; with `other`, whether one is not.

    Of an answer that AreChoices.
    """

    def __init__(
        self,
        document: Expression,
        keys: tuple[str, ...],
        texts: tuple[str, ...],
        numbers: tuple[int | Decimal, ...],
        *,
        folded: bool,
        other: bool,
    ):
        super().__init__(document)
        self.keys, self.texts, self.numbers = keys, texts, numbers
        self.folded, self.other = folded, other

    def more_pieces(self, compiler):
        number = "CAST(%s AS NUMERIC)" if compiler.connection.vendor == "sqlite" else "%s"
        wanted = [*(json.dumps(text, ensure_ascii=False) for text in self.texts), *map(str, self.numbers)]
        return {
            "texts": (", ".join(["%s"] * len(self.texts)), self.texts),
            "numbers": (", ".join([number] * len(self.numbers)), list(map(str, self.numbers))),
            "wanted": ("%s::jsonb", [f"[{', '.join(wanted)}]"]),
        }

    @property
    def postgresql(self) -> str:
        # Without letter case the whole answer is: what is no text has none.
        answer = 'LOWER({json}::text COLLATE "und-x-icu")::jsonb' if self.folded else "{json}"
        if self.other:
            return f"(NOT {answer} <@ {{wanted}})"
        tests = [f"{answer} ?| ARRAY[{{texts}}]::text[]"] if self.texts else []
        tests += [f"{answer} @> ANY(ARRAY[{{numbers}}]::jsonb[])"] if self.numbers else []
        return f"({' OR '.join(tests)})"

    @property
    def sqlite(self) -> str:
        text = "TANGRAM_LOWER(e.value)" if self.folded else "e.value"
        is_among = (
            f"COALESCE(CASE e.type WHEN 'text' THEN {text} IN ({{texts}})"
            " WHEN 'integer' THEN e.value IN ({numbers}) WHEN 'real' THEN e.value IN ({numbers}) END, FALSE)"
        )
        is_wanted = f"NOT {is_among}" if self.other else is_among
        return f"EXISTS (SELECT 1 FROM json_each({{document}}, {{path}}) AS e WHERE {is_wanted})"
