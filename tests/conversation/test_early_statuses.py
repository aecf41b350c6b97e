"""A channel may tell what became of a message before we have noted that we sent it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation import delivery
from bot.conversation.inbox import store
from bot.conversation.messages import StatusUpdate
from bot.conversation.model import EarlyStatus
from tests.conversation.conftest import Core


def told(core: Core, *states: str, external_id: str = "out-1") -> None:
    updates: list[Any] = [
        StatusUpdate("fake", external_id, state, core.clock(), "131047: too old" if state == "failed" else None)  # type: ignore[arg-type]
        for state in states
    ]
    with core.db.write() as session:
        store(session, updates, core.clock())


def kept(core: Core) -> int:
    with core.db.read() as session:
        return len(session.scalars(select(EarlyStatus)).all())


@pytest.mark.parametrize(
    ("states", "ends"),
    [
        (["sent"], "sent"),
        (["delivered", "sent"], "delivered"),
        (["read", "delivered"], "read"),
        (["failed"], "failed"),
    ],
)
def test_what_is_told_while_the_message_is_being_sent_counts(core: Core, states: list[str], ends: str) -> None:
    async def early() -> None:
        told(core, *states)

    core.channel.before_send = early
    core.say("halo")
    row = core.outbox()[0]
    assert row.status == ends
    assert row.last_error == ("131047: too old" if ends == "failed" else None)
    assert kept(core) == 0


def test_what_is_told_of_others_messages_is_forgotten(core: Core) -> None:
    told(core, "delivered", external_id="not ours")
    assert kept(core) == 1
    core.clock.advance(hours=2)
    told(core, "read", external_id="not ours either")
    assert kept(core) == 1


def test_what_is_told_once_more_of_a_known_message_is_not_kept(core: Core) -> None:
    core.say("halo")
    told(core, "delivered", "delivered", "sent")
    assert core.outbox()[0].status == "delivered"
    assert kept(core) == 0


def test_noting_and_telling_at_the_same_moment_lose_nothing(core: Core) -> None:
    """The note is written but not committed when the status comes in."""
    core.receive(core.incoming("halo"))
    core.answer()
    with core.db.write() as session:
        delivery.hold(session, "fake", "out-1")
        row = session.merge(core.outbox()[0])
        row.status, row.external_id = "sent", "out-1"
        session.flush()
        delivery.catch_up(session, "fake", "out-1")
        telling = threading.Thread(target=told, args=(core, "delivered"))
        telling.start()
        telling.join(0.3)
    telling.join()
    assert core.outbox()[0].status == "delivered"
    assert kept(core) == 0
