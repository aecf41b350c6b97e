"""The pure rules of the path: who speaks, choices, buckets, cutting texts, statuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.buckets import Buckets
from bot.conversation.choices import typed_choice
from bot.conversation.messages import Rate
from bot.conversation.outbox import backoff
from bot.conversation.speaker import FLOOD_LIMIT, Handling, Situation, handling
from bot.conversation.text import split_text

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def situation(**changes: Any) -> Situation:
    plain: dict[str, Any] = {
        "kind": "message", "text": "halo", "command": None, "choice": None, "choice_unknown": False, "files": 0,
        "in_charge": "assistant", "edits_latest": False, "recent": [NOW], "group_told": False,
    }  # fmt: skip
    return Situation(**{**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Handling("assistant", message={"text": "halo"})),
        ({"in_charge": "rina"}, Handling("agent")),
        ({"in_charge": "rina", "kind": "unreadable", "text": ""}, Handling("agent")),
        ({"in_charge": "rina", "kind": "edited"}, Handling("agent")),
        ({"blocked": True}, Handling("blocked", "utter_blocked")),
        ({"blocked": True, "blocked_told": True, "recent": [NOW] * (FLOOD_LIMIT + 1)}, Handling("blocked")),
        ({"blocked": True, "in_charge": "rina"}, Handling("agent")),
        ({"kind": "unreadable", "text": ""}, Handling("assistant", "utter_unreadable")),
        ({"kind": "group"}, Handling("none", "utter_group_declined")),
        ({"kind": "group", "group_told": True}, Handling("none")),
        ({"kind": "edited", "edits_latest": True}, Handling("assistant", message={"text": "halo"})),
        ({"kind": "edited"}, Handling("assistant", "utter_edited_noted")),
        ({"command": "cancel", "text": "/batal"}, Handling("assistant", message={"intent": "stop", "text": "/batal"})),
        ({"choice": ("affirm", None), "text": "Ya"}, Handling("assistant", message={"intent": "affirm", "text": "Ya"})),
        ({"choice_unknown": True, "text": ""}, Handling("assistant", message={"intent": "help", "text": ""})),
        ({"text": " ", "files": 1}, Handling("assistant", message={"intent": "share", "text": ""})),
        (
            {"kind": "shared", "text": "Lokasi: -6.89, 107.61"},
            Handling("assistant", message={"intent": "share", "text": ""}),
        ),
        ({"kind": "shared", "text": "Lokasi: -6.89, 107.61", "in_charge": "rina"}, Handling("agent")),
        ({"text": ""}, Handling("assistant", "utter_unreadable")),
        ({"text": "ini fotonya", "files": 1}, Handling("assistant", message={"text": "ini fotonya"})),
        ({"recent": [NOW] * FLOOD_LIMIT}, Handling("assistant", message={"text": "halo"})),
        ({"recent": [NOW] * (FLOOD_LIMIT + 1)}, Handling("muted", "utter_flood")),
        ({"recent": [NOW] * (FLOOD_LIMIT + 2)}, Handling("muted")),
        ({"recent": [NOW] * (FLOOD_LIMIT + 2), "in_charge": "rina"}, Handling("agent")),
    ],
)
def test_who_speaks_follows_the_table(changes: dict[str, Any], expected: Handling) -> None:
    assert handling(situation(**changes)) == expected


LABELS = ["Reset kata sandi", "Ganti surel", "Bukan keduanya"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 0), ("2.", 1), ("3)", 2), ("no 2", 1), ("nomor 1", 0), ("yang 3", 2), ("ke-2", 1), ("pilihan 2", 1),
        ("ganti surel", 1), ("Ganti  Surel!", 1), ("bukan keduanya", 2),
        ("4", None), ("0", None), ("12", None), ("ganti", None), ("1 juta", None), ("", None), ("😀", None),
        ("-1", None), ("¹", None),
    ],
)  # fmt: skip
def test_a_choice_may_be_typed_by_number_or_label(text: str, expected: int | None) -> None:
    assert typed_choice(text, LABELS) == expected


def test_nothing_is_chosen_where_nothing_was_offered() -> None:
    assert typed_choice("1", []) is None


@given(st.text(), st.lists(st.text(max_size=30), max_size=10))
def test_a_typed_choice_is_always_one_of_those_offered(text: str, labels: list[str]) -> None:
    position = typed_choice(text, labels)
    assert position is None or 0 <= position < len(labels)


def test_a_burst_passes_and_then_the_rate_rules() -> None:
    buckets = Buckets(Rate(per_second=2, burst=3))
    for _ in range(3):
        assert buckets.wait("a", 100.0) == 0
        buckets.take("a", 100.0)
    assert buckets.wait("a", 100.0) == pytest.approx(0.5)
    assert buckets.wait("b", 100.0) == 0
    assert buckets.wait("a", 100.5) == 0


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60), st.floats(0.1, 50), st.integers(1, 20))
def test_no_more_than_burst_and_rate_ever_pass(gaps: list[float], rate: float, burst: int) -> None:
    buckets, now, passed = Buckets(Rate(rate, burst)), 0.0, 0
    for gap in gaps:
        now += gap
        if buckets.wait("a", now) == 0:
            buckets.take("a", now)
            passed += 1
    assert passed <= burst + rate * now + 1e-6


@given(st.text(max_size=400), st.integers(1, 50))
def test_cutting_keeps_every_word_and_the_limit(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert pieces
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_texts_are_cut_at_paragraphs_before_sentences() -> None:
    text = "Satu dua tiga. Empat lima.\n\nEnam tujuh. Delapan"
    assert split_text(text, 30) == ["Satu dua tiga. Empat lima.", "Enam tujuh. Delapan"]
    assert split_text(text, 20) == ["Satu dua tiga.", "Empat lima.", "Enam tujuh. Delapan"]


def test_pauses_double_and_stay_under_five_minutes() -> None:
    assert [backoff(n).total_seconds() for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert backoff(60) == timedelta(minutes=5)
