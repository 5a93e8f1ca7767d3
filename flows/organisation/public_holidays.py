"""China's public holidays and make-up days, as the State Council announces them each November."""

from chinese_calendar import constants

NAMES = {holiday.value: holiday.chinese for holiday in constants.Holiday}


def known_years() -> list[int]:
    return sorted({day.year for day in constants.holidays})


def days_of(year: int) -> list[dict]:
    """The days of `year` that are not as their weekday is: [{"date", "kind", "name"}] in order.

    A Saturday or Sunday within a holiday is listed too: shops that work at weekends rest then.
    """
    free = {day: ("free", name) for day, name in constants.holidays.items() if day.year == year}
    working = {day: ("working", name) for day, name in constants.workdays.items() if day.year == year}
    return [
        {"date": day.isoformat(), "kind": kind, "name": NAMES.get(name, name)}
        for day, (kind, name) in sorted((free | working).items())
    ]
