"""Turns make way for what comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.pace import IN_A_ROW, SLOW_SECONDS, STEP_SECONDS, Pace

SLOW = SLOW_SECONDS * 2


def test_as_many_turns_as_allowed_are_taken_while_messages_are_stored_quickly() -> None:
    pace = Pace(16)
    pace.stored(SLOW_SECONDS, now=100.0)
    assert pace.limit(100.0) == 16


def test_a_message_that_waits_now_and_then_changes_nothing() -> None:
    pace = Pace(16)
    for _ in range(10):
        for waited in (SLOW, SLOW, SLOW_SECONDS):
            pace.stored(waited, now=100.0)
    assert pace.limit(100.0) == 16


@pytest.mark.parametrize(("slow", "limit"), [(1, 4), (2, 1), (3, 1)])
def test_messages_that_wait_to_be_stored_make_turns_fewer(slow: int, limit: int) -> None:
    pace = Pace(16)
    for _ in range(slow * IN_A_ROW):
        pace.stored(SLOW, now=100.0)
    assert pace.limit(100.0) == limit


def test_turns_become_one_more_again_and_again_while_nobody_waits() -> None:
    pace = Pace(7)
    for _ in range(2 * IN_A_ROW):
        pace.stored(SLOW, now=100.0)
    limits = [pace.limit(100.0 + steps * STEP_SECONDS) for steps in range(8)]
    assert limits == [1, 2, 3, 4, 5, 6, 7, 7]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 10)), max_size=50), st.integers(1, 64))
def test_there_is_always_room_for_one_turn_and_never_for_more_than_the_most(
    stored: list[tuple[float, float]], most: int
) -> None:
    pace, now = Pace(most), 0.0
    for waited, pause in stored:
        now += pause
        pace.stored(waited, now)
        assert 1 <= pace.limit(now) <= most
