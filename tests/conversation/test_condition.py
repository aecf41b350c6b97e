"""How a channel is, from what became of its messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.condition import Condition, Light, condition
from bot.conversation.refusals import Refusal
from bot.errors import TransportError
from tests.conversation.conftest import Core

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
AGO = [NOW - timedelta(minutes=minutes) for minutes in range(10)]


@pytest.mark.parametrize(
    ("went", "oldest", "failed", "light"),
    [
        (None, None, None, "good"),
        (AGO[1], AGO[1], None, "good"),
        (AGO[1], AGO[3], None, "bad"),
        (AGO[5], None, AGO[2], "warn"),
        (AGO[1], None, AGO[2], "good"),
        (None, None, NOW - timedelta(days=2), "good"),
    ],
)
def test_the_light_says_whether_messages_get_out(
    went: datetime | None, oldest: datetime | None, failed: datetime | None, light: Light
) -> None:
    assert Condition("fake", None, went, 0, oldest, failed, None).light(NOW) == light


@pytest.mark.parametrize(
    ("came", "refused", "light"),
    [
        (None, AGO[1], "warn"),
        (AGO[2], AGO[1], "warn"),
        (AGO[1], AGO[2], "good"),
        (None, NOW - timedelta(days=2), "good"),
        (None, None, "good"),
    ],
)
def test_the_light_says_whether_what_came_last_was_refused(
    came: datetime | None, refused: datetime | None, light: Light
) -> None:
    refusal = Refusal("unsigned", refused) if refused else None
    assert Condition("fake", came, None, 0, None, None, None, refusal).light(NOW) == light


def test_a_channel_tells_what_came_what_went_and_what_failed_last(core: Core) -> None:
    core.say("halo")
    with core.db.read() as session:
        found = condition(session, "fake")
        nothing = condition(session, "other")
    assert (found.came_at, found.waiting, found.error, found.light(core.clock())) == (core.clock(), 0, None, "good")
    assert (nothing.came_at, nothing.went_at, nothing.light(core.clock())) == (None, None, "good")
    core.channel.troubles = [TransportError("the bot was blocked", permanent=True)]
    core.clock.advance(minutes=1)
    core.receive(core.incoming("halo lagi"))
    core.answer()
    with core.db.read() as session:
        assert condition(session, "fake").waiting > 0
    core.send()
    with core.db.read() as session:
        found = condition(session, "fake")
    assert (found.error, found.light(core.clock())) == ("the bot was blocked", "warn")
