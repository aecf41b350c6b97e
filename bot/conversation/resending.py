"""What could not be delivered is sent once more, when whoever answers the person asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.handover import Desk
from bot.conversation.model import Choice, OutboxMessage
from bot.errors import NotAllowed, told
from bot.tickets.model import Ticket

_BY = "resent"
"""In the ``origin`` of a message that failed: the ids of those that were sent in its place."""


def is_resent(origin: dict[str, Any] | None) -> bool:
    """Whether the message that has this ``origin`` was sent once more."""
    return _BY in (origin or {})


def is_whole(origin: dict[str, Any] | None) -> bool:
    """Whether everything that went with it is still kept."""
    return not enclosing.removed(origin)


def resend(
    session: Session, desk: Desk, ticket: Ticket, message_id: int, username: str, now: datetime
) -> Sequence[int]:
    """Queue a message that failed anew, as a reply of the agent's, and return the outbox rows' ids: the one that failed
    stays as it is. The conversation's row has to be locked. Raises NotAllowed: it is none of this conversation, did not
    fail, was sent once more already, offers buttons (they mean what they meant then), its files are not kept any more,
    or the agent could not reply."""
    row = session.get(OutboxMessage, message_id, with_for_update=True)
    if row is None or row.conversation_id != ticket.conversation_id or row.status != "failed":
        raise NotAllowed(told("There is no such message that failed; nothing was sent."))
    if is_resent(row.origin):
        raise NotAllowed(told("The message was sent again already; nothing was sent."))
    if not is_whole(row.origin):
        raise NotAllowed(told("Its files are not kept any more; nothing was sent."))
    if session.scalar(select(exists().where(Choice.outbox_id == row.id))):
        raise NotAllowed(told("A message with buttons cannot be sent again; nothing was sent."))
    sent = desk.reply(session, ticket, username, row.text, now, enclosing.of(row.origin))
    row.origin = {**(row.origin or {}), _BY: list(sent)}
    return sent
