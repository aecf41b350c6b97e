"""A procedure as numbers and words for templates to draw: the ladder, a week's hours, a year's days. Pure."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from babel.dates import format_date, get_day_names

from bot.procedures.business import DAY, Week
from bot.procedures.hours import holiday_name, is_holiday, special_week
from bot.procedures.profile import Profile
from bot.procedures.rules import LadderStep
from bot.procedures.why import length_in_words
from bot.web.words import known, say

RUNG, TOP = 92, 18
DAY_HEIGHT, LEFT, RIGHT = 26, 84, 372
MONTHS = 12
Mark = Literal["open", "closed", "special", "holiday"]


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder. ``y``: where its knot is. ``lines``: its time, the warning, who is told; ``after``: how
    long a ticket takes to get there, where all clocks are the same."""

    y: int
    name: str
    lines: Sequence[str]
    after: str
    last: bool


def ladder(profile: Profile, language: str) -> Sequence[Rung]:
    """From the first step to the top; nothing where the procedure has none."""
    steps = list(profile.ladder.walk()) if profile.ladder else []
    same = len({step.clock for step in steps}) == 1
    rungs, gone = [], timedelta()
    for number, step in enumerate(steps):
        name = profile.roles[step.role].name.said(language)
        after = say(language, "ladder_after", time=length_in_words(gone, language)) if same and gone else ""
        gone += step.within
        last = number == len(steps) - 1
        rungs.append(Rung(TOP + number * RUNG, name, _lines(profile, step, language), after, last))
    return rungs


def within_in_words(within: timedelta, clock: str, language: str) -> str:
    """``2 h of office time``."""
    return known(language, "within", clock).format(time=length_in_words(within, language))


def _lines(profile: Profile, step: LadderStep, language: str) -> Sequence[str]:
    lines = [within_in_words(step.within, step.clock, language)]
    if step.warn:
        lines.append(say(language, "warned_before", time=length_in_words(step.warn, language)))
    if step.tell:
        told = ", ".join(profile.roles[role].name.said(language) for role in step.tell)
        lines.append(say(language, "then_told", who=told))
    return lines


@dataclass(frozen=True, slots=True)
class Bar:
    """A period of a day: from ``x`` on, so wide; ``label``: its times."""

    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A day of the week. ``y``: its middle."""

    y: int
    name: str
    bars: Sequence[Bar]


def week(hours: Week, language: str) -> Sequence[Row]:
    """Monday to Sunday, with what runs past midnight on the next day too."""
    names = get_day_names("wide", context="stand-alone", locale=language)
    rows = []
    for number, periods in enumerate(hours):
        here = [(start, min(end, DAY), _clocks(start, end)) for start, end in periods]
        here += [(0, end - DAY, "") for _, end in hours[number - 1] if end > DAY]
        scale = (RIGHT - LEFT) / DAY
        bars = [Bar(LEFT + start * scale, (end - start) * scale, label) for start, end, label in sorted(here)]
        rows.append(Row(DAY_HEIGHT // 2 + number * DAY_HEIGHT, names[number], bars))
    return rows


def _clocks(start: int, end: int) -> str:
    return "–".join(f"{minute // 60 % 24 if minute != DAY else 24:02}.{minute % 60:02}" for minute in (start, end))


@dataclass(frozen=True, slots=True)
class Day:
    """``named``: what the day is called, where it is a holiday or of special hours."""

    day: date
    mark: Mark
    named: str


@dataclass(frozen=True, slots=True)
class Month:
    """``weeks``: of seven days, Monday first; None where a day is another month's."""

    name: str
    weeks: Sequence[Sequence[Day | None]]

    @property
    def named(self) -> Sequence[Day]:
        """Its holidays, and the first days of special hours."""
        found = [day for row in self.weeks for day in row if day is not None and day.named]
        return [
            day for number, day in enumerate(found)
            if day.mark == "holiday" or number == 0 or found[number - 1].named != day.named
        ]  # fmt: skip


def months(profile: Profile, first: date, language: str) -> Iterator[Month]:
    """A year of months, from the one that ``first`` is in."""
    for number in range(MONTHS):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        weeks = Calendar().monthdatescalendar(year, month + 1)
        name = format_date(date(year, month + 1, 1), "MMMM y", locale=language)
        yield Month(name, [
            [_day(profile, day, language) if day.month == month + 1 else None for day in row] for row in weeks
        ])  # fmt: skip


def _day(profile: Profile, day: date, language: str) -> Day:
    rule = profile.holidays
    if is_holiday(rule, day):
        return Day(day, "holiday", holiday_name(rule, day, language) or known(language, "day", "closed"))
    special = next((each for each in profile.special_hours if each.first <= day <= each.last), None)
    if not (special_week(profile, day) or profile.week)[day.weekday()]:
        return Day(day, "closed", "")
    return Day(day, "special", special.name.said(language)) if special else Day(day, "open", "")
