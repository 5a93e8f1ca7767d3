"""The stored document of a decision table: everything that is wrong with it is found at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from ..errors import Problem, Refused, RuleErrors, SeveralRefused, strange_keys
from ..values import LIST_LENGTH, read_number_value, sound_text
from ..words import Words
from .table import AGGREGATIONS, BY_PRIORITY, COLLECT, HIT_POLICIES, UNIQUE, Column, DecisionTable, Row
from .unary import NO_SUCH_TYPE, Comparison, Literal, Unary, literal, parse_literal, parse_unary
from .values import (
    ANY,
    COLUMN_TYPES,
    DATE,
    DATE_TIME,
    DAYS,
    DURATION,
    MONTHS,
    NUMBER,
    SELECT,
    STRING,
    TIME,
    ColumnType,
    column_type,
    key_of,
    kind_of,
    ordered,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)

ROWS = 10_000
COLUMNS = 100  # on each side
CELLS = 100_000
CHARACTERS = 1_000_000  # of all distinct cells
NAME_LENGTH = 200
PROBLEMS = 1_000  # reported at once


def compile_table(document: object, *, names: Iterable[str] = ()) -> DecisionTable:
    """Check and parse a decision table.

    document  {"hit_policy", "aggregation", "inputs": [{"name", "type", "values"?, "label"?, "options"?}],
              "outputs": [{"name", "type", "values"?, "default"?, "label"?, "options"?}],
              "rules": [{"when": [unary tests], "then": [literals], "annotation"?}]}
    options   of a column: [{"name", "label"}], what its values are called; says nothing about what is allowed
    names     facts beside the inputs that tests may compare with; any other is listed in `unfinished`
    raises    RuleErrors with every Problem, each under its path: "rules/2/when/0"
    """
    parser = _TableParser(names)
    table = parser.parse(document)
    if parser.problems:
        raise RuleErrors(parser.problems)
    return table


class _TooMany(Exception):
    """Nothing further of this document is looked at."""


class _TableParser:
    def __init__(self, names: Iterable[str]):
        self.names = set(names)
        self.problems: list[Problem] = []
        self.unfinished: list[Problem] = []
        self._read: dict[tuple, object] = {}
        self._characters = 0

    def parse(self, document: object) -> DecisionTable | None:
        try:
            return self._parse(document)
        except _TooMany:
            return None

    def _parse(self, document: object) -> DecisionTable | None:
        if not isinstance(document, Mapping):
            return self._refuse((), en="A decision table is expected here.", zh="此处应为决策表。")
        self._refuse_unknown_keys(document, _TABLE_KEYS, ())
        hit_policy = self._read_policy(document)
        inputs = self._parse_columns(document.get("inputs", []), "inputs")
        outputs = self._parse_columns(document.get("outputs", []), "outputs")
        if not outputs and isinstance(document.get("outputs", []), list | tuple):
            self._refuse(("outputs",), en="Add at least one output.", zh="请至少添加一个输出。")
        self._check_names(outputs)
        aggregation = self._read_aggregation(document.get("aggregation"), hit_policy, outputs)
        self._check_priorities(hit_policy, outputs)
        self.names.update(column.name for column in inputs if column)
        rows = self._parse_rows(document.get("rules", []), inputs, outputs)
        if self.problems:
            return None
        self._check_aggregated(aggregation, outputs[0], rows)
        return DecisionTable(
            hit_policy=hit_policy,
            aggregation=aggregation,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            rows=tuple(rows),
            unfinished=tuple(self.unfinished),
        )

    # Policy -------------------------------------------------------------------------------------------------

    def _read_policy(self, document: Mapping) -> str | None:
        policy = document.get("hit_policy", UNIQUE)
        if isinstance(policy, str) and policy in HIT_POLICIES:
            return policy
        return self._refuse(
            ("hit_policy",),
            en="Choose a hit policy: {policies}.",
            zh="请选择命中策略：{policies}。",
            policies=Words(en=", ".join(HIT_POLICIES), zh="、".join(HIT_POLICIES)),
        )

    def _read_aggregation(self, given: object, policy: str | None, outputs: list) -> str | None:
        path = ("aggregation",)
        if given is None:
            return None
        if not isinstance(given, str) or given not in AGGREGATIONS:
            return self._refuse(
                path,
                en="Choose how to aggregate, or null: {kinds}.",
                zh="请选择汇总方式，或留空：{kinds}。",
                kinds=Words(en=", ".join(AGGREGATIONS), zh="、".join(AGGREGATIONS)),
            )
        if policy and policy != COLLECT:
            self._refuse(path, en="Only the policy COLLECT aggregates.", zh="只有命中策略 COLLECT 可以汇总。")
        if len(outputs) > 1:
            self._refuse(path, en="Only a table with one output aggregates.", zh="只有单个输出的表可以汇总。")
        return given

    def _check_priorities(self, policy: str | None, outputs: list[Column | None]) -> None:
        """The standard orders by the outputs that have a list of values; at least one must."""
        if policy not in BY_PRIORITY or not all(outputs) or any(column.ranks for column in outputs):
            return
        for place in range(len(outputs)):
            self._refuse(
                ("outputs", str(place), "values"),
                en="{policy} needs a list of values, the most important one first.",
                zh="{policy} 需要按优先级从高到低列出输出值。",
                policy=policy,
            )

    def _check_aggregated(self, aggregation: str | None, output: Column, rows: list[Row]) -> None:
        if aggregation not in ("SUM", "MIN", "MAX"):
            return
        entries = [(("rules", str(place), "then", "0"), row.then[0]) for place, row in enumerate(rows)]
        if output.default:
            entries.append((("outputs", "0", "default"), output.default))
        for path, entry in entries:
            if aggregation == "SUM" and kind_of(entry.value) != NUMBER:
                self._refuse(path, en="Only numbers can be added up.", zh="只有数字可以求和。")
            elif aggregation != "SUM" and not ordered(entries[0][1].compared, entry.compared):
                self._refuse(
                    path,
                    en="Only values that can be put in order have a least and a greatest.",
                    zh="只有能比较大小的值才有最小值和最大值。",
                )

    # Columns ------------------------------------------------------------------------------------------------

    def _parse_columns(self, given: object, side: str) -> list[Column | None]:
        if not isinstance(given, list | tuple):
            self._refuse((side,), en="A list of columns is expected here.", zh="此处应为列的列表。")
            return []
        if len(given) > COLUMNS:
            self._refuse(
                (side,),
                en="There are too many columns: at most {most}.",
                zh="列过多：最多 {most} 列。",
                most=COLUMNS,
            )
            raise _TooMany
        alone = side == "outputs" and len(given) == 1
        return [self._parse_column(row, (side, str(place)), side, alone) for place, row in enumerate(given)]

    def _parse_column(self, row: object, path: tuple[str, ...], side: str, alone: bool) -> Column | None:
        if not isinstance(row, Mapping):
            return self._refuse(path, en="A column is expected here.", zh="此处应为一列。")
        self._refuse_unknown_keys(row, _COLUMN_KEYS[side], path)
        before = len(self.problems)
        name = None if alone and row.get("name") is None else self._read_name(row.get("name"), path)
        type = column_type(row.get("type"))
        if type is None:
            self._add((*path, "type"), NO_SUCH_TYPE)
        if len(self.problems) > before:
            return None
        column = Column(
            name=name,
            label=self._read_label(row, name, path),
            type=type,
            labels=self._read_options(row.get("options"), (*path, "options")),
        )
        column = self._with_values(column, row.get("values"), (*path, "values"), side)
        if row.get("default") is not None:
            column = self._with_default(column, row["default"], (*path, "default"))
        return column if len(self.problems) == before else None

    def _read_name(self, name: object, path: tuple[str, ...]) -> str | None:
        path = (*path, "name")
        if not isinstance(name, str) or not name.strip():
            return self._refuse(path, en="A column needs a name.", zh="列需要名称。")
        if len(name) > NAME_LENGTH:
            return self._refuse(
                path,
                en="This name is too long: at most {most}.",
                zh="名称过长，最多 {most} 个字符。",
                most=NAME_LENGTH,
            )
        return self._sound(name, path)

    def _read_label(self, row: Mapping, name: str | None, path: tuple[str, ...]) -> Words:
        """{"en", "zh"} or a text; without one, the name."""
        label = row.get("label")
        if label is None:
            return Words.of(name) if name else Words(en="the result", zh="结果")
        texts = list(label.values()) if isinstance(label, Mapping) else [label]
        known = not isinstance(label, Mapping) or set(label) <= {"en", "zh"}
        if not texts or not known or not all(isinstance(text, str) and text for text in texts):
            self._refuse((*path, "label"), en="Enter a text.", zh="请输入文本。")
            return Words(en="", zh="")
        for text in texts:
            self._sound(text, (*path, "label"))
        return Words.of(label)

    def _read_options(self, given: object, path: tuple[str, ...]) -> dict[str, Words]:
        labels = {}
        for place, option in enumerate(given if isinstance(given, list | tuple) else ()):
            if isinstance(option, Mapping) and isinstance(option.get("name"), str) and option["name"]:
                name = self._sound(option["name"], (*path, str(place), "name"))
                labels[name] = self._read_label(option, name, (*path, str(place)))
            else:
                self._refuse((*path, str(place)), en="A choice needs a name.", zh="选项需要名称。")
        if given is not None and not isinstance(given, list | tuple):
            self._refuse(path, en="A list of choices is expected here.", zh="此处应为选项列表。")
        return labels

    def _with_values(self, column: Column, given: object, path: tuple[str, ...], side: str) -> Column:
        if given is None:
            return column
        try:
            allowed = self._read_values(given, column.type)
        except Refused as refused:
            for problem in refused.problems_at(path):
                self._add((problem.path,), problem.sentence)
            return column
        if side == "inputs" or allowed.equals is None:
            return replace(column, allowed=allowed)
        ranks: dict[tuple, int] = {}
        for place, entry in enumerate(allowed.equals):
            ranks.setdefault(key_of(entry.compared), place)
        return replace(column, allowed=allowed, ranks=ranks)

    def _read_values(self, given: object, type: ColumnType) -> Unary:
        """A list of plain values, or unary tests as text. Raises Refused."""
        if isinstance(given, str):
            allowed = parse_unary(given, type)
            if allowed.names:
                raise Refused(type.expects)
            return allowed
        if not isinstance(given, list | tuple) or not given:
            raise Refused(Words(en="List at least one value.", zh="请至少列出一个值。"))
        if len(given) > LIST_LENGTH:
            raise Refused(
                Words(
                    en="This list is too long: at most {most} are allowed.", zh="列表过长：最多 {most} 项。"
                ).fill(most=f"{LIST_LENGTH:,}")
            )
        return Unary(type=type, tests=tuple(Comparison("=", entry) for entry in _read_each(given, type)))

    def _with_default(self, column: Column, given: object, path: tuple[str, ...]) -> Column:
        try:
            default = read_plain(given, column.type)
        except Refused as refused:
            self._add(path, refused.sentence)
            return column
        self._check_output(default, column, path)
        return replace(column, default=default)

    def _check_names(self, outputs: list[Column | None]) -> None:
        seen = set()
        for place, column in enumerate(outputs):
            if column and column.name in seen:
                self._refuse(
                    ("outputs", str(place), "name"), en="Two outputs have this name.", zh="输出名称重复。"
                )
            if column:
                seen.add(column.name)

    # Rows ---------------------------------------------------------------------------------------------------

    def _parse_rows(self, given: object, inputs: list, outputs: list) -> list[Row]:
        if not isinstance(given, list | tuple):
            self._refuse(("rules",), en="A list of rows is expected here.", zh="此处应为行的列表。")
            return []
        if len(given) > ROWS or len(given) * (len(inputs) + len(outputs)) > CELLS:
            self._refuse(
                ("rules",),
                en="The table is too large: at most {rows} rows and {cells} cells.",
                zh="表过大：最多 {rows} 行、{cells} 个单元格。",
                rows=f"{ROWS:,}",
                cells=f"{CELLS:,}",
            )
            return []
        rows = [
            self._parse_row(row, ("rules", str(place)), inputs, outputs) for place, row in enumerate(given)
        ]
        return [row for row in rows if row]

    def _parse_row(self, row: object, path: tuple[str, ...], inputs: list, outputs: list) -> Row | None:
        if not isinstance(row, Mapping):
            return self._refuse(path, en="A row is expected here.", zh="此处应为一行。")
        self._refuse_unknown_keys(row, ("when", "then", "annotation"), path)
        self._check_annotation(row.get("annotation"), (*path, "annotation"))
        when = self._parse_cells(row.get("when"), inputs, (*path, "when"), self._parse_test)
        then = self._parse_cells(row.get("then"), outputs, (*path, "then"), self._parse_entry)
        return Row(when=when, then=then)

    def _check_annotation(self, given: object, path: tuple[str, ...]) -> None:
        if given is None:
            return
        if not isinstance(given, str):
            self._refuse(path, en="Enter a text.", zh="请输入文本。")
        else:
            self._sound(given, path)

    def _parse_cells(self, given: object, columns: list, path: tuple[str, ...], parse) -> tuple:
        if not isinstance(given, list | tuple):
            self._refuse(path, en="A list of cells is expected here.", zh="此处应为单元格列表。")
            return ()
        if len(given) != len(columns):
            self._refuse(
                path,
                en="This row has {cells} cells here; the table has {columns} columns.",
                zh="此行有 {cells} 个单元格，而表有 {columns} 列。",
                cells=len(given),
                columns=len(columns),
            )
            return ()
        return tuple(
            parse(cell, column, (*path, str(place)))
            for place, (cell, column) in enumerate(zip(given, columns, strict=True))
        )

    def _parse_test(self, cell: object, column: Column | None, path: tuple[str, ...]) -> Unary | None:
        unary = self._once(parse_unary, cell, column, path)
        if unary:
            for name in sorted(unary.names - self.names):
                self.unfinished.append(Problem(path="/".join(path), sentence=_UNKNOWN_NAME.fill(name=name)))
        return unary

    def _parse_entry(self, cell: object, column: Column | None, path: tuple[str, ...]) -> Literal | None:
        entry = self._once(_parse_entry, cell, column, path)
        if entry and column:
            self._check_output(entry, column, path)
        return entry

    def _once(self, parse, cell: object, column: Column | None, path: tuple[str, ...]) -> object:
        """A cell that is written many times is parsed once: equal cells are one object."""
        # A column that is wrong itself does not say what its cells may be.
        type = column.type if column else COLUMN_TYPES[ANY]
        if isinstance(cell, str):
            key = (parse, type.key, cell)
            if key not in self._read:
                self._read[key] = self._parse_cell(parse, cell, type)
            read = self._read[key]
        else:
            read = self._parse_cell(parse, cell, type)
        return self._add(path, read.sentence) if isinstance(read, Refused) else read

    def _parse_cell(self, parse, cell: object, type: ColumnType) -> object:
        self._characters += len(cell) if isinstance(cell, str) else 0
        if self._characters > CHARACTERS:
            self._refuse(
                ("rules",),
                en="The table is too large: at most {most} characters in all cells together.",
                zh="表过大：所有单元格合计最多 {most} 个字符。",
                most=f"{CHARACTERS:,}",
            )
            raise _TooMany
        try:
            return parse(cell, type)
        except Refused as refused:
            return refused

    def _check_output(self, entry: Literal, column: Column, path: tuple[str, ...]) -> None:
        if column.allowed and not column.allowed.outcome(entry.compared, lambda name: None):
            self._refuse(
                path,
                en="This is not one of the values of {name}.",
                zh="这不是{name}的可选值。",
                name=column.label,
            )

    # Problems -----------------------------------------------------------------------------------------------

    def _sound(self, text: str, path: tuple[str, ...]) -> str | None:
        try:
            return sound_text(text)
        except Refused as refused:
            return self._add(path, refused.sentence)

    def _refuse_unknown_keys(self, row: Mapping, known: Collection[str], path: tuple[str, ...]) -> None:
        for name in strange_keys(row, known):
            self._refuse((*path, name), en="This does not belong here.", zh="此处不应有此内容。")

    def _refuse(self, path: tuple[str, ...], *, en: str, zh: str, **values: object) -> None:
        sentence = Words(en=en, zh=zh)
        self._add(path, sentence.fill(**values) if values else sentence)

    def _add(self, path: tuple[str, ...], sentence: Words) -> None:
        if len(self.problems) == PROBLEMS:
            more = Words(
                en="There are more problems; mend these first.", zh="还有更多问题，请先修正以上各项。"
            )
            self.problems.append(Problem(path="", sentence=more))
            raise _TooMany
        self.problems.append(Problem(path="/".join(path), sentence=sentence))


_TABLE_KEYS = ("hit_policy", "aggregation", "inputs", "outputs", "rules")
_COLUMN_KEYS = {
    "inputs": ("name", "type", "values", "label", "options"),
    "outputs": ("name", "type", "values", "label", "options", "default"),
}
_UNKNOWN_NAME = Words(
    en='{name} is not an input; a text stands in quotes: "{name}".',
    zh='{name} 不是输入项；文本请加英文引号："{name}"。',
)


def _parse_entry(cell: object, type: ColumnType) -> Literal:
    if not isinstance(cell, str):
        raise Refused(Words(en="A value is written as text.", zh="值应以文本书写。"))
    return parse_literal(cell, type)


def _read_each(given: Iterable, type: ColumnType) -> list[Literal]:
    entries, refusals = [], []
    for place, entry in enumerate(given):
        try:
            entries.append(read_plain(entry, type))
        except Refused as refused:
            refusals.append(Refused(refused.sentence, (str(place),)))
    if refusals:
        raise SeveralRefused(refusals)
    return entries


# A text that stands for itself in `values` and `default`, where no quotes are needed.
_PLAIN = {
    STRING: sound_text,
    SELECT: sound_text,
    ANY: sound_text,
    DATE: parse_date,
    TIME: parse_time,
    DATE_TIME: parse_date_time,
    DURATION: parse_duration,
    DAYS: parse_duration,
    MONTHS: parse_duration,
}


def read_plain(given: object, type: ColumnType) -> Literal:
    """A value of `values` or `default`: as in a cell, or plainly (A, 5, 2026-01-31). Raises Refused."""
    if given is None or isinstance(given, bool):
        return _checked(given, type)
    if isinstance(given, int | float | Decimal):
        return _checked(read_number_value(given, None), type)
    if not isinstance(given, str):
        raise Refused(type.expects)
    try:
        return parse_literal(given, type)
    except Refused:
        parse = _PLAIN.get(type.key)
        if parse is None or given.lstrip().startswith(('"', "@")):
            raise
        return _checked(parse(given), type)


def _checked(value: object, type: ColumnType) -> Literal:
    if value is not None and kind_of(value) not in type.kinds:
        raise Refused(type.expects)
    return literal(value, type)
