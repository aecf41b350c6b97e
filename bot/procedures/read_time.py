"""Reading hours and holidays of a profile."""

from __future__ import annotations

from datetime import date, timedelta

from bot.errors import told
from bot.procedures import scalars
from bot.procedures.business import DAY, Period, Week
from bot.procedures.document import Part
from bot.procedures.read_words import words
from bot.procedures.rules import HolidayRule, SpecialPeriod

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NOTHING = timedelta()


def holidays(part: Part) -> HolidayRule:
    """Which days of which calendar are closed, and which more."""
    keys = part.keys("calendar", "joint_leave", "closed")
    closed = frozenset(item.value(scalars.day, date.min) for item in keys["closed"].items())
    return HolidayRule(
        keys["calendar"].value(scalars.calendar, ""), keys["joint_leave"].value(scalars.yes, True), closed
    )


def special_hours(part: Part) -> tuple[SpecialPeriod, ...]:
    """Periods with other hours. Two that share a day are a fault, as is one that ends before it begins."""
    read: list[tuple[Part, SpecialPeriod]] = []
    for item in part.items():
        keys = item.keys("name", "from", "to", "hours")
        first, last = keys["from"].value(scalars.day, date.min), keys["to"].value(scalars.day, date.max)
        if first > last:
            keys["to"].fault(told("is before from"))
        read.append((item, SpecialPeriod(words(keys["name"]), first, last, week(keys["hours"]))))
    for number, (item, period) in enumerate(read):
        for _, other in read[:number]:
            if period.first <= other.last and other.first <= period.last:
                item.fault(
                    told(
                        "overlap: {first} to {last} shares days with {other_first} to {other_last}",
                        first=period.first, last=period.last, other_first=other.first, other_last=other.last,
                    )
                )  # fmt: skip
    return tuple(sorted((period for _, period in read), key=lambda period: period.first))


def week(part: Part) -> Week:
    """The periods of seven days, in order. Those that overlap, also past midnight, are a fault."""
    nothing = Period(0, 0)
    days = part.keys(optional=DAYS)
    read = {day: [(item, item.value(scalars.period, nothing)) for item in days[day].items()] for day in DAYS}
    found = [[(item, period) for item, period in read[day] if period != nothing] for day in DAYS]
    if part.there and not any(read.values()):
        part.fault(told("are empty; at least one period is needed"))
    for number, periods in enumerate(found):
        periods.sort(key=lambda entry: entry[1])
        _refuse_overlaps(DAYS[number], periods, found[number - 1])
    return tuple(tuple(period for _, period in periods) for periods in found)


def _refuse_overlaps(day: str, periods: list[tuple[Part, Period]], day_before: list[tuple[Part, Period]]) -> None:
    until = max((period.end - DAY for _, period in day_before), default=0)
    for item, period in periods:
        if period.start < until:
            item.fault(told("has periods that overlap"))
        until = max(until, period.end)
