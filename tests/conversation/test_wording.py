"""Responses become words: language, variables, times, buttons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.wording import Option, Wording, time_argument, word_argument
from bot.procedures import rules


def in_language(code: str, text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "condition": [{"type": "slot", "name": "language", "value": code}], **more}


WORDING = Wording(
    {
        "utter_hi": [in_language("id", "Selamat {part}, {name}."), in_language("en", "Good {part}, {name}.")],
        "utter_word_morning": [in_language("id", "pagi"), in_language("en", "morning")],
        "utter_due": [in_language("id", "Paling lambat {due}."), in_language("en", "By {due}.")],
        "utter_any": [{"text": "OK"}],
        "utter_ask": [
            in_language("id", "{answer}", buttons=[{"title": "Ya", "payload": "/helpful {template}"}]),
        ],
        "utter_choose": [in_language("id", "Yang mana?", buttons=[{"title": "Bukan itu", "payload": "/neither"}])],
        "utter_two": [in_language("id", "satu"), in_language("id", "dua")],
    },
    ZoneInfo("Asia/Jakarta"),
)
MOMENT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("language", "expected"), [("id", "Selamat pagi, Budi."), ("en", "Good morning, Budi.")])
def test_a_response_is_said_in_the_language_of_the_conversation(language: str, expected: str) -> None:
    args = {"part": word_argument("utter_word_morning"), "name": "Budi"}
    assert WORDING.say("utter_hi", language, args).text == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("id", "Paling lambat Senin, 23 November pukul 10.00 WIB."),
        ("en", "By Monday 23 November, 10:00 (WIB)."),
    ],
)
def test_a_moment_is_told_with_its_day_and_zone(language: str, expected: str) -> None:
    assert WORDING.say("utter_due", language, {"due": time_argument(MOMENT)}).text == expected


def test_a_response_without_a_language_is_said_in_any() -> None:
    assert WORDING.say("utter_any", "en", {}).text == "OK"


def test_a_button_carries_its_act_and_object() -> None:
    said = WORDING.say("utter_ask", "id", {"answer": "Begini.", "template": "ukt-telat"})
    assert said.options == (Option("Ya", "helpful", "ukt-telat"),)


def test_the_choices_come_before_the_way_out() -> None:
    options = [{"label": "A", "intent": "choose", "data": "a"}]
    said = WORDING.say("utter_choose", "id", {"options": options})
    assert [option.label for option in said.options] == ["A", "Bukan itu"]


def test_of_several_variants_a_repeated_turn_says_the_same() -> None:
    said = {seed: WORDING.say("utter_two", "id", {}, seed=seed).text for seed in map(str, range(40))}
    assert set(said.values()) == {"satu", "dua"}
    assert all(WORDING.say("utter_two", "id", {}, seed=seed).text == text for seed, text in said.items())


@given(st.text())
def test_what_somebody_wrote_is_put_in_as_it_is(text: str) -> None:
    assert WORDING.say("utter_hi", "id", {"part": text, "name": "{part}"}).text == f"Selamat {text}, {{part}}.".strip()


def test_a_missing_argument_or_response_is_named() -> None:
    with pytest.raises(ValueError, match=r"utter_hi: no value for \{part\}"):
        WORDING.say("utter_hi", "id", {})
    with pytest.raises(KeyError, match="utter_nothing"):
        WORDING.say("utter_nothing", "id", {})
    with pytest.raises(KeyError, match="no words in en"):
        WORDING.say("utter_choose", "en", {})


def test_people_are_spoken_to_as_the_profile_in_use_says() -> None:
    spoken = [rules.Wording()]
    wording = Wording(
        {
            "utter_who": [
                in_language(
                    "id", "{name}, ini {service}. Pertanyaan Anda?", buttons=[{"title": "Tiket Anda", "payload": "/x"}]
                ),
                in_language("en", "{name}, this is the {service}."),
            ]
        },
        ZoneInfo("Asia/Jakarta"),
        spoken=lambda: spoken[-1],
    )
    assert wording.say("utter_who", "id", {"name": "Anda"}).text == "Anda, ini Pusat Layanan. Pertanyaan Anda?"
    spoken.append(rules.Wording("Kakak", rules.Words("Helpdesk Perpustakaan", "library helpdesk")))
    said = wording.say("utter_who", "id", {"name": "Anda"})
    assert said.text == "Anda, ini Helpdesk Perpustakaan. Pertanyaan Kakak?"
    assert said.options[0].label == "Tiket Kakak"
    assert wording.say("utter_who", "en", {"name": "Ana"}).text == "Ana, this is the library helpdesk."
