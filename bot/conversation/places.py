"""Where words are: the ticket itself with the person's name, a message, a note, how a channel names somebody; and whose
ticket that is. What is searched is kept up by the database's triggers."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from bot.conversation.model import InboxMessage, OutboxMessage, SearchEntry
from bot.identity.model import Handle
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.numbers import read_number

MOST_TYPED = 200
MOSTWORDS = 8
LONGESTWORD = 64
PREFIX_FROM = 3
"""A last word of fewer letters is not taken for the beginning of one: nearly everything begins so."""
READ_FIRST = 20_000
"""On PostgreSQL so many of the newest are read one after the other: usual words are among them often enough, and of
others the index has so few that all of them can be read."""
LAST = 2**31 - 1
_MARKS = "\u0300-\u036f"
WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_MARK = re.compile(f"[{_MARKS}]+")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: ``words`` in the form in which they are compared (small letters, no accents), all of which
    are wanted. ``prefix``: the last one may be the beginning of a word. ``number``: the ticket number that
    was typed, without the prefix where it was left out."""

    words: Sequence[str]
    prefix: bool
    number: str | None = None

    def has(self, word: str) -> bool:
        """Whether ``word``, in the form that is compared, is one of them."""
        return word in self.words or (self.prefix and word.startswith(self.words[-1]))


_words = table("search_words", column("rowid", Integer), column("words"))


def _of(kind: str, model: type[InboxMessage | OutboxMessage | TicketEvent | Ticket | Handle]) -> ColumnElement[bool]:
    return and_(SearchEntry.kind == literal_column(f"'{kind}'", String), model.id == SearchEntry.source_id)


_MATCHING = text(
    "SELECT rowid FROM search_words WHERE search_words MATCH :asked AND rowid < :before"
    " ORDER BY rowid DESC LIMIT :limit"
)
_FOUND = (
    select(_words.c.rowid)
    .where(_words.c.words.op("@@")(cast(bindparam("asked"), TSQUERY)), _words.c.rowid < bindparam("before"))
    .limit(bindparam("limit"))
)
_NEAR = _FOUND.where(_words.c.rowid >= bindparam("edge")).order_by(_words.c.rowid.desc())
# The sum keeps the planner from reading all there is, from the newest on, for words that it does not know.
_FAR = _FOUND.where(_words.c.rowid < bindparam("edge")).order_by((_words.c.rowid + 0).desc())
_HITS = (
    select(
        SearchEntry.id,
        func.coalesce(InboxMessage.conversation_id, OutboxMessage.conversation_id),
        func.coalesce(InboxMessage.received_at, OutboxMessage.created_at),
        func.coalesce(Ticket.id, TicketEvent.ticket_id),
        Handle.person_id,
        func.coalesce(
            InboxMessage.text,
            OutboxMessage.text,
            TicketEvent.data["text"].as_string(),
            TicketEvent.data["record"].as_string(),
        ),
    )
    .select_from(SearchEntry)
    .outerjoin(InboxMessage, _of("inbox", InboxMessage))
    .outerjoin(OutboxMessage, _of("outbox", OutboxMessage))
    .outerjoin(TicketEvent, _of("event", TicketEvent))
    .outerjoin(Ticket, _of("ticket", Ticket))
    .outerjoin(Handle, _of("handle", Handle))
    .where(SearchEntry.id.in_(bindparam("ids", expanding=True)))
    .order_by(SearchEntry.id.desc())
)
_TICKETS = (
    select(
        Ticket.id,
        Ticket.number,
        Ticket.conversation_id,
        Ticket.person_id,
        Ticket.created_at,
        func.coalesce(Ticket.resolved_at, Ticket.closed_at),
    )
    .where(
        or_(
            Ticket.id.in_(bindparam("tickets", expanding=True)),
            Ticket.conversation_id.in_(bindparam("talks", expanding=True)),
            Ticket.person_id.in_(bindparam("people", expanding=True)),
        )
    )
    .order_by(Ticket.id)
)


class Hit(NamedTuple):
    """Something that has the words: a message (``conversation_id``, ``at``), a ticket or its event (``ticket_id``), or
    a name (``person_id``). ``said``: of a message or an event."""

    id: int
    conversation_id: int | None
    at: datetime | None
    ticket_id: int | None
    person_id: int | None
    said: str | None


