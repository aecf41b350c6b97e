"""What reports are computed from, read in a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, InboxMessage, OutboxMessage
from bot.conversation.speaker import STATE_LASTS
from bot.identity.model import Person
from bot.knowledge.curating.asked import FORGOTTEN, forgotten
from bot.knowledge.model import AnswerShown, AskedQuestion
from bot.reports.outcomes import RETURNS_WITHIN, Step
from bot.reports.tickets import Event, History
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.service import PERSON

MOST_ASKED = 20
"""Lines of the lists of what was asked most, and of what found no answer."""
UNHEARD = ("unreachable", "reachable")
"""Kinds of inbox messages that nobody wrote."""


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the archive keeps it. ``ours``: it went to the person; ``author`` wrote it."""

    at: datetime
    channel: str
    person: str
    ours: bool
    author: str
    text: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """``what``: a template's id, or a question that nothing answered; by how many people, how often."""

    what: str
    people: int
    times: int


def histories(session: Session, start: datetime, end: datetime) -> list[History]:
    """Tickets opened before ``end`` that live now or of which something happened since ``start``, with all their events
    before ``end``."""
    wanted = union(
        select(TicketEvent.ticket_id).where(TicketEvent.at >= start, TicketEvent.at < end),
        select(Ticket.id).where(Ticket.created_at < end, Ticket.status.in_(LIVE)),
        select(Ticket.id).where(Ticket.created_at < end, or_(Ticket.resolved_at >= end, Ticket.closed_at >= end)),
    ).subquery()
    rows = session.execute(
        select(
            TicketEvent.ticket_id, Ticket.number, Ticket.channel, Ticket.profile_id, TicketEvent.at, TicketEvent.actor,
            TicketEvent.kind, TicketEvent.data,
        )
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(TicketEvent.ticket_id.in_(select(wanted)), TicketEvent.at < end)
        .order_by(TicketEvent.ticket_id, TicketEvent.id)
    )  # fmt: skip
    found = []
    for _, group in groupby(rows, key=lambda row: row.ticket_id):
        of_one = list(group)
        first = of_one[0]
        events = tuple(Event(row.at, row.actor, row.kind, row.data) for row in of_one)
        found.append(History(first.number, first.channel, events, first.profile_id))
    return found


def steps(session: Session, start: datetime, end: datetime) -> list[Step]:
    """What people wrote from a silence before ``start`` until it is known who came back after ``end``, by conversation
    and time."""
    since, until = start - STATE_LASTS, end + RETURNS_WITHIN + STATE_LASTS
    ids = select(InboxMessage.id).where(
        InboxMessage.received_at >= since, InboxMessage.received_at < until, InboxMessage.kind.not_in(UNHEARD)
    )
    asked = set(session.scalars(select(AskedQuestion.inbox_id).where(AskedQuestion.inbox_id.in_(ids))))
    passed_on = set(session.scalars(select(Ticket.opened_by).where(Ticket.opened_by.in_(ids))))
    passed_on |= set(session.scalars(_added_to_tickets(since, until)))
    helped: dict[int, bool | None] = {}
    shown = select(AnswerShown.inbox_id, AnswerShown.helped).where(AnswerShown.inbox_id.in_(ids))
    for inbox_id, said in session.execute(shown.order_by(AnswerShown.id)):
        # Of several shown at once, the one that helped is what counts.
        helped[inbox_id] = True if helped.get(inbox_id) else said
    rows = session.execute(
        select(InboxMessage.id, InboxMessage.conversation_id, InboxMessage.received_at, InboxMessage.handled_by)
        .where(InboxMessage.id.in_(ids))
        .order_by(InboxMessage.conversation_id, InboxMessage.id)
    )
    return [
        Step(
            row.conversation_id, row.received_at, asked=row.id in asked, answered=row.id in helped,
            helped=helped.get(row.id), human=row.handled_by == "agent", passed_on=row.id in passed_on,
        )
        for row in rows
    ]  # fmt: skip


