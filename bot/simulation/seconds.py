"""Business time by counting: one number a second. Slow to build and simple to believe, so that it can judge
``procedures.business``, with which it shares nothing but the profile and the calendar of holidays."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import holidays
import numpy as np

from bot.procedures.profile import Profile
from bot.procedures.rules import Clock, HolidayRule

MINUTE, MINUTES_A_DAY = 60, 24 * 60
Pause = tuple[int, int | None]
"""From one second to another, or still."""


class Seconds:
    """Of the time from ``start`` on, for ``length``: seconds are counted from ``start``, moments are whole seconds."""

    def __init__(self, profile: Profile, zone: object, start: datetime, length: timedelta) -> None:
        self.start, self.length = start.astimezone(UTC), int(length.total_seconds())
        open_minutes = self._open_minutes(profile, zone)
        counted = np.concatenate(([0], np.cumsum(np.repeat(open_minutes, MINUTE), dtype=np.int64)))
        self._counted = array("q", counted.tobytes())

    def _open_minutes(self, profile: Profile, zone: object) -> np.ndarray:
        """Minute by minute, by the clock on the wall."""
        closed = _Closed(profile.holidays)
        minutes = np.zeros(-(-self.length // MINUTE), dtype=bool)
        for number in range(len(minutes)):
            local = (self.start + timedelta(minutes=number)).astimezone(zone)  # type: ignore[arg-type]
            today, passed = local.date(), local.hour * 60 + local.minute
            yesterday = today - timedelta(days=1)
            minutes[number] = _open(profile, closed, today, passed) or _open(
                profile, closed, yesterday, passed + MINUTES_A_DAY
            )
        return minutes

    def at(self, second: int) -> datetime:
        """That second as a moment."""
        return self.start + timedelta(seconds=second)

    def second(self, moment: datetime) -> int:
        """That moment as a second; raises ValueError where it is none."""
        found = (moment - self.start).total_seconds()
        if not found.is_integer():
            raise ValueError(f"{moment} is no whole second")
        return int(found)

    def is_open(self, second: int) -> bool:
        """Whether somebody is at work in that second."""
        return self._counted[second + 1] > self._counted[second]

    def next_open(self, second: int) -> int:
        """The first second from ``second`` on in which somebody is at work."""
        return bisect_left(self._counted, self._counted[second] + 1, lo=second) - 1

    def due(self, start: int, within: int, clock: Clock, pauses: Sequence[Pause]) -> int | None:
        """The first second by which the clock has counted ``within`` since ``start``; None where it does not within
        this time, or stands still before."""
        if clock == "business" and not pauses:
            found = bisect_left(self._counted, self._counted[start] + within, lo=start)
        else:
            later = range(start, self.length + 1)
            found = start + bisect_left(later, within, key=lambda now: self.between(start, now, clock, pauses))
        return found if found <= self.length else None

    def between(self, start: int, end: int, clock: Clock, pauses: Sequence[Pause]) -> int:
        """How many seconds the clock has counted; ``pauses`` in order, none touching another."""
        total = self._count(start, end, clock)
        for begins, ends in pauses:
            since, until = max(start, begins), min(end, end if ends is None else ends)
            if until > since:
                total -= self._count(since, until, clock)
        return total

    def _count(self, start: int, end: int, clock: Clock) -> int:
        return end - start if clock == "elapsed" else self._counted[end] - self._counted[start]


class _Closed:
    def __init__(self, rule: HolidayRule) -> None:
        self._rule = rule
        self._known: dict[int, set[date]] = {}

    def __call__(self, day: date) -> bool:
        return day in self._rule.closed or day in self._of(day.year)

    def _of(self, year: int) -> set[date]:
        if year not in self._known:
            there = holidays.country_holidays(self._rule.calendar).supported_categories
            wanted = [holidays.PUBLIC]
            if self._rule.joint_leave and holidays.GOVERNMENT in there:
                wanted.append(holidays.GOVERNMENT)
            found = holidays.country_holidays(self._rule.calendar, years=year, categories=tuple(wanted))
            self._known[year] = set(found)
        return self._known[year]


def _open(profile: Profile, closed: _Closed, day: date, minute: int) -> bool:
    """Whether a period that begins on ``day`` holds that minute, counted from the day's beginning."""
    week = next((each.week for each in profile.special_hours if each.first <= day <= each.last), profile.week)
    periods = week[day.weekday()]
    return any(period.start <= minute < period.end for period in periods) and not closed(day)
