"""What people who are blocked write is kept, and the assistant does not answer it."""

from __future__ import annotations

from sqlalchemy import select

from bot.conversation.model import Conversation
from bot.identity.blocking import block, unblock
from bot.identity.model import Person
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.service import open_ticket
from tests.conversation.conftest import JAKARTA, Core


def _block(core: Core) -> None:
    with core.db.write() as session:
        block(session, session.scalars(select(Person)).one(), "Ancaman", "sri", core.clock())


def _ticket(core: Core) -> int:
    with core.db.write() as session:
        talk = session.scalars(select(Conversation)).one()
        return open_ticket(
            session, conversation_id=talk.id, person_id=talk.person_id, inbox_id=None, channel="fake", subject="x",
            summary="x", category=None, kind="question", identity="guest", language="id", now=core.clock(),
            due_at=core.clock(), zone=JAKARTA,
        ).id  # fmt: skip


def test_who_is_blocked_is_told_once_and_then_not_answered(core: Core) -> None:
    assert core.say("halo")
    _block(core)
    [told] = core.say("halo?")
    assert "tidak dibalas" in told
    assert core.say("HALO") == core.say("/bantuan") == []
    assert [row.handled_by for row in core.inbox("done")] == ["assistant", "blocked", "blocked", "blocked"]
    with core.db.write() as session:
        unblock(session, session.scalars(select(Person)).one(), "sri", core.clock())
    assert core.say("halo lagi")


def test_an_agent_who_is_in_charge_reads_and_answers_him_all_the_same(core: Core) -> None:
    core.agent("rina")
    core.say("halo")
    ticket_id = _ticket(core)
    with core.db.write() as session:
        core.desk.take(session, session.get_one(Ticket, ticket_id), "rina", core.clock())
    _block(core)
    core.say("ada yang baru?")
    with core.db.read() as session:
        last = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc()).limit(1)).one()
    assert (last.actor, last.kind, core.inbox("done")[-1].handled_by) == ("person", "message", "agent")
