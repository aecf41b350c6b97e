"""Erasing a person: what he wrote, was told and is called goes; what figures are made of stays, as nobody's."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, delete, literal, select, update
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.model import (
    ASSISTANT,
    CARRIES_FILES,
    OPEN,
    Attachment,
    Choice,
    Conversation,
    InboxMessage,
    OutboxMessage,
)
from bot.errors import NotAllowed
from bot.identity import audit
from bot.identity.model import AuditEvent, Handle, IdentityAttempt, Person, Proof
from bot.knowledge.curating.asked import forgotten
from bot.knowledge.model import AskedQuestion
from bot.tickets.alarms import FIRED, UNIT_LATE
from bot.tickets.discarding import discard
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Forwarding, Ticket, TicketEvent

log = logging.getLogger(__name__)

KEPT = frozenset(
    """
    from to kind category identity channel priority due_at received_at inbox_id outbox_id unit by role released ticket
    into question forwarding action from_version to_version closes_at seen run mentions who courtesy outbox
    """.split()  # noqa: SIM905
)
"""What events hold besides words of people: states, names of ours, times, other rows."""
CLOCKS = FIRED | {"escalated", UNIT_LATE}
"""Kinds of events that hold nothing else: which promise was late, and who of ours was told."""
GONE = "erased"


def erase(session: Session, person: Person, actor: str, now: datetime) -> Sequence[str]:
    """Erase all that is the person's; returns the stored files, relative to the data directory, which are to be deleted
    once this is committed. Whoever writes from his addresses afterwards is somebody new. Raises NotAllowed while
    somebody still has to deal with a ticket of his: its promise would be broken in silence."""
    talks = select(Conversation.id).where(Conversation.person_id == person.id)
    tickets = select(Ticket.id).where(Ticket.person_id == person.id)
    if session.scalar(tickets.where(Ticket.status.in_(LIVE)).limit(1)) is not None:
        raise NotAllowed("Somebody still has to deal with a ticket of this person; close it first.")
    # No turn of his is written meanwhile.
    session.scalars(talks.order_by(Conversation.id).with_for_update()).all()
    files = [*_messages(session, talks, now), *_tickets(session, tickets)]
    values: dict[str, Any] = {"address": GONE, "state": None, "in_charge": ASSISTANT, "unreachable_since": now}
    session.execute(update(Conversation).where(Conversation.person_id == person.id).values(**values))
    for question in session.scalars(select(AskedQuestion).where(AskedQuestion.person_id == person.id)):
        question.text = forgotten(question.text)
    for model in (Handle, Proof, IdentityAttempt):
        session.execute(delete(model).where(model.person_id == person.id))
    about = audit.about_person(person.id)
    session.execute(update(AuditEvent).where(AuditEvent.about == about).values(data=None))
    person.kind, person.name, person.email, person.stated_number = "unknown", None, None, None
    person.blocked_at = person.blocked_by = None
    person.erased_at = now
    audit.note(session, actor, "person erased", about, now)
    return files


def is_erased(ticket: Ticket) -> bool:
    """Whether the words of it are gone."""
    return ticket.subject == GONE and not ticket.summary


def remove_files(data_dir: Path, paths: Iterable[str]) -> None:
    """Take files from the disk of which no row tells any more; one that cannot be is logged."""
    for path in paths:
        try:
            (data_dir / path).unlink(missing_ok=True)
        except OSError as error:
            log.error("the file %s could not be removed: %s", path, error.strerror)


def _messages(session: Session, talks: Select[int], now: datetime) -> Sequence[str]:
    came, went = InboxMessage.conversation_id.in_(talks), OutboxMessage.conversation_id.in_(talks)
    # Channels build their ids from addresses; each stays unique, or a late copy of a message would come in anew.
    unique = literal(f"{GONE}:") + InboxMessage.id.cast(InboxMessage.external_id.type)
    inbox: dict[str, Any] = {"text": "", "choice": None, "edits": None, "external_id": unique}
    attached = Attachment.inbox_id.in_(select(InboxMessage.id).where(came))
    files = [path for path in session.scalars(select(Attachment.path).where(attached)) if path]
    gone = {"ref": "", "filename": None, "path": None, "status": "refused", "error": GONE}
    session.execute(update(Attachment).where(attached).values(**gone))
    session.execute(delete(Choice).where(Choice.conversation_id.in_(talks)))
    unsent = OutboxMessage.status.in_((*OPEN, "held"))
    session.execute(update(OutboxMessage).where(went, unsent).values(status="dropped"))
    enclosed = session.scalars(select(OutboxMessage.origin).where(went, CARRIES_FILES))
    discard(session, [file.path for origin in enclosed for file in enclosing.of(origin)], now)
    outbox: dict[str, Any] = {"text": "", "origin": None, "external_id": None, "last_error": None}
    session.execute(update(OutboxMessage).where(went).values(**outbox))
    session.execute(update(InboxMessage).where(came).values(**inbox))
    return files


def _tickets(session: Session, tickets: Select[int]) -> Sequence[str]:
    session.execute(update(Ticket).where(Ticket.id.in_(tickets)).values(subject=GONE, summary="", solution=None))
    forms = Forwarding.ticket_id.in_(tickets)
    files = [each["path"] for row in session.scalars(select(Forwarding.enclosed).where(forms))
             for each in (row or {}).get("files", ())]  # fmt: skip
    asked: dict[str, Any] = {"asked": "", "details": "", "findings": None, "solution": None, "enclosed": None}
    session.execute(update(Forwarding).where(forms).values(**asked))
    for event in session.scalars(select(TicketEvent).where(TicketEvent.ticket_id.in_(tickets))):
        event.data = _without_words(event)
    session.flush()
    return files


def _without_words(event: TicketEvent) -> dict[str, Any] | None:
    """Its data without what anybody wrote; how he was told stays, or it would be no answer any more."""
    if event.data is None or event.kind == "subject changed":
        return None
    if event.kind in CLOCKS:
        return event.data
    told = event.kind == "message"
    return {
        key: value
        for key, value in event.data.items()
        if key in KEPT or (key == "how" and told) or not isinstance(value, str | dict | list)
    }
