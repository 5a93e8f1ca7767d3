"""From syntax to a tree that can be reckoned: names looked up, types and units checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from ..errors import Problem, Refused
from ..facts import UNREADABLE, fold_choice, read_date, read_datetime
from ..vocabulary import Option, Variable, Vocabulary
from ..words import Words
from . import nodes, numbers, units
from .functions import FUNCTIONS
from .names import Named, Names, is_quotable, is_writable, written_name
from .nodes import ATOM, Lines, Literal, Node
from .syntax import Syntax
from .tokens import PROBLEMS

TYPE_OF = {
    "string": "text",
    "numeric": "number",
    "time": "number",  # by its digits: formulas know no times of day
    "boolean": "boolean",
    "select": "choice",
    "select_multiple": "choices",
    "date": "date",
    "datetime": "datetime",
}
TYPE_LABELS = {
    "number": Words(en="a number", zh="数字"),
    "boolean": Words(en="a yes or no", zh="是或否"),
    "text": Words(en="a text", zh="文本"),
    "choice": Words(en="a choice", zh="单选"),
    "choices": Words(en="several choices", zh="多选"),
    "date": Words(en="a date", zh="日期"),
    "datetime": Words(en="a date and time", zh="日期时间"),
}


@dataclass(frozen=True)
class Mention:
    """A place of the text that names a variable or an option, and how else it may be written there."""

    start: int
    end: int
    canonical: str  # by name: as it is stored
    label: Words  # by label: as it is shown


class Checker:
    def __init__(self, vocabulary: Vocabulary, lines: Iterable[Lines]):
        self._vocabulary = vocabulary
        self._names = Names(vocabulary.variables.values(), lines)
        self._line_names: Names | None = None  # while inside sum(lines, ...)
        self.problems: list[Problem] = []
        self.mentions: list[Mention] = []
        self.asked: set[str] = set()

    def check(self, syntax: Syntax) -> Node:
        node = getattr(self, f"_{syntax.kind}")(syntax)
        return node or nodes.UnknownNode(start=syntax.start, end=syntax.end)

    # Leaves.

    def _number(self, syntax: Syntax) -> Node:
        return Literal(
            type="number",
            unit="percent" if syntax.in_percent else units.PLAIN,
            constant=syntax.value,
            in_percent=syntax.in_percent,
            **_span(syntax),
        )

    def _text(self, syntax: Syntax) -> Node | None:
        if "\x00" in syntax.value or not _is_sound(syntax.value):
            return self._refuse(syntax, _UNSTORABLE)
        return Literal(type="text", constant=syntax.value, **_span(syntax))

    def _truth(self, syntax: Syntax) -> Node:
        return Literal(type="boolean", constant=syntax.value, **_span(syntax))

    def _name(self, syntax: Syntax) -> Node | None:
        named, of_line = self._look_up(syntax)
        if named is None:
            return None
        if isinstance(named, Lines):
            return self._refuse(syntax, _LINES_ALONE.fill(lines=named.label, name=written_name(named.name)))
        if named.type not in TYPE_OF:
            return self._refuse(syntax, _NOT_HERE.fill(name=named.label))
        return nodes.Fact(
            type=TYPE_OF[named.type],
            unit=named.unit,
            variable=named,
            of_line=of_line,
            **_span(syntax),
        )

    def _look_up(self, syntax: Syntax) -> tuple[Named | None, bool]:
        """What is named, and whether it is of the line."""
        text = syntax.value
        inner = self._line_names.find(text) if self._line_names else []
        found = inner or self._names.find(text)
        if len(found) > 1:
            names = ", ".join(written_name(named.name) for named in found[:5])
            self._refuse(syntax, _SEVERAL.fill(name=_cut(text), names=names))
            return None, False
        if not found:
            self._refuse_unknown(syntax, text)
            return None, False
        [named] = found
        if not inner and self._line_names and self._line_names.find(named.name):
            self._refuse(syntax, _HIDDEN.fill(name=named.label))
            return None, False
        if not inner:
            self.asked.add(named.name)
        self._mention(syntax, named, self._line_names if inner else self._names)
        return named, bool(inner)

    def _mention(self, syntax: Syntax, named: Named, scope: Names) -> None:
        label = Words(
            en=self._shown(named, scope, named.label.en), zh=self._shown(named, scope, named.label.zh)
        )
        self.mentions.append(Mention(syntax.start, syntax.end, written_name(named.name), label))

    def _shown(self, named: Named, scope: Names, label: str) -> str:
        """Its label, if that is read back as the same thing."""
        hidden = scope is self._names and self._line_names and self._line_names.find(label)
        good = is_writable(label) and scope.find(label) == [named] and not hidden
        return f"[{label}]" if good else written_name(named.name)

    def _refuse_unknown(self, syntax: Syntax, text: str) -> None:
        if text in FUNCTIONS:
            self._refuse(syntax, _FUNCTION_ALONE.fill(name=text, usage=FUNCTIONS[text].usage))
            return
        like = (self._line_names.like(text) if self._line_names else "") or self._names.like(text)
        sentence = _UNKNOWN_LIKE.fill(name=_cut(text), like=like) if like else _UNKNOWN.fill(name=_cut(text))
        self._refuse(syntax, sentence)

    # Arithmetic.

    def _negate(self, syntax: Syntax) -> Node | None:
        part = self._of_type("number", syntax.parts[0])
        if isinstance(part, Literal):
            constant = numbers.negative(part.constant)
            return replace(part, constant=constant, level=nodes.PRODUCT, **_span(syntax))
        return part and nodes.Negate(type="number", unit=part.unit, part=part, **_span(syntax))

    def _sum(self, syntax: Syntax) -> Node | None:
        parts = self._numbers(syntax.parts)
        if not parts:
            return None
        unit = self._agree(syntax, parts)
        return nodes.Chain(
            type="number", unit=unit, parts=parts, marks=syntax.marks, level=nodes.SUM, **_span(syntax)
        )

    def _product(self, syntax: Syntax) -> Node | None:
        parts = self._numbers(syntax.parts)
        if not parts:
            return None
        unit = parts[0].unit
        for mark, part in zip(syntax.marks[1:], parts[1:], strict=True):
            if mark == "/" and _is_zero(part):
                self._refuse(part, _BY_ZERO)
            try:
                unit = (units.product_unit if mark == "*" else units.quotient_unit)(unit, part.unit)
            except Refused as refused:
                self._refuse(syntax, refused.sentence)
                unit = units.UNKNOWN
        return nodes.Chain(
            type="number", unit=unit, parts=parts, marks=syntax.marks, level=nodes.PRODUCT, **_span(syntax)
        )

    def _agree(self, syntax: Syntax, parts: Iterable[Node], *, compared: bool = False) -> str:
        """The unit they share. 0 fits every unit."""
        known = [part.unit for part in parts if not _is_zero(part)]
        try:
            return units.same_unit(known or [units.PLAIN], compared=compared)
        except Refused as refused:
            self._refuse(syntax, refused.sentence)
            return units.UNKNOWN

    # Yes or no.

    def _and(self, syntax: Syntax) -> Node | None:
        return self._both(syntax, settles=False, level=nodes.AND)

    def _or(self, syntax: Syntax) -> Node | None:
        return self._both(syntax, settles=True, level=nodes.OR)

    def _both(self, syntax: Syntax, *, settles: bool, level: int) -> Node | None:
        parts = [self._of_type("boolean", part) for part in syntax.parts]
        if None in parts:
            return None
        return nodes.Both(parts=tuple(parts), settles=settles, level=level, **_span(syntax))

    def _not(self, syntax: Syntax) -> Node | None:
        part = self._of_type("boolean", syntax.parts[0])
        return part and nodes.Not(part=part, **_span(syntax))

    def _compare(self, syntax: Syntax) -> Node | None:
        left, right = (self.check(part) for part in syntax.parts)
        if not left.type or not right.type:
            return None
        for fact, option in ((left, right), (right, left)):
            if fact.type in ("choice", "choices"):
                return self._compare_choice(syntax, fact, option)
        left, right = self._as_dates(left, right), self._as_dates(right, left)
        if left is None or right is None:
            return None
        if left.type != right.type:
            sentence = _NOT_COMPARABLE.fill(left=TYPE_LABELS[left.type], right=TYPE_LABELS[right.type])
            return self._refuse(syntax, sentence)
        if left.type in ("text", "boolean") and syntax.value not in ("=", "≠"):
            return self._refuse(syntax, _ONLY_EQUAL.fill(kind=TYPE_LABELS[left.type]))
        if left.type == "number":
            self._agree(syntax, (left, right), compared=True)
        return nodes.Compare(left=left, mark=syntax.value, right=right, **_span(syntax))

    def _compare_choice(self, syntax: Syntax, fact: Node, option: Node) -> Node | None:
        if fact.type == "choices":
            return self._refuse(syntax, _USE_HAS.fill(name=fact.words))
        if syntax.value not in ("=", "≠"):
            return self._refuse(syntax, _ONLY_EQUAL.fill(kind=TYPE_LABELS["choice"]))
        return self._is_option(syntax, fact, option, negated=syntax.value == "≠")

    def _is_option(self, syntax: Syntax, fact: Node, option: Node, *, negated: bool = False) -> Node | None:
        if not isinstance(fact, nodes.Fact) or not isinstance(option, Literal) or option.type == "boolean":
            return self._refuse(option, _OPTION_WANTED.fill(name=fact.words))
        wanted, shown = option.constant, None
        if fact.variable.options:
            known = self._option(fact.variable, option)
            if known is None:
                return self._refuse(
                    option, _NO_OPTION.fill(value=_cut(str(wanted)), name=fact.variable.label)
                )
            wanted, shown = known.name, known.label
            self._mention_option(option, fact.variable, known)
        literal = Literal(type="text", constant=wanted, shown=shown, start=option.start, end=option.end)
        return nodes.IsOption(
            fact=fact, wanted=fold_choice(wanted), option=literal, negated=negated, **_span(syntax)
        )

    def _option(self, variable: Variable, literal: Literal) -> Option | None:
        """By its name, else by a label that only it has."""
        value = literal.constant
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        return variable.option(value) or self._option_labelled(variable, str(value))

    def _option_labelled(self, variable: Variable, label: str) -> Option | None:
        wanted = fold_choice(label)
        found = [
            option
            for option in variable.options
            if wanted in (fold_choice(option.label.en), fold_choice(option.label.zh))
        ]
        return found[0] if len(found) == 1 else None

    def _mention_option(self, literal: Literal, variable: Variable, option: Option) -> None:
        """Stored by its name, so that its label may change; shown by its label, if that is read back."""
        if not isinstance(option.name, str) or not is_quotable(option.name):
            return

        def shown(label: str) -> str:
            by_name = variable.option(label)
            read_back = by_name or self._option_labelled(variable, label)
            return f'"{label}"' if read_back is option and is_quotable(label) else f'"{option.name}"'

        label = Words(en=shown(option.label.en), zh=shown(option.label.zh))
        self.mentions.append(Mention(literal.start, literal.end, f'"{option.name}"', label))

    def _as_dates(self, node: Node, other: Node) -> Node | None:
        """A text beside a date is one: "2026-01-31"."""
        if other.type not in ("date", "datetime") or not isinstance(node, Literal) or node.type != "text":
            return node
        value = (read_date if other.type == "date" else read_datetime)(node.constant)
        if value is UNREADABLE:
            return self._refuse(node, _DATE_WANTED if other.type == "date" else _DATETIME_WANTED)
        return Literal(type=other.type, constant=value, start=node.start, end=node.end)

    # Functions.

    def _call(self, syntax: Syntax) -> Node | None:
        function = FUNCTIONS.get(syntax.value)
        if function is None:
            at = Syntax("name", syntax.start, syntax.name_end)
            for part in syntax.parts:
                self.check(part)
            return self._refuse(at, _NO_FUNCTION.fill(name=_cut(syntax.value), names=", ".join(FUNCTIONS)))
        lines = self._lines_of(syntax)
        least, most = (2, 2) if lines and syntax.value in ("min", "max") else function.arguments
        if not least <= len(syntax.parts) <= most:
            return self._refuse(syntax, _ARGUMENTS.fill(usage=function.usage))
        if lines:
            return self._over_lines(syntax, lines)
        return getattr(self, f"_call_{syntax.value}")(syntax)

    def _call_round(self, syntax: Syntax) -> Node | None:
        number = self._of_type("number", syntax.parts[0])
        places = self._places(syntax.parts[1]) if len(syntax.parts) > 1 else 0
        mode = self._mode(syntax.parts[2]) if len(syntax.parts) > 2 else "half_up"
        if number is None or places is None or mode is None:
            return None
        says = _ROUND.get(places, _ROUND[2]).fill(a="{a}", places=places, mode=_MODES[mode])
        return nodes.Apply(
            type="number",
            unit=number.unit,
            name="round",
            parts=(number,),
            compute=lambda value: numbers.rounded(value, places, mode),
            says=says,
            inside=ATOM,
            **_span(syntax),
        )

    def _places(self, syntax: Syntax) -> int | None:
        whole = syntax.kind == "number" and not syntax.in_percent and syntax.value == int(syntax.value)
        if not whole or syntax.value > numbers.PLACES:
            return self._refuse(syntax, _PLACES.fill(most=numbers.PLACES))
        return int(syntax.value)

    def _mode(self, syntax: Syntax) -> str | None:
        if syntax.kind in ("name", "text") and syntax.value in numbers.ROUNDING:
            return syntax.value
        return self._refuse(syntax, _MODE.fill(modes=", ".join(numbers.ROUNDING)))

    def _call_abs(self, syntax: Syntax) -> Node | None:
        return self._of_number(syntax, abs, _ABS)

    def _call_floor(self, syntax: Syntax) -> Node | None:
        return self._of_number(syntax, lambda value: numbers.rounded(value, 0, "floor"), _FLOOR)

    def _call_ceil(self, syntax: Syntax) -> Node | None:
        return self._of_number(syntax, lambda value: numbers.rounded(value, 0, "ceiling"), _CEIL)

    def _of_number(self, syntax: Syntax, compute, says: Words) -> Node | None:
        number = self._of_type("number", syntax.parts[0])
        return number and nodes.Apply(
            type="number",
            unit=number.unit,
            name=syntax.value,
            parts=(number,),
            compute=compute,
            says=says,
            inside=ATOM,
            **_span(syntax),
        )

    def _call_min(self, syntax: Syntax) -> Node | None:
        return self._extreme(syntax, lambda *values: min(values), _MIN)

    def _call_max(self, syntax: Syntax) -> Node | None:
        return self._extreme(syntax, lambda *values: max(values), _MAX)

    def _extreme(self, syntax: Syntax, compute, says: Words) -> Node | None:
        parts = self._numbers(syntax.parts)
        if not parts:
            return None
        unit = self._agree(syntax, parts, compared=True)
        return nodes.Apply(
            type="number",
            unit=unit,
            name=syntax.value,
            parts=parts,
            compute=compute,
            says=says,
            **_span(syntax),
        )

    def _call_if(self, syntax: Syntax) -> Node | None:
        condition = self._of_type("boolean", syntax.parts[0])
        branches = self._alike(syntax.parts[1:])
        if condition is None or branches is None:
            return None
        then, otherwise = branches
        return nodes.If(
            type=then.type,
            unit=self._agree(syntax, branches) if then.type == "number" else units.UNKNOWN,
            condition=condition,
            then=then,
            otherwise=otherwise,
            **_span(syntax),
        )

    def _call_or_else(self, syntax: Syntax) -> Node | None:
        both = self._alike(syntax.parts)
        if both is None:
            return None
        part, otherwise = both
        return nodes.OrElse(
            type=part.type,
            unit=self._agree(syntax, both) if part.type == "number" else units.UNKNOWN,
            part=part,
            otherwise=otherwise,
            **_span(syntax),
        )

    def _alike(self, parts: tuple[Syntax, ...]) -> tuple[Node, Node] | None:
        first, second = (self.check(part) for part in parts)
        if not first.type or not second.type:
            return None
        for node in (first, second):
            if node.type in ("choice", "choices"):
                return self._refuse(node, _CHOICE_ALONE.fill(name=node.words))
        first, second = self._as_dates(first, second), self._as_dates(second, first)
        if first is None or second is None:
            return None
        if first.type != second.type:
            sentence = _NOT_ALIKE.fill(left=TYPE_LABELS[first.type], right=TYPE_LABELS[second.type])
            return self._refuse(second, sentence)
        return first, second

    def _call_has(self, syntax: Syntax) -> Node | None:
        fact, option = (self.check(part) for part in syntax.parts)
        if not fact.type or not option.type:
            return None
        if fact.type not in ("choice", "choices"):
            return self._refuse(fact, _CHOICES_WANTED)
        return self._is_option(syntax, fact, option)

    def _call_days_between(self, syntax: Syntax) -> Node | None:
        return self._between(syntax, nodes.days_between, "days", _DAYS, ("date", "datetime"))

    def _call_hours_between(self, syntax: Syntax) -> Node | None:
        return self._between(syntax, nodes.hours_between, "hours", _HOURS, ("datetime",))

    def _between(self, syntax: Syntax, compute, unit: str, says: Words, types: tuple) -> Node | None:
        begin, end = (self.check(part) for part in syntax.parts)
        if not begin.type or not end.type:
            return None
        begin, end = self._as_dates(begin, end), self._as_dates(end, begin)
        if begin is None or end is None:
            return None
        if begin.type != end.type or begin.type not in types:
            return self._refuse(syntax, _TWO_TIMES if types == ("datetime",) else _TWO_DATES)
        return nodes.Apply(
            type="number",
            unit=unit,
            name=syntax.value,
            parts=(begin, end),
            compute=compute,
            says=says,
            **_span(syntax),
        )

    def _call_sum(self, syntax: Syntax) -> Node | None:
        return self._refuse_lines(syntax)

    def _call_count(self, syntax: Syntax) -> Node | None:
        return self._refuse_lines(syntax)

    def _refuse_lines(self, syntax: Syntax) -> None:
        first = syntax.parts[0]
        before = len(self.problems)
        for part in syntax.parts[1:]:
            self.check(part)
        if len(self.problems) == before:
            self._refuse(first, _LINES_WANTED.fill(usage=FUNCTIONS[syntax.value].usage))

    # Lines.

    def _lines_of(self, syntax: Syntax) -> Lines | None:
        first = syntax.parts[0] if syntax.parts else None
        if first is None or first.kind != "name" or syntax.value not in ("sum", "count", "min", "max"):
            return None
        if self._line_names and self._line_names.find(first.value):
            return None
        found = self._names.find(first.value)
        return found[0] if len(found) == 1 and isinstance(found[0], Lines) else None

    def _over_lines(self, syntax: Syntax, lines: Lines) -> Node | None:
        if self._line_names:
            return self._refuse(syntax, _LINES_IN_LINES)
        named, *rest = syntax.parts
        self.asked.add(lines.name)
        self._mention(named, lines, self._names)
        self._line_names = Names(lines.vocabulary.variables.values())
        try:
            body = (
                self._of_type("boolean" if syntax.value == "count" else "number", rest[0]) if rest else None
            )
        finally:
            self._line_names = None
        if rest and body is None:
            return None
        return nodes.OverLines(
            type="number",
            unit="number" if syntax.value == "count" else body.unit,
            name=syntax.value,
            lines=lines,
            body=body,
            says=_OVER[syntax.value, bool(rest)],
            **_span(syntax),
        )

    # Types.

    def _of_type(self, wanted: str, syntax: Syntax) -> Node | None:
        node = self.check(syntax)
        if node.type == wanted:
            return node
        if node.type:
            sentence = _TYPE.fill(wanted=TYPE_LABELS[wanted], found=TYPE_LABELS[node.type])
            self._refuse(node, sentence)
        return None

    def _numbers(self, parts: Iterable[Syntax]) -> tuple[Node, ...] | None:
        checked = [self._of_type("number", part) for part in parts]
        return None if None in checked else tuple(checked)

    def _refuse(self, at: Syntax | Node, sentence: Words) -> None:
        if len(self.problems) < PROBLEMS:
            self.problems.append(Problem(path="", sentence=sentence, start=at.start, end=at.end))


def _span(syntax: Syntax) -> dict:
    return {"start": syntax.start, "end": syntax.end}


def _is_zero(node: Node) -> bool:
    return isinstance(node, Literal) and node.type == "number" and not node.constant


def _is_sound(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 40 else text[:40] + "…"


_UNSTORABLE = Words(en="This text cannot be stored.", zh="此文本无法保存。")
_UNKNOWN = Words(en="“{name}” is not known here.", zh="此处没有“{name}”。")
_UNKNOWN_LIKE = Words(
    en="“{name}” is not known here. Did you mean “{like}”?", zh="此处没有“{name}”。您是指“{like}”吗？"
)
_FUNCTION_ALONE = Words(
    en="{name} is a function and needs brackets: {usage}.", zh="{name} 是函数，需要括号，例如 {usage}。"
)
_NO_FUNCTION = Words(
    en="There is no function “{name}”. There are: {names}.", zh="没有函数“{name}”。可用的函数：{names}。"
)
_ARGUMENTS = Words(
    en="This is not how many values it takes. Write it like {usage}.", zh="参数个数不对，写法如 {usage}。"
)
_SEVERAL = Words(
    en="Several variables are called “{name}”. Use one of their names: {names}.",
    zh="有多个变量都叫“{name}”，请使用其名称之一：{names}。",
)
_HIDDEN = Words(
    en="{name} cannot be used here, because the lines have something of the same name.",
    zh="明细中有同名的变量，此处不能使用{name}。",
)
_NOT_HERE = Words(en="{name} cannot be used in a formula.", zh="{name}不能用于公式。")
_LINES_ALONE = Words(
    en="{lines} are many lines. Say what to do with them: sum({name}, …).",
    zh="{lines}有多行，请说明如何计算，例如 sum({name}, …)。",
)
_LINES_WANTED = Words(en="Lines are expected first: {usage}.", zh="第一个参数应为明细，例如 {usage}。")
_LINES_IN_LINES = Words(en="Lines within lines cannot be reckoned.", zh="明细计算不能嵌套。")
_TYPE = Words(en="{wanted} is expected here, and this is {found}.", zh="此处应为{wanted}，而这是{found}。")
_NOT_COMPARABLE = Words(en="{left} and {right} cannot be compared.", zh="{left}与{right}不能比较。")
_NOT_ALIKE = Words(
    en="Both outcomes must be of one kind: here one is {left}, the other {right}.",
    zh="两种结果的类型必须一致，而这里一个是{left}，另一个是{right}。",
)
_ONLY_EQUAL = Words(en="{kind} can only be compared with = or ≠.", zh="{kind}只能用 = 或 ≠ 比较。")
_USE_HAS = Words(
    en='{name} holds several choices. Write has(…, "…").', zh='{name}是多选，请写成 has(…, "…")。'
)
_OPTION_WANTED = Words(en="Compare {name} with an option in quotes.", zh="{name}应与引号中的选项比较。")
_NO_OPTION = Words(en="“{value}” is not one of the options of {name}.", zh="“{value}”不是{name}的选项。")
_CHOICE_ALONE = Words(
    en="{name} is a choice; it can only be compared with an option.", zh="{name}是选择项，只能与选项比较。"
)
_CHOICES_WANTED = Words(en="A variable with choices is expected here.", zh="此处应为选择类型的变量。")
_DATE_WANTED = Words(en='Enter a date like "2026-01-31".', zh='请输入日期，例如 "2026-01-31"。')
_DATETIME_WANTED = Words(
    en='Enter a date and time with a time zone, like "2026-01-31T09:00:00+08:00".',
    zh='请输入带时区的日期时间，例如 "2026-01-31T09:00:00+08:00"。',
)
_TWO_DATES = Words(
    en="Two dates are expected, or two dates with a time.", zh="此处应为两个日期，或两个日期时间。"
)
_TWO_TIMES = Words(en="Two dates with a time are expected.", zh="此处应为两个日期时间。")
_BY_ZERO = Words(en="This divides by zero.", zh="除数不能为零。")
_PLACES = Words(
    en="A whole number of decimals from 0 to {most} is expected.", zh="小数位数应为 0 到 {most} 的整数。"
)
_MODE = Words(en="The way to round is one of {modes}.", zh="取舍方式只能是 {modes} 之一。")

_ROUND = {
    0: Words(en="{a} rounded to a whole number ({mode})", zh="{a}取整（{mode}）"),
    1: Words(en="{a} rounded to 1 decimal ({mode})", zh="{a}保留 1 位小数（{mode}）"),
    2: Words(en="{a} rounded to {places} decimals ({mode})", zh="{a}保留 {places} 位小数（{mode}）"),
}
_MODES = {
    "half_up": Words(en="half up", zh="四舍五入"),
    "half_even": Words(en="half to even", zh="四舍六入五成双"),
    "up": Words(en="away from zero", zh="远离零进位"),
    "down": Words(en="toward zero", zh="舍去"),
    "floor": Words(en="down", zh="向下"),
    "ceiling": Words(en="up", zh="向上"),
}
_ABS = Words(en="{a} without its sign", zh="{a}的绝对值")
_FLOOR = Words(en="{a} rounded down to a whole number", zh="{a}向下取整")
_CEIL = Words(en="{a} rounded up to a whole number", zh="{a}向上取整")
_MIN = Words(en="the lowest of {all}", zh="{all}中最小的")
_MAX = Words(en="the highest of {all}", zh="{all}中最大的")
_DAYS = Words(en="days from {a} to {b}", zh="从{a}到{b}的天数")
_HOURS = Words(en="hours from {a} to {b}", zh="从{a}到{b}的小时数")
_OVER = {
    ("sum", True): Words(en="the sum over {lines} of {a}", zh="{lines}各行{a}之和"),
    ("count", False): Words(en="the number of {lines}", zh="{lines}的行数"),
    ("count", True): Words(en="the number of {lines} with {a}", zh="{lines}中{a}的行数"),
    ("min", True): Words(en="the lowest over {lines} of {a}", zh="{lines}各行{a}中最小的"),
    ("max", True): Words(en="the highest over {lines} of {a}", zh="{lines}各行{a}中最大的"),
}
