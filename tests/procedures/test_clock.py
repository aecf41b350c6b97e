"""Deadlines with pauses, against a clock that is looked at minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.procedures.business import Hours, Period, is_open
from bot.procedures.clock import Pause, Stretch, counted, deadline, way
from bot.procedures.rules import Clock

JAKARTA = ZoneInfo("Asia/Jakarta")
MINUTE = timedelta(minutes=1)
SPLIT = (Period(480, 690), Period(780, 960))
NIGHT = (Period(1320, 1800),)
CLOSED = {date(2026, 11, 25), date(2026, 11, 30)}
RAMADAN = (((Period(480, 900),),) * 5) + ((), ())
HOURS = [
    Hours((SPLIT,) * 5 + ((), ()), JAKARTA, CLOSED.__contains__),
    Hours((SPLIT,) * 4 + (NIGHT, (), ()), JAKARTA, CLOSED.__contains__),
    Hours((SPLIT,) * 7, JAKARTA, CLOSED.__contains__, lambda day: RAMADAN if day.day < 28 else None),
]
FROM = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)

hours = st.sampled_from(HOURS)
clocks = st.sampled_from(("business", "elapsed"))
moments = st.integers(0, 10 * 24 * 60).map(lambda minutes: FROM + minutes * MINUTE)
lengths = st.integers(0, 30 * 60).map(lambda minutes: minutes * MINUTE)
pauses = st.lists(st.tuples(moments, lengths).map(lambda each: Pause(each[0], each[0] + each[1])), max_size=4)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(UTC)


def runs(moment: datetime, clock: Clock, of: Hours, paused: Sequence[Pause]) -> bool:
    if any(pause.start <= moment and (pause.end is None or moment < pause.end) for pause in paused):
        return False
    return clock == "elapsed" or is_open(moment, of)


@given(moments, lengths, clocks, hours, pauses)
def test_a_deadline_is_where_a_clock_looked_at_each_minute_would_have_it(
    start: datetime, within: timedelta, clock: Clock, of: Hours, paused: list[Pause]
) -> None:
    here, left = start, within
    while left:
        left -= MINUTE if runs(here, clock, of, paused) else timedelta()
        here += MINUTE
    # The oracle goes on to the end of the minute that counted last.
    found = deadline(start, within, clock, of, paused)
    assert found is not None
    assert found == here
    assert found >= start


@given(moments, moments, lengths, lengths, clocks, hours, pauses)
def test_who_starts_later_or_has_longer_is_never_due_earlier(
    one: datetime, two: datetime, short: timedelta, more: timedelta, clock: Clock, of: Hours, paused: list[Pause]
) -> None:
    first, last = sorted((one, two))
    of_first, of_last = (deadline(each, short, clock, of, paused) for each in (first, last))
    longer = deadline(first, short + more, clock, of, paused)
    assert of_first is not None
    assert of_last is not None
    assert longer is not None
    assert of_first <= of_last
    assert of_first <= longer


@given(moments, lengths, lengths, clocks, hours)
def test_one_length_after_the_other_is_both_at_once(
    start: datetime, one: timedelta, two: timedelta, clock: Clock, of: Hours
) -> None:
    half = deadline(start, one, clock, of)
    assert half is not None
    assert deadline(half, two, clock, of) == deadline(start, one + two, clock, of)


@given(moments, lengths, moments, lengths, clocks, hours, pauses)
def test_what_is_counted_up_to_the_deadline_is_what_was_given(
    start: datetime, within: timedelta, now: datetime, more: timedelta, clock: Clock, of: Hours, paused: list[Pause]
) -> None:
    due = deadline(start, within, clock, of, paused)
    assert due is not None
    assert counted(start, due, clock, of, paused) == within
    assert timedelta() <= counted(start, now, clock, of, paused) <= max(now - start, timedelta())
    assert counted(start, now, clock, of, paused) <= counted(start, now + more, clock, of, paused)


@given(moments, lengths, moments, lengths, clocks, hours)
def test_a_pause_moves_the_deadline_by_what_the_clock_would_have_counted(
    start: datetime, within: timedelta, begins: datetime, lasts: timedelta, clock: Clock, of: Hours
) -> None:
    pause = Pause(begins, begins + lasts)
    without, paused = deadline(start, within, clock, of), deadline(start, within, clock, of, [pause])
    assert without is not None
    if begins >= without or not within:
        assert paused == without
    else:
        missed = counted(max(start, begins), max(start, begins + lasts), clock, of)
        assert paused == deadline(start, within + missed, clock, of)


@given(moments, moments, clocks, hours, pauses)
def test_the_way_has_no_gaps_and_counts_what_the_clock_counts(
    start: datetime, end: datetime, clock: Clock, of: Hours, paused: list[Pause]
) -> None:
    found = way(start, end, clock, of, paused)
    if end <= start:
        assert found == []
        return
    assert found[0].start == start
    assert found[-1].end == end
    assert all(one.end == two.start and one.part != two.part for one, two in pairwise(found))
    assert sum((each.end - each.start for each in found if each.part == "counts"), timedelta()) == counted(
        start, end, clock, of, paused
    )


@given(moments, lengths, clocks, hours)
def test_a_clock_that_stands_still_has_no_deadline_unless_it_was_over(
    start: datetime, within: timedelta, clock: Clock, of: Hours
) -> None:
    due = deadline(start, within, clock, of)
    assert due is not None
    assert deadline(start, within, clock, of, [Pause(due)]) == due
    if within:
        assert deadline(start, within, clock, of, [Pause(start)]) is None


@pytest.mark.parametrize("days", range(0, 400, 37))
def test_a_day_in_jakarta_always_has_24_hours(days: int) -> None:
    start = datetime(2026, 1, 1, 9, 0, tzinfo=JAKARTA) + timedelta(days=days)
    due = deadline(start, timedelta(hours=24), "elapsed", HOURS[0])
    assert due is not None
    assert due.astimezone(JAKARTA).time() == start.time()


def test_a_deadline_before_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="never before its start"):
        deadline(FROM, -MINUTE, "elapsed", HOURS[0])


def test_the_way_over_a_weekend_a_holiday_and_a_wait_is_told_piece_by_piece() -> None:
    start, due = at("2026-11-27 15:40"), at("2026-12-01 08:40")
    waited = Pause(at("2026-12-01 08:10"), at("2026-12-01 08:20"))
    # The Friday and the Tuesday; Monday, 30 November, is closed here.
    assert deadline(start, timedelta(minutes=50), "business", HOURS[0], [waited]) == due
    assert way(start, due, "business", HOURS[0], [waited]) == [
        Stretch("counts", start, at("2026-11-27 16:00")),
        Stretch("closed", at("2026-11-27 16:00"), at("2026-12-01 08:00")),
        Stretch("counts", at("2026-12-01 08:00"), waited.start),
        Stretch("paused", waited.start, at("2026-12-01 08:20")),
        Stretch("counts", at("2026-12-01 08:20"), due),
    ]
