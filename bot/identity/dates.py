"""Dates of birth as people type them, in Indonesian and English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA

FIRST_YEAR, LAST_YEAR = 1920, 2020
"""Nobody born outside these years is on a roster. Two digits: 00-20 are of this century, the rest of the last."""

_MONTHS = (
    "januari january jan",
    "februari february feb pebruari peb",
    "maret march mar mrt",
    "april apr",
    "mei may",
    "juni june jun",
    "juli july jul",
    "agustus august aug agu agt ags agust",
    "september sept sep",
    "oktober october okt oct",
    "november nov nopember nop",
    "desember december des dec",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_LONG = {word: number for word, number in _MONTH_OF.items() if len(word) >= 5}

_SEP = r"[ ]?[-/.][ ]?"
_WRITTEN = re.compile(
    r"(?<![0-9a-z])([0-9]{1,2})(?:st|nd|rd|th)?(?:[ ]of)?[ \-/.,]{0,3}([a-z]{3,10})[ \-/.,']{0,3}"
    r"([0-9]{4}|[0-9]{2})(?![0-9])"
)
_WRITTEN_MONTH_FIRST = re.compile(
    r"(?<![0-9a-z])([a-z]{3,10})[ .]{1,2}([0-9]{1,2})(?:st|nd|rd|th)?[ ,]{1,3}([0-9]{4})(?![0-9])"
)
_YEAR_FIRST = re.compile(rf"(?<![0-9])([0-9]{{4}})(?:{_SEP}|[ ])([0-9]{{1,2}})(?:{_SEP}|[ ])([0-9]{{1,2}})(?![0-9])")
_DAY_FIRST = re.compile(
    rf"(?<![0-9])([0-9]{{1,2}})({_SEP}|[ ])([0-9]{{1,2}})(?:{_SEP}|[ ])([0-9]{{4}}|[0-9]{{2}})(?![0-9])"
)
_COMPACT = re.compile(r"[0-9]{8}|[0-9]{6}")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and where it stands in the text."""

    value: date
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


def find_dates(text: str) -> list[FoundDate]:
    """Dates with their parts apart, in the order of the text, none inside another. ``text`` is lower case.

    Day before month, as in Indonesia; month before day only where it cannot be otherwise (05/13/2004).
    """
    found: list[FoundDate] = []
    for pattern, read in (
        (_WRITTEN, _written),
        (_WRITTEN_MONTH_FIRST, _month_first),
        (_YEAR_FIRST, _year_first),
        (_DAY_FIRST, _day_first),
    ):
        for match in pattern.finditer(text):
            value = read(match)
            if value and all(match.end() <= other.start or match.start() >= other.end for other in found):
                found.append(FoundDate(value, match.start(), match.end()))
    return sorted(found, key=lambda each: each.start)


def compact_date(digits: str) -> date | None:
    """``12052004``, ``20040512`` or ``120504`` as a date; None where it is none."""
    if not _COMPACT.fullmatch(digits):
        return None
    if len(digits) == 6:
        return _date(_year(digits[4:]), int(digits[2:4]), int(digits[:2]))
    return _date(int(digits[4:]), int(digits[2:4]), int(digits[:2])) or _date(
        int(digits[:4]), int(digits[4:6]), int(digits[6:])
    )


def _written(match: re.Match[str]) -> date | None:
    month = _month(match[2])
    return _date(_year(match[3]), month, int(match[1])) if month else None


def _month_first(match: re.Match[str]) -> date | None:
    month = _month(match[1])
    return _date(int(match[3]), month, int(match[2])) if month else None


def _year_first(match: re.Match[str]) -> date | None:
    return _date(int(match[1]), int(match[2]), int(match[3]))


def _day_first(match: re.Match[str]) -> date | None:
    if match[2] == " " and len(match[4]) == 2:
        return None
    year, first, second = _year(match[4]), int(match[1]), int(match[3])
    return _date(year, second, first) or (_date(year, first, second) if second > 12 else None)


def _month(word: str) -> int | None:
    if word in _MONTH_OF:
        return _MONTH_OF[word]
    near = {number for name, number in _LONG.items() if OSA.distance(word, name) <= (1 if len(name) < 7 else 2)}
    return near.pop() if len(near) == 1 and len(word) >= 5 else None


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year <= LAST_YEAR % 100 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
