"""Intake: stored once, before anybody is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from bot.conversation.inbox import Inbox
from bot.conversation.messages import AttachmentRef, Ignored, Incoming, StatusUpdate, Typing
from bot.conversation.model import Attachment, Conversation, InboxMessage, OutboxMessage
from bot.conversation.pace import Pace
from bot.conversation.saying import put
from bot.tickets.model import Ticket
from tests.conversation.conftest import Core, run


def test_the_same_message_delivered_twice_is_stored_once(core: Core) -> None:
    message = core.incoming("halo")
    core.receive(message, message)
    core.receive(message)
    assert [row.text for row in core.inbox()] == ["halo"]


def test_every_message_of_a_batch_is_stored(core: Core) -> None:
    core.receive(*(core.incoming(f"pesan {n}", who=f"p{n % 7}") for n in range(100)))
    assert len(core.inbox("pending")) == 100
    with core.db.read() as session:
        assert len(session.scalars(select(Conversation)).all()) == 7


def test_an_unordered_batch_is_put_in_the_order_it_was_written(core: Core) -> None:
    now = core.clock()
    late, early = core.incoming("dua", sent_at=now), core.incoming("satu", sent_at=now - timedelta(seconds=5))
    core.receive(late, early)
    assert [row.text for row in core.inbox()] == ["satu", "dua"]


def test_concurrent_webhooks_with_the_same_message_store_it_once(core: Core) -> None:
    message = core.incoming("halo")
    inbox = Inbox(core.db, core.clock, lambda: None)

    async def flood() -> None:
        await asyncio.gather(*(inbox([message]) for _ in range(50)))

    run(flood())
    assert len(core.inbox()) == 1


def test_two_processes_that_store_the_same_message_store_it_once(core: Core) -> None:
    message = core.incoming("halo", attachments=(AttachmentRef("image", "ref-1"),))
    first, second = (Inbox(core.db, core.clock, lambda: None) for _ in range(2))

    async def both() -> None:
        await asyncio.gather(first([message]), second([message]))

    run(both())
    assert len(core.inbox()) == 1
    with core.db.read() as session:
        assert len(session.scalars(select(Attachment)).all()) == 1


def test_one_callers_bad_event_does_not_fail_anothers(core: Core) -> None:
    bad = core.incoming("x", addresses=())
    inbox = Inbox(core.db, core.clock, lambda: None)

    async def both() -> Sequence[BaseException | None]:
        return await asyncio.gather(inbox([bad]), inbox([core.incoming("halo")]), return_exceptions=True)

    failed, stored = run(both())
    assert isinstance(failed, ValueError)
    assert stored is None
    assert [row.text for row in core.inbox()] == ["halo"]


def test_a_caller_that_hangs_up_loses_nothing(core: Core) -> None:
    inbox = Inbox(core.db, core.clock, lambda: None)

    async def hang_up() -> None:
        task = asyncio.create_task(inbox([core.incoming("halo")]))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0.3)

    run(hang_up())
    assert len(core.inbox()) == 1


def test_ignored_updates_store_nothing(core: Core) -> None:
    run(Inbox(core.db, core.clock, lambda: None)([Ignored("fake", "reaction")]))
    assert core.inbox() == []


def test_that_somebody_writes_is_told_at_once_and_not_kept(core: Core) -> None:
    told: list[tuple[str, str]] = []
    inbox = Inbox(core.db, core.clock, lambda: None, on_typing=lambda *given: told.append(given))
    run(inbox([Typing("fake", "a1")]))
    assert told == [("fake", "a1")]
    with core.db.read() as session:
        assert session.scalars(select(InboxMessage)).all() == []


def test_text_with_a_null_character_is_stored_without_it(core: Core) -> None:
    core.receive(core.incoming("ha\0lo"))
    assert core.inbox()[0].text == "halo"


_ODD = "a\0\ud800b"
"""What JSON can carry and a database cannot."""


@pytest.mark.parametrize(
    "odd",
    [
        {"text": _ODD},
        {"choice": _ODD},
        {"display_name": _ODD},
        {"attachments": (AttachmentRef("document", _ODD, _ODD, _ODD, 4 << 30),)},
    ],
)
def test_what_no_database_can_keep_does_not_fail_its_batch(core: Core, odd: dict[str, Any]) -> None:
    core.receive(core.incoming("sebelum"), core.incoming(**odd), core.incoming("sesudah"))
    assert len(core.inbox()) == 3


def test_a_person_known_by_phone_keeps_his_conversation_when_an_id_comes_along(core: Core) -> None:
    core.receive(core.incoming("satu", addresses=("628111",)))
    core.receive(core.incoming("dua", addresses=("ID.1", "628111")))
    core.receive(core.incoming("tiga", addresses=("ID.1",)))
    assert len({row.conversation_id for row in core.inbox()}) == 1
    with core.db.read() as session:
        assert session.scalars(select(Conversation.address)).one() == "ID.1"


def test_two_conversations_become_one_when_their_people_do(core: Core) -> None:
    core.receive(core.incoming("dari telepon", addresses=("628111",)))
    core.receive(core.incoming("dari id", addresses=("ID.1",)))
    core.receive(core.incoming("keduanya", addresses=("ID.1", "628111")))
    rows = core.inbox()
    assert [row.text for row in rows] == ["dari telepon", "dari id", "keduanya"]
    assert len({row.conversation_id for row in rows}) == 1


def test_a_blocked_bot_marks_the_person_unreachable_until_he_writes(core: Core) -> None:
    core.receive(core.incoming(kind="unreachable"))
    with core.db.read() as session:
        assert session.scalars(select(Conversation.unreachable_since)).one() == core.clock()
    core.receive(core.incoming("halo lagi"))
    with core.db.read() as session:
        assert session.scalars(select(Conversation.unreachable_since)).one() is None
    assert [row.text for row in core.inbox("pending")] == ["halo lagi"]


@pytest.mark.parametrize(
    ("arrive", "ends"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "sent"], "delivered"),
        (["failed", "sent"], "failed"),
        (["failed", "delivered"], "failed"),
        (["read", "failed"], "read"),
        (["delivered", "failed"], "delivered"),
        (["sent", "failed"], "failed"),
    ],
)
def test_statuses_never_step_back(core: Core, arrive: list[str], ends: str) -> None:
    core.receive(core.incoming("halo"))
    with core.db.write() as session:
        conversation = session.scalars(select(Conversation)).one()
        row = session.get_one(
            OutboxMessage, put(session, conversation, "jawaban", author="assistant", now=core.clock())
        )
        row.status, row.external_id = "sending", "wamid.1"
    updates = [StatusUpdate("fake", "wamid.1", state, core.clock(), "131026") for state in arrive]  # type: ignore[arg-type]
    for update in updates:
        run(Inbox(core.db, core.clock, lambda: None)([update]))
    assert core.outbox()[0].status == ends


def test_a_status_of_another_channel_changes_nothing(core: Core) -> None:
    core.receive(core.incoming("halo"))
    with core.db.write() as session:
        conversation = session.scalars(select(Conversation)).one()
        row = session.get_one(OutboxMessage, put(session, conversation, "x", author="assistant", now=core.clock()))
        row.status, row.external_id = "sent", "1"
    run(Inbox(core.db, core.clock, lambda: None)([StatusUpdate("other", "1", "read", core.clock())]))
    assert core.outbox()[0].status == "sent"


def test_tickets_follow_their_person_when_two_become_one(core: Core) -> None:
    core.engine.down = True
    core.say("tolong", addresses=("628111",))
    core.receive(core.incoming("dari id", addresses=("ID.1",)))
    core.receive(core.incoming("keduanya", addresses=("ID.1", "628111")))
    with core.db.read() as session:
        kept = session.scalars(select(Conversation).where(Conversation.address == "ID.1")).one()
        assert session.scalars(select(Ticket.conversation_id)).all() == [kept.id]
        assert session.scalars(select(Ticket.person_id)).all() == [kept.person_id]
        assert set(session.scalars(select(OutboxMessage.conversation_id))) == {kept.id}


def test_the_message_type_is_a_plain_value() -> None:
    assert Incoming("web", "1", ("a",)) == Incoming("web", "1", ("a",))


def test_a_slow_disk_does_not_make_turns_fewer(core: Core) -> None:
    waits: list[float] = []

    class Noting(Pace):
        def stored(self, waited: float, now: float) -> None:
            waits.append(waited)

    def slow(_connection: object) -> None:
        time.sleep(0.2)

    event.listen(core.db.engine, "commit", slow)
    inbox = Inbox(core.db, core.clock, lambda: None, pace=Noting(4))
    run(inbox([core.incoming("halo")]))
    assert len(core.inbox()) == 1
    if core.db.sqlite:
        assert 0 <= waits[0] < 0.2
