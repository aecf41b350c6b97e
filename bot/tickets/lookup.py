"""The tickets of one person, found for himself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, exists, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from bot.tickets import service
from bot.tickets.lifecycle import ENDED
from bot.tickets.model import Ticket, TicketEvent


def own_ticket(session: Session, number: str, person_id: int) -> Ticket:
    """The ticket with that number if it is the person's. Raises KeyError, the same for another's as for none."""
    ticket = service.by_number(session, number)
    if ticket.person_id != person_id:
        raise KeyError(number)
    return ticket


def has_prefix(session: Session, prefix: str) -> bool:
    """Whether the number of any ticket begins with it."""
    wanted = select(Ticket.id).where(Ticket.number.startswith(f"{prefix}-", autoescape=True)).limit(1)
    return session.scalar(wanted) is not None


def numbers(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """The numbers that the tickets with these ids go by."""
    return {row[0]: row[1] for row in session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(set(ids))))}


def ended_by_merging(closed_at: InstrumentedAttribute[datetime | None] | datetime | None) -> ColumnElement[bool]:
    """Of an event: by it a ticket that was closed at ``closed_at``, and not opened again since, went into another."""
    return and_(TicketEvent.kind == "merged", TicketEvent.at == closed_at)


def lapsed_uncategorised() -> Select[int]:
    """Ids of the tickets that closed by themselves, and nobody has said yet what they were about."""
    closed = aliased(Ticket)
    # As a literal, so that the index of these events serves.
    by_itself = TicketEvent.kind == literal_column("'lapsed'", String)
    lapsed = exists().where(TicketEvent.ticket_id == closed.id, by_itself, TicketEvent.at == closed.closed_at)
    return select(closed.id).where(closed.category.is_(None), closed.closed_at.is_not(None), lapsed)


def latest_ended(session: Session, person_id: int) -> Ticket | None:
    """The person's ticket that was resolved or closed last; not one whose matter went into another ticket."""
    merged = exists().where(TicketEvent.ticket_id == Ticket.id, ended_by_merging(Ticket.closed_at))
    wanted = select(Ticket).where(Ticket.person_id == person_id, Ticket.status.in_(ENDED), ~merged)
    ended_at = func.coalesce(Ticket.resolved_at, Ticket.closed_at)
    return session.scalars(wanted.order_by(ended_at.desc(), Ticket.id.desc()).limit(1)).one_or_none()
