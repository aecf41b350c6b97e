"""What is promised about when a human answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config import ROOT
from bot.procedures.business import DAY, Period, Week, is_open
from bot.procedures.hours import ServicePromise, hours_of, is_holiday
from bot.procedures.profile import HolidayRule, Profile, Target, load_profile
from bot.procedures.rules import Unit, Words

JAKARTA = ZoneInfo("Asia/Jakarta")
ITB = load_profile(ROOT / "data" / "sops" / "itb.yml")
OFFICE = (Period(480, 960),)
FRIDAY = (Period(480, 690), Period(780, 960))


def promise(profile: Profile = ITB, zone: ZoneInfo = JAKARTA) -> ServicePromise:
    return ServicePromise(profile, zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "open_now", "due", "opening"),
    [
        ("2026-11-23 10:00", True, "2026-11-23 12:00", "2026-11-23 10:00"),
        ("2026-11-23 15:30", True, "2026-11-24 09:30", "2026-11-23 15:30"),
        ("2026-11-23 20:00", False, "2026-11-24 10:00", "2026-11-24 08:00"),
        ("2026-11-27 17:00", False, "2026-11-30 10:00", "2026-11-30 08:00"),
        # Independence Day is a Monday; 24 December is joint leave, a Thursday; then Christmas and a weekend.
        ("2026-08-17 10:00", False, "2026-08-18 10:00", "2026-08-18 08:00"),
        ("2026-12-23 15:00", True, "2026-12-28 09:00", "2026-12-23 15:00"),
        # Idul Fitri with its joint leave, 20 to 24 March 2026.
        # The day before is in Ramadan: open until 15.00.
        ("2026-03-17 14:00", True, "2026-03-25 09:00", "2026-03-17 14:00"),
        ("2026-03-17 15:30", False, "2026-03-25 10:00", "2026-03-25 08:00"),
    ],
)
def test_an_answer_is_promised_within_two_office_hours(now: str, open_now: bool, due: str, opening: str) -> None:
    found = promise()
    assert found.is_open(at(now)) == open_now
    assert found.due(at(now)) == at(due)
    assert found.next_opening(at(now)) == at(opening)


def test_a_promise_by_the_clock_on_the_wall_counts_every_hour() -> None:
    always = replace(ITB, first_response=Target(timedelta(hours=24), "elapsed"))
    assert promise(always).due(at("2026-11-27 17:00")) == at("2026-11-28 17:00")


@pytest.mark.parametrize(
    ("rule", "day", "closed"),
    [
        (HolidayRule("ID", True, frozenset()), date(2026, 12, 25), True),
        (HolidayRule("ID", True, frozenset()), date(2026, 12, 24), True),
        (HolidayRule("ID", False, frozenset()), date(2026, 12, 24), False),
        (HolidayRule("ID", True, frozenset()), date(2026, 12, 28), False),
        (HolidayRule("ID", True, frozenset({date(2026, 12, 28)})), date(2026, 12, 28), True),
        (HolidayRule("AT", True, frozenset()), date(2026, 10, 26), True),
    ],
)
def test_holidays_are_the_country_s_joint_leave_and_the_institution_s_own(
    rule: HolidayRule, day: date, closed: bool
) -> None:
    assert is_holiday(rule, day) == closed


WORDS: list[tuple[Week, str, str]] = [
    ((OFFICE,) * 5 + ((),) * 2, "Senin–Jumat 08.00–16.00 WIB", "Monday–Friday 08:00–16:00 (WIB)"),
    (
        (OFFICE,) * 4 + (FRIDAY, (), ()),
        "Senin–Kamis 08.00–16.00; Jumat 08.00–11.30 dan 13.00–16.00 WIB",
        "Monday–Thursday 08:00–16:00; Friday 08:00–11:30 and 13:00–16:00 (WIB)",
    ),
    (
        (OFFICE, (), OFFICE, OFFICE, (), (), ()),
        "Senin 08.00–16.00; Rabu, Kamis 08.00–16.00 WIB",
        "Monday 08:00–16:00; Wednesday, Thursday 08:00–16:00 (WIB)",
    ),
    ((OFFICE,) * 7, "Setiap hari 08.00–16.00 WIB", "Every day 08:00–16:00 (WIB)"),
    (((Period(0, DAY),),) * 7, "Setiap hari 24 jam WIB", "Every day 24 hours (WIB)"),
    (((Period(1320, 1800),),) + ((),) * 6, "Senin 22.00–06.00 WIB", "Monday 22:00–06:00 (WIB)"),
    (((Period(960, DAY),),) + ((),) * 6, "Senin 16.00–24.00 WIB", "Monday 16:00–24:00 (WIB)"),
]


@pytest.mark.parametrize(("week", "indonesian", "english"), WORDS)
def test_office_hours_are_told_in_words(week: Week, indonesian: str, english: str) -> None:
    found = promise(replace(ITB, week=week))
    assert found.hours_words("id", at("2026-11-23 10:00")) == indonesian
    assert found.hours_words("en", at("2026-11-23 10:00")) == english


@pytest.mark.parametrize(
    ("zone", "name"), [("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT"), ("America/New_York", "New York")]
)
def test_a_zone_is_called_what_people_call_it(zone: str, name: str) -> None:
    assert promise(zone=ZoneInfo(zone)).hours_words("id", at("2026-11-23 10:00")) == f"Senin–Jumat 08.00–16.00 {name}"


def test_in_ramadan_its_hours_are_told_and_counted() -> None:
    found, ramadan = promise(), at("2026-02-19 09:00")
    assert found.hours_words("en", ramadan) == "Monday–Thursday 08:00–15:00; Friday 08:00–15:30 (WIB)"
    assert found.due(at("2026-02-19 14:00")) == at("2026-02-20 09:00")
    # Eid al-Fitr ends it; the first working day after the holidays has the usual hours.
    assert found.due(at("2026-03-25 13:30")) == at("2026-03-25 15:30")


def test_a_unit_with_hours_of_its_own_keeps_them_but_not_on_holidays() -> None:
    night = Unit("night", Words("Malam", "Night"), None, ((Period(1320, 1800),),) * 7, timedelta(hours=1))
    hours = hours_of(ITB, JAKARTA, night)
    assert is_open(at("2026-11-22 23:00"), hours)
    assert not is_open(at("2026-11-23 10:00"), hours)
    assert not is_open(at("2026-12-25 23:00"), hours)
    assert hours_of(ITB, JAKARTA, None).week == ITB.week
