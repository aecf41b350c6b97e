"""The inbox: which tickets are in which queue, how many, and what a row of it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, OutboxMessage
from bot.conversation.search import Part, search
from bot.identity.model import Handle, Person
from bot.tickets.lifecycle import CLOCK_RUNS, LIVE, Status
from bot.tickets.lookup import lapsed_uncategorised
from bot.tickets.model import Ticket, TicketEvent, TicketFollower
from bot.tickets.promises import NOT_STAFF
from bot.tickets.units import Business

SHOWN = 50
"""Rows at first: some screens full. More come as they are scrolled to."""
MOST_SHOWN = 500
UNCLOSED: tuple[Status, ...] = tuple(status for status in get_args(Status) if status != "closed")
_RANK = {"urgent": 0, "high": 1}
SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks. ``business``: what is his units' or his role's."""

    username: str
    business: Business = field(default_factory=Business)


Rule = Callable[[Looker, datetime], ColumnElement[bool]]
"""(who looks, now) -> which tickets."""

_reopened = (
    select(func.max(TicketEvent.id))
    .where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == "reopened")
    .correlate(Ticket)
    .scalar_subquery()
)
_answered = (
    select(TicketEvent.id)
    .where(
        TicketEvent.ticket_id == Ticket.id,
        TicketEvent.kind == "message",
        TicketEvent.actor.not_in(NOT_STAFF),
        TicketEvent.id > func.coalesce(_reopened, 0),
    )
    .correlate(Ticket)
    .exists()
)


def _followed_by(username: str) -> Select[int]:
    return select(TicketFollower.ticket_id).where(TicketFollower.username == username)


_live = Ticket.status.in_(LIVE)
QUEUES: Mapping[str, Rule] = {
    "mine": lambda me, now: and_(_live, Ticket.assignee == me.username),
    "unassigned": lambda me, now: and_(_live, Ticket.assignee.is_(None)),
    "unit": lambda me, now: and_(Ticket.status.in_(UNCLOSED), me.business.tickets),
    "followed": lambda me, now: and_(Ticket.status.in_(UNCLOSED), Ticket.id.in_(_followed_by(me.username))),
    "waiting": lambda me, now: Ticket.status.in_(("waiting", "planned")),
    "forwarded": lambda me, now: Ticket.status == "forwarded",
    "all": lambda me, now: Ticket.status.in_(UNCLOSED),
    "closed": lambda me, now: Ticket.status == "closed",
}
"""What an agent looks at."""


def _next_due(of: Any) -> ColumnElement[datetime]:
    """``Ticket.next_due_at``, for the database."""
    return case((of.step_due_at < of.due_at, of.step_due_at), else_=of.due_at)


def _due_by(of: Any, moment: datetime) -> ColumnElement[bool]:
    return _next_due(of) <= moment


WATCHED: Mapping[str, Callable[[Any, ColumnElement[bool], datetime], ColumnElement[bool]]] = {
    "untouched": lambda of, answered, now: and_(of.status.in_(("new", "open")), ~answered),
    "uncategorised": lambda of, answered, now: and_(of.status.in_(UNCLOSED), of.category.is_(None)),
    "unclosed": lambda of, answered, now: of.status == "resolved",
    "late": lambda of, answered, now: and_(of.status.in_(CLOCK_RUNS), _due_by(of, now)),
    "soon": lambda of, answered, now: and_(of.status.in_(CLOCK_RUNS), _due_by(of, now + SOON), ~_due_by(of, now)),
}
"""What a supervisor looks after: not worked on, not categorised, dealt with but not closed, promises broken or steps of
the ladder over, and those for which that is so within the hour. (columns of tickets, whether staff answered, now) ->
which of them. Not categorised are besides those of ``lapsed_uncategorised``."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the inbox. ``unanswered``: the person wrote last. ``answered_at``: when staff first answered since the
    ticket was opened or opened again. ``undelivered``: what staff said last did not reach him. ``name`` is None where
    nobody told it. ``excerpt``: what was found, of a message or a note."""

    ticket: Ticket
    name: str | None
    channel: str
    last_from_person: datetime | None
    unanswered: bool
    answered_at: datetime | None
    undelivered: bool = False
    excerpt: Sequence[Part] = ()

    @property
    def clock_runs(self) -> bool:
        """Whether something is due, and not the person is waited for."""
        return self.ticket.status in CLOCK_RUNS

    @property
    def answered(self) -> bool:
        """Whether staff answered all that the person wrote: the solution is due next."""
        return self.answered_at is not None and not self.unanswered and not self.undelivered

    @property
    def moved_at(self) -> datetime:
        return max(self.last_from_person or self.ticket.created_at, self.ticket.created_at)


