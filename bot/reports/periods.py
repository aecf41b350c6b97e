"""The span of time that a report is about. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.errors import NotAllowed
from bot.procedures.rules import Every
from bot.reports.words import word

ONE_DAY = timedelta(days=1)
YEARS = range(2000, 9999)
"""Years of which there may be a report; what is next to their first and last day is still a day."""


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from ``first`` until before ``after``."""

    first: date
    after: date

    @property
    def days(self) -> int:
        return (self.after - self.first).days

    def until(self, today: date) -> Period:
        """What of it has begun by ``today``; at least its first day."""
        return Period(self.first, max(self.first + ONE_DAY, min(self.after, today + ONE_DAY)))

    def start(self, zone: ZoneInfo) -> datetime:
        """In UTC."""
        return _midnight(self.first, zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """In UTC; not part of it."""
        return _midnight(self.after, zone)

    def said(self, language: str) -> str:
        """``1 November 2026 sampai 30 November 2026``."""
        last = self.after - ONE_DAY
        if last == self.first:
            return said(last, language)
        return f"{said(self.first, language)} {word('until', language)} {said(last, language)}"


def month(text: str) -> Period:
    """``2026-11``. Raises NotAllowed for anything else."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) not in YEARS:
        raise NotAllowed(f"{text!r} is no month; write it as 2026-11.")
    first = date(int(found[1]), int(found[2]), 1)
    return Period(first, (first + timedelta(days=31)).replace(day=1))


def week(text: str) -> Period:
    """``2026-W47``, Monday to Sunday, or any day in it (``2026-11-18``). Raises NotAllowed for anything else."""
    try:
        found = re.fullmatch(r"(\d{4})-?W(\d{2})", text)
        day = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else date.fromisoformat(text)
    except ValueError:
        day = date.min
    monday = day - timedelta(days=day.weekday())
    if monday.year not in YEARS:
        raise NotAllowed(f"{text!r} is no week; write it as 2026-W47, or as a day in it: 2026-11-18.")
    return Period(monday, monday + timedelta(days=7))


def around(every: Every, day: date) -> Period:
    """The day, week (Monday to Sunday) or month that ``day`` is in."""
    if every == "day":
        return Period(day, day + ONE_DAY)
    return week(day.isoformat()) if every == "week" else month(f"{day:%Y-%m}")


def last_over(every: Every, today: date) -> Period:
    """The last whole day, week or month before ``today``."""
    return around(every, around(every, today).first - ONE_DAY)


def said(day: date, language: str) -> str:
    """``23 November 2026``."""
    return format_date(day, "d MMMM y", locale="en" if language == "en" else "id")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
