"""Office hours in words, for people."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from babel.dates import get_day_names

from bot.procedures.business import DAY, Period, Week

_ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_EVERY_DAY = {"id": "Setiap hari", "en": "Every day"}
_ALL_DAY = {"id": "24 jam", "en": "24 hours"}
_AND = {"id": " dan ", "en": " and "}


def zone_in_words(zone: ZoneInfo) -> str:
    """What Indonesians call their zones; the place for others (``Europe/Vienna`` → ``Vienna``)."""
    return _ZONES.get(zone.key) or zone.key.rpartition("/")[2].replace("_", " ")


def week_in_words(week: Week, language: str) -> str:
    """``Senin–Kamis 08.00–16.00; Jumat 08.00–11.30 dan 13.00–16.00``."""
    if len(set(week)) == 1:
        return f"{_EVERY_DAY[language]} {_periods(week[0], language)}"
    names = get_day_names("wide", context="stand-alone", locale=language)
    return "; ".join(
        f"{names[first]}{_to(first, last)}{names[last] if last != first else ''} {_periods(week[first], language)}"
        for first, last in _runs(week)
    )


def _to(first: int, last: int) -> str:
    if last == first:
        return ""
    return "–" if last - first > 1 else ", "


def _runs(week: Week) -> list[tuple[int, int]]:
    """(first, last) of days in a row with the same periods; closed days are left out."""
    runs: list[tuple[int, int]] = []
    for day, periods in enumerate(week):
        if not periods:
            continue
        if runs and runs[-1][1] == day - 1 and week[runs[-1][0]] == periods:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _periods(periods: tuple[Period, ...], language: str) -> str:
    if periods == (Period(0, DAY),):
        return _ALL_DAY[language]
    return _AND[language].join(f"{_clock(start, language)}–{_clock(end, language)}" for start, end in periods)


def _clock(minutes: int, language: str) -> str:
    hour, minute = divmod(minutes if minutes == DAY else minutes % DAY, 60)
    return f"{hour:02}{'.' if language == 'id' else ':'}{minute:02}"
