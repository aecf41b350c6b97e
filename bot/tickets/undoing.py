"""Closing a ticket so that it can be undone: it is planned first, and carried out some seconds later by the clock,
unless somebody undoes it or the person writes. The caller commits."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.tickets.alarms import CLOSING_PLANNED, CLOSING_UNDONE, ENDS_A_CLOSING
from bot.tickets.changes import given, note
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.notices import tell
from bot.tickets.promises import SYSTEM
from bot.tickets.working import Closing, check_closing

_OVERTAKES = frozenset({"given to unit", "categorised"})


def plan(session: Session, ticket: Ticket, closing: Closing, actor: str, now: datetime) -> None:
    """Have it closed after ``alarms.UNDO``. Raises NotAllowed as closing it now would; nothing was changed then."""
    check_closing(session, ticket, closing)
    note(session, ticket, actor, CLOSING_PLANNED, now, given(**asdict(closing)))


def planned(session: Session, ticket: Ticket) -> TicketEvent | None:
    """The closing that can still be undone: ``alarms.planned_closing``, by one row."""
    telling = TicketEvent.kind.in_((CLOSING_PLANNED, *ENDS_A_CLOSING))
    wanted = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, telling)
    last = session.scalar(wanted.order_by(TicketEvent.id.desc()).limit(1))
    return last if last is not None and last.kind == CLOSING_PLANNED else None


def refuse_overtaken(session: Session, ticket: Ticket, closing: TicketEvent) -> None:
    """Raises NotAllowed where the ticket became another's business, or another one's matter came into it, since its
    closing was planned."""
    wanted = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.id > closing.id)
    for event in session.scalars(wanted.order_by(TicketEvent.id)):
        if event.kind in _OVERTAKES or (event.kind == "linked" and (event.data or {}).get("kind") == "merged"):
            raise NotAllowed(f"Ticket {ticket.number} was changed meanwhile: {event.actor} {event.kind}.")


def undo(session: Session, ticket: Ticket, actor: str, now: datetime) -> None:
    """Leave it as it is. Raises NotAllowed when there is nothing (more) to be undone."""
    session.refresh(ticket, with_for_update=True)
    if planned(session, ticket) is None:
        raise NotAllowed(f"Ticket {ticket.number} is not about to be closed; nothing was undone.")
    note(session, ticket, actor, CLOSING_UNDONE, now, {})


def fail(session: Session, ticket: Ticket, closing: TicketEvent, why: str, now: datetime) -> None:
    """It could not be closed as it was planned (somebody else was given it meanwhile): who planned it is told."""
    note(session, ticket, SYSTEM, CLOSING_UNDONE, now, {"why": why})
    tell(session, ticket, [closing.actor], "not closed", "", now, now)
