"""What humans answered to the questions that became tickets."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.model import InboxMessage, OutboxMessage
from bot.identity.model import Person, Proof
from bot.knowledge.curating.anonymise import without
from bot.tickets.model import Ticket, TicketEvent


def human_replies(session: Session, inbox_ids: Collection[int]) -> dict[int, str]:
    """By inbox message, the longest answer that an agent gave on a ticket which that message opened or belongs to: the
    first ones tend to be "we are looking into it". Without the name, number and address of whom it was written to."""
    wanted = set(inbox_ids)
    here = select(InboxMessage.conversation_id).where(InboxMessage.id.in_(wanted))
    asked: dict[int, set[int]] = {}
    for ticket in session.scalars(select(Ticket).where(Ticket.conversation_id.in_(here)).order_by(Ticket.id)):
        asked[ticket.id] = wanted & {ticket.opened_by or 0}
    answers: dict[int, list[int]] = {}
    messages = select(TicketEvent).where(TicketEvent.ticket_id.in_(asked), TicketEvent.kind == "message")
    for event in session.scalars(messages.order_by(TicketEvent.id)):
        data = event.data or {}
        asked[event.ticket_id] |= wanted & {data.get("inbox_id", 0)}
        if "outbox_id" in data:
            answers.setdefault(event.ticket_id, []).append(data["outbox_id"])
    found: dict[int, str] = {}
    for ticket_id, outbox_ids in answers.items():
        texts = session.scalars(select(OutboxMessage.text).where(OutboxMessage.id.in_(outbox_ids))).all()
        reply = without(max(texts, key=len), _known_of(session, ticket_id))
        found |= dict.fromkeys(asked[ticket_id], reply)
    return found


def _known_of(session: Session, ticket_id: int) -> list[str]:
    person_id = session.get_one(Ticket, ticket_id).person_id
    person = session.get_one(Person, person_id)
    numbers = session.scalars(select(Proof.number).where(Proof.person_id == person_id))
    return [each for each in (person.name, person.email, *numbers) if each]
