"""What the institution promises about when a human answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from holidays import GOVERNMENT, PUBLIC

from bot.procedures import business
from bot.procedures.business import Hours, Week
from bot.procedures.profile import Profile
from bot.procedures.rules import HolidayRule, Unit
from bot.procedures.words import week_in_words, zone_in_words


class ServicePromise:
    """Office hours and the deadline of a first answer, for one profile in one zone. Moments are aware; those it gives
    are in UTC."""

    def __init__(self, profile: Profile, zone: ZoneInfo) -> None:
        self.zone = zone
        self.follow(profile)

    def follow(self, profile: Profile) -> None:
        """Promise by another profile from now on."""
        self.profile, self.hours = profile, hours_of(profile, self.zone)

    def is_open(self, now: datetime) -> bool:
        """Whether humans are at work."""
        return business.is_open(now, self.hours)

    def due(self, now: datetime) -> datetime:
        """By when a human answers somebody who is handed over now."""
        target = self.profile.first_response
        if target.clock == "elapsed":
            return now.astimezone(UTC) + target.within
        return business.add_business(now, target.within, self.hours)

    def next_opening(self, now: datetime) -> datetime:
        """When humans are at work again; ``now`` itself while they are."""
        return business.next_opening(now, self.hours)

    def hours_words(self, language: str, now: datetime) -> str:
        """``Senin–Jumat 08.00–16.00 WIB``, ``Monday–Friday 08:00–16:00 (WIB)``; those of the days around ``now``."""
        zone = zone_in_words(self.zone)
        week = special_week(self.profile, now.astimezone(self.zone).date()) or self.profile.week
        return f"{week_in_words(week, language)} {zone if language == 'id' else f'({zone})'}"


def hours_of(profile: Profile, zone: ZoneInfo, unit: Unit | None = None) -> Hours:
    """The institution's hours, or a unit's own where it has some; holidays are everybody's. A unit's own hours
    go before special periods too."""
    if unit is not None and unit.hours is not None:
        return Hours(unit.hours, zone, lambda day: is_holiday(profile.holidays, day))
    return Hours(
        profile.week, zone, lambda day: is_holiday(profile.holidays, day), lambda day: special_week(profile, day)
    )


def special_week(profile: Profile, day: date) -> Week | None:
    """The week of the special period that ``day`` is in."""
    return next((each.week for each in profile.special_hours if each.first <= day <= each.last), None)


def is_holiday(rule: HolidayRule, day: date) -> bool:
    """Whether the institution is closed all that local day, whatever its week says."""
    return day in rule.closed or day in _holidays_of(rule.calendar, rule.joint_leave, day.year)


@cache
def _holidays_of(calendar: str, joint_leave: bool, year: int) -> frozenset[date]:
    """Joint leave is the library's category "government"; countries without it have their public holidays alone.

    Later years hold estimated dates until the government's decree is out and the library is updated.
    """
    wanted = _categories(calendar, joint_leave)
    return frozenset(holidays.country_holidays(calendar, years=year, categories=wanted))


def holiday_name(rule: HolidayRule, day: date, language: str) -> str | None:
    """What the calendar calls that holiday; None where it is none of the calendar's."""
    if not is_holiday(rule, day) or day in rule.closed:
        return None
    supported = holidays.country_holidays(rule.calendar).supported_languages
    wanted = "en_US" if language == "en" else language
    named = holidays.country_holidays(
        rule.calendar,
        years=day.year,
        categories=_categories(rule.calendar, rule.joint_leave),
        language=wanted if wanted in supported else None,
    )
    return named.get(day)


def _categories(calendar: str, joint_leave: bool) -> tuple[str, ...]:
    known = holidays.country_holidays(calendar).supported_categories
    return (PUBLIC, GOVERNMENT) if joint_leave and GOVERNMENT in known else (PUBLIC,)
