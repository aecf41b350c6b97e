"""A plan of when somebody is on duty: a usual week, and days on which it is otherwise. Pure; moments are in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.procedures.business import ONE_DAY, Period, Week, local_moment

NO_DAYS: Week = ((),) * 7
_TWO_WEEKS = timedelta(days=15)
"""Within that time what a week says comes again, also where clocks that are set forward swallow a shift."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """From ``first`` to ``last`` these ``periods`` a day go before the usual week; none: leave."""

    first: date
    last: date
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """``otherwise``: no two share a day. A period is of the day on which it begins, leave too: a night shift that began
    before it is worked to its end."""

    week: Week = NO_DAYS
    otherwise: tuple[Otherwise, ...] = ()

    def periods(self, day: date) -> tuple[Period, ...]:
        """Those that begin on that local date, in order."""
        for each in self.otherwise:
            if each.first <= day <= each.last:
                return each.periods
        return self.week[day.weekday()]

    @property
    def empty(self) -> bool:
        """Whether it never has anybody on duty."""
        return not any(self.week) and not any(each.periods for each in self.otherwise)


class Shift(NamedTuple):
    """A time of being on duty without a break; its first moment belongs to it and its last one does not."""

    start: datetime
    end: datetime


class Change(NamedTuple):
    """He comes on duty, or goes away."""

    at: datetime
    on_duty: bool


def shifts(plan: Plan, since: datetime, until: datetime, zone: ZoneInfo) -> Sequence[Shift]:
    """Every shift that ends after ``since`` and begins before ``until``, in order. Periods that overlap or touch are
    one."""
    joined: list[Shift] = []
    for start, end in sorted(_periods(plan, since, until, zone)):
        if joined and start <= joined[-1].end:
            joined[-1] = Shift(joined[-1].start, max(joined[-1].end, end))
        else:
            joined.append(Shift(start, end))
    return [each for each in joined if each.end > since and each.start < until]


def _periods(plan: Plan, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Shift]:
    """A day more on both sides: a period may run past midnight, and the next one may join it."""
    day, last = since.astimezone(zone).date() - ONE_DAY, until.astimezone(zone).date() + ONE_DAY
    while day <= last:
        for period in plan.periods(day):
            shift = Shift(local_moment(day, period.start, zone), local_moment(day, period.end, zone))
            # Where clocks are set forward, nothing may be left of it.
            if shift.end > shift.start:
                yield shift
        day += ONE_DAY


def is_planned(plan: Plan, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether he is to be on duty then."""
    return any(start <= moment < end for start, end in shifts(plan, moment, moment + ONE_DAY, zone))


def changes(plan: Plan, since: datetime, until: datetime, zone: ZoneInfo) -> Sequence[Change]:
    """All after ``since``, and up to ``until``, in order: coming and going take turns."""
    around = shifts(plan, since, until + ONE_DAY, zone)
    found = (change for start, end in around for change in (Change(start, True), Change(end, False)))
    return [change for change in found if since < change.at <= until]


def next_change(plan: Plan, after: datetime, zone: ZoneInfo) -> Change | None:
    """The first one after that; None where there is none any more."""
    ends = [local_moment(each.last, 0, zone) for each in plan.otherwise]
    coming = changes(plan, after, max([after, *ends]) + _TWO_WEEKS, zone)
    return coming[0] if coming else None