def offered(me: Looker) -> list[str]:
    """The agent's queues that there are for him: who has no unit and no role above others is spared theirs."""
    return [name for name in QUEUES if name != "unit" or me.business]


def counts(session: Session, me: Looker, now: datetime) -> dict[str, int]:
    """How many tickets each agent's queue holds; of closed ones nobody needs the number."""
    wanted = {name: QUEUES[name](me, now) for name in offered(me) if name != "closed"}
    return _sums(session, wanted, Ticket.status.in_(UNCLOSED))


def _sums(session: Session, wanted: Mapping[str, ColumnElement[bool]], of: ColumnElement[bool]) -> dict[str, int]:
    sums = [func.coalesce(func.sum(case((rule, 1), else_=0)), 0) for rule in wanted.values()]
    found = session.execute(select(*sums).where(of)).one()
    return dict(zip(wanted, map(int, found), strict=True))


def watched_counts(session: Session, now: datetime) -> dict[str, int]:
    """How many tickets each of a supervisor's queues holds."""
    of = select(Ticket.status, Ticket.category, Ticket.due_at, Ticket.step_due_at, _answered.label("answered"))
    # Whether staff answered takes the longest to find out: once a ticket, not once a queue.
    seen = of.where(Ticket.status.in_(UNCLOSED)).cte("seen").prefix_with("MATERIALIZED")
    found = _sums(session, {name: rule(seen.c, seen.c.answered, now) for name, rule in WATCHED.items()}, true())
    lapsed = select(func.count()).select_from(lapsed_uncategorised().subquery())
    return found | {"uncategorised": found["uncategorised"] + session.scalars(lapsed).one()}


def rows(
    session: Session, queue: str, me: Looker, now: datetime, *, limit: int = SHOWN,
    only: Sequence[ColumnElement[bool]] = (),
) -> list[Row]:  # fmt: skip
    """The tickets of a queue, what is broken on top. At most ``limit``. ``only``: what must hold of them besides."""
    urgency = case(_RANK, value=Ticket.priority, else_=2)
    newest_first = queue == "closed"
    order = [Ticket.id.desc()] if newest_first else [urgency, _next_due(Ticket), Ticket.id]
    # Which ones is answered from the index; only those that are shown are read whole.
    first = select(Ticket.id).where(rule_of(queue)(me, now), *only).order_by(*order).limit(limit)
    listed = _rows(session, Ticket.id.in_(select(first.subquery().c.id)))
    if newest_first:
        return sorted(listed, key=lambda row: -row.ticket.id)
    return sorted(listed, key=lambda row: _place(row, now))


def needing(session: Session, me: Looker, now: datetime, limit: int) -> list[Row]:
    """What needs a person first: what is late, what is soon, then what nobody has touched; each ticket once."""
    found: dict[int, Row] = {}
    for queue in ("late", "soon", "untouched"):
        if len(found) < limit:
            for row in rows(session, queue, me, now, limit=limit):
                found.setdefault(row.ticket.id, row)
    return list(found.values())[:limit]


def found_rows(
    session: Session, typed: str, *, limit: int = SHOWN, only: Sequence[ColumnElement[bool]] = ()
) -> list[Row]:
    """The tickets of all queues that have what was typed, in the order of ``search``. At most ``limit``. ``only``: what
    must hold of them besides."""
    hits = search(session, typed, limit=limit, only=only)
    found = {each.ticket_id: (place, each) for place, each in enumerate(hits)}
    listed = sorted(_rows(session, Ticket.id.in_(found)), key=lambda row: found[row.ticket.id][0])
    return [replace(row, excerpt=found[row.ticket.id][1].excerpt) for row in listed]


