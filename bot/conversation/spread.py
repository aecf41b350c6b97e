"""Tickets that have all words of a query, though in no one place: one word in the subject, another in a message.

The tickets of a rare word are read for the others. So what is found is all there is, unless the longest words are all
usual ones: then only tickets in which one was written lately are read."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from bot.conversation.model import InboxMessage, OutboxMessage
from bot.conversation.places import LAST, Hit, OfTicket, Query, belonging, folded, loaded, newest
from bot.identity.model import Handle, Person
from bot.tickets.model import Ticket, TicketEvent

LOOKED_AT = 200
"""So many places of each word, what was written last; a word that has fewer is a rare one."""
MOST_ASKED = 4
"""So many words are looked for at most; a usual one takes some 20 ms among a million messages on PostgreSQL."""
MOST_TEXTS = 5000
"""So many messages of their conversations are read, the newest."""

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_OWN = (
    select(Ticket.id, Ticket.number, Ticket.subject, Ticket.summary, Ticket.solution, Person.name)
    .join(Person, Person.id == Ticket.person_id)
    .where(Ticket.id.in_(_IDS))
)
_NAMES = (
    select(Ticket.id, Handle.display_name)
    .join(Handle, Handle.person_id == Ticket.person_id)
    .where(Ticket.id.in_(_IDS), Handle.display_name.is_not(None))
)
_WRITTEN = select(
    TicketEvent.ticket_id,
    func.coalesce(TicketEvent.data["text"].as_string(), TicketEvent.data["record"].as_string()),
).where(TicketEvent.ticket_id.in_(_IDS), TicketEvent.kind.in_(("noted", "recorded", "message")))
_CAME = (
    select(InboxMessage.conversation_id, InboxMessage.received_at, InboxMessage.text)
    .where(
        InboxMessage.conversation_id.in_(_IDS),
        InboxMessage.status != "pending",
        InboxMessage.kind.in_(("message", "edited")),
    )
    .order_by(InboxMessage.id.desc())
    .limit(MOST_TEXTS)
)
_WENT = (
    select(OutboxMessage.conversation_id, OutboxMessage.created_at, OutboxMessage.text)
    .where(OutboxMessage.conversation_id.in_(_IDS), OutboxMessage.status != "dropped")
    .order_by(OutboxMessage.id.desc())
    .limit(MOST_TEXTS)
)


def spread(session: Session, query: Query, *, but: Container[int]) -> Iterator[tuple[OfTicket, Hit]]:
    """The tickets that have all words, each with the place of the rarest one, what was written last first; without
    those ``but``."""
    words = list(dict.fromkeys(query.words))
    if len(words) < 2:
        return
    rarest, places = _rarest(session, query, words)
    of: dict[int, tuple[OfTicket, Hit]] = {}
    for ticket, hit in belonging(session, loaded(session, places)):
        if ticket.id not in but:
            of.setdefault(ticket.id, (ticket, hit))
    others = [_pattern(query, word) for word in words if word != rarest]
    having = _having(session, {ticket.id: ticket for ticket, _ in of.values()}, others)
    yield from (each for id_, each in of.items() if id_ in having)


def _rarest(session: Session, query: Query, words: Iterable[str]) -> tuple[str, Sequence[int]]:
    """The rarest word and its places: the first rare one, long words first, for those are rarer; else one of the
    ``MOST_ASKED`` longest."""
    found: list[tuple[str, Sequence[int]]] = []
    for word in sorted(words, key=len, reverse=True)[:MOST_ASKED]:
        found.append((word, newest(session, _alone(query, word), LAST, LOOKED_AT)))
        if len(found[-1][1]) < LOOKED_AT:
            break
    return min(found, key=lambda each: len(each[1]))


def _alone(query: Query, word: str) -> Query:
    return replace(query, words=[word], prefix=query.prefix and word == query.words[-1])


def _pattern(query: Query, word: str) -> re.Pattern[str]:
    """The word, or its beginning, among those of a folded text."""
    end = "" if query.prefix and word == query.words[-1] else r"(?![^\W_])"
    return re.compile(rf"(?<![^\W_]){re.escape(word)}{end}")


def _having(session: Session, tickets: Mapping[int, OfTicket], wanted: Sequence[re.Pattern[str]]) -> set[int]:
    """Those of the tickets that have all these words, wherever."""
    missing = {ticket_id: set(wanted) for ticket_id in tickets}
    for ticket_id, text in _texts(session, tickets):
        if left := missing.get(ticket_id):
            plain = folded(text)
            left -= {each for each in left if each.search(plain)}
    return {ticket_id for ticket_id, left in missing.items() if not left}


def _texts(session: Session, tickets: Mapping[int, OfTicket]) -> Iterator[tuple[int, str]]:
    """All that is searched of the tickets, piece by piece."""
    if not tickets:
        return
    ids = {"ids": list(tickets)}
    for ticket_id, *own in session.execute(_OWN, ids):
        yield ticket_id, " ".join(filter(None, own))
    for statement in (_NAMES, _WRITTEN):
        for ticket_id, text in session.execute(statement, ids):
            yield ticket_id, text or ""
    talks = {"ids": list({ticket.conversation_id for ticket in tickets.values()})}
    said: Iterable[tuple[object, ...]] = [*session.execute(_CAME, talks), *session.execute(_WENT, talks)]
    rows = [Hit(0, talk, at, None, None, text) for talk, at, text in said if text]  # type: ignore[arg-type]
    for ticket, hit in belonging(session, rows):
        yield ticket.id, hit.said or ""
