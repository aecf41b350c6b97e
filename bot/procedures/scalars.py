"""How the single values of a profile are written. Each parser raises ValueError saying what the value must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar

import holidays

from bot.errors import Told, told
from bot.procedures.business import DAY, Period
from bot.procedures.rules import Clock

T = TypeVar("T", bound=str)
_DURATION = re.compile(r"(\d{1,6})\s*([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_PERIOD = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–]\s*(\d{1,2})[:.](\d{2})")
_SEPARATED = re.compile(r"[,;\s]+")


def words(text: str) -> str:
    """Any text that is not empty."""
    if not text:
        raise ValueError(told("must not be empty"))
    return text


def identifier(text: str) -> str:
    """What other parts of the profile, and the database, call something by."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", text):
        raise ValueError(told("must be 1 to 32 small letters, digits, - or _, a letter first"))
    return text


def prefix(text: str) -> str:
    """What ticket numbers begin with."""
    if not re.fullmatch(r"[A-Z]{1,8}", text):
        raise ValueError(told("must be 1 to 8 capital letters"))
    return text


def duration(text: str) -> timedelta:
    """``30m``, ``2h``, ``365d``: a year at most."""
    return _duration(text, timedelta(days=366), told("is more than a year"))


def keeping(text: str) -> timedelta:
    """How long something is kept, written as a ``duration`` is: a hundred years at most."""
    return _duration(text, timedelta(days=36_525), told("is more than a hundred years"))


def _duration(text: str, most: timedelta, otherwise: Told) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise ValueError(told("must be a length of time like 30m, 2h or 365d"))
    found = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if found > most:
        raise ValueError(otherwise)
    return found


def count(text: str) -> int:
    """A whole number from 1 to 999. Raises ValueError."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:4]) < 1000):
        raise ValueError(told("must be a whole number from 1 to 999"))
    return int(text)


def clock(text: str) -> Clock:
    """Which time counts."""
    match text:
        case "business":
            return "business"
        case "elapsed":
            return "elapsed"
    raise ValueError(told("must be business or elapsed"))


def yes(text: str) -> bool:
    """``true`` or ``false``."""
    if text not in ("true", "false"):
        raise ValueError(told("must be true or false"))
    return text == "true"


def day(text: str) -> date:
    """``2026-12-28``."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(told("must hold dates like 2026-12-28")) from error


def calendar(text: str) -> str:
    """A country of the ``holidays`` library."""
    if text not in holidays.list_supported_countries():
        raise ValueError(told("must be a country code that the holidays library knows, like ID"))
    return text


def period(text: str) -> Period:
    """``08:00-16:00``; past midnight where the end is not later than the start."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(told('must hold periods like "08:00-16:00"'))
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in match.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if from_minute > 59 or to_minute > 59 or start >= DAY or end > DAY:
        raise ValueError(told("holds {text}, which is not a time of day", text=text))
    if start == end:
        raise ValueError(told("holds {text}, which is no time at all (the whole day is 00:00-24:00)", text=text))
    return Period(start, end if end > start else end + DAY)


def parts(text: str) -> list[str]:
    """The values that are written one after the other; ``08:00 - 16:00`` is one."""
    return [part for part in _SEPARATED.split(re.sub(r"\s*[-–]\s*", "-", text)) if part]


def periods(text: str) -> tuple[Period, ...]:
    """``08:00-12:00 13:00-16:00``, of one day, in order. Raises ValueError, too where two overlap."""
    found = sorted(period(part) for part in parts(text))
    if any(after.start < before.end for before, after in pairwise(found)):
        raise ValueError(told("has periods that overlap"))
    return tuple(found)


def periods_written(of_day: Sequence[Period]) -> str:
    """As ``periods`` reads them."""
    return " ".join(f"{_clock(start)}-{_clock(end)}" for start, end in of_day)


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes if minutes == DAY else minutes % DAY, 60)
    return f"{hour:02}:{minute:02}"


def one_of(known: Collection[T], what: Told) -> Callable[[str], T]:
    """A parser that takes one of ``known``; ``what`` is what they are called."""

    def parse(text: str) -> T:
        for each in known:
            if each == text:
                return each
        there = ", ".join(known) or told("none")
        raise ValueError(told("names {text!r}, which is no {what}; known: {known}", text=text, what=what, known=there))

    return parse
