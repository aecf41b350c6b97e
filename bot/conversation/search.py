"""Finding tickets by words: of their number, subject, summary, solution and the person's name, of what was said in the
conversation, of notes, and of how a channel names him. Words may be spread over all that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.conversation.places import LAST, WORD, Hit, OfTicket, Query, belonging, folded, hits, read
from bot.conversation.spread import spread
from bot.tickets.model import Ticket

MOST_READ = 5000
_BEFORE, _AFTER = 40, 100


class Part(NamedTuple):
    """A piece of an excerpt; ``hit``: it is one of the words that were looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket. ``excerpt``: of the message or the note that has the words, as plain text; empty where the ticket
    itself or a name has them."""

    ticket_id: int
    number: str
    excerpt: Sequence[Part] = ()


def search(session: Session, typed: str, *, limit: int, only: Sequence[ColumnElement[bool]] = ()) -> list[Found]:
    """At most ``limit`` tickets that have all words of ``typed``: in their own words, the person's name, messages,
    notes and the names that channels give him. The one with just that number first; then those that have all words in
    one place, and then those that have them spread over several, what was written last first. Nothing that is typed is
    an operator, or an error.

    ``only``: what must hold of the tickets besides; then of the places that have all words ``MOST_READ`` are looked at,
    the newest.

    A message is one of the ticket that was being dealt with then, else of the next one, else of the last."""
    query = read(typed)
    if query is None:
        return []
    found: dict[int, Found] = {}
    before, size, read_so_far = LAST, limit + limit // 2, 0
    while len(found) < limit:
        rows = hits(session, query, before, size)
        for ticket, hit in _wanted(session, belonging(session, rows), only):
            if ticket.id not in found:
                found[ticket.id] = Found(ticket.id, ticket.number, excerpt(hit.said or "", query))
        read_so_far += len(rows)
        if len(rows) < size or (only and read_so_far >= MOST_READ):
            break
        # Many of them belong to few tickets, or to none.
        before, size = rows[-1].id, size * 2
    if len(found) < limit and query.number is None:
        for ticket, hit in _wanted(session, spread(session, query, but=found), only):
            found[ticket.id] = Found(ticket.id, ticket.number, excerpt(hit.said or "", query))
    listed = list(found.values())
    if query.number:
        listed.sort(key=lambda each: not each.number.endswith(query.number or ""))
    return listed[:limit]


def _wanted(
    session: Session, found: Iterable[tuple[OfTicket, Hit]], only: Sequence[ColumnElement[bool]]
) -> Iterable[tuple[OfTicket, Hit]]:
    if not only:
        return found
    listed = list(found)
    ids = {ticket.id for ticket, _ in listed}
    wanted = set(session.scalars(select(Ticket.id).where(Ticket.id.in_(ids), *only)))
    return [(ticket, hit) for ticket, hit in listed if ticket.id in wanted]


def excerpt(said: str, query: Query) -> Sequence[Part]:
    """The place in ``said`` that has the first of the words, with all of them marked there; empty without one."""
    marks = [match.span() for match in WORD.finditer(said) if query.has(folded(match[0]))]
    if not marks:
        return ()
    first = marks[0][0]
    start = max(0, first - _BEFORE)
    end = min(len(said), first + _AFTER)
    # From a word's beginning to a word's end, where words are not longer than the room there is.
    if start:
        start = said.find(" ", start - 1, first) + 1 or start
    end = max(said.rfind(" ", first, end), marks[0][1]) if end < len(said) else end
    parts, at = [Part("… " if start else "", False)], start
    for left, right in marks:
        if right <= end:
            parts += [Part(said[at:left], False), Part(said[left:right], True)]
            at = right
    parts.append(Part(said[at:end] + (" …" if end < len(said) else ""), False))
    return [Part(re.sub(r"\s+", " ", part.text), part.hit) for part in parts if part.text]
