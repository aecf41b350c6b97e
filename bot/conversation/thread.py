"""A conversation as it went: what the person, the assistant and agents said, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.model import Attachment, Choice, InboxMessage, OutboxMessage
from bot.tickets.model import Ticket
from bot.tickets.promises import is_reply
from bot.tickets.service import history

PERSON = "person"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message. ``who``: person, assistant, system or an agent's user name. ``status``: of what we sent, else of
    the person's message. ``files``: names of those that we sent, and of those that came, with what became of them.
    ``error``: why a message of ours did not go out, or not at the first try. ``edited``: a new wording of an earlier
    message of the person's."""

    at: datetime
    who: str
    text: str
    status: str
    files: tuple[str, ...] = ()
    error: str | None = None
    edited: bool = False


def responses(session: Session, ticket: Ticket) -> list[str]:
    """What staff told the person about the ticket, in order: what they wrote, and what they wrote down as told. A file
    without words is told by its name."""
    told = [event.data or {} for event in history(session, ticket) if is_reply(event)]
    rows = select(OutboxMessage.id, OutboxMessage.text, OutboxMessage.origin).where(
        OutboxMessage.id.in_([data["outbox_id"] for data in told if "outbox_id" in data])
    )
    written = {row.id: row.text or ", ".join(enclosing.names(row.origin)) for row in session.execute(rows)}
    # Of a person who was erased neither is there any more.
    texts = (data["text"] if "text" in data else written.get(data.get("outbox_id", 0), "") for data in told)
    # The same words by two channels are one response.
    return list(dict.fromkeys(filter(None, texts)))


def labels_of(session: Session, rows: Iterable[InboxMessage]) -> dict[str, str]:
    """What the buttons were called that the person pressed, by their keys: a channel that sends the key alone leaves
    the message without words."""
    keys = {row.choice for row in rows if row.choice}
    found = session.execute(select(Choice.key, Choice.label).where(Choice.key.in_(keys))) if keys else ()
    return {row[0]: row[1] for row in found}


def thread(session: Session, conversation_id: int, *, limit: int) -> list[Entry]:
    """The last ``limit`` messages, oldest first. Replies of the assistant that were dropped are left out."""
    came = session.scalars(
        select(InboxMessage)
        .where(InboxMessage.conversation_id == conversation_id)
        .order_by(InboxMessage.id.desc())
        .limit(limit)
    ).all()
    went = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.conversation_id == conversation_id, OutboxMessage.status != "dropped")
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    ).all()
    files: dict[int, list[str]] = {}
    for file in session.scalars(select(Attachment).where(Attachment.inbox_id.in_([row.id for row in came]))):
        files.setdefault(file.inbox_id, []).append(f"{file.filename or file.kind} ({file.status})")
    labels = labels_of(session, came)
    entries = [
        Entry(
            row.received_at,
            PERSON,
            row.text or labels.get(row.choice or "", ""),
            row.status,
            tuple(files.get(row.id, ())),
            edited=row.edits is not None,
        )
        for row in reversed(came)
    ]
    entries += [
        Entry(
            row.created_at,
            row.author,
            row.text,
            row.status,
            tuple(enclosing.names(row.origin)),
            error=row.last_error,
        )
        for row in reversed(went)
    ]
    # Of the same moment (a batch that came in together) each side's keep their order.
    return sorted(entries, key=lambda entry: entry.at)[-limit:]
