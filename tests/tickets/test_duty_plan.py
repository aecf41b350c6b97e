"""When a plan has somebody on duty. All times are local: Jakarta, 7 hours ahead of UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.procedures.business import DAY, Period, local_moment
from bot.procedures.scalars import periods
from bot.tickets.duty_plan import Otherwise, Plan, changes, is_planned, next_change, shifts

JAKARTA, VIENNA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Vienna")
MONDAY = date(2026, 11, 23)
OFFICE = periods("08:00-12:00 13:00-16:00")
PLAN = Plan((OFFICE, OFFICE, OFFICE, OFFICE, periods("08:00-11:30"), (), ()))


def at(text: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def told(plan: Plan, since: str, until: str, zone: ZoneInfo = JAKARTA) -> list[tuple[str, bool]]:
    found = changes(plan, at(since, zone), at(until, zone), zone)
    return [(f"{change.at.astimezone(zone):%a %d %H:%M}", change.on_duty) for change in found]


def test_coming_and_going_take_turns_in_the_usual_week() -> None:
    assert told(PLAN, "2026-11-26 12:00", "2026-11-30 08:00") == [
        ("Thu 26 13:00", True), ("Thu 26 16:00", False), ("Fri 27 08:00", True), ("Fri 27 11:30", False),
        ("Mon 30 08:00", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "on_duty"),
    [("07:59", False), ("08:00", True), ("11:59", True), ("12:00", False), ("13:00", True), ("16:00", False)],
)
def test_a_shift_has_its_first_moment_and_not_its_last(moment: str, on_duty: bool) -> None:
    assert is_planned(PLAN, at(f"2026-11-23 {moment}"), JAKARTA) is on_duty


def test_leave_and_other_hours_go_before_the_usual_week() -> None:
    leave = Otherwise(date(2026, 11, 24), date(2026, 11, 25))
    sunday = Otherwise(date(2026, 11, 29), date(2026, 11, 29), periods("10:00-14:00"))
    plan = Plan(PLAN.week, (leave, sunday))
    assert told(plan, "2026-11-23 16:00", "2026-11-26 08:00") == [("Thu 26 08:00", True)]
    assert told(plan, "2026-11-27 12:00", "2026-11-30 07:00") == [("Sun 29 10:00", True), ("Sun 29 14:00", False)]


def test_a_night_shift_that_began_before_the_leave_is_worked_to_its_end() -> None:
    nights = Plan((periods("22:00-06:00"),) * 7, (Otherwise(MONDAY, MONDAY),))
    assert told(nights, "2026-11-22 12:00", "2026-11-24 22:00") == [
        ("Sun 22 22:00", True), ("Mon 23 06:00", False), ("Tue 24 22:00", True),
    ]  # fmt: skip


def test_shifts_that_touch_at_midnight_are_one() -> None:
    plan = Plan((periods("20:00-24:00"), periods("00:00-04:00"), (), (), (), (), ()))
    assert told(plan, "2026-11-23 00:00", "2026-11-29 00:00") == [("Mon 23 20:00", True), ("Tue 24 04:00", False)]


def test_who_is_always_on_duty_has_no_next_change_and_who_never_is_has_none() -> None:
    always = Plan((periods("00:00-24:00"),) * 7)
    assert next_change(always, at("2026-11-23 10:00"), JAKARTA) is None
    assert is_planned(always, at("2026-11-23 00:00"), JAKARTA)
    assert next_change(Plan(), at("2026-11-23 10:00"), JAKARTA) is None


def test_the_next_change_is_found_behind_a_year_of_leave() -> None:
    plan = Plan(PLAN.week, (Otherwise(MONDAY, MONDAY + timedelta(days=366)),))
    found = next_change(plan, at("2026-11-22 10:00"), JAKARTA)
    assert found is not None
    assert (f"{found.at.astimezone(JAKARTA):%Y-%m-%d %H:%M}", found.on_duty) == ("2027-11-25 08:00", True)


def test_where_clocks_are_set_the_clock_on_the_wall_counts() -> None:
    sundays = Plan(((), (), (), (), (), (), periods("02:30-03:00 08:00-10:00")))
    # On 28 March 2027 there is no 02:30 in Vienna.
    assert told(sundays, "2027-03-27 00:00", "2027-03-29 00:00", VIENNA) == [
        ("Sun 28 08:00", True), ("Sun 28 10:00", False),
    ]  # fmt: skip
    found = next_change(Plan(((), (), (), (), (), (), periods("02:30-03:00"))), at("2027-03-27 00:00", VIENNA), VIENNA)
    assert found is not None
    assert found.at == at("2027-04-04 02:30", VIENNA)


def test_what_overlaps_within_a_day_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="overlap"):
        periods("08:00-12:00 11:59-16:00")
    assert periods("13.00 – 16.00, 08:00-12:00") == OFFICE
    assert periods("  ") == ()


_PERIOD = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).map(lambda pair: Period(pair[0], sum(pair)))
_DAY = st.lists(_PERIOD, max_size=3).map(lambda found: tuple(sorted(found)))
_OTHERWISE = st.builds(
    lambda start, length, some: (Otherwise(MONDAY + timedelta(start), MONDAY + timedelta(start + length), some),),
    st.integers(-2, 9), st.integers(0, 5), _DAY,
)  # fmt: skip
_PLANS = st.builds(Plan, st.tuples(*[_DAY] * 7), st.one_of(st.just(()), _OTHERWISE))
_MINUTES = st.integers(0, 10 * DAY)


@given(_PLANS, _MINUTES, st.sampled_from([JAKARTA, VIENNA]))
def test_somebody_is_planned_just_where_some_period_is_however_they_overlap(
    plan: Plan, minutes: int, zone: ZoneInfo
) -> None:
    moment = local_moment(MONDAY, minutes, zone)
    days = [MONDAY + timedelta(days=number) for number in range(-2, 13)]
    here = [(local_moment(day, each.start, zone), local_moment(day, each.end, zone))
            for day in days for each in plan.periods(day)]  # fmt: skip
    assert is_planned(plan, moment, zone) is any(start <= moment < end for start, end in here)


@given(_PLANS, _MINUTES, st.integers(0, 5 * DAY))
def test_changes_take_turns_and_lead_from_what_is_planned_to_what_is_planned(
    plan: Plan, minutes: int, later: int
) -> None:
    since = local_moment(MONDAY, minutes, JAKARTA)
    until = since + timedelta(minutes=later)
    found = changes(plan, since, until, JAKARTA)
    assert all(before.at < after.at for before, after in pairwise(found))
    states = [is_planned(plan, since, JAKARTA), *(change.on_duty for change in found)]
    assert all(before is not after for before, after in pairwise(states))
    assert states[-1] is is_planned(plan, until, JAKARTA)
    following = next_change(plan, since, JAKARTA)
    assert not found or found[0] == following
    if following is not None and not found:
        assert following.at > until


@given(_PLANS, _MINUTES, st.integers(1, 3 * DAY))
def test_looking_twice_finds_the_same_changes_as_looking_once(plan: Plan, minutes: int, apart: int) -> None:
    first = local_moment(MONDAY, minutes, JAKARTA)
    between, last = first + timedelta(minutes=apart), first + timedelta(minutes=2 * apart)
    halves = [*changes(plan, first, between, JAKARTA), *changes(plan, between, last, JAKARTA)]
    assert halves == list(changes(plan, first, last, JAKARTA))


@given(_PLANS, _MINUTES)
def test_shifts_do_not_touch_each_other(plan: Plan, minutes: int) -> None:
    since = local_moment(MONDAY, minutes, JAKARTA)
    found = shifts(plan, since, since + timedelta(days=7), JAKARTA)
    assert all(before.end < after.start for before, after in pairwise(found))
    assert all(start < end for start, end in found)
