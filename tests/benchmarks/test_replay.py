"""The questions that a replay is measured with."""

from __future__ import annotations

from benchmarks.replay import past_questions
from tests.knowledge.sample import CAMPUS


def test_past_questions_are_all_different_and_the_same_at_every_run() -> None:
    found = past_questions(CAMPUS, 300)
    assert len({(each.text, each.language) for each in found}) == 300
    assert past_questions(CAMPUS, 300) == found
    assert {each.language for each in found} == {"id", "en"}
