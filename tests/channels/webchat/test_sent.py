from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.webchat.sent import checked_id, first_id_at, new_sent_id, time_of

START = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2**53).map(lambda microseconds: START + timedelta(microseconds=microseconds))


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_time(one: datetime, other: datetime) -> None:
    if one + timedelta(milliseconds=1) <= other:
        assert new_sent_id(one) < first_id_at(other) <= new_sent_id(other)


@given(MOMENTS)
def test_an_id_tells_its_time(moment: datetime) -> None:
    sent_id = new_sent_id(moment)
    assert checked_id(sent_id) == sent_id
    assert timedelta(0) <= moment - time_of(sent_id) < timedelta(milliseconds=1)


def test_ids_of_one_moment_differ() -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    assert len({new_sent_id(moment) for _ in range(1000)}) == 1000
