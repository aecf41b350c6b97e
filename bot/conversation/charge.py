"""Who is in charge of a conversation: an agent for as long as a live ticket of it is his, else the assistant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.model import ASSISTANT, Conversation
from bot.tickets import service, working
from bot.tickets.assignment import NOBODYS
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket


def locked(session: Session, ticket: Ticket) -> Conversation:
    """The ticket's conversation, locked: it is before the ticket, everywhere, or two who lock both could wait for each
    other."""
    return session.get_one(Conversation, ticket.conversation_id, with_for_update=True)


def put_in_charge(conversation: Conversation, who: str) -> None:
    """What the assistant wrote before and was not sent yet is never sent."""
    conversation.in_charge = who
    conversation.epoch += 1


def put_assistant_in_charge(conversation: Conversation) -> None:
    """The talk begins anew: what the assistant had asked before the human came is no longer the question."""
    put_in_charge(conversation, ASSISTANT)
    conversation.state = None


def ticket_of_agent(session: Session, conversation_id: int, username: str) -> Ticket | None:
    """The agent's live ticket of the conversation, the newest of several."""
    his = Ticket.conversation_id == conversation_id, Ticket.status.in_(LIVE), Ticket.assignee == username
    return session.scalars(select(Ticket).where(*his).order_by(Ticket.id.desc()).limit(1)).one_or_none()


def agents_in_charge(session: Session) -> Mapping[int, str]:
    """Conversation → the agent in charge of it, of those in which a ticket waits that nobody has."""
    wanted = select(Conversation.id, Conversation.in_charge).where(
        Conversation.in_charge != ASSISTANT, Conversation.id.in_(select(Ticket.conversation_id).where(*NOBODYS))
    )
    return {row[0]: row[1] for row in session.execute(wanted)}


def let_go(session: Session, conversation: Conversation) -> None:
    """The assistant answers again unless the agent in charge has a live ticket of this conversation. Its row has to be
    locked."""
    in_charge = conversation.in_charge
    if in_charge != ASSISTANT and ticket_of_agent(session, conversation.id, in_charge) is None:
        put_assistant_in_charge(conversation)


def withdraw(session: Session, ticket: Ticket, now: datetime) -> None:
    """The person needs nothing more for this ticket, in whichever of his conversations he says so."""
    conversation = locked(session, ticket)
    working.withdraw(session, ticket, service.PERSON, now)
    let_go(session, conversation)
