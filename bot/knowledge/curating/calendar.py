"""Templates with dates: offered from their first day to their last, and their owners told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.knowledge import versions
from bot.knowledge.content import Content
from bot.knowledge.curating.falling import tell_of_falling
from bot.knowledge.model import TemplateNotice, TemplateVersion

AHEAD = timedelta(days=14)
"""How long before its last day a template's owner is told."""


def turn_of_day(session: Session, today: date, now: datetime) -> None:
    """Offer what begins, stop offering what is over, and note for the owners what begins, ends, will end soon, or helps
    less than it did. As often as one likes: nothing is noted twice. ``today``: in the institution's zone."""
    versions.lock(session)
    changed = False
    told = {(n.template_id, n.kind, (n.data or {}).get("day")) for n in session.scalars(select(TemplateNotice))}
    for row in versions.published(session).values():
        content = versions.content_of(row)
        if row.offered != content.offered(today):
            row.offered, changed = not row.offered, True
        for kind, day in _due(content, today):
            if (row.template_id, kind, day.isoformat()) not in told:
                _notice(session, row, content.owner, kind, {"day": day.isoformat()}, now)
    if changed:
        versions.raise_version(session)
    tell_of_falling(session, now)


def _due(content: Content, today: date) -> list[tuple[str, date]]:
    first, last = content.valid_from, content.valid_until
    if last is not None and last < today:
        return [("ended", last)]
    if last is not None and last - today <= AHEAD and (first or today) <= today:
        return [("ending", last)]
    return [("begun", first)] if first is not None and first <= today and today - first <= AHEAD else []


def notices(session: Session, owner: str | None = None) -> Sequence[TemplateNotice]:
    """What owners have not dealt with yet, oldest first; of one owner or of all."""
    wanted = select(TemplateNotice).where(TemplateNotice.done_at.is_(None)).order_by(TemplateNotice.id)
    return session.scalars(wanted if owner is None else wanted.where(TemplateNotice.owner == owner)).all()


def dismiss(session: Session, notice_id: int, now: datetime) -> None:
    """Somebody has dealt with it. Raises NotAllowed when there is no such notice."""
    notice = session.get(TemplateNotice, notice_id)
    if notice is None:
        raise NotAllowed(told("There is no notice {id}.", id=notice_id))
    notice.done_at = notice.done_at or now


def _notice(session: Session, row: TemplateVersion, owner: str, kind: str, data: dict[str, Any], now: datetime) -> None:
    session.add(TemplateNotice(template_id=row.template_id, owner=owner, kind=kind, data=data, at=now))
