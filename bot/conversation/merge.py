"""Two people who turn out to be one: what was the one's becomes the other's."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversation.model import ASSISTANT, OPEN, Choice, Conversation, InboxMessage, OutboxMessage
from bot.knowledge.model import AnswerShown, AskedQuestion
from bot.tickets.model import Ticket

NEVER = -1
"""An epoch that no conversation has: replies of it are dropped."""


def merge_people(session: Session, *, winner: int, loser: int) -> None:
    """Move the conversations and tickets of ``loser`` to ``winner``. Proofs stay behind: they must be given anew."""
    both = session.scalars(
        select(Conversation)
        .where(Conversation.person_id.in_((winner, loser)))
        .order_by(Conversation.id)
        # No turn of either is written meanwhile; one that is being taken finds its message gone elsewhere.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    theirs = {conversation.channel: conversation for conversation in both if conversation.person_id == winner}
    for conversation in both:
        if conversation.person_id == winner:
            continue
        kept = theirs.get(conversation.channel)
        if kept is None:
            conversation.person_id = winner
        else:
            _move(session, conversation, kept)
    for model in (Ticket, AskedQuestion):
        session.execute(update(model).where(model.person_id == loser).values(person_id=winner))
    session.flush()


def _move(session: Session, left: Conversation, kept: Conversation) -> None:
    """Everything of ``left`` becomes that of ``kept``. Epochs of two conversations say nothing of each other: replies
    that ``left`` would still have sent are given the epoch of ``kept``, unless a human is in charge of either."""
    humans = {left.in_charge, kept.in_charge} - {ASSISTANT}
    waiting = (OutboxMessage.conversation_id == left.id, OutboxMessage.status.in_(OPEN))
    current = OutboxMessage.epoch == left.epoch
    session.execute(update(OutboxMessage).where(*waiting, ~current).values(epoch=NEVER))
    session.execute(update(OutboxMessage).where(*waiting, current).values(epoch=NEVER if humans else kept.epoch))
    for model in (InboxMessage, OutboxMessage, Choice, AnswerShown, AskedQuestion, Ticket):
        session.execute(update(model).where(model.conversation_id == left.id).values(conversation_id=kept.id))
    if left.in_charge not in (kept.in_charge, ASSISTANT):
        kept.in_charge = left.in_charge
        kept.epoch += 1
