"""The procedure an institution works by: one file of ``data/sops``, checked when it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import holidays

from bot.procedures.business import DAY, Period, Week
from bot.procedures.document import Document, Part

Clock = Literal["business", "elapsed"]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DURATION = re.compile(r"(\d{1,6})\s*([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_PERIOD = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–]\s*(\d{1,2})[:.](\d{2})")


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: ``within`` so much time on this clock (business: while open; elapsed: every hour counts)."""

    within: timedelta
    clock: Clock


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """``calendar``: a country code of the ``holidays`` library. ``joint_leave``: cuti bersama is a holiday too."""

    calendar: str
    joint_leave: bool
    closed: frozenset[date]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long conversations and files are kept after the last message."""

    conversations: timedelta
    files: timedelta


@dataclass(frozen=True, slots=True)
class Profile:
    """``week``: office hours in the institution's zone. ``source``: the document it carries out."""

    name: str
    source: str
    ticket_prefix: str
    week: Week
    holidays: HolidayRule
    first_response: Target
    resolution: Target
    retention: Retention


def load_profile(path: Path) -> Profile:
    """Read a profile. Raises RefusedFile with every fault as ``file:line: what is wrong``."""
    document = Document(path)
    parts = document.root().keys(
        "name", "source", "ticket_prefix", "hours", "holidays", "targets", "retention", required=True
    )
    targets = parts["targets"].keys("first_response", "resolution")
    kept = parts["retention"].keys("conversations", "files")
    profile = Profile(
        name=parts["name"].value(_words, ""),
        source=parts["source"].value(_words, ""),
        ticket_prefix=parts["ticket_prefix"].value(_prefix, ""),
        week=_week(parts["hours"]),
        holidays=_holidays(parts["holidays"]),
        first_response=_target(targets["first_response"]),
        resolution=_target(targets["resolution"]),
        retention=Retention(
            kept["conversations"].value(_duration, timedelta()), kept["files"].value(_duration, timedelta())
        ),
    )
    document.refuse_if_faulty()
    return profile


def _words(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{1,8}", text):
        raise ValueError("must be 1 to 8 capital letters")
    return text


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise ValueError("must be a length of time like 30m, 2h or 365d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _clock(text: str) -> Clock:
    match text:
        case "business":
            return "business"
        case "elapsed":
            return "elapsed"
    raise ValueError("must be business or elapsed")


def _yes(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must hold dates like 2026-12-28") from error


def _calendar(text: str) -> str:
    if text not in holidays.list_supported_countries():
        raise ValueError("must be a country code that the holidays library knows, like ID")
    return text


def _period(text: str) -> Period:
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError('must hold periods like "08:00-16:00"')
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in match.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if from_minute > 59 or to_minute > 59 or start >= DAY or end > DAY:
        raise ValueError(f"holds {text}, which is not a time of day")
    if start == end:
        raise ValueError(f"holds {text}, which is no time at all (the whole day is 00:00-24:00)")
    return Period(start, end if end > start else end + DAY)


def _target(part: Part) -> Target:
    keys = part.keys("within", "clock")
    return Target(keys["within"].value(_duration, timedelta()), keys["clock"].value(_clock, "elapsed"))


def _holidays(part: Part) -> HolidayRule:
    keys = part.keys("calendar", "joint_leave", "closed")
    closed = frozenset(item.value(_day, date.min) for item in keys["closed"].items())
    return HolidayRule(keys["calendar"].value(_calendar, ""), keys["joint_leave"].value(_yes, True), closed)


def _week(part: Part) -> Week:
    nothing = Period(0, 0)
    days = part.keys(*DAYS, required=False)
    read = {day: [(item, item.value(_period, nothing)) for item in days[day].items()] for day in DAYS}
    week = [[(item, period) for item, period in read[day] if period != nothing] for day in DAYS]
    if part.node is not None and not any(read.values()):
        part.fault("are empty; at least one period is needed")
    for number, periods in enumerate(week):
        periods.sort(key=lambda entry: entry[1])
        _refuse_overlaps(DAYS[number], periods, week[number - 1])
    return tuple(tuple(period for _, period in periods) for periods in week)


def _refuse_overlaps(day: str, periods: list[tuple[Part, Period]], day_before: list[tuple[Part, Period]]) -> None:
    until = max((period.end - DAY for _, period in day_before), default=0)
    for item, period in periods:
        if period.start < until:
            item.fault("has periods that overlap")
        until = max(until, period.end)
