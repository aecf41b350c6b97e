"""The arithmetic of the benchmarks, and the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Row, excess, percentile, ratio, spread, table

TIMES = st.lists(st.floats(0, 1e3), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([3.0], 0.5, 3.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 1.0, 4.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 101)], 0.0, 1.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


@given(TIMES, st.floats(0, 1))
def test_at_least_the_share_of_the_values_does_not_exceed_the_percentile(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_durations_are_told_in_milliseconds() -> None:
    assert spread([0.001, 0.002, 0.1]) == {"n": 3, "p50_ms": 2.0, "p90_ms": 100.0, "p99_ms": 100.0, "max_ms": 100.0}
    assert spread([]) == {"n": 0}


def test_the_ratio_is_taken_within_each_round() -> None:
    # The machine was three times as slow in the second round, for both.
    assert ratio([90.0, 30.0, 96.0], [30.0, 10.0, 30.0]) == 3.0


def test_rounds_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0, 2.0], [1.0])


def test_what_was_seen_oftener_than_written_is_excess() -> None:
    assert excess({"a": 3, "b": 1, "c": 1}, {"a": 1, "b": 1}) == {"a": 2, "c": 1}


def test_the_table_says_what_was_not_reached() -> None:
    rows = [Row("turns", "3 ×", "1.9 ×", False), Row("start", "≤ 40 s", "21 s", True), Row("idle", "", "1 %")]
    shown = table(rows, "2 cores").splitlines()
    assert shown[0].split() == ["what", "asked", "measured", "reached"]
    assert [line.split()[-1] for line in shown[2:5]] == ["NO", "yes", "-"]
    assert shown[-1] == "2 cores"
