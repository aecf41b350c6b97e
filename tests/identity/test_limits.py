"""The lock after three failures, as a pure rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.identity.limits import LOCKED_FOR, LOOK_BACK, TRIES, WINDOW, Standing, standing

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("failures", "now", "expected"),
    [
        ([], 0, Standing(0, None)),
        ([0], 0, Standing(1, None)),
        ([0, 1], 2, Standing(2, None)),
        ([0, 1, 2], 2, Standing(0, at(26))),
        ([0, 1, 2], 25.99, Standing(0, at(26))),
        ([0, 1, 2], 26, Standing(0, None)),
        ([2, 0, 1], 3, Standing(0, at(26))),
        ([0, 1, 24], 24, Standing(2, None)),
        ([0, 1, 23.9], 24, Standing(0, at(47.9))),
        ([0, 0, 0], 0, Standing(0, at(24))),
        ([0], 24, Standing(0, None)),
        ([0, 1, 2, 3, 4, 5], 25, Standing(0, at(26))),
        ([0, 1, 2, 26], 26, Standing(1, None)),
        ([0, 1, 2, 26, 27, 28], 29, Standing(0, at(52))),
    ],
)
def test_the_third_failure_within_a_day_locks_for_a_day(failures: list[float], now: float, expected: Standing) -> None:
    assert standing([at(hours) for hours in failures], at(now)) == expected


@settings(deadline=None)
@given(st.lists(st.integers(0, 60 * 24 * 9)))
def test_what_is_older_than_the_look_back_never_matters(minutes: list[int]) -> None:
    """As long as nothing is recorded during a lock, which ``record_failure`` sees to."""
    recorded: list[datetime] = []
    for moment in (NOON + timedelta(minutes=minute) for minute in sorted(minutes)):
        before = standing(recorded, moment)
        assert before == standing([past for past in recorded if past > moment - LOOK_BACK], moment)
        if before.locked_until is None:
            recorded.append(moment)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60 * 24 * 5), max_size=40), st.integers(0, 60 * 24 * 6))
def test_a_lock_never_lasts_longer_than_a_day_and_fewer_than_three_never_lock(minutes: list[int], now: int) -> None:
    moment = NOON + timedelta(minutes=now)
    failures = [NOON + timedelta(minutes=minute) for minute in minutes if minute <= now]
    found = standing(failures, moment)
    assert found.failures < TRIES
    if found.locked_until is None:
        return
    assert timedelta(0) < found.locked_until - moment <= LOCKED_FOR
    assert len([past for past in failures if past > moment - LOCKED_FOR - WINDOW]) >= TRIES
