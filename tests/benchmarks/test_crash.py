"""How the crash benchmark counts; and one small run of it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from benchmarks import crash
from bot.identity.roster import RosterRow

BUDI = RosterRow("13526001", "Budi Santoso", date(2004, 5, 12), "student", "FTI", "budi@contoh.ac.id")
ROWS = [(1, "a", "Halo"), (2, "a", "Halo"), (3, "b", "Sudah dicatat ")]


@pytest.mark.parametrize(
    ("seen", "in_window", "window", "twice", "never"),
    [
        ({("a", "Halo"): 2, ("b", "Sudah dicatat"): 1}, set(), 0, 0, 0),
        ({("a", "Halo"): 2, ("b", "Sudah dicatat"): 2}, set(), 0, 1, 0),
        ({("a", "Halo"): 2, ("b", "Sudah dicatat"): 2}, {3}, 1, 0, 0),
        ({("a", "Halo"): 2, ("b", "Sudah dicatat"): 3}, {3}, 1, 1, 0),
        ({("a", "Halo"): 3, ("b", "Sudah dicatat"): 1}, {3}, 0, 1, 0),
        ({("a", "Halo"): 1, ("b", "Sudah dicatat"): 1}, {1, 2}, 0, 0, 1),
    ],
)
def test_only_a_message_that_was_being_sent_at_a_kill_is_excused(
    seen: dict[tuple[str, str], int], in_window: set[int], window: int, twice: int, never: int
) -> None:
    found = crash.twice(ROWS, Counter(seen), in_window)
    assert found == {
        "answers_sent_twice_in_the_window": window,
        "answers_sent_twice": twice,
        "answers_never_seen": never,
    }


def test_the_plan_writes_as_many_messages_as_it_says() -> None:
    written = crash.messages({"messages": 67, "people": 10}, [BUDI])
    assert sum(len(texts) for texts in written) == 67
    assert {len(texts) for texts in written} == {6, 7}


def test_nobody_writes_the_same_twice() -> None:
    for texts in crash.messages(crash.FULL, [BUDI]):
        assert len(set(texts)) == len(texts)


def test_everybody_asks_for_a_human_and_says_who_he_is() -> None:
    for texts in crash.messages(crash.SMALL, [BUDI]):
        assert "saya mau bicara dengan petugas" in texts
        assert "13526001 Budi Santoso 12-05-2004" in texts


@pytest.mark.slow
@pytest.mark.engine
def test_killed_again_and_again_it_loses_nothing_and_says_nothing_twice(tmp_path: Path) -> None:
    result = crash.run("small", tmp_path)
    assert [row.met for row in result.rows] == [True], result.rows[0].measured
    assert len(result.raw["kills"]) == 3
    assert result.raw["tickets"] >= 1
