"""What happened since the console looked last: in which conversations, and whose lists of tickets it touches."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.conversation.model import InboxMessage, OutboxMessage
from bot.storage.database import Database
from bot.tickets.model import Ticket, TicketEvent
from bot.web.live import Mark, News
from bot.web.queues import UNCLOSED

RECENT = 200
"""So many of the newest are compared, for on PostgreSQL an id may be committed after a higher one. Of more at once it
is only known that there are some."""
CHANGING = 20_000
"""Of so many of our newest messages it is watched what becomes of them."""


def look(db: Database, before: Mark | None, shown: frozenset[int]) -> tuple[Mark, News]:
    """For the watcher (``live.Look``). As many statements for many conversations as for one."""
    with db.read() as session:
        steps = _newest(session, TicketEvent.id, TicketEvent.ticket_id, TicketEvent.actor, TicketEvent.data)
        came = _newest(session, InboxMessage.id, InboxMessage.conversation_id)
        mark = Mark(
            frozenset([("step", id_) for id_ in steps] + [("message", id_) for id_ in came]),
            _talks(session, shown) if shown else {},
        )
        if before is None:
            return mark, News()
        changed = frozenset(each for each in shown if before.talks.get(each, mark.talks[each]) != mark.talks[each])
        fresh = mark.recent - before.recent
        taken = [row for id_, row in steps.items() if ("step", id_) in fresh]
        talks = {row[0] for id_, row in came.items() if ("message", id_) in fresh}
        has = _assignees(session, {row[0] for row in taken}, talks)
    # Of tags it is a list of them.
    had = [(data or {}).get("from") for _, _, data in taken]
    concerned = [*has, *had, *(actor for _, actor, _ in taken)]
    staff = frozenset(name for name in concerned if isinstance(name, str))
    return mark, News(changed, staff, bool(taken or has))


def _newest(session: Session, id_: Any, *columns: Any) -> dict[int, Any]:
    found = session.execute(select(id_, *columns).order_by(id_.desc()).limit(RECENT))
    return {row[0]: row[1:] for row in found}


def _assignees(session: Session, tickets: set[int], talks: set[int]) -> list[str | None]:
    """Who has each of the tickets, and each of those conversations' that are dealt with: of others no list shows what
    was written."""
    wanted = select(Ticket.id, Ticket.status, Ticket.assignee)
    found = session.execute(wanted.where(or_(Ticket.id.in_(tickets), Ticket.conversation_id.in_(talks))))
    return [assignee for id_, status, assignee in found if id_ in tickets or status in UNCLOSED]


def _talks(session: Session, shown: frozenset[int]) -> dict[int, object]:
    """Of each conversation a value that changes with all that is shown of it."""
    parts: dict[int, list[object]] = defaultdict(list)
    came, went = InboxMessage.conversation_id, OutboxMessage.conversation_id
    floor = (session.scalar(select(func.max(OutboxMessage.id))) or 0) - CHANGING
    steps = select(Ticket.conversation_id, func.max(TicketEvent.id)).join(Ticket, Ticket.id == TicketEvent.ticket_id)
    for wanted in (
        select(came, func.max(InboxMessage.id)).where(came.in_(shown)).group_by(came),
        steps.where(Ticket.conversation_id.in_(shown)).group_by(Ticket.conversation_id),
        select(went, OutboxMessage.status, func.count(), func.sum(OutboxMessage.id))
        .where(went.in_(shown), OutboxMessage.id > floor)
        .group_by(went, OutboxMessage.status)
        .order_by(OutboxMessage.status),
    ):
        for conversation, *digest in session.execute(wanted):
            parts[conversation].append(tuple(digest))
    return {conversation: tuple(parts[conversation]) for conversation in shown}
