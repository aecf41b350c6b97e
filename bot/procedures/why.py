"""Why a deadline is when it is, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime

from bot.procedures.business import Hours
from bot.procedures.clock import Pause, Stretch, counted, deadline, way
from bot.procedures.hours import holiday_name
from bot.procedures.rules import USER, Clock, HolidayRule, Words
from bot.procedures.words import zone_in_words

_DAY = {"id": "EEEE, d MMMM", "en": "EEEE d MMMM"}
_MOMENT = {"id": "EEEE, d MMMM y 'pukul' HH.mm", "en": "EEEE d MMMM y, HH:mm"}
_HOUR = {"id": "HH.mm", "en": "HH:mm"}
_SAID = {
    "id": {
        "business": "Dimulai {start}; waktunya {length} pada jam layanan.",
        "elapsed": "Dimulai {start}; waktunya {length}, semua jam dihitung.",
        "counts": "{from} sampai {to}: {length} terpakai.",
        "closed": "{from} sampai {to} tidak dihitung: di luar jam layanan.",
        "closed days": "{from} sampai {to} tidak dihitung: di luar jam layanan, termasuk {days}.",
        "paused": "{from} sampai {to} waktu berhenti: menunggu jawaban {person}.",
        "due": "Jadi tenggatnya {due}.",
        "stands": "Sekarang waktu berhenti karena menunggu jawaban {person}; tersisa {length}.",
        "h": "{n} jam",
        "m": "{n} menit",
        "s": "{n} detik",
        "and": " ",
    },
    "en": {
        "business": "It began on {start} and has {length} of office time.",
        "elapsed": "It began on {start} and has {length}; every hour counts.",
        "counts": "{from} to {to}: {length} counted.",
        "closed": "{from} to {to} does not count: outside office hours.",
        "closed days": "{from} to {to} does not count: outside office hours, with {days}.",
        "paused": "{from} to {to} the clock stood still: the {person} was waited for.",
        "due": "So it is due on {due}.",
        "stands": "The clock stands still now, as the {person} is waited for; {length} are left.",
        "h": "{n} h",
        "m": "{n} min",
        "s": "{n} s",
        "and": " ",
    },
}


@dataclass(frozen=True, slots=True)
class Timing:
    """What a deadline is computed from."""

    start: datetime
    within: timedelta
    clock: Clock
    pauses: tuple[Pause, ...] = ()

    def due(self, hours: Hours) -> datetime | None:
        """None while the clock stands still."""
        return deadline(self.start, self.within, self.clock, hours, self.pauses)


def why(
    timing: Timing, hours: Hours, rule: HolidayRule, now: datetime, language: str, person: Words = USER
) -> Sequence[str]:
    """A deadline step by step: its start, every stretch that counts or does not, and where it ends. ``language``: id or
    en. ``person``: what the profile calls who is waited for. While the clock stands still, how much is left of it."""
    who = person.said(language)
    said, due = _SAID[language], timing.due(hours)
    length = length_in_words(timing.within, language)
    lines = [said[timing.clock].format(start=moment_in_words(timing.start, hours, language), length=length)]
    until = due or max(now, timing.start)
    lines += [
        _stretch(each, hours, rule, language, who)
        for each in way(timing.start, until, timing.clock, hours, timing.pauses)
    ]
    if due is not None:
        return [*lines, said["due"].format(due=moment_in_words(due, hours, language))]
    left = timing.within - counted(timing.start, until, timing.clock, hours, timing.pauses)
    return [*lines, said["stands"].format(length=length_in_words(left, language), person=who)]


def _stretch(stretch: Stretch, hours: Hours, rule: HolidayRule, language: str, person: str) -> str:
    said = _SAID[language]
    begins, ends = stretch.start.astimezone(hours.zone), stretch.end.astimezone(hours.zone)
    one_day = begins.date() == ends.date()
    given = {
        "from": _short(begins, language),
        "to": format_datetime(ends, _HOUR[language], locale=language) if one_day else _short(ends, language),
        "length": length_in_words(stretch.end - stretch.start, language),
        "person": person,
    }
    if stretch.part != "closed":
        return said[stretch.part].format(**given)
    days = list(_closed_days(begins.date(), ends.date(), hours, rule, language))
    return said["closed days" if days else "closed"].format(**given, days=", ".join(days))


def _closed_days(first: date, last: date, hours: Hours, rule: HolidayRule, language: str) -> Iterator[str]:
    day = first
    while day <= last:
        if not hours.periods(day):
            name = holiday_name(rule, day, language)
            words = format_date(day, _DAY[language], locale=language)
            yield f"{words} ({name})" if name else words
        day += timedelta(days=1)


def moment_in_words(moment: datetime, hours: Hours, language: str) -> str:
    """``Friday 27 November 2026, 15:40 (WIB)``."""
    words = format_datetime(moment.astimezone(hours.zone), _MOMENT[language], locale=language)
    zone = zone_in_words(hours.zone)
    return f"{words} {zone}" if language == "id" else f"{words} ({zone})"


def _short(moment: datetime, language: str) -> str:
    return format_datetime(moment, f"{_DAY[language]} {_HOUR[language]}", locale=language)


def length_in_words(length: timedelta, language: str) -> str:
    """``2 h 5 min``; seconds only below an hour, and only where there are some."""
    said, seconds = _SAID[language], int(length.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [said["h"].format(n=hours)] if hours else []
    if minutes or not (hours or rest):
        parts.append(said["m"].format(n=minutes))
    if rest and not hours:
        parts.append(said["s"].format(n=rest))
    return said["and"].join(parts)
