"""What can be done with tickets. Every change leaves an event; the caller commits.

Who may do it is the caller's business: ``by_number`` gives any ticket to anybody, and ``actor`` (``person``,
``assistant`` or a username) is only written down.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.procedures import versions
from bot.tickets.alarms import look_again
from bot.tickets.changes import given, note, note_move, one_line, storable, take_step
from bot.tickets.lifecycle import LIVE, Priority, Status, after
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.numbers import TicketNumber, lock_counter, read_number

PERSON = "person"
"""The actor of what the person himself did; he is ``Ticket.person_id``."""
MOST_PRESSING = (case({"urgent": 0, "high": 1}, value=Ticket.priority, else_=2), Ticket.due_at, Ticket.id)
"""The order of lists: the urgent ones on top, then what is due first."""


def open_ticket(
    session: Session,
    *,
    conversation_id: int,
    person_id: int,
    inbox_id: int | None,
    channel: str,
    subject: str,
    summary: str,
    category: str | None,
    kind: str,
    identity: str,
    language: str,
    now: datetime,
    due_at: datetime,
    zone: ZoneInfo,
    prefix: str = "CC",
    priority: Priority = "normal",
    actor: str = PERSON,
) -> Ticket:
    """A new ticket with the next number of the year (in ``zone``), or the one that ``inbox_id`` opened already.

    Takes a lock that other openings wait for until the transaction ends: call it late in a long one.
    """
    counter = lock_counter(session, now, zone)
    if inbox_id is not None:
        # Only behind the lock: another process may have been opening a ticket for the same message.
        opened = session.scalars(select(Ticket).where(Ticket.opened_by == inbox_id)).one_or_none()
        if opened is not None:
            return opened
    counter.last += 1
    ticket = Ticket(
        number=str(TicketNumber(prefix, counter.year, counter.last)),
        conversation_id=conversation_id,
        person_id=person_id,
        opened_by=inbox_id,
        channel=channel,
        subject=one_line(subject),
        summary=storable(summary),
        category=category,
        kind=kind,
        priority=priority,
        status="new",
        identity=identity,
        language=language,
        created_at=now,
        profile_id=version.id if (version := versions.in_use(session)) else None,
        due_at=due_at,
    )
    session.add(ticket)
    session.flush()
    data: dict[str, Any] = {"from": None, "to": "new", "kind": kind, "category": category, "identity": identity}
    data |= {"channel": channel, "priority": priority, "due_at": due_at.isoformat()} | given(inbox_id=inbox_id)
    note(session, ticket, actor, "opened", now, data)
    return ticket


def open_tickets(
    session: Session, *, conversation_id: int | None = None, person_id: int | None = None
) -> Sequence[Ticket]:
    """Tickets that somebody still has to deal with, oldest first, of a conversation, of a person, or of both."""
    if conversation_id is None and person_id is None:
        raise ValueError("open_tickets needs a conversation or a person")
    wanted = select(Ticket).where(Ticket.status.in_(LIVE)).order_by(Ticket.id)
    if conversation_id is not None:
        wanted = wanted.where(Ticket.conversation_id == conversation_id)
    if person_id is not None:
        wanted = wanted.where(Ticket.person_id == person_id)
    return session.scalars(wanted).all()


def by_number(session: Session, number: str) -> Ticket:
    """The ticket with that number, however it is typed (``cc 2026 123``). Raises KeyError."""
    typed = read_number(number)
    if typed is None:
        raise KeyError(number)
    wanted = Ticket.number == str(typed) if typed.prefix else Ticket.number.endswith(str(typed), autoescape=True)
    ticket = session.scalars(select(Ticket).where(wanted)).one_or_none()
    if ticket is None:
        raise KeyError(number)
    return ticket


def listing(
    session: Session,
    *,
    statuses: Collection[Status] | None = None,
    assignee: str | None = None,
    unassigned: bool = False,
    limit: int = 100,
) -> Sequence[Ticket]:
    """Tickets, the urgent ones on top, then what is due first. ``assignee``: only his; ``unassigned``: only those that
    nobody has."""
    wanted = select(Ticket).order_by(*MOST_PRESSING).limit(limit)
    if statuses is not None:
        wanted = wanted.where(Ticket.status.in_(statuses))
    if assignee is not None:
        wanted = wanted.where(Ticket.assignee == assignee)
    if unassigned:
        wanted = wanted.where(Ticket.assignee.is_(None))
    return session.scalars(wanted).all()


def history(session: Session, ticket: Ticket) -> Sequence[TicketEvent]:
    """Everything that happened to the ticket, in order."""
    return session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)).all()


def add_message(
    session: Session,
    ticket: Ticket,
    *,
    actor: str,
    now: datetime,
    inbox_id: int | None = None,
    outbox_id: int | None = None,
    courtesy: bool = False,
) -> None:
    """Note that a message belongs to the ticket: what the person wrote (``inbox_id``) or was told (``outbox_id``).
    ``courtesy``: it asks for nothing (a thank-you), so that nobody is promised an answer to it.

    What he writes makes a ticket that waits for him, or was resolved, open again."""
    if (inbox_id is None) == (outbox_id is None):
        raise ValueError("a message either came in or goes out")
    session.refresh(ticket)
    before = take_step(session, ticket, "message" if actor == PERSON else "reply")
    note_move(session, ticket, actor, before, now)
    note(
        session, ticket, actor, "message", now, given(inbox_id=inbox_id, outbox_id=outbox_id, courtesy=courtesy or None)
    )


def assign(session: Session, ticket: Ticket, username: str, actor: str, now: datetime) -> None:
    """Give a live ticket that nobody has to ``username``. Of two who take it at once one wins; the other gets
    NotAllowed with the name of who has it. Giving it to who has it already changes nothing."""
    session.refresh(ticket)
    if ticket.status in LIVE and ticket.assignee == username:
        return
    before = take_step(session, ticket, "assign", Ticket.assignee.is_(None), assignee=username)
    note_move(session, ticket, actor, before, now)
    note(session, ticket, actor, "assigned", now, {"from": None, "to": username})


def release(session: Session, ticket: Ticket, actor: str, now: datetime) -> None:
    """Put a live ticket back so that others can take it. Raises NotAllowed when nobody has it."""
    session.refresh(ticket)
    had_it = ticket.assignee
    if had_it is None:
        after(ticket.number, ticket.status, "release")
        raise NotAllowed(told("Nobody has ticket {number}.", number=ticket.number))
    take_step(session, ticket, "release", Ticket.assignee == had_it, assignee=None)
    note(session, ticket, actor, "released", now, {"from": had_it, "to": None})
    look_again(session)
