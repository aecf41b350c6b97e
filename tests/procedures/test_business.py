"""Business time: tables by hand, and a slow oracle that looks at every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.procedures.business import DAY, Hours, Period, add_business, business_between, is_open, next_opening

JAKARTA = ZoneInfo("Asia/Jakarta")
VIENNA = ZoneInfo("Europe/Vienna")
OFFICE = (Period(8 * 60, 16 * 60),)
SPLIT = (Period(8 * 60, 12 * 60), Period(13 * 60, 16 * 60))
NIGHT = (Period(22 * 60, 30 * 60),)
CHRISTMAS = frozenset({date(2026, 12, 24), date(2026, 12, 25)})


def hours(*week: tuple[Period, ...], zone: ZoneInfo = JAKARTA, closed: frozenset[date] = frozenset()) -> Hours:
    return Hours((*week, *((),) * (7 - len(week))), zone, closed.__contains__)


WEEKDAYS = hours(*[OFFICE] * 5, closed=CHRISTMAS)
LUNCH = hours(*[SPLIT] * 4, (Period(480, 690), Period(780, 960)))
NIGHTS = hours(*[NIGHT] * 5, closed=frozenset({date(2026, 11, 25)}))
ALWAYS = hours(*[(Period(0, DAY),)] * 7)


def at(text: str, zone: ZoneInfo = JAKARTA) -> datetime:
    """``Mon 23 08:00`` of November 2026, or ``2026-12-23 15:30``."""
    if text[0].isdigit():
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    return datetime.strptime(f"2026-11 {text[4:]}", "%Y-%m %d %H:%M").replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("calendar", "start", "minutes", "due"),
    [
        (WEEKDAYS, "Mon 23 10:00", 120, "Mon 23 12:00"),
        (WEEKDAYS, "Mon 23 14:00", 120, "Mon 23 16:00"),
        (WEEKDAYS, "Mon 23 15:00", 120, "Tue 24 09:00"),
        (WEEKDAYS, "Mon 23 16:00", 120, "Tue 24 10:00"),
        (WEEKDAYS, "Mon 23 03:00", 120, "Mon 23 10:00"),
        (WEEKDAYS, "Fri 27 15:40", 120, "Mon 30 09:40"),
        (WEEKDAYS, "Sat 28 12:00", 120, "Mon 30 10:00"),
        (WEEKDAYS, "Sun 29 23:59", 1, "Mon 30 08:01"),
        (WEEKDAYS, "Mon 23 08:00", 8 * 60, "Mon 23 16:00"),
        (WEEKDAYS, "Mon 23 08:00", 8 * 60 + 1, "Tue 24 08:01"),
        (WEEKDAYS, "Mon 23 08:00", 40 * 60, "Fri 27 16:00"),
        (WEEKDAYS, "Sat 28 12:00", 0, "Sat 28 12:00"),
        (WEEKDAYS, "2026-12-23 15:30", 60, "2026-12-28 08:30"),
        (LUNCH, "Mon 23 11:30", 60, "Mon 23 13:30"),
        (LUNCH, "Mon 23 12:15", 60, "Mon 23 14:00"),
        (LUNCH, "Fri 27 11:00", 60, "Fri 27 13:30"),
        (NIGHTS, "Mon 23 23:00", 120, "Tue 24 01:00"),
        (NIGHTS, "Tue 24 05:00", 120, "Tue 24 23:00"),
        (NIGHTS, "Wed 25 05:00", 120, "Thu 26 23:00"),
        (NIGHTS, "Sat 28 01:00", 120, "Sat 28 03:00"),
        (NIGHTS, "Sat 28 05:30", 60, "Mon 30 22:30"),
        (ALWAYS, "Sat 28 23:30", 60, "Sun 29 00:30"),
    ],
)
def test_business_time_passes_only_while_open(calendar: Hours, start: str, minutes: int, due: str) -> None:
    found = add_business(at(start), timedelta(minutes=minutes), calendar)
    assert found == at(due)
    assert found.tzinfo is UTC
    assert business_between(at(start), found, calendar) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("calendar", "moment", "opening"),
    [
        (WEEKDAYS, "Mon 23 08:00", "Mon 23 08:00"),
        (WEEKDAYS, "Mon 23 15:59", "Mon 23 15:59"),
        (WEEKDAYS, "Mon 23 16:00", "Tue 24 08:00"),
        (WEEKDAYS, "Mon 23 07:59", "Mon 23 08:00"),
        (WEEKDAYS, "Fri 27 16:00", "Mon 30 08:00"),
        (WEEKDAYS, "2026-12-24 09:00", "2026-12-28 08:00"),
        (LUNCH, "Mon 23 12:00", "Mon 23 13:00"),
        (NIGHTS, "Tue 24 05:59", "Tue 24 05:59"),
        (NIGHTS, "Tue 24 06:00", "Tue 24 22:00"),
        (NIGHTS, "Wed 25 01:00", "Wed 25 01:00"),
        (NIGHTS, "Wed 25 23:00", "Thu 26 22:00"),
        (ALWAYS, "Sun 29 00:00", "Sun 29 00:00"),
    ],
)
def test_the_next_opening_is_now_while_open(calendar: Hours, moment: str, opening: str) -> None:
    assert next_opening(at(moment), calendar) == at(opening)
    assert is_open(at(moment), calendar) == (moment == opening)


def test_seconds_count() -> None:
    start = at("Mon 23 15:59") + timedelta(seconds=30.5)
    assert add_business(start, timedelta(seconds=30), WEEKDAYS) == at("Tue 24 08:00") + timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        # Clocks go back on 25 October 2026 and forward on 29 March 2026: the Sunday has 25 and 23 hours.
        ("2026-10-24 23:00", "2026-10-25 23:00"),
        ("2026-03-28 23:00", "2026-03-30 01:00"),
    ],
)
def test_a_change_of_the_clock_does_not_change_how_long_an_hour_is(start: str, due: str) -> None:
    calendar = hours(*[(Period(0, DAY),)] * 7, zone=VIENNA)
    assert add_business(at(start, VIENNA), timedelta(hours=25), calendar) == at(due, VIENNA)


def test_periods_around_an_hour_that_does_not_exist_count_no_minute_twice() -> None:
    calendar = hours(*[()] * 6, (Period(60, 165), Period(180, 240)), zone=VIENNA)
    sunday = at("2026-03-29 00:00", VIENNA)
    assert business_between(sunday, at("2026-03-29 23:00", VIENNA), calendar) <= timedelta(hours=2)


def test_the_zone_is_the_institution_s_not_the_asker_s() -> None:
    calendar = hours(*[OFFICE] * 5, zone=ZoneInfo("Asia/Jayapura"))
    assert is_open(at("Mon 23 06:00"), calendar)
    assert not is_open(at("Mon 23 14:00"), calendar)


def test_what_can_never_be_due_is_a_fault() -> None:
    with pytest.raises(ValueError, match="at least one period"):
        hours()
    with pytest.raises(ValueError, match="seven days"):
        Hours((OFFICE,), JAKARTA, CHRISTMAS.__contains__)
    with pytest.raises(ValueError, match="more than a year"):
        add_business(at("Mon 23 08:00"), timedelta(hours=1), Hours(WEEKDAYS.week, JAKARTA, lambda _day: True))
    with pytest.raises(ValueError, match="forward"):
        add_business(at("Mon 23 08:00"), timedelta(hours=-1), WEEKDAYS)
    with pytest.raises(ValueError, match="aware"):
        is_open(datetime(2026, 11, 23), WEEKDAYS)  # noqa: DTZ001


@st.composite
def calendars(draw: st.DrawFn) -> Hours:
    """Weeks with periods that do not overlap, some past midnight, and a few holidays."""
    until, week = 0, []
    for day in range(7):
        cuts = sorted(draw(st.sets(st.integers(max(until, 0), DAY + 200), max_size=4)))
        pairs = [Period(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < DAY]
        if day == 6:
            pairs = [Period(a, min(b, DAY)) for a, b in pairs]
        week.append(tuple(pairs))
        until = max((period.end for period in pairs), default=0) - DAY
    if not any(week):
        week[0] = OFFICE
    closed = frozenset(date(2026, 11, 20) + timedelta(days=n) for n in draw(st.sets(st.integers(0, 20), max_size=5)))
    zone = draw(st.sampled_from([JAKARTA, ZoneInfo("UTC"), ZoneInfo("Asia/Jayapura"), ZoneInfo("Asia/Kathmandu")]))
    return Hours(tuple(week), zone, closed.__contains__)


MOMENTS = st.integers(0, 8 * DAY).map(lambda minutes: datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minutes))
AMOUNTS = st.integers(0, 3 * DAY).map(lambda minutes: timedelta(minutes=minutes))


def open_at(moment: datetime, calendar: Hours) -> bool:
    """The oracle: looks at one minute."""
    local = moment.astimezone(calendar.zone)
    minute, today, before = local.hour * 60 + local.minute, local.date(), local.date() - timedelta(days=1)
    return any(
        not calendar.closed(day) and any(period.start <= shown < period.end for period in calendar.week[day.weekday()])
        for day, shown in ((today, minute), (before, minute + DAY))
    )


@settings(max_examples=60, deadline=None)
@given(calendars(), MOMENTS, st.integers(0, 15 * 60))
def test_it_is_what_counting_every_minute_gives(calendar: Hours, start: datetime, minutes: int) -> None:
    due, left = start, minutes
    while left:
        left -= open_at(due, calendar)
        due += timedelta(minutes=1)
    assert add_business(start, timedelta(minutes=minutes), calendar) == due


@settings(deadline=None)
@given(calendars(), MOMENTS)
def test_being_open_is_what_looking_at_the_minute_gives(calendar: Hours, moment: datetime) -> None:
    assert is_open(moment, calendar) == open_at(moment, calendar)
    opening = next_opening(moment, calendar)
    assert opening >= moment
    assert is_open(opening, calendar)
    assert business_between(moment, opening, calendar) == timedelta(0)


@settings(deadline=None)
@given(calendars(), MOMENTS, AMOUNTS, AMOUNTS)
def test_it_is_additive(calendar: Hours, start: datetime, first: timedelta, second: timedelta) -> None:
    in_steps = add_business(add_business(start, first, calendar), second, calendar)
    assert in_steps == add_business(start, first + second, calendar)


@settings(deadline=None)
@given(calendars(), MOMENTS, AMOUNTS, AMOUNTS, st.integers(0, DAY))
def test_it_is_monotone(calendar: Hours, start: datetime, less: timedelta, more: timedelta, later: int) -> None:
    assert add_business(start, less, calendar) <= add_business(start, less + more, calendar)
    assert add_business(start, more, calendar) <= add_business(start + timedelta(minutes=later), more, calendar)


@settings(deadline=None)
@given(calendars(), MOMENTS, MOMENTS, MOMENTS)
def test_the_time_between_adds_up(calendar: Hours, a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    parts = business_between(a, b, calendar) + business_between(b, c, calendar)
    assert parts == business_between(a, c, calendar)
    assert business_between(c, a, calendar) == timedelta(0)
