"""Every talk with the assistant ends in exactly one way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.outcomes import OUTCOMES, Outcome, Step, Talk, ended, outcome, talks

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)
GREETING = Step(1, NOW)
ANSWERED = Step(1, NOW, asked=True, answered=True)
HELPED = Step(1, NOW, asked=True, answered=True, helped=True)
DID_NOT = Step(1, NOW, asked=True, answered=True, helped=False)
UNANSWERED = Step(1, NOW, asked=True)
TICKET = Step(1, NOW, asked=True, passed_on=True)
AGENT = Step(1, NOW, human=True)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([GREETING], "abandoned"),
        ([UNANSWERED], "abandoned"),
        ([GREETING, ANSWERED], "silent"),
        ([ANSWERED, GREETING], "silent"),
        ([HELPED], "solved"),
        ([HELPED, GREETING], "solved"),
        ([HELPED, UNANSWERED], "abandoned"),
        ([HELPED, ANSWERED], "silent"),
        ([DID_NOT, HELPED], "solved"),
        ([DID_NOT], "abandoned"),
        ([DID_NOT, TICKET], "handed_over"),
        ([HELPED, TICKET], "handed_over"),
        ([ANSWERED, AGENT], "handed_over"),
    ],
)
def test_a_talk_ends_as_its_last_answer_did_unless_a_human_came(steps: Sequence[Step], expected: Outcome) -> None:
    assert outcome(Talk(tuple(steps))) == expected


@pytest.mark.parametrize(
    ("days", "again", "expected"),
    [(1, ANSWERED, "returned"), (7, UNANSWERED, "returned"), (8, ANSWERED, "silent"), (1, GREETING, "silent")],
)
def test_who_comes_back_with_a_question_within_a_week_was_not_helped(days: int, again: Step, expected: Outcome) -> None:
    later = Step(1, NOW + timedelta(days=days), again.asked, again.answered)
    assert outcome(Talk((ANSWERED,)), Talk((later,))) == expected


def test_somebody_elses_next_talk_is_nobodys_return() -> None:
    other = Step(2, NOW + timedelta(days=1), asked=True)
    found = list(talks([ANSWERED, other], HALF_A_DAY))
    assert ended(found, NOW, NOW + timedelta(days=30))["silent"] == 1


def test_a_silence_begins_a_new_talk() -> None:
    late = Step(1, NOW + HALF_A_DAY)
    assert [len(talk.steps) for talk in talks([GREETING, ANSWERED, late], HALF_A_DAY)] == [2, 1]


def test_a_talk_in_which_only_a_human_was_written_to_is_not_the_assistants() -> None:
    found = list(talks([AGENT, AGENT], HALF_A_DAY))
    assert sum(ended(found, NOW, NOW + timedelta(days=1)).values()) == 0


def test_what_staff_entered_by_hand_was_no_talk_with_the_assistant() -> None:
    walked_in = Step(1, NOW, human=True, passed_on=True)
    found = list(talks([walked_in], HALF_A_DAY))
    assert sum(ended(found, NOW, NOW + timedelta(days=1)).values()) == 0


STEPS = st.builds(
    Step,
    conversation_id=st.integers(1, 4),
    at=st.integers(0, 60 * 24).map(lambda hours: NOW + timedelta(hours=hours)),
    asked=st.booleans(),
    answered=st.booleans(),
    helped=st.none() | st.booleans(),
    human=st.booleans(),
    passed_on=st.booleans(),
)


@given(st.lists(STEPS, max_size=60), st.integers(0, 40))
def test_outcomes_add_up_to_all_talks_that_began_in_the_time(steps: list[Step], days: int) -> None:
    ordered = sorted(steps, key=lambda step: (step.conversation_id, step.at))
    found = list(talks(ordered, HALF_A_DAY))
    end = NOW + timedelta(days=days)
    counts = ended(found, NOW, end)
    assert tuple(counts) == OUTCOMES
    assert sum(counts.values()) == sum(NOW <= talk.start < end and talk.with_assistant for talk in found)
    assert sum(len(talk.steps) for talk in found) == len(steps)
    for talk in found:
        if not any(step.helped for step in talk.steps):
            assert outcome(talk) != "solved", "silence is no success"
