"""Small talk, repairs, and what they must not disturb."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions.acting import Acting, missing_words
from actions.answers import Answer, Correct
from actions.choices import Choose
from actions.greeting import ChangeLanguage, Greet, Thank
from actions.repair import OutOfScope, UnaskedNo
from bot.conversation.wording import part_of_day
from bot.storage.database import Database
from tests.actions.stage import Stage

HOURS = [(3, "evening"), (4, "morning"), (10, "morning"), (11, "noon"), (15, "afternoon"), (18, "evening")]


@pytest.fixture
def stage(db: Database) -> Stage:
    return Stage(db)


@pytest.mark.parametrize(("hour", "part"), HOURS)
def test_the_part_of_the_day_is_the_institutions(hour: int, part: str) -> None:
    zone = ZoneInfo("Asia/Makassar")
    assert part_of_day(datetime(2026, 11, 23, hour, tzinfo=zone).astimezone(UTC), zone) == part


@pytest.mark.parametrize(
    ("slots", "response"),
    [
        (["number"], "utter_word_number"),
        (["number", "full_name"], "utter_word_two"),
        (["number", "full_name", "birth_date"], "utter_word_three"),
    ],
)
def test_what_is_missing_is_named(slots: list[str], response: str) -> None:
    assert missing_words(slots)["$response"] == response


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ganti bahasa", "en"),
        ("english please", "en"),
        ("pakai bahasa indonesia", "id"),
        ("kok inggris sih jawabnya", "id"),
        ("i don't speak indonesian", "en"),
    ],
)
def test_the_language_that_is_named_is_spoken(stage: Stage, text: str, language: str) -> None:
    assert stage.play(ChangeLanguage, text, intent="change_language").turn.language == language


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("yang kedua kak", "gaji"),
        ("nomor 1", "parkir"),
        ("the last one", "gaji"),
        ("the second one", "gaji"),
        ("option one", "parkir"),
        ("itu", None),
    ],
)
def test_an_answer_is_chosen_by_its_place(stage: Stage, text: str, topic: str | None) -> None:
    stage.proof_for = frozenset()
    played = stage.play(Choose, text, intent="choose", pending="choice", offered=["parkir", "gaji"])
    assert played.slots.get("topic") == topic


@pytest.mark.parametrize(
    ("action", "pending", "said"),
    [
        (Greet, "handover", ["utter_greet_back", "utter_handover_again"]),
        (Greet, "describe", ["utter_greet_back", "utter_describe_again"]),
        (Thank, "describe", ["utter_thanks_back", "utter_describe_again"]),
        (ChangeLanguage, "handover", ["utter_language_changed", "utter_handover_again"]),
    ],
)
def test_what_was_asked_before_an_aside_is_asked_again(
    stage: Stage, action: type[Acting], pending: str, said: list[str]
) -> None:
    played = stage.play(action, "halo", pending=pending)
    assert (played.said, played.slots["pending"]) == (said, pending)


def test_thanks_for_an_offer_leave_nothing_that_a_yes_could_answer(stage: Stage) -> None:
    played = stage.play(Thank, "makasih", pending="handover", question="lampu mati")
    assert played.said == ["utter_thanks"]
    assert "pending" not in played.slots


def test_an_answer_in_a_form_leaves_the_forms_matter_alone(stage: Stage) -> None:
    form: dict[str, Any] = {"goal": "ticket", "question": "lampu mati", "requested_slot": "number"}
    played = stage.play(Answer, "di mana parkir", intent="ask", loop="identity_form", **form)
    assert played.said == ["utter_answer_aside", "utter_identity_resume"]
    assert played.slots == form


def test_a_refusal_in_a_form_shows_the_ways_out(stage: Stage) -> None:
    assert stage.play(UnaskedNo, "gak mau", loop="identity_form", goal="ticket").said == ["utter_identity_why"]


@pytest.mark.parametrize(("confidence", "said"), [(0.99, "utter_thanks"), (0.4, "utter_answer")])
def test_what_was_hardly_understood_is_looked_up_first(stage: Stage, confidence: float, said: str) -> None:
    assert stage.play(Thank, "makasih parkir motor", intent="thank", confidence=confidence).said == [said]


def test_beyond_the_scope_is_only_what_the_knowledge_base_does_not_know(stage: Stage) -> None:
    known = stage.play(OutOfScope, "boleh parkir semalam", intent="out_of_scope", confidence=0.99)
    assert known.said == ["utter_answer"]
    unknown = stage.play(OutOfScope, "cuaca besok gimana", intent="out_of_scope", confidence=0.99)
    assert unknown.said == ["utter_out_of_scope"]


def test_a_correction_that_says_what_was_meant_is_answered(stage: Stage) -> None:
    stage.proof_for = frozenset()
    shown: dict[str, Any] = {"pending": "helpful", "topic": "parkir", "question": "parkir"}
    assert stage.play(Correct, "bukan itu maksud sy", intent="correct", **shown).said == ["utter_correct"]
    played = stage.play(Correct, "bukan, maksud saya soal ukt dobel", intent="correct", **shown)
    assert played.slots["topic"] == "dobel"


def test_nonsense_and_a_long_story_are_not_the_same(stage: Stage) -> None:
    assert stage.play(Answer, "qwer asdf", intent="nlu_fallback").said == ["utter_not_understood"]
    assert stage.play(Answer, "cerita " * 1500, intent="ask").said == ["utter_long_message"]
    assert stage.play(Answer, "🙂🙂", intent="nlu_fallback").said == ["utter_only_symbols"]


@pytest.mark.parametrize(("repeats", "said"), [(2, "utter_answer"), (3, "utter_repeated"), (5, "utter_repeated_again")])
def test_the_same_message_again_and_again_leads_to_a_human(stage: Stage, repeats: int, said: str) -> None:
    stage.repeats = repeats
    assert stage.play(Answer, "di mana parkir", intent="ask").said == [said]