class OfTicket(NamedTuple):
    """A ticket, as far as it has to be known whose a place is."""

    id: int
    number: str
    conversation_id: int
    person_id: int
    created_at: datetime
    ended_at: datetime | None


def read(typed: str) -> Query | None:
    """``typed`` as it is looked for; None when there is no word in it."""
    typed = typed.strip()[:MOST_TYPED]
    number = read_number(typed)
    words = [folded(word)[:LONGESTWORD] for word in WORD.findall(str(number) if number else typed)]
    words = [word for word in words if word][:MOSTWORDS]
    if not words:
        return None
    return Query(words, number is None and len(words[-1]) >= PREFIX_FROM, str(number) if number else None)


def folded(word: str) -> str:
    """``word`` as it is compared: small letters, no accents."""
    return _MARK.sub("", unicodedata.normalize("NFD", word)).lower()


def hits(session: Session, query: Query, before: int, limit: int) -> list[Hit]:
    """What has the words, the newest first."""
    return loaded(session, newest(session, query, before, limit))


def newest(session: Session, query: Query, before: int, limit: int) -> Sequence[int]:
    """Which entries before the one of that id have the words, the newest first."""
    look = _on_sqlite if session.get_bind().dialect.name == "sqlite" else _on_postgresql
    return look(session, query, before, limit)


def loaded(session: Session, ids: Sequence[int]) -> list[Hit]:
    """These entries, the newest first."""
    return [Hit(*row) for row in session.execute(_HITS, {"ids": ids})] if ids else []


def _on_sqlite(session: Session, query: Query, before: int, limit: int) -> Sequence[int]:
    # In quotes there are no operators; the words have no quotes in them.
    asked = " AND ".join(f'"{word}"' for word in query.words) + ("*" if query.prefix else "")
    return session.scalars(_MATCHING, {"asked": asked, "before": before, "limit": limit}).all()


def _on_postgresql(session: Session, query: Query, before: int, limit: int) -> Sequence[int]:
    asked = " & ".join(f"'{word}'" for word in query.words) + (":*" if query.prefix else "")
    edge = min(before, (session.scalar(select(func.max(_words.c.rowid))) or 0) + 1) - READ_FIRST
    given = {"asked": asked, "edge": edge, "before": before, "limit": limit}
    near = session.scalars(_NEAR, given).all()
    if len(near) == limit:
        return near
    return [*near, *session.scalars(_FAR, given | {"limit": limit - len(near)})]


def belonging(session: Session, hits: Sequence[Hit]) -> Iterator[tuple[OfTicket, Hit]]:
    """Whose hits they are, in their order."""
    given = {
        "tickets": list({hit.ticket_id for hit in hits} - {None}),
        "talks": list({hit.conversation_id for hit in hits} - {None}),
        "people": list({hit.person_id for hit in hits} - {None}),
    }
    by_id: dict[int, OfTicket] = {}
    talks: dict[int, list[OfTicket]] = defaultdict(list)
    people: dict[int, list[OfTicket]] = defaultdict(list)
    for ticket in (OfTicket(*row) for row in session.execute(_TICKETS, given)):
        by_id[ticket.id] = ticket
        talks[ticket.conversation_id].append(ticket)
        people[ticket.person_id].append(ticket)
    for hit in hits:
        if hit.ticket_id is not None:
            yield by_id[hit.ticket_id], hit
        elif hit.person_id is not None:
            yield from ((ticket, hit) for ticket in reversed(people[hit.person_id]))
        elif hit.conversation_id in talks and hit.at is not None:
            yield dealt_with(talks[hit.conversation_id], hit.at), hit


def dealt_with(tickets: Sequence[OfTicket], at: datetime) -> OfTicket:
    """Of a talk's tickets, oldest first, the one that was being dealt with; else the next one, else the last."""
    for ticket in reversed(tickets):
        if ticket.created_at <= at and (ticket.ended_at is None or at <= ticket.ended_at):
            return ticket
    return next((ticket for ticket in tickets if ticket.created_at > at), tickets[-1])
