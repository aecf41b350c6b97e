"""Tickets that belong together: linked, merged into one, split in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.procedures.rules import Reopening
from bot.tickets import service, working
from bot.tickets.changes import note, take_step
from bot.tickets.lifecycle import ENDED, LIVE
from bot.tickets.lookup import ended_by_merging
from bot.tickets.model import Ticket, TicketEvent, TicketLink

LinkKind = Literal["related", "merged", "split", "follow-up"]
"""merged: the first went into the second. split, follow-up: the first came out of the second."""


def link(session: Session, ticket: Ticket, other: Ticket, kind: LinkKind, actor: str, now: datetime) -> bool:
    """Link two tickets; False when they are linked already, in whichever direction. Raises NotAllowed for one ticket
    with itself."""
    if ticket.id == other.id:
        raise NotAllowed(told("Ticket {number} cannot be linked with itself.", number=ticket.number))
    # In one order, so that two who link the same tickets at once do not wait for each other in a circle.
    for each in sorted((ticket, other), key=lambda one: one.id):
        session.refresh(each, with_for_update=True)
    if any(there.id == other.id for _, there in linked(session, ticket)):
        return False
    session.add(TicketLink(ticket_id=ticket.id, other_id=other.id, kind=kind))
    note(session, ticket, actor, "linked", now, {"ticket": other.number, "kind": kind})
    note(session, other, actor, "linked", now, {"ticket": ticket.number, "kind": kind})
    return True


def linked(session: Session, ticket: Ticket) -> Sequence[tuple[str, Ticket]]:
    """(kind, ticket) of all that are linked with it, oldest first."""
    wanted = (
        select(TicketLink.kind, Ticket)
        .join(
            Ticket,
            or_(
                (TicketLink.ticket_id == ticket.id) & (Ticket.id == TicketLink.other_id),
                (TicketLink.other_id == ticket.id) & (Ticket.id == TicketLink.ticket_id),
            ),
        )
        .order_by(Ticket.id)
    )
    return [(kind, other) for kind, other in session.execute(wanted)]


def merge(session: Session, ticket: Ticket, into: Ticket, actor: str, now: datetime) -> None:
    """Close the ticket, because ``into`` is about the same; it is never counted as solved. What was written stays where
    it is and is found by the link. Raises NotAllowed: it is closed already, ``into`` is, or they are of two people."""
    if ticket.id == into.id:
        raise NotAllowed(told("Ticket {number} cannot be merged with itself.", number=ticket.number))
    for each in sorted((ticket, into), key=lambda one: one.id):
        session.refresh(each, with_for_update=True)
    if ticket.person_id != into.person_id:
        raise NotAllowed(
            told(
                "Tickets {number} and {into} are of two people; link them instead.",
                number=ticket.number,
                into=into.number,
            )
        )
    if into.status == "closed":
        raise NotAllowed(told("Ticket {number} is closed; nothing can be merged into it.", number=into.number))
    before = take_step(session, ticket, "merge", closed_at=now)
    note(session, ticket, actor, "merged", now, {"from": before, "to": "closed", "into": into.number})
    link(session, ticket, into, "merged", actor, now)


def goes_on_in(session: Session, ticket: Ticket) -> Ticket | None:
    """The live ticket in which the matter of an ended one goes on: that into which it was merged, or its follow-up;
    theirs, where those have ended as well."""
    seen, ended = {ticket.id}, [ticket]
    for each in ended:
        for after in _after(session, each):
            if after.status in LIVE:
                return after
            if after.id not in seen:
                seen.add(after.id)
                ended.append(after)
    return None


def _after(session: Session, ticket: Ticket) -> Iterator[Ticket]:
    merged = select(TicketEvent.data).where(TicketEvent.ticket_id == ticket.id, ended_by_merging(ticket.closed_at))
    for data in session.scalars(merged):
        yield service.by_number(session, (data or {})["into"])
    follow_ups = select(Ticket).join(TicketLink, TicketLink.ticket_id == Ticket.id)
    of_it = TicketLink.other_id == ticket.id, TicketLink.kind == "follow-up"
    yield from session.scalars(follow_ups.where(*of_it).order_by(Ticket.id.desc()))


def opens_again(ticket: Ticket, rule: Reopening, now: datetime) -> bool:
    """Whether what the person still has to say goes to the ticket itself: until it is closed it does, afterwards where
    the profile allows it."""
    return ticket.status != "closed" or rule.allows(ticket.ended_at or ticket.created_at, now)


def take_up_again(
    session: Session, ticket: Ticket, rule: Reopening, actor: str, now: datetime, due_at: datetime, zone: ZoneInfo
) -> Ticket:
    """Open an ended ticket again where ``opens_again`` says so, else a new one that is linked with it; neither where
    its matter goes on in another one. Returns the one that is open now. Raises NotAllowed when it has not ended."""
    session.refresh(ticket, with_for_update=True)
    if ticket.status in ENDED and (after := goes_on_in(session, ticket)) is not None:
        return after
    if opens_again(ticket, rule, now):
        working.reopen(session, ticket, actor, now, due_at)
        return ticket
    return split(session, ticket, ticket.subject, actor, now, due_at, zone, "follow-up")


def split(
    session: Session, ticket: Ticket, subject: str, actor: str, now: datetime, due_at: datetime, zone: ZoneInfo,
    kind: LinkKind = "split",
) -> Ticket:  # fmt: skip
    """A new ticket of the same person for a matter of its own, linked with the one it comes from."""
    if not subject.strip():
        raise NotAllowed(told("What the new ticket is about is missing; nothing was opened."))
    made = service.open_ticket(
        session, conversation_id=ticket.conversation_id, person_id=ticket.person_id, inbox_id=None,
        channel=ticket.channel, subject=subject, summary=ticket.summary, category=None, kind=ticket.kind,
        identity=ticket.identity, language=ticket.language, now=now, due_at=due_at, zone=zone,
        prefix=ticket.number.partition("-")[0], actor=actor,
    )  # fmt: skip
    link(session, made, ticket, kind, actor, now)
    return made