def _added_to_tickets(since: datetime, until: datetime) -> Select[Any]:
    """Ids of messages of people that went into a ticket which was there already."""
    return select(TicketEvent.data["inbox_id"].as_integer()).where(
        TicketEvent.kind == "message", TicketEvent.actor == PERSON, TicketEvent.at >= since, TicketEvent.at < until
    )


def top_templates(session: Session, start: datetime, end: datetime) -> list[Asked]:
    """The templates that answered most people."""
    people = func.count(func.distinct(AnswerShown.conversation_id))
    rows = session.execute(
        select(AnswerShown.template_id, people, func.count())
        .where(AnswerShown.at >= start, AnswerShown.at < end)
        .group_by(AnswerShown.template_id)
        .order_by(people.desc(), func.count().desc(), AnswerShown.template_id)
        .limit(MOST_ASKED)
    )
    return [Asked(*row) for row in rows]


def gaps(session: Session, start: datetime, end: datetime) -> list[Asked]:
    """The (anonymised) questions without an answer that most people asked; differences of case and signs apart. What
    only people asked who were erased since is counted without its words (``what`` is empty)."""
    unanswered = (
        select(AskedQuestion.text, AskedQuestion.person_id)
        .outerjoin(AnswerShown, AnswerShown.inbox_id == AskedQuestion.inbox_id)
        .where(AskedQuestion.at >= start, AskedQuestion.at < end, AnswerShown.id.is_(None))
        .order_by(AskedQuestion.id)
    )
    first: dict[str, str] = {}
    who: dict[str, list[int]] = {}
    for text, person in session.execute(unanswered):
        if not text.startswith(FORGOTTEN):
            first.setdefault(forgotten(text), text)
        who.setdefault(forgotten(text), []).append(person)
    found = [Asked(first.get(key, ""), len(set(people)), len(people)) for key, people in who.items()]
    return sorted(found, key=lambda each: (-each.people, -each.times, each.what))[:MOST_ASKED]


def archive(session: Session, start: datetime, end: datetime) -> list[Line]:
    """Every message from and to people, in the order of time, with who wrote it to whom; also what they were told by
    phone, by letter or in person, as staff wrote it down."""
    lines = [*_in(session, start, end), *_out(session, start, end), *_told(session, start, end)]
    return sorted(lines, key=lambda line: (line.at, line.ours))


def _in(session: Session, start: datetime, end: datetime) -> Sequence[Line]:
    rows = session.execute(
        _of_people(InboxMessage, InboxMessage.received_at, start, end)
        .add_columns(InboxMessage.text, Ticket.number)
        .outerjoin(Ticket, Ticket.opened_by == InboxMessage.id)
        .where(InboxMessage.kind.not_in(UNHEARD))
    )
    return [Line(row.at, row.channel, row.name, False, "person", row.text, row.number) for row in rows]


def _out(session: Session, start: datetime, end: datetime) -> Sequence[Line]:
    rows = session.execute(
        _of_people(OutboxMessage, OutboxMessage.sent_at, start, end).add_columns(
            OutboxMessage.text, OutboxMessage.author
        )
    )
    return [Line(row.at, row.channel, row.name, True, row.author, row.text, None) for row in rows]


def _told(session: Session, start: datetime, end: datetime) -> Iterator[Line]:
    rows = session.execute(
        select(TicketEvent.at, TicketEvent.actor, TicketEvent.data, Ticket.number, Conversation.address, Person.name)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .join(Person, Person.id == Ticket.person_id)
        .where(TicketEvent.kind == "message", TicketEvent.at >= start, TicketEvent.at < end)
        .where(TicketEvent.data["how"].as_string().is_not(None))
        .order_by(TicketEvent.id)
    )
    for row in rows:
        # Of a person who was erased the words are gone.
        text = row.data.get("text", "")
        yield Line(row.at, row.data["how"], row.name or row.address, True, row.actor, text, row.number)


def _of_people(model: Any, at: Any, start: datetime, end: datetime) -> Any:
    name = func.coalesce(Person.name, Conversation.address).label("name")
    return (
        select(at.label("at"), model.channel, name)
        .join(Conversation, Conversation.id == model.conversation_id)
        .join(Person, Person.id == Conversation.person_id)
        .where(at >= start, at < end)
        .order_by(model.id)
    )
