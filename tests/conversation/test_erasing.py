"""Erasing a person: nothing of his is left, and what figures are made of stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.conversation.entering import Arrival, answered, enter
from bot.conversation.erasing import erase
from bot.conversation.messages import AttachmentRef
from bot.conversation.model import Attachment, Conversation, InboxMessage, OutboxMessage
from bot.conversation.search import search
from bot.conversation.thread import responses
from bot.conversation.timers import Timers
from bot.errors import NotAllowed
from bot.identity.blocking import block
from bot.identity.model import Person
from bot.procedures.versions import put_into_use, shipped
from bot.storage.base import Base
from bot.tickets import notes, sorting, working
from bot.tickets.model import Ticket, TicketEvent
from tests.conftest import CLOSING
from tests.conversation.conftest import JAKARTA, Core

SECRET = "rahasiaku"
CALL = Arrival("phone", f"{SECRET} dobel", name=f"Budi {SECRET}", phone="0812-3456-789", category="keuangan")


def everything(core: Core) -> str:
    """All that is in the database, but for what was made of it for the search."""
    with core.db.read() as session:
        return "\n".join(
            repr(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(table))
        )


def a_life(core: Core) -> int:
    """Somebody wrote, called and was answered; his id."""
    core.agent("rina")
    file = AttachmentRef("document", "ref", f"{SECRET}.pdf", "application/pdf", 10)
    core.receive(core.incoming(f"halo {SECRET}", display_name=SECRET, attachments=(file,)))
    core.answer()
    with core.db.write() as session:
        person = session.scalars(select(Person)).one()
        person.name, person.stated_number = f"Budi {SECRET}", "99887766"
        ticket = enter(session, Arrival(**{**_given(CALL), "person_id": person.id}), core.promise, "rina", core.clock())
        sorting.save(session, ticket, sorting.Sorting(subject=f"{SECRET} lagi"), "rina", core.clock())
        notes.add_note(session, ticket, f"Catatan {SECRET}", "rina", core.clock())
        answered(session, ticket, "phone", f"Sudah, {SECRET}.", f"Dicatat {SECRET}", "rina", core.clock())
        block(session, person, SECRET, "rina", core.clock())
        return person.id


def _given(arrival: Arrival) -> dict[str, Any]:
    return {name: getattr(arrival, name) for name in ("channel", "text", "name", "phone", "category")}


def erased(core: Core, person_id: int) -> list[str]:
    with core.db.write() as session:
        return list(erase(session, session.get_one(Person, person_id), "admin", core.clock()))


def test_nothing_that_he_wrote_or_is_called_is_left(core: Core) -> None:
    person_id = a_life(core)
    with core.db.write() as session:
        session.scalars(select(Attachment)).one().path = "files/1"
    assert SECRET in everything(core)
    assert erased(core, person_id) == ["files/1"]
    left = everything(core)
    assert SECRET not in left
    assert "628123456789" not in left
    assert "99887766" not in left
    with core.db.read() as session:
        assert search(session, SECRET, limit=5) == []
        assert SECRET not in repr(session.execute(text("SELECT * FROM search_words")).all())


def test_figures_stay(core: Core) -> None:
    person_id = a_life(core)

    def figures() -> list[Any]:
        with core.db.read() as session:
            tickets = session.execute(select(Ticket.number, Ticket.status, Ticket.category, Ticket.created_at)).all()
            in_order = session.scalars(select(TicketEvent).order_by(TicketEvent.id)).all()
            events = [(event.kind, event.actor, event.at) for event in in_order]
            told = [event.data for event in in_order if event.kind == "message"]
            messages = session.execute(select(InboxMessage.received_at, InboxMessage.handled_by)).all()
        return [tickets, events, messages, [(each or {}).get("how") for each in told]]

    before = figures()
    erased(core, person_id)
    assert figures() == before


def test_who_writes_again_is_somebody_new(core: Core) -> None:
    person_id = a_life(core)
    erased(core, person_id)
    core.clock.advance(minutes=1)
    assert core.say("halo")
    with core.db.read() as session:
        latest = session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(1)).one()
        assert latest.person_id != person_id


def test_what_was_still_to_be_sent_is_not(core: Core) -> None:
    person_id = a_life(core)
    erased(core, person_id)
    core.send()
    with core.db.read() as session:
        assert {row.status for row in session.scalars(select(OutboxMessage))} <= {"dropped", "sent"}
    assert core.channel.texts == []


def test_nobody_is_erased_while_his_ticket_is_open(core: Core) -> None:
    with core.db.write() as session:
        person_id = enter(session, CALL, core.promise, "rina", core.clock()).person_id
    core.clock.now += timedelta(days=1)
    with pytest.raises(NotAllowed, match="close it first"):
        erased(core, person_id)
    assert SECRET in everything(core)


def test_a_ticket_of_somebody_erased_can_still_be_worked_on(core: Core) -> None:
    """Its clocks look at what was late before."""
    core.agent("rina")
    with core.db.write() as session:
        put_into_use(session, "unej", shipped("unej").read_text("utf-8"), JAKARTA, "admin", core.clock())
    with core.db.write() as session:
        ticket = enter(session, CALL, core.promise, "rina", core.clock())
        number, person_id = ticket.number, ticket.person_id
    core.clock.now += timedelta(days=1)
    while Timers(core.db, core.clock, core.desk).fire_due():
        pass
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        working.close(session, ticket, CLOSING, "rina", core.clock())
    erased(core, person_id)
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        fired = session.scalars(select(TicketEvent).where(TicketEvent.kind == "escalated")).all()
        assert fired
        assert all(event.data and event.data["name"] for event in fired)
        assert working.recorded(session, ticket) is None
        assert responses(session, ticket) == []
        working.reopen(session, ticket, "rina", core.clock(), core.clock() + timedelta(hours=2))
        assert ticket.status == "open"
