"""What failed is sent once more, by who answers the person."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.conversation.charge import locked
from bot.conversation.model import OutboxMessage
from bot.conversation.resending import resend
from bot.errors import NotAllowed
from bot.tickets.model import Ticket, TicketEvent
from tests.conversation.conftest import Core
from tests.conversation.test_handover import do, open_ticket


@pytest.fixture
def failed(core: Core) -> int:
    """Rina's reply, which could not be delivered; its id."""
    open_ticket(core)
    do(core, "reply", "rina", "Sudah kami perbaiki.")
    with core.db.write() as session:
        row = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1)).one()
        row.status, row.last_error = "failed", "the person blocked us"
        return row.id


def again(core: Core, message_id: int, who: str = "rina") -> None:
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        locked(session, ticket)
        resend(session, core.desk, ticket, message_id, who, core.clock())
    core.send()


def test_what_failed_is_sent_again_as_a_reply_and_stays_as_it_was(core: Core, failed: int) -> None:
    before = list(core.channel.texts)
    again(core, failed)
    assert core.channel.texts == [*before, "Sudah kami perbaiki."]
    with core.db.read() as session:
        old, row = session.scalars(select(OutboxMessage).where(OutboxMessage.id >= failed)).all()
        last = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc()).limit(1)).one()
    assert (old.status, old.last_error) == ("failed", "the person blocked us")
    assert (row.status, row.author) == ("sent", "rina")
    assert (last.kind, last.actor) == ("message", "rina")


def test_it_is_sent_again_only_once(core: Core, failed: int) -> None:
    again(core, failed)
    told = list(core.channel.texts)
    with pytest.raises(NotAllowed, match="already"):
        again(core, failed)
    assert core.channel.texts == told


def test_only_who_has_the_ticket_sends_it_again(core: Core, failed: int) -> None:
    with pytest.raises(NotAllowed):
        again(core, failed, "dewi")


def test_what_did_not_fail_or_is_of_another_conversation_is_not_sent_again(core: Core, failed: int) -> None:
    with core.db.read() as session:
        delivered = session.scalars(select(OutboxMessage.id).where(OutboxMessage.id < failed)).all()
    for other in (*delivered, failed + 100):
        with pytest.raises(NotAllowed, match="no such message"):
            again(core, other)
    core.say("halo", who="b")
    with core.db.write() as session:
        theirs = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1)).one()
        theirs.status, stranger = "failed", theirs.id
        assert theirs.conversation_id != session.get_one(OutboxMessage, failed).conversation_id
    told = list(core.channel.texts)
    with pytest.raises(NotAllowed, match="no such message"):
        again(core, stranger)
    core.send()
    assert core.channel.texts == told
