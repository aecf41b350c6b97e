"""Moments and spans as people read them, and how a deadline stands. Pure; the time is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import babel.dates
from babel.numbers import format_decimal

from bot.web.words import say

SOON = timedelta(hours=1)
"""From so long before a deadline on it is shown as due soon."""
TO_THE_MINUTE = timedelta(hours=3)
"""Below this what is left is told in hours and minutes: of two hours, one is not all."""
Standing = Literal["fine", "soon", "late"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """``left``: of the time that there was, in percent. ``words``: ``12 min left``. ``at``: ``due 09.40``."""

    standing: Standing
    left: int
    words: str
    at: str


@dataclass(frozen=True, slots=True)
class Times:
    """Says times at one moment, in one zone and language."""

    now: datetime
    zone: ZoneInfo
    language: str

    def short(self, moment: datetime) -> str:
        """The time of today, the day of another day, with the year where it is another one."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == today.date():
            return self._clock(local)
        pattern = "d MMM" if local.year == today.year else "d MMM y"
        return format_date(local.date(), pattern, self.language)

    def full(self, moment: datetime) -> str:
        """``Mon 23 Nov 2026, 10:00``."""
        local = moment.astimezone(self.zone)
        return f"{format_date(local.date(), 'EEE d MMM y', self.language)}, {self._clock(local)}"

    def date(self, day: date) -> str:
        """``23 Nov 2026``."""
        return format_date(day, "d MMM y", self.language)

    def weekday(self, moment: datetime) -> str:
        """``Mon 23``."""
        return format_date(moment.astimezone(self.zone).date(), "EEE d", self.language)

    def weekday_name(self, moment: datetime) -> str:
        """``Monday``."""
        return format_date(moment.astimezone(self.zone).date(), "EEEE", self.language)

    def hour(self, hour: int) -> str:
        """A full hour of a day."""
        return self._clock(datetime(2000, 1, 1, hour, tzinfo=self.zone))

    def number(self, value: float) -> str:
        """With at most one decimal, as the language writes it."""
        return format_decimal(value, "#,##0.#", self.language)

    def clock(self, moment: datetime) -> str:
        """The time of day."""
        return self._clock(moment.astimezone(self.zone))

    def day(self, moment: datetime) -> str:
        """``Today``, ``Yesterday`` or the date."""
        local, today = moment.astimezone(self.zone).date(), self.now.astimezone(self.zone).date()
        if local == today:
            return say(self.language, "today")
        if local == today - timedelta(days=1):
            return say(self.language, "yesterday")
        return format_date(local, "EEEE d MMMM" if local.year == today.year else "d MMMM y", self.language)

    def local_day(self, moment: datetime) -> object:
        """The date, to compare."""
        return moment.astimezone(self.zone).date()

    def ago(self, moment: datetime) -> str:
        """How long since, in one unit; ``now`` within a minute."""
        gone = self.now - moment
        return self.span(gone) if gone >= timedelta(minutes=1) else say(self.language, "just_now")

    def span(self, length: timedelta) -> str:
        """A length of time in its largest whole unit: ``12 min``, ``3 h``, ``2 d``."""
        minutes = max(0, int(length.total_seconds() // 60))
        if minutes < 60:
            return say(self.language, "minutes", n=minutes)
        if minutes < 48 * 60:
            return say(self.language, "hours", n=minutes // 60)
        return say(self.language, "days", n=minutes // (24 * 60))

    def rest(self, left: timedelta) -> str:
        """What is left of a promise: ``span``, to the minute where that matters."""
        hours, minutes = divmod(max(0, int(left.total_seconds() // 60)), 60)
        if hours and minutes and left < TO_THE_MINUTE:
            return say(self.language, "hours_minutes", hours=hours, minutes=minutes)
        return self.span(left)

    def deadline(self, since: datetime, due: datetime) -> Deadline:
        """How what is due next stands; ``since``: from when on the bar shrinks."""
        at = say(self.language, "due_at", time=self.short(due) if not self._near(due) else self._day_and_clock(due))
        left = due - self.now
        if left <= timedelta(0):
            return Deadline("late", 0, say(self.language, "late_by", time=self.span(-left)), at)
        whole = max((due - since).total_seconds(), 1.0)
        share = max(1, min(100, round(100 * left.total_seconds() / whole)))
        return Deadline("soon" if left <= SOON else "fine", share, say(self.language, "left", time=self.rest(left)), at)

    def _near(self, moment: datetime) -> bool:
        return abs(moment - self.now) < timedelta(days=6)

    def _day_and_clock(self, moment: datetime) -> str:
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        clock = self._clock(local)
        return clock if local.date() == today.date() else f"{format_date(local.date(), 'EEE', self.language)} {clock}"

    def _clock(self, local: datetime) -> str:
        return local.strftime("%H.%M" if self.language == "id" else "%H:%M")


@lru_cache(1000)
def format_date(day: date, pattern: str, language: str) -> str:
    """A day by babel's ``pattern``. A page says few days many times."""
    return babel.dates.format_date(day, pattern, locale=language)
