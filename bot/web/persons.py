"""People as staff see them: who wrote last, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation
from bot.identity import audit
from bot.identity.model import AuditEvent, Handle, Person, Proof, RosterEntry
from bot.identity.people import PersonFacts, facts
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket, TicketEvent

SHOWN = 40
MOST = 50


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the house: his number, and the unit that the roster has for it. ``stated``: as staff wrote it down;
    else he proved it."""

    number: str
    unit: str | None
    stated: bool


def member(session: Session, person: Person, known: PersonFacts) -> Member | None:
    """None of whom no number is known."""
    number = known.number or person.stated_number
    if number is None:
        return None
    entry = session.get(RosterEntry, number)
    return Member(number, entry.unit if entry else None, known.number is None)


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a person. ``proofs``: the newest first, those too that ran out. ``notes``: of all his
    tickets, the newest first, with the ticket's number. ``done``: what staff did with him beside tickets."""

    person: Person
    facts: PersonFacts
    member: Member | None
    display_name: str | None
    handles: Sequence[Handle]
    conversations: Sequence[Conversation]
    proofs: Sequence[Proof]
    tickets: Sequence[Ticket]
    notes: Sequence[tuple[TicketEvent, str]]
    done: Sequence[AuditEvent]

    @property
    def name(self) -> str | None:
        return self.person.name or self.display_name

    @property
    def live(self) -> Sequence[Ticket]:
        """Those that somebody still has to deal with."""
        return [ticket for ticket in self.tickets if ticket.status in LIVE]

    @property
    def unproven(self) -> Sequence[Ticket]:
        """Live tickets whose identity nobody has made sure of."""
        return [ticket for ticket in self.live if ticket.identity != "proven"]


def known(session: Session, person_id: int, now: datetime) -> Known | None:
    """None where there is no such person."""
    person = session.get(Person, person_id)
    if person is None:
        return None
    handles = session.scalars(select(Handle).where(Handle.person_id == person_id).order_by(Handle.id)).all()
    talks = select(Conversation).where(Conversation.person_id == person_id).order_by(Conversation.id)
    proofs = select(Proof).where(Proof.person_id == person_id).order_by(Proof.id.desc()).limit(MOST)
    tickets = select(Ticket).where(Ticket.person_id == person_id).order_by(Ticket.id.desc()).limit(MOST)
    notes = (
        select(TicketEvent, Ticket.number)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(Ticket.person_id == person_id, TicketEvent.kind == "noted")
        .order_by(TicketEvent.id.desc())
        .limit(MOST)
    )
    display_name = next((each.display_name for each in handles if each.display_name), None)
    his = facts(session, person_id, now)
    return Known(
        person, his, member(session, person, his), display_name, handles, session.scalars(talks).all(),
        session.scalars(proofs).all(), session.scalars(tickets).all(),
        [(row[0], row[1]) for row in session.execute(notes) if person.erased_at is None],
        audit.of(session, audit.about_person(person_id)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A person in the list. ``tickets``: how many there ever were."""

    id: int
    name: str | None
    kind: str
    channel: str
    last_wrote: datetime | None
    tickets: int
    blocked: bool


def latest(session: Session, *, among: Sequence[int] | None = None, limit: int = SHOWN) -> Sequence[Line]:
    """Who wrote last, the latest first; of ``among`` only these. Nobody who was erased."""
    display = select(func.max(Handle.display_name)).where(Handle.person_id == Person.id).scalar_subquery()
    count = select(func.count()).where(Ticket.person_id == Person.id).scalar_subquery()
    last = func.max(Conversation.last_from_person)
    wanted = (
        select(
            Person.id, func.coalesce(Person.name, display), Person.kind, func.max(Conversation.channel), last, count,
            Person.blocked_at.is_not(None),
        )
        .join(Conversation, Conversation.person_id == Person.id)
        .where(Person.erased_at.is_(None))
        .group_by(Person.id)
        .order_by(last.desc().nulls_last(), Person.id.desc())
        .limit(limit)
    )  # fmt: skip
    if among is not None:
        wanted = wanted.where(Person.id.in_(among))
    return [Line(*row) for row in session.execute(wanted)]
