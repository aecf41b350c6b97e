"""The tickets of one person, found for himself."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.tickets import service
from bot.tickets.lifecycle import ENDED
from bot.tickets.model import Ticket


def own_ticket(session: Session, number: str, person_id: int) -> Ticket:
    """The ticket with that number if it is the person's. Raises KeyError, the same for another's as for none."""
    ticket = service.by_number(session, number)
    if ticket.person_id != person_id:
        raise KeyError(number)
    return ticket


def latest_ended(session: Session, person_id: int) -> Ticket | None:
    """The person's ticket that was resolved or closed last."""
    wanted = select(Ticket).where(Ticket.person_id == person_id, Ticket.status.in_(ENDED))
    ended_at = func.coalesce(Ticket.resolved_at, Ticket.closed_at)
    return session.scalars(wanted.order_by(ended_at.desc(), Ticket.id.desc()).limit(1)).one_or_none()
