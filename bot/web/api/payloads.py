"""What a webhook tells: the event, which never changes, and the ticket as it is when it is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from bot.tickets.model import Ticket, TicketEvent
from bot.web.api import conversations, shapes, telling
from bot.web.talk import UNTOLD
from bot.web.words import catalogue
from bot.webhooks.subscriptions import EVERYTHING, kind_of

PING = "ping"
NOTED = "noted"


@cache
def kinds() -> frozenset[str]:
    """Every kind of event that there is: those that the console has words for, and those that need none there."""
    told = (name.removeprefix("event_") for name in catalogue() if name.startswith("event_"))
    return frozenset(map(kind_of, (*told, *UNTOLD, NOTED)))


def unknown(wanted: Collection[str]) -> list[str]:
    """Those that are no kind of event."""
    return sorted(set(wanted) - kinds() - {EVERYTHING})


def payload(session: Session, event_id: int | None, at: datetime, texts: bool) -> bytes:
    """The body of a delivery: JSON, as ``shapes.Notification`` has it. ``at``: of a ping."""
    if event_id is None:
        return shapes.Notification(type=PING, timestamp=at, data=None).model_dump_json().encode()
    event = session.get_one(TicketEvent, event_id)
    told = shapes.Happened(
        event=telling.event(event, texts),
        ticket=telling.ticket(session, session.get_one(Ticket, event.ticket_id), texts),
        message=conversations.message_of(session, event.data or {}, texts),
    )
    return shapes.Notification(type=kind_of(event.kind), timestamp=event.at, data=told).model_dump_json().encode()
