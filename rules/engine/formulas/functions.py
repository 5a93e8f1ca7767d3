"""The functions a formula may call. The list is closed; editors show it as it stands here."""

from __future__ import annotations

from dataclasses import dataclass

from ..words import Words


@dataclass(frozen=True)
class Function:
    name: str
    arguments: tuple[int, int]  # at least, at most
    usage: str  # as it is typed
    label: Words
    insert: str = ""  # what an editor puts in; | is where the cursor goes

    def as_json(self, language: str | None) -> dict:
        return {
            "name": self.name,
            "usage": self.usage,
            "label": self.label.say(language),
            "insert": self.insert or f"{self.name}(|)",
        }


MANY = 100

FUNCTIONS = {
    row.name: row
    for row in (
        Function(
            name="round",
            arguments=(1, 3),
            usage="round(x, 2, half_up)",
            label=Words(
                en="rounds to so many decimals; half_up, half_even, up, down, floor or ceiling",
                zh="保留几位小数；可选 half_up（四舍五入）、half_even、up、down、floor、ceiling",
            ),
            insert="round(|, 2)",
        ),
        Function(
            name="if",
            arguments=(3, 3),
            usage='if(level = "gold", 20, 10)',
            label=Words(
                en="the second where the first holds, else the third", zh="条件成立时取第二项，否则取第三项"
            ),
            insert="if(|, , )",
        ),
        Function(
            name="min",
            arguments=(2, MANY),
            usage="min(a, b)",
            label=Words(en="the lowest; over lines: min(lines, x)", zh="最小值；对明细：min(lines, x)"),
            insert="min(|, )",
        ),
        Function(
            name="max",
            arguments=(2, MANY),
            usage="max(a, b)",
            label=Words(en="the highest; over lines: max(lines, x)", zh="最大值；对明细：max(lines, x)"),
            insert="max(|, )",
        ),
        Function(
            name="abs", arguments=(1, 1), usage="abs(x)", label=Words(en="without its sign", zh="绝对值")
        ),
        Function(
            name="floor",
            arguments=(1, 1),
            usage="floor(x)",
            label=Words(en="down to a whole number", zh="向下取整"),
        ),
        Function(
            name="ceil",
            arguments=(1, 1),
            usage="ceil(x)",
            label=Words(en="up to a whole number", zh="向上取整"),
        ),
        Function(
            name="or_else",
            arguments=(2, 2),
            usage="or_else(x, 0)",
            label=Words(en="the second where the first has no value", zh="第一项没有值时取第二项"),
            insert="or_else(|, 0)",
        ),
        Function(
            name="has",
            arguments=(2, 2),
            usage='has(tags, "vip")',
            label=Words(en="whether the choices include an option", zh="多选中是否包含某个选项"),
            insert='has(|, "")',
        ),
        Function(
            name="days_between",
            arguments=(2, 2),
            usage="days_between(from, to)",
            label=Words(en="days from one date to another", zh="两个日期之间的天数"),
            insert="days_between(|, )",
        ),
        Function(
            name="hours_between",
            arguments=(2, 2),
            usage="hours_between(from, to)",
            label=Words(en="hours from one time to another", zh="两个时间之间的小时数"),
            insert="hours_between(|, )",
        ),
        Function(
            name="sum",
            arguments=(2, 2),
            usage="sum(lines, price * quantity)",
            label=Words(en="adds up over lines", zh="对明细求和"),
            insert="sum(lines, |)",
        ),
        Function(
            name="count",
            arguments=(1, 2),
            usage="count(lines, price > 100)",
            label=Words(
                en="how many lines there are, or meet a condition", zh="明细的行数，或满足条件的行数"
            ),
            insert="count(lines, |)",
        ),
    )
}
