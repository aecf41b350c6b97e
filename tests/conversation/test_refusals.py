"""Calls that were refused, as they are remembered."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.conversation.refusals import TOLD, Reason, Refusal, Refusals
from bot.web.words import catalogue
from tests.conftest import FakeClock


def test_the_last_call_of_a_channel_is_remembered(clock: FakeClock) -> None:
    refusals = Refusals(clock)
    assert refusals.last("whatsapp") is None
    refusals.note("whatsapp", "unsigned")
    clock.advance(minutes=1)
    refusals.note("whatsapp", "wrong_signature")
    assert refusals.last("whatsapp") == Refusal("wrong_signature", clock())
    assert refusals.last("telegram") is None


def test_many_calls_for_one_reason_are_logged_once_in_ten_minutes(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = Refusals(clock)
    for reason in ("unsigned", "wrong_signature", "unsigned"):
        refusals.note("whatsapp", reason)
    assert len(caplog.records) == 2
    clock.advance(minutes=11)
    refusals.note("whatsapp", "unsigned")
    assert [each.message for each in caplog.records[2:]] == [
        f"a call of whatsapp's webhook was refused: {TOLD['unsigned']}"
    ]


def test_every_reason_can_be_told_in_both_languages() -> None:
    reasons = get_args(Reason)
    assert set(TOLD) == set(reasons)
    assert [each for each in reasons if f"refused_{each}" not in catalogue()] == []
