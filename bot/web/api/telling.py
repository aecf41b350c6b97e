"""From rows to what the API gives: a page at a time, with a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.tickets import model as rows
from bot.tickets.lifecycle import Kind, Priority, Status
from bot.web.api import shapes

PLAIN = frozenset(
    {
        "from", "to", "kind", "category", "identity", "channel", "priority", "due_at", "ticket", "into",
        "inbox_id", "outbox_id", "forwarding", "released", "courtesy", "who", "run", "mentions", "received_at",
        "told", "role", "closes_at", "files",
    }
)  # fmt: skip
"""What of an event's data nobody wrote, and nobody is known by."""
ABOUT_PEOPLE = frozenset({"name", "email", "phone", "account"})
"""What of an event's data is a person's; whoever may see it reads it with the person."""


def event_data(kind: str, data: Mapping[str, Any] | None, texts: bool) -> dict[str, Any]:
    """What may be told of an event: without ``texts`` nothing that somebody wrote."""
    data = data or {}
    if kind == "entered":
        return {name: value for name, value in data.items() if name not in ABOUT_PEOPLE}
    if texts:
        return dict(data)
    plain = PLAIN - {"from", "to"} if kind in ("subject changed", "tagged") else PLAIN
    return {name: value for name, value in data.items() if name in plain}


def event(row: rows.TicketEvent, texts: bool) -> shapes.TicketEvent:
    """A ticket's event."""
    return shapes.TicketEvent(
        id=row.id, at=row.at, actor=row.actor, kind=row.kind, data=event_data(row.kind, row.data, texts)
    )


def ticket(session: Session, row: rows.Ticket, texts: bool) -> shapes.Ticket:
    """A ticket as it is now."""
    [told] = tickets(session, [row], texts)
    return told


def tickets(session: Session, found: Sequence[rows.Ticket], texts: bool) -> list[shapes.Ticket]:
    """Tickets as they are now, in the order given. ``texts``: whether what was written is shown."""
    ids = [row.id for row in found]
    tags: dict[int, list[str]] = {}
    wanted = select(rows.TicketTag).where(rows.TicketTag.ticket_id.in_(ids)).order_by(rows.TicketTag.tag)
    for tag in session.scalars(wanted):
        tags.setdefault(tag.ticket_id, []).append(tag.tag)
    newest = (
        select(rows.TicketEvent.ticket_id, func.max(rows.TicketEvent.id))
        .where(rows.TicketEvent.ticket_id.in_(ids))
        .group_by(rows.TicketEvent.ticket_id)
    )
    versions = {row[0]: row[1] for row in session.execute(newest)}
    return [_ticket(row, tags.get(row.id, []), versions.get(row.id, 0), texts) for row in found]


def _ticket(row: rows.Ticket, tags: list[str], version: int, texts: bool) -> shapes.Ticket:
    written = {name: getattr(row, name) if texts else None for name in ("subject", "summary", "solution", "unit")}
    return shapes.Ticket(
        number=row.number, status=cast(Status, row.status), kind=cast(Kind, row.kind),
        priority=cast(Priority, row.priority), category=row.category, tags=tags if texts else None, channel=row.channel,
        language=row.language, identity=row.identity, assignee=row.assignee, role=row.role,
        person_id=row.person_id, conversation_id=row.conversation_id, version=version, created_at=row.created_at,
        due_at=row.due_at, resolved_at=row.resolved_at, closed_at=row.closed_at, **written,
    )  # fmt: skip
