"""Business time: how long an institution has been open. Pure functions; durations are exact, in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 24 * 60
NOTHING = timedelta(0)
ONE_DAY = timedelta(days=1)
LONGEST_CLOSURE = timedelta(days=366)


class Period(NamedTuple):
    """Minutes since local midnight of the day it belongs to; ``end`` is past 1440 where it runs into the next day."""

    start: int
    end: int


Week = tuple[tuple[Period, ...], ...]
"""The periods of Monday to Sunday, seven entries, each in order."""


def _usual(_day: date) -> Week | None:
    return None


@dataclass(frozen=True, slots=True)
class Hours:
    """When the institution is open. ``closed`` says of a local date that no period begins on it. ``special`` gives the
    week that goes before the usual one on a date, or None."""

    week: Week
    zone: ZoneInfo
    closed: Callable[[date], bool]
    special: Callable[[date], Week | None] = _usual

    def periods(self, day: date) -> tuple[Period, ...]:
        """Those that begin on that local date, in order."""
        return () if self.closed(day) else (self.special(day) or self.week)[day.weekday()]

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise ValueError("hours need seven days and at least one period")


def open_spans(since: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Every span of being open that ends after ``since``, in order and in UTC, without end.

    Raises ValueError when there is none for a year: a calendar on which nothing can ever be due.
    """
    if since.tzinfo is None:
        raise ValueError("business time needs an aware datetime")
    # A period of the day before may run past midnight.
    day = since.astimezone(hours.zone).date() - ONE_DAY
    last_open, last_end = day, datetime.min.replace(tzinfo=UTC)
    while True:
        for period in hours.periods(day):
            # Where clocks are set forward, a local time that does not exist may lie before the one it follows; and a
            # night before special hours may run into their first morning.
            start = max(local_moment(day, period.start, hours.zone), last_end)
            end = local_moment(day, period.end, hours.zone)
            if end > since and end > start:
                last_open, last_end = day, end
                yield start, end
        day += ONE_DAY
        if day - last_open > LONGEST_CLOSURE:
            raise ValueError("these hours are closed for more than a year")


@lru_cache(maxsize=4096)
def local_moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """So many minutes after local midnight of ``day`` by the clock on the wall, in UTC."""
    local = datetime.combine(day, time.min) + timedelta(minutes=minutes)
    return local.replace(tzinfo=zone).astimezone(UTC)


def is_open(moment: datetime, hours: Hours) -> bool:
    """A period includes its first moment and not its last."""
    return next_opening(moment, hours) == moment


def next_opening(moment: datetime, hours: Hours) -> datetime:
    """The first moment from ``moment`` on that is open: itself, or the beginning of a period. In UTC."""
    start, _ = next(open_spans(moment, hours))
    return max(start, moment.astimezone(UTC))


def add_business(start: datetime, amount: timedelta, hours: Hours) -> datetime:
    """The first moment by which ``amount`` of business time has passed since ``start``, in UTC.

    So what is due after the whole of a day's hours is due when they close, not when the next day opens; nothing is due
    at once, open or not. Additive and monotone. Raises ValueError for a negative amount.
    """
    if amount < NOTHING:
        raise ValueError("business time only goes forward")
    here = start.astimezone(UTC)
    if amount == NOTHING:
        return here
    for opens, closes in open_spans(start, hours):
        here = max(here, opens)
        if amount <= closes - here:
            return here + amount
        amount -= max(closes - here, NOTHING)
    raise AssertionError("open_spans has no end")


def business_between(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """How much business time passes from ``start`` to ``end``; nothing when ``end`` is not later."""
    total = NOTHING
    if end <= start:
        return total
    for opens, closes in open_spans(start, hours):
        if opens >= end:
            return total
        total += min(closes, end.astimezone(UTC)) - max(opens, start.astimezone(UTC))
    raise AssertionError("open_spans has no end")