def _rows(session: Session, which: ColumnElement[bool]) -> list[Row]:
    display = (
        select(func.max(Handle.display_name))
        .where(Handle.person_id == Ticket.person_id, Handle.channel == Conversation.channel)
        .correlate(Ticket, Conversation)
        .scalar_subquery()
    )
    wanted = (
        select(Ticket, func.coalesce(Person.name, display), Conversation.channel, Conversation.last_from_person)
        .join(Person, Person.id == Ticket.person_id)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .where(which)
        .order_by(Ticket.due_at, Ticket.id)
    )
    found = session.execute(wanted).all()
    answers = answered_at(session, [ticket.id for ticket, *_ in found])
    ours = _last_words(session, {ticket.conversation_id for ticket, *_ in found})
    listed = []
    for ticket, name, channel, last in found:
        spoke, lost = ours.get(ticket.conversation_id, (None, False))
        unanswered = ticket.status in LIVE and last is not None and (spoke is None or last > spoke)
        listed.append(Row(ticket, name, channel, last, unanswered, answers.get(ticket.id), lost))
    return listed


def rule_of(queue: str) -> Rule:
    """Raises KeyError when there is no such queue."""
    if queue in QUEUES:
        return QUEUES[queue]
    if queue == "uncategorised":
        left = or_(Ticket.status.in_(UNCLOSED), Ticket.id.in_(lapsed_uncategorised()))
        return lambda me, now: and_(Ticket.category.is_(None), left)
    watched = WATCHED[queue]
    return lambda me, now: watched(Ticket, _answered, now)


def answered_at(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """By ticket, when staff first answered since it was opened, or opened again."""
    events = session.execute(
        select(TicketEvent.ticket_id, TicketEvent.kind, TicketEvent.at, TicketEvent.actor)
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.kind.in_(("message", "reopened")))
        .order_by(TicketEvent.id)
    )
    found: dict[int, datetime] = {}
    for ticket_id, kind, at, actor in events:
        if kind == "reopened":
            found.pop(ticket_id, None)
        elif actor not in NOT_STAFF:
            found.setdefault(ticket_id, at)
    return found


def closed_since(session: Session, moment: datetime) -> tuple[int, int]:
    """How many tickets were closed since, and how many of these broke no promise."""
    broken = exists().where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == "breached")
    wanted = select(func.count(), func.coalesce(func.sum(case((broken, 0), else_=1)), 0))
    closed, kept = session.execute(wanted.select_from(Ticket).where(Ticket.closed_at >= moment)).one()
    return closed, kept


def written_to(session: Session, username: str, limit: int) -> Sequence[tuple[int, str]]:
    """(key of the event, number of the ticket) of the person's last message in each of his live tickets, the newest
    first."""
    last = func.max(TicketEvent.id)
    wanted = (
        select(last, Ticket.number)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(Ticket.assignee == username, Ticket.status.in_(LIVE))
        .where(TicketEvent.kind == "message", TicketEvent.actor == "person")
        .group_by(Ticket.number)
    )
    return [(row[0], row[1]) for row in session.execute(wanted.order_by(last.desc()).limit(limit))]


def _last_words(session: Session, conversations: set[int]) -> dict[int, tuple[datetime, bool]]:
    """By conversation, when staff said something last, and whether that was given up."""
    last, lost = func.max(OutboxMessage.id), func.max(case((OutboxMessage.status == "failed", OutboxMessage.id)))
    said = (
        select(OutboxMessage.conversation_id, func.max(OutboxMessage.created_at), last == func.coalesce(lost, 0))
        .where(OutboxMessage.conversation_id.in_(conversations), OutboxMessage.author.not_in(NOT_STAFF))
        .group_by(OutboxMessage.conversation_id)
    )
    return {row[0]: (row[1], bool(row[2])) for row in session.execute(said)}


def _place(row: Row, now: datetime) -> tuple[int, int, float]:
    """Urgent ones on top; in each priority broken promises, those that break soon, then what the person wrote last,
    the newest first, then the rest by deadline."""
    rank, due = _RANK.get(row.ticket.priority, 2), row.ticket.next_due_at
    if row.clock_runs and due <= now + SOON:
        return rank, 0, due.timestamp()
    if row.unanswered:
        return rank, 1, -row.moved_at.timestamp()
    return rank, 2, due.timestamp()
