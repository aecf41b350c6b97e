"""``/tickets``: finding them and reading what happened to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.places import MOST_TYPED
from bot.conversation.search import search
from bot.tickets import service
from bot.tickets.lifecycle import Kind, Priority, Status
from bot.tickets.model import Ticket, TicketEvent, TicketTag
from bot.web.api import shapes, telling
from bot.web.api.door import TextFinder, TicketReader
from bot.web.api.fields import clamped, plain
from bot.web.api.paging import USUAL, Cursor, Limit, Page, cut, only
from bot.web.api.problems import Refused, documented, not_found

router = APIRouter(prefix="/tickets", tags=["tickets"], responses=documented(401, 403, 422, 429))


class Filters(BaseModel):
    """Which tickets are wanted; what is not given does not matter."""

    status: Annotated[list[Status], Field(default_factory=list)]
    kind: Kind | None = None
    priority: Priority | None = None
    category: str | None = None
    channel: str | None = None
    tag: str | None = None
    assignee: str | None = None
    unassigned: bool = False
    person: shapes.Id | None = None
    conversation: shapes.Id | None = None
    created_since: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    cursor: Cursor = None
    limit: Limit = USUAL


@router.get("", response_model=Page[shapes.Ticket])
def list_tickets(caller: TicketReader, given: Annotated[Filters, Query()]) -> Page[shapes.Ticket]:
    """Tickets, the newest first. Scope `tickets:read`; by `tag`, which staff wrote, `texts:read` too."""
    if given.tag is not None and not caller.texts:
        raise Refused(403, "insufficient-scope", "Tags are texts: the token lacks the scope texts:read.")
    wanted = select(Ticket).order_by(Ticket.id.desc()).limit(given.limit + 1)
    for name in ("kind", "priority", "category", "channel", "assignee"):
        if (value := getattr(given, name)) is not None:
            wanted = wanted.where(getattr(Ticket, name) == plain(value))
    if given.status:
        wanted = wanted.where(Ticket.status.in_(given.status))
    if given.unassigned:
        wanted = wanted.where(Ticket.assignee.is_(None))
    if given.person is not None:
        wanted = wanted.where(Ticket.person_id == given.person)
    if given.conversation is not None:
        wanted = wanted.where(Ticket.conversation_id == given.conversation)
    if given.tag is not None:
        tagged = select(TicketTag.ticket_id).where(TicketTag.tag == plain(given.tag).lower())
        wanted = wanted.where(Ticket.id.in_(tagged))
    if given.created_since is not None:
        wanted = wanted.where(Ticket.created_at >= clamped(given.created_since))
    if given.created_before is not None:
        wanted = wanted.where(Ticket.created_at < clamped(given.created_before))
    if (before := only(given.cursor)) is not None:
        wanted = wanted.where(Ticket.id < before)
    with caller.parts.db.read() as session:
        found, following = cut(session.scalars(wanted).all(), given.limit, lambda row: (row.id,))
        return Page(items=telling.tickets(session, found, caller.texts), next=following)


@router.get("/search", response_model=shapes.Results)
def search_tickets(
    caller: TextFinder, q: Annotated[str, Query(min_length=1, max_length=MOST_TYPED)], limit: Limit = USUAL
) -> shapes.Results:
    """Tickets by words of their number, subject, summary, solution, of messages and notes, and of the person's name.
    Scope `tickets:read`, and `texts:read`: what is found tells what was written."""
    with caller.parts.db.read() as session:
        found = search(session, plain(q), limit=limit)
        rows = session.scalars(select(Ticket).where(Ticket.id.in_([each.ticket_id for each in found]))).all()
        told = {ticket.number: ticket for ticket in telling.tickets(session, rows, texts=True)}
    return shapes.Results(
        items=[
            shapes.Found(ticket=told[each.number], excerpt="".join(part.text for part in each.excerpt))
            for each in found
        ]
    )


@router.get("/{number}", response_model=shapes.Ticket, responses=documented(404))
def get_ticket(caller: TicketReader, number: str) -> shapes.Ticket:
    """A ticket by its number, however it is written (`cc 2026 123`). Scope `tickets:read`."""
    with caller.parts.db.read() as session:
        return telling.ticket(session, by_number(session, number), caller.texts)


@router.get("/{number}/events", response_model=Page[shapes.TicketEvent], responses=documented(404))
def list_ticket_events(
    caller: TicketReader, number: str, cursor: Cursor = None, limit: Limit = USUAL
) -> Page[shapes.TicketEvent]:
    """Everything that happened to a ticket, in order: its audit trail. Scope `tickets:read`."""
    with caller.parts.db.read() as session:
        ticket = by_number(session, number)
        wanted = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.id > (only(cursor) or 0))
        rows = session.scalars(wanted.order_by(TicketEvent.id).limit(limit + 1)).all()
        found, following = cut(rows, limit, lambda row: (row.id,))
        return Page(items=[telling.event(row, caller.texts) for row in found], next=following)


def by_number(session: Session, number: str) -> Ticket:
    """Raises Refused when there is no such ticket."""
    try:
        return service.by_number(session, number)
    except KeyError:
        raise not_found("ticket") from None
