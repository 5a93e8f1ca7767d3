"""Gaps, overlaps, rows that never count and rows that repeat others, of a decision table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ..sentences import fill, is_zh, join
from ..tables.decision import say_rows
from ..tables.facts import show
from ..tables.lookup import places_of
from ..tables.table import ANY, FIRST, PRIORITY, UNIQUE, DecisionError, DecisionTable
from ..tables.unary import Unary, parse_unary
from ..tables.values import key_of
from ..words import Words
from .axes import Axis, axes_of
from .cells import NULL, Held
from .findings import (
    ERROR,
    GAP,
    INFO,
    OVERLAP,
    REPEATED,
    SHADOWED,
    UNREACHABLE,
    WARNING,
    Finding,
    TableAnalysis,
    in_both,
)
from .sweep import GAPS, WORK, Box, OutOfWork, Sweep
from .writing import write_value

OVERLAPS = 300  # told of one table
OVERLAPS_OF_A_ROW = 5
TESTS_SAID = 8  # of one cell; a longer list is counted
INPUTS_SHOWN = 12  # in the sentence of an example
FEW_ROWS = 12  # of which the ones that are really needed are picked out

_NO_ROW = Words(en="No row holds when {tests}.", zh="当{tests}时，没有行成立。")
_DEFAULT = Words(
    en="No row holds when {tests}, so the default is given.", zh="当{tests}时没有行成立，采用默认值。"
)
_NO_ROW_AT_ALL = Words(en="No row ever holds.", zh="没有任何一行会成立。")
_UNUSUAL = Words(en="{name} is another kind of value", zh="{name}是其他类型的值")
_UNWRITTEN = Words(en="{name} is one of many values that no row names", zh="{name}是各行均未列出的众多值之一")
_ONE_OF = Words(en="{name} is one of {count} values or ranges", zh="{name}属于 {count} 个值或区间之一")
_NONE_OF = Words(
    en="{name} is none of the {count} values or ranges that rows name",
    zh="{name}不属于各行列出的 {count} 个值或区间",
)
_SEVERAL = Words(
    en="Rows {row} and {other} can hold at once, and in this table (UNIQUE) only one may.",
    zh="第 {row} 行与第 {other} 行可能同时成立，而此表（UNIQUE）只允许一行成立。",
)
_DIFFERENT = Words(
    en="Rows {row} and {other} can hold at once and do not agree, as this table (ANY) demands.",
    zh="第 {row} 行与第 {other} 行可能同时成立但结果不同，而此表（ANY）要求结果一致。",
)
_SHADOWED = Words(
    en="Row {row} never counts: whenever it holds, row {others} comes first.",
    zh="第 {row} 行从不起作用：凡是它成立时，第 {others} 行都优先。",
)
_SHADOWED_BY_SEVERAL = Words(
    en="Row {row} never counts: whenever it holds, one of the rows {others} comes first.",
    zh="第 {row} 行从不起作用：凡是它成立时，第 {others} 行中总有一行优先。",
)
_NEVER = Words(
    en="Row {row} can never hold: it is never so that {tests}.", zh="第 {row} 行永远不会成立：不可能{tests}。"
)
_NOT_ALLOWED = Words(
    en="Row {row} can never hold: {tests} is against the allowed values of {name}.",
    zh="第 {row} 行永远不会成立：{tests}不在{name}的允许值之内。",
)
_REPEATED = Words(
    en="Row {row} repeats row {other}: it holds in the same cases and gives the same.",
    zh="第 {row} 行与第 {other} 行重复：成立的情形和结果都相同。",
)
_DEPENDS = Words(
    en="Rows {rows} compare with another fact. What only they may cover is not told as a gap.",
    zh="第 {rows} 行与其他变量比较；只有它们可能覆盖的情形不会报告为空缺。",
)
_TWO_TYPES = Words(
    en="Two inputs ask for “{name}” as different types; what follows from that is not looked at.",
    zh="有两个输入以不同类型读取“{name}”，由此产生的情形未作分析。",
)
_TOO_LARGE_FOR_GAPS = Words(
    en="This table has too many combinations to look at all of them: there may be more gaps.",
    zh="此表的组合过多，未能全部检查：可能还有其他空缺。",
)
_MORE_GAPS = Words(
    en="There are more gaps; the first {most} are told.", zh="还有更多空缺，仅列出前 {most} 个。"
)
_MORE_OVERLAPS = Words(
    en="And {more} more pairs of rows can hold at once.", zh="另有 {more} 对行可能同时成立。"
)
_TOO_LARGE_FOR_SHADOWS = Words(
    en="This table has too many combinations: whether rows {rows} ever count was not found out.",
    zh="此表的组合过多：未能判断第 {rows} 行是否会起作用。",
)


def analyse_table(table: DecisionTable, *, work: int = WORK) -> TableAnalysis:
    """What is wrong or surely not meant with a table, each with facts that show it.

    work     how many steps the search for gaps may take, and again that for rows that never count; never a
             question of time, so the same table is always told the same
    returns  exact as far as `complete`; a finding is always true, also when that is false
    """
    return TableAnalyser(table, work=work).analyse()


class TableAnalyser:
    def __init__(self, table: DecisionTable, *, work: int = WORK):
        self.table = table
        self.work = work
        self.axes = axes_of(table)
        self.limits: list[Words] = []

    def analyse(self) -> TableAnalysis:
        self._note_limits()
        repeated = list(self._repeated())
        findings = [
            *self._unreachable(),
            *repeated,
            *self._overlaps({finding.rows for finding in repeated}),
            *self._shadowed({finding.rows[0] for finding in repeated}),
        ]
        findings.sort(key=lambda finding: (finding.rows, finding.kind))
        return TableAnalysis(findings=[*findings, *self._gaps()], limits=self.limits)

    # Sets of rows -------------------------------------------------------------------------------------------

    @cached_property
    def reachable(self) -> list[bool]:
        return [all(axis.maybe[row] for axis in self.axes) for row in range(len(self.table.rows))]

    @cached_property
    def can_surely_hold(self) -> int:
        rows = range(len(self.table.rows))
        return sum(1 << row for row in rows if all(axis.sure[row] for axis in self.axes))

    @cached_property
    def outputs(self) -> list[tuple]:
        return [tuple(key_of(entry.compared) for entry in row.then) for row in self.table.rows]

    @cached_property
    def _met(self) -> list:
        return [axis.meeting() for axis in self.axes]

    def rows_met(self, row: int) -> int:
        """Rows that surely hold somewhere where `row` may; itself left out."""
        found = self.can_surely_hold & ~(1 << row)
        for axis, met in zip(self.axes, self._met, strict=True):
            if found:
                found &= met.rows(axis.maybe[row])
        return found

    def box_of(self, row: int) -> Box:
        """Where it surely holds, else where it may."""
        box = tuple(axis.sure[row] for axis in self.axes)
        return box if all(box) else tuple(axis.maybe[row] for axis in self.axes)

    # Findings -----------------------------------------------------------------------------------------------

    def _unreachable(self) -> Iterable[Finding]:
        for row, reachable in enumerate(self.reachable):
            if not reachable:
                axis = next(axis for axis in self.axes if not axis.maybe[row])
                yield Finding(UNREACHABLE, (row,), WARNING, self._say_unreachable(row, axis))

    def _say_unreachable(self, row: int, axis: Axis) -> Words:
        tests = [(place, self.table.rows[row].when[place]) for place in axis.places]
        held = Held(axis.partition.all, axis.partition.all)
        for _, unary in tests:
            held &= axis.partition.held(unary)
        template = _NOT_ALLOWED if held.maybe else _NEVER

        def say(language: str) -> str:
            spoken = join("all", [self._say_test(place, unary, language) for place, unary in tests], language)
            name = axis.columns[0].label.say(language)
            return fill(template.say(language), {"row": str(row + 1), "tests": spoken, "name": name})

        return in_both(say)

    def _say_test(self, place: int, unary: Unary, language: str) -> tuple[str, bool]:
        column = self.table.inputs[place]
        return column.sentence(unary, language), len(unary.tests) > 1 and not unary.equals

    def _repeated(self) -> Iterable[Finding]:
        severity = {UNIQUE: ERROR, ANY: WARNING, FIRST: WARNING, PRIORITY: WARNING}
        first: dict[tuple, int] = {}
        for row in range(len(self.table.rows)):
            if not self.reachable[row]:
                continue
            other = first.setdefault(self._signature(row), row)
            if other != row:
                sentence = _REPEATED.fill(row=row + 1, other=other + 1)
                yield self._with_example(
                    REPEATED,
                    (row, other),
                    severity.get(self.table.hit_policy, INFO),
                    sentence,
                    self.box_of(row),
                )

    def _signature(self, row: int) -> tuple:
        """Equal for rows that hold in the same cases and give the same."""
        cases = []
        for axis in self.axes:
            held = axis.rows[row]
            tests = [self.table.rows[row].when[place] for place in axis.places]
            named = (
                None if held.sure == held.maybe else tuple((unary.negated, unary.tests) for unary in tests)
            )
            cases.append((held.sure, held.maybe, named))
        return tuple(cases), self.outputs[row]

    def _overlaps(self, told: set[tuple[int, ...]]) -> Iterable[Finding]:
        policy = self.table.hit_policy
        if policy not in (UNIQUE, ANY):
            return
        given: dict[tuple, int] = {}
        for row, outputs in enumerate(self.outputs):
            given[outputs] = given.get(outputs, 0) | 1 << row
        left, more = OVERLAPS, 0
        for row in places_of(self.can_surely_hold):
            others = self.rows_met(row) >> (row + 1) << (row + 1)
            if policy == ANY:
                others &= ~given[self.outputs[row]]
            shown = 0
            for other in places_of(others):
                if shown == min(OVERLAPS_OF_A_ROW, left):
                    more += others.bit_count() - shown
                    break
                common = tuple(axis.sure[row] & axis.sure[other] for axis in self.axes)
                if (other, row) in told or not all(common):
                    others &= ~(1 << other)
                    continue
                finding = self._overlap(row, other, common)
                if finding:
                    shown += 1
                    yield finding
            left -= shown
        if more:
            self.limits.append(_MORE_OVERLAPS.fill(more=f"{more:,}"))

    def _overlap(self, row: int, other: int, common: Box) -> Finding | None:
        template = _SEVERAL if self.table.hit_policy == UNIQUE else _DIFFERENT
        sentence = template.fill(row=row + 1, other=other + 1)
        finding = self._with_example(OVERLAP, (row, other), ERROR, sentence, common)
        return finding if not self.conflicts or {row, other} <= set(self._matched(finding.example)) else None

    def _shadowed(self, told: set[int]) -> Iterable[Finding]:
        if self.table.hit_policy not in (FIRST, PRIORITY):
            return
        sweep = Sweep(self.axes, rows=len(self.table.rows), work=self.work)
        unknown = []
        before = 0  # rows that come first, in the order in which they do
        for row in self._in_order():
            if self.reachable[row] and row not in told:
                try:
                    others = self._rows_that_take_all_of(row, before, sweep)
                except OutOfWork:
                    unknown.append(row)
                    others = []
                if others:
                    yield self._shadow(row, others)
            before |= 1 << row
        if unknown:
            rows = say_rows(tuple(sorted(unknown)))
            self.limits.append(_TOO_LARGE_FOR_SHADOWS.fill(rows=rows))

    def _in_order(self) -> list[int]:
        rows = range(len(self.table.rows))
        if self.table.hit_policy == FIRST:
            return list(rows)
        return sorted(rows, key=lambda row: self.table.rank(self.table.rows[row]))

    def _rows_that_take_all_of(self, row: int, before: int, sweep: Sweep) -> list[int]:
        """Out of the rows before it; empty if something is left for it. Raises OutOfWork."""
        others = self.rows_met(row) & before
        box = tuple(axis.maybe[row] for axis in self.axes)
        for other in places_of(others):
            sweep.step()
            if all(cells & ~axis.sure[other] == 0 for axis, cells in zip(self.axes, box, strict=True)):
                return [other]
        if others.bit_count() < 2 or sweep.hole_in(box, others):
            return []
        if others.bit_count() <= FEW_ROWS:
            for other in reversed(list(places_of(others))):
                if not sweep.hole_in(box, others & ~(1 << other)):
                    others &= ~(1 << other)
        return list(places_of(others))

    def _shadow(self, row: int, others: list[int]) -> Finding:
        template = _SHADOWED if len(others) == 1 else _SHADOWED_BY_SEVERAL
        sentence = template.fill(row=row + 1, others=say_rows(tuple(others)))
        return self._with_example(SHADOWED, (row, *others), WARNING, sentence, self.box_of(row))

    # Gaps ---------------------------------------------------------------------------------------------------

    def _gaps(self) -> list[Finding]:
        boxes, all_found = Sweep(self.axes, rows=len(self.table.rows), work=self.work).gaps()
        if not all_found:
            self.limits.append(_TOO_LARGE_FOR_GAPS)
        boxes.sort(key=self._gap_order)
        if len(boxes) > GAPS:
            self.limits.append(_MORE_GAPS.fill(most=GAPS))
        found = [self._gap(box) for box in boxes[:GAPS]]
        return [gap for gap in found if not self.conflicts or not self._matched(gap.example)]

    def _gap_order(self, box: Box) -> tuple:
        return self._is_unusual(box), [cells & -cells for cells in box]

    def _is_unusual(self, box: Box) -> bool:
        """Whether something is missing, or of a kind no row speaks of."""
        return any(not cells & axis.partition.usual for axis, cells in zip(self.axes, box, strict=True))

    def _gap(self, box: Box) -> Finding:
        meant = self.table.has_default or self.table.aggregation or self.table.gives_a_list
        severity = INFO if meant or self._is_unusual(box) else WARNING
        when = ["-"] * len(self.table.inputs)
        for axis, cells in zip(self.axes, box, strict=True):
            when[axis.places[0]] = axis.partition.write(cells)
        sentence = in_both(lambda language: self._say_gap(box, when, language))
        written = tuple(when) if None not in when else None
        return self._with_example(GAP, (), severity, sentence, box, when=written)

    def _say_gap(self, box: Box, when: list[str | None], language: str) -> str:
        spoken = []
        for axis, cells in zip(self.axes, box, strict=True):
            place = axis.places[0]
            label = self.table.inputs[place].label.say(language)
            if not cells & axis.partition.usual and cells & ~NULL and cells != axis.domain:
                spoken.append((fill(_UNUSUAL.say(language), {"name": label}), False))
            elif when[place] is None:
                spoken.append((fill(_UNWRITTEN.say(language), {"name": label}), False))
            elif when[place] != "-":
                unary = parse_unary(when[place], axis.partition.type)
                if len(unary.tests) > TESTS_SAID:
                    values = {"name": label, "count": f"{len(unary.tests):,}"}
                    spoken.append(
                        (fill((_NONE_OF if unary.negated else _ONE_OF).say(language), values), False)
                    )
                else:
                    spoken.append(self._say_test(place, unary, language))
        if not spoken:
            return _NO_ROW_AT_ALL.say(language)
        template = _DEFAULT if self.table.has_default and self.table.aggregation != "COUNT" else _NO_ROW
        return fill(template.say(language), {"tests": join("all", spoken, language)})

    # Examples -----------------------------------------------------------------------------------------------

    def _with_example(
        self, kind: str, rows: tuple[int, ...], severity: str, sentence: Words, box: Box, **more
    ) -> Finding:
        example = self.example(box)
        return Finding(
            kind=kind,
            rows=rows,
            severity=severity,
            sentence=sentence,
            example=example,
            written={name: Words.of(write_value(value)) for name, value in example.items()},
            example_sentence=in_both(lambda language: self.say_facts(example, language)),
            **more,
        )

    def example(self, box: Box) -> dict[str, object]:
        return {axis.name: axis.partition.example(cells) for axis, cells in zip(self.axes, box, strict=True)}

    def say_facts(self, facts: dict[str, object], language: str) -> str:
        columns = {axis.name: axis.columns[0] for axis in self.axes}
        spoken = [
            f"{columns[name].label.say(language)}{'：' if is_zh(language) else ': '}"
            f"{show(columns[name].spoken(value, language), columns[name].type, language)}"
            for name, value in list(facts.items())[:INPUTS_SHOWN]
        ]
        return ("，" if is_zh(language) else ", ").join(spoken)

    def _matched(self, facts: dict[str, object]) -> tuple[int, ...]:
        try:
            return self.table.decide(facts).matched
        except DecisionError as error:
            return error.rows

    # Limits -------------------------------------------------------------------------------------------------

    @cached_property
    def conflicts(self) -> list[str]:
        """Facts that are asked for as several types: their cells do not vary freely."""
        names = [axis.name for axis in self.axes]
        return sorted({name for name in names if names.count(name) > 1})

    def _note_limits(self) -> None:
        depending = tuple(
            row
            for row, reachable in enumerate(self.reachable)
            if reachable and any(axis.sure[row] != axis.maybe[row] for axis in self.axes)
        )
        if depending:
            self.limits.append(_DEPENDS.fill(rows=say_rows(depending)))
        for name in self.conflicts:
            self.limits.append(_TWO_TYPES.fill(name=name))
