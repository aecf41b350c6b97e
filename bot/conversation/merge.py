"""Two people who turn out to be one: what was the one's becomes the other's."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, InboxMessage, OutboxMessage
from bot.tickets.model import Ticket


def merge_people(session: Session, *, winner: int, loser: int) -> None:
    """Move the conversations and tickets of ``loser`` to ``winner``. Proofs stay behind: they must be given anew."""
    theirs = {c.channel: c for c in session.scalars(select(Conversation).where(Conversation.person_id == winner))}
    for conversation in session.scalars(select(Conversation).where(Conversation.person_id == loser)):
        kept = theirs.get(conversation.channel)
        if kept is None:
            conversation.person_id = winner
            continue
        for model in (InboxMessage, OutboxMessage, Ticket):
            session.execute(
                update(model).where(model.conversation_id == conversation.id).values(conversation_id=kept.id)
            )
        if conversation.in_charge != kept.in_charge and conversation.in_charge != "assistant":
            kept.in_charge = conversation.in_charge
            kept.epoch += 1
    session.execute(update(Ticket).where(Ticket.person_id == loser).values(person_id=winner))
    session.flush()
