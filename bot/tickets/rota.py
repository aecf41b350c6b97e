"""When staff were on duty, from what was noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.tickets.model import DutyEvent

Shift = tuple[datetime, datetime]


def shifts(session: Session, since: datetime, until: datetime) -> Mapping[str, Sequence[Shift]]:
    """By user name, from when to when he was on duty within that time."""
    last_before = select(func.max(DutyEvent.id)).where(DutyEvent.at < since).group_by(DutyEvent.username)
    wanted = select(DutyEvent).where(DutyEvent.at <= until, (DutyEvent.at >= since) | DutyEvent.id.in_(last_before))
    found: dict[str, list[Shift]] = {}
    began: dict[str, datetime] = {}
    for event in session.scalars(wanted.order_by(DutyEvent.id)):
        if event.on_duty:
            began.setdefault(event.username, max(event.at, since))
        elif (start := began.pop(event.username, None)) is not None:
            found.setdefault(event.username, []).append((start, max(start, event.at)))
    for username, start in began.items():
        found.setdefault(username, []).append((start, until))
    return {name: [each for each in spans if each[1] > since] for name, spans in found.items()}
