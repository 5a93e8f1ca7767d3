"""The value of a comparison, as stored: one reader per kind of input, and the limits it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite

import re2

from .errors import Refused, SeveralRefused
from .facts import UNREADABLE, fold_choice, order_of, read_clock, read_date, read_datetime
from .moments import LENGTHS, MONTHS, Span, length_of
from .operators import compile_pattern
from .places import Circle
from .vocabulary import Choosable
from .words import Words

TEXT_LENGTH = 4_000
PATTERN_LENGTH = 1_000
LIST_LENGTH = 1_000
# Any float fits; 10^400 does not.
NUMBER_DIGITS = 400
AMOUNT = 1_000_000  # of days, months ... in a stretch of time
METRES = 20_100_000  # a little more than half the way round the earth


def read_text_value(value: object, about: Choosable) -> str:
    if not isinstance(value, str):
        raise Refused(Words(en="Enter a text.", zh="请输入文本。"))
    return sound_text(value)


def sound_text(value: str) -> str:
    if len(value) > TEXT_LENGTH:
        raise Refused(
            Words(
                en="This text is too long: {length} characters; at most {most} are allowed.",
                zh="文本过长：共 {length} 个字符，最多 {most} 个。",
            ).fill(length=f"{len(value):,}", most=f"{TEXT_LENGTH:,}")
        )
    if not is_encodable(value):
        raise Refused(
            Words(
                en="This text holds half of a character (a lone surrogate) and cannot be stored.",
                zh="文本含有不完整的字符（孤立代理项），无法保存。",
            )
        )
    return str(value)


def is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def read_number_value(value: object, about: Choosable) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Refused(Words(en="Enter a number.", zh="请输入数字。"))
    if isinstance(value, int):
        if value.bit_length() > 1_400:
            raise _too_large()
        value = Decimal(value)
    elif isinstance(value, float):
        value = Decimal(float.__repr__(value)) if isfinite(value) else Decimal("NaN")
    if not value.is_finite():
        raise Refused(
            Words(
                en="Enter a finite number, not NaN or infinity.", zh="请输入有限的数字，不能是 NaN 或无穷大。"
            )
        )
    if value.adjusted() >= NUMBER_DIGITS or value.as_tuple().exponent < -NUMBER_DIGITS:
        raise _too_large()
    # A whole number becomes an int, which compares fastest and equals the Decimal.
    return int(value) if value == value.to_integral_value() else value


def _too_large() -> Refused:
    return Refused(
        Words(
            en="This number has too many digits; at most {most} are allowed.",
            zh="数字位数过多，最多 {most} 位。",
        ).fill(most=NUMBER_DIGITS)
    )


def read_clock_value(value: object, about: Choosable) -> object:
    """ "14:30", as the number of its digits; or that number, as conditions had it before."""
    if isinstance(value, str):
        read = read_clock(value)
        if read is UNREADABLE:
            raise Refused(Words(en="Enter a time of day like 14:30.", zh="请输入时刻，例如 14:30。"))
        return read
    return read_number_value(value, about)


def read_choice_value(value: object, about: Choosable) -> object:
    """The name of an option, spelled as the option is; without options, any text or number."""
    if value is None or isinstance(value, bool) or fold_choice(value) is UNREADABLE:
        raise Refused(Words(en="Choose an option.", zh="请选择一个选项。"))
    value = sound_text(value) if isinstance(value, str) else read_number_value(value, about)
    if not about.options:
        return value
    option = about.option(value)
    if option is None:
        raise Refused(
            Words(
                en="“{value}” is not one of the options of {name}.",
                zh="“{value}”不是{name}的选项。",
            ).fill(value=_cut(value), name=about.label)
        )
    return option.name


def _cut(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"


def read_date_value(value: object, about: Choosable) -> date:
    read = read_date(value)
    if read is UNREADABLE:
        raise Refused(Words(en="Enter a date like 2026-01-31.", zh="请输入日期，例如 2026-01-31。"))
    return read


def read_datetime_value(value: object, about: Choosable) -> datetime:
    read = read_datetime(value)
    if read is UNREADABLE:
        raise Refused(
            Words(
                en="Enter a date and time with a time zone, like 2026-01-31T09:00:00+08:00.",
                zh="请输入带时区的日期时间，例如 2026-01-31T09:00:00+08:00。",
            )
        )
    return read


def read_boolean_value(value: object, about: Choosable) -> bool:
    if not isinstance(value, bool):
        raise Refused(Words(en="Choose yes or no.", zh="请选择“是”或“否”。"))
    return value


def read_pattern_value(value: object, about: Choosable) -> str:
    pattern = read_text_value(value, about)
    if len(pattern) > PATTERN_LENGTH:
        raise Refused(
            Words(
                en="This pattern is too long; at most {most} characters are allowed.",
                zh="正则表达式过长，最多 {most} 个字符。",
            ).fill(most=f"{PATTERN_LENGTH:,}")
        )
    try:
        compile_pattern(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise Refused(
            Words(
                en="This pattern cannot be used: {reason}. Look-around and back-references are unknown.",
                zh="无法使用此正则表达式：{reason}。不支持环视和反向引用。",
            ).fill(reason=_cut(reason))
        ) from None
    return pattern


def read_no_value(value: object, about: Choosable) -> None:
    """business-rules wants a `value` even where there is none to give, so a placeholder is let through."""
    if value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) <= 10):
        return None
    raise Refused(Words(en="This comparison takes no value.", zh="此比较不需要填写值。"))


def _read_word(value: object, about: Choosable) -> str:
    if value == "":
        raise Refused(Words(en="This entry is empty.", zh="此项为空。"))
    return read_text_value(value, about)


def _list_of(
    read_one: Callable[[object, Choosable], object], *, may_be_empty: bool = False
) -> Callable[[object, Choosable], tuple]:
    def read_list(value: object, about: Choosable) -> tuple:
        if not isinstance(value, list | tuple | set | frozenset):
            raise Refused(Words(en="Enter a list.", zh="请输入列表。"))
        if not value and not may_be_empty:
            raise Refused(Words(en="Enter at least one entry.", zh="请至少填写一项。"))
        if len(value) > LIST_LENGTH:
            raise Refused(
                Words(
                    en="This list is too long: {length} entries; at most {most} are allowed.",
                    zh="列表过长：共 {length} 项，最多 {most} 项。",
                ).fill(length=f"{len(value):,}", most=f"{LIST_LENGTH:,}")
            )
        if isinstance(value, set | frozenset):
            value = sorted(value, key=order_of)
        entries, refusals = [], []
        for place, entry in enumerate(value):
            try:
                entries.append(read_one(entry, about))
            except Refused as refused:
                refusals.append(Refused(refused.sentence, (str(place), *refused.path)))
        if refusals:
            raise SeveralRefused(refusals)
        return tuple(entries)

    return read_list


def _span_of(*units: str) -> Callable[[object, Choosable], Span]:
    def read_span(value: object, about: Choosable) -> Span:
        """{"amount": a whole number, "unit": one of `units`}"""
        if not isinstance(value, Mapping) or value.keys() != {"amount", "unit"}:
            raise Refused(Words(en="Enter a number and a unit of time.", zh="请填写数量和时间单位。"))
        amount, unit = value["amount"], value["unit"]
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= AMOUNT:
            raise Refused(
                Words(en="Enter a whole number from 0 to {most}.", zh="请输入 0 到 {most} 之间的整数。").fill(
                    most=f"{AMOUNT:,}"
                ),
                ("amount",),
            )
        if unit not in units:
            raise Refused(Words(en="Choose a unit of time.", zh="请选择时间单位。"), ("unit",))
        return Span(amount, unit)

    return read_span


def read_circle_value(value: object, about: Choosable) -> Circle:
    """{"latitude", "longitude": degrees, "metres"}"""
    if not isinstance(value, Mapping) or value.keys() != {"latitude", "longitude", "metres"}:
        raise Refused(
            Words(
                en="Enter latitude, longitude and a distance in metres.", zh="请填写纬度、经度和距离（米）。"
            )
        )
    refusals, read = [], {}
    for key, low, high in (("latitude", -90, 90), ("longitude", -180, 180), ("metres", 0, METRES)):
        try:
            read[key] = read_number_value(value[key], about)
            if not low <= read[key] <= high:
                raise Refused(
                    Words(
                        en="Enter a number from {low} to {high}.", zh="请输入 {low} 到 {high} 之间的数字。"
                    ).fill(low=f"{low:,}", high=f"{high:,}")
                )
        except Refused as refused:
            refusals.append(Refused(refused.sentence, (key,)))
    if refusals:
        raise SeveralRefused(refusals)
    # Distances are worked out in binary fractions, the only numbers that sines are made of.
    return Circle(**{key: float(number) for key, number in read.items()})


def read_amount_value(value: object, about: Choosable) -> int | Decimal:
    amount = read_number_value(value, about)
    if amount < 0:
        raise Refused(Words(en="Enter a number that is not below 0.", zh="请输入不小于 0 的数字。"))
    return amount


def _pair_of(read_one: Callable[[object, Choosable], object]) -> Callable[[object, Choosable], tuple]:
    read_both = _list_of(read_one)

    def read_pair(value: object, about: Choosable) -> tuple:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise Refused(Words(en="Enter both: from and to.", zh="请填写变化前后的两个值。"))
        old, new = read_both(value, about)
        if old == new:
            raise Refused(Words(en="The two values must differ.", zh="两个值不能相同。"))
        return old, new

    return read_pair


def _range_of(read_one: Callable[[object, Choosable], object]) -> Callable[[object, Choosable], tuple]:
    read_both = _list_of(read_one)

    def read_range(value: object, about: Choosable) -> tuple:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise Refused(Words(en="Enter both ends: from and to.", zh="请填写起止两个值。"))
        low, high = read_both(value, about)
        if _size(low) > _size(high):
            raise Refused(
                Words(en="The first value must not be above the second.", zh="起始值不能大于结束值。")
            )
        return low, high

    return read_range


def _size(value: object) -> object:
    return length_of(value) if isinstance(value, Span) else value


_read_duration_value = _span_of(*LENGTHS)

INPUTS: dict[str, Callable[[object, Choosable], object]] = {
    "none": read_no_value,
    "text": read_text_value,
    "pattern": read_pattern_value,
    "words": _list_of(_read_word),
    "number": read_number_value,
    "numbers": _list_of(read_number_value),
    "range": _range_of(read_number_value),
    "boolean": read_boolean_value,
    "select": read_choice_value,
    # business-rules compares with an empty list, too; Condition.unfinished points it out.
    "select_multiple": _list_of(read_choice_value, may_be_empty=True),
    "date": read_date_value,
    "date_range": _range_of(read_date_value),
    "datetime": read_datetime_value,
    "datetime_range": _range_of(read_datetime_value),
    "time": read_clock_value,
    "time_range": _range_of(read_clock_value),
    "times": _list_of(read_clock_value),
    "dates": _list_of(read_date_value),
    "datetimes": _list_of(read_datetime_value),
    "relative_days": _span_of("days", "weeks", *MONTHS),
    "relative_time": _span_of("minutes", "hours", "days", "weeks", *MONTHS),
    "duration": _read_duration_value,
    "duration_range": _range_of(_read_duration_value),
    "circle": read_circle_value,
    "lexicons": _list_of(_read_word),
    "amount": read_amount_value,
    "text_pair": _pair_of(read_text_value),
    "number_pair": _pair_of(read_number_value),
    "select_pair": _pair_of(read_choice_value),
    "date_pair": _pair_of(read_date_value),
}
