"""Two ways to tell business time agree: second by second, and by arithmetic. Each is the other's test."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.procedures.business import Hours
from bot.procedures.clock import Pause, deadline
from bot.procedures.hours import hours_of
from bot.procedures.profile import load_profile
from bot.procedures.rules import Clock
from bot.procedures.versions import shipped
from bot.reports import periods
from bot.simulation.seconds import Seconds

JAKARTA = ZoneInfo("Asia/Jakarta")
DAY = 86_400
MARCH = periods.month("2026-03")
"""Half of Ramadan, its holidays and joint leave."""


@cache
def counted(name: str) -> tuple[Seconds, Hours]:
    profile = load_profile(shipped(name))
    return Seconds(profile, JAKARTA, MARCH.start(JAKARTA), timedelta(days=31)), hours_of(profile, JAKARTA)


@pytest.mark.parametrize("name", ["itb", "unair"])
@given(
    start=st.integers(0, 14 * DAY),
    within=st.integers(1, 8 * 3600),
    waits=st.lists(st.tuples(st.integers(0, 20 * DAY), st.integers(1, DAY)), max_size=3),
    clock=st.sampled_from(("business", "elapsed")),
)
def test_what_is_due_when_is_the_same_by_counting_and_by_arithmetic(
    name: str, start: int, within: int, waits: list[tuple[int, int]], clock: Clock
) -> None:
    seconds, hours = counted(name)
    apart: list[tuple[int, int]] = []
    for begins, length in sorted(waits):
        if not apart or begins > apart[-1][1]:
            apart.append((begins, begins + length))
    pauses = [Pause(seconds.at(begins), seconds.at(ends)) for begins, ends in apart]
    due = deadline(seconds.at(start), timedelta(seconds=within), clock, hours, pauses)
    assert due is not None
    found = seconds.due(start, within, clock, apart)
    assert found == (seconds.second(due) if due <= seconds.at(31 * DAY) else None)


def test_what_stands_still_is_never_due() -> None:
    seconds, _ = counted("itb")
    assert seconds.due(0, 3600, "elapsed", [(1800, None)]) is None
    assert seconds.due(0, 1800, "elapsed", [(1800, None)]) == 1800


def test_the_next_second_in_which_somebody_is_at_work_is_found() -> None:
    seconds, _ = counted("itb")
    sunday, monday_at_eight = 12 * 3600, DAY + 8 * 3600
    assert seconds.next_open(sunday) == monday_at_eight
    assert seconds.next_open(monday_at_eight + 5) == monday_at_eight + 5
    assert seconds.is_open(monday_at_eight)
    assert not seconds.is_open(monday_at_eight - 1)
