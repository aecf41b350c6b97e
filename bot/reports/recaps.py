"""Recaps that people get by themselves: once a day, week or month is over, whoever is to have its recap is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.procedures import versions
from bot.reports import sending
from bot.reports.model import RecapNotice
from bot.reports.periods import last_over
from bot.tickets.roles import holders

MOST_SHOWN = 50


def announce(session: Session, now: datetime) -> Sequence[RecapNotice]:
    """Tell the holders of the roles of each recap of the profile in use that the last one is there, and have it sent to
    where they are reached; returns what is new. As often as one likes: nobody is told twice. What was over before the
    profile came is nobody's."""
    version = versions.in_use(session)
    if version is None:
        return []
    # Of several processes one is first, and the others see what it did.
    session.refresh(version, with_for_update=True)
    zone, profile = ZoneInfo(version.zone), versions.procedure(session, version.id).profile
    found: list[RecapNotice] = []
    for recap in profile.recaps.values():
        period = last_over(recap.every, now.astimezone(zone).date())
        if period.end(zone) <= version.created_at:
            continue
        names = dict.fromkeys(name for role in recap.to for name in holders(session, profile.roles[role]))
        known = _told(session, recap.id, period.first)
        found += [
            RecapNotice(username=name, recap=recap.id, first=period.first, at=now)
            for name in names
            if name not in known
        ]
    session.add_all(found)
    session.flush()
    sending.queue(session, found, now)
    return found


def _told(session: Session, recap: str, first: date) -> set[str]:
    there = select(RecapNotice.username).where(RecapNotice.recap == recap, RecapNotice.first == first)
    return set(session.scalars(there))


def notices(session: Session, username: str) -> Sequence[RecapNotice]:
    """What he was told of, the newest first."""
    wanted = select(RecapNotice).where(RecapNotice.username == username)
    newest = wanted.order_by(RecapNotice.first.desc(), RecapNotice.recap).limit(MOST_SHOWN)
    return session.scalars(newest).all()


def unseen(session: Session, username: str) -> int:
    """Of how many recaps he was told and has not seen it."""
    wanted = select(func.count()).where(RecapNotice.username == username, RecapNotice.seen_at.is_(None))
    return session.scalars(wanted).one()


def mark_seen(session: Session, username: str, until: datetime, now: datetime) -> None:
    """He has seen all that he was told up to ``until``."""
    told = RecapNotice.username == username, RecapNotice.seen_at.is_(None), RecapNotice.at <= until
    session.execute(update(RecapNotice).where(*told).values(seen_at=now))
