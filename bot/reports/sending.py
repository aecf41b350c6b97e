"""Recaps go to where whoever was told of them is reached, once each, and are tried until they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity import audit, contacts
from bot.identity.model import StaffContact
from bot.reports.model import RecapDelivery, RecapNotice
from bot.storage import tries
from bot.storage.signals import DELIVERIES, notify

Key = tuple[str, str, date, str]
"""Who, which recap, of the time that began on that day, by which way."""
NO_ADDRESS = "he is not reached there any more"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A recap that is to be sent to an address. ``language``: of who reads it. ``told_at``: when it was there."""

    username: str
    recap: str
    first: date
    way: str
    address: str = field(repr=False)
    language: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A recap that somebody was told of, and its ways to him; with none he has it in the console alone."""

    notice: RecapNotice
    ways: Sequence[RecapDelivery]


def queue(session: Session, told: Sequence[RecapNotice], now: datetime) -> None:
    """Have each recap sent to wherever whoever was told of it is reached."""
    wanted = select(StaffContact).where(StaffContact.username.in_({each.username for each in told}))
    for contact in session.scalars(wanted).all():
        for notice in told:
            if notice.username == contact.username:
                key = {"username": notice.username, "recap": notice.recap, "first": notice.first}
                session.add(RecapDelivery(**key, way=contact.way, attempts=0, next_try_at=now))
                notify(session, DELIVERIES)
    session.flush()


def next_delivery(session: Session) -> datetime | None:
    """When the next one is to be tried; None when none waits."""
    return tries.next_try(session, RecapDelivery)


def claim(session: Session, now: datetime, limit: int) -> Sequence[Outgoing]:
    """Those whose time has come, for the caller alone for a while. What would go to an address that is not his any more
    has failed."""
    found = []
    for row in tries.claim(session, RecapDelivery, now, limit):
        contact = contacts.reached(session, row.username, row.way)
        if contact is None:
            row.fault, row.next_try_at = NO_ADDRESS, None
            continue
        told_at = session.get_one(RecapNotice, (row.username, row.recap, row.first)).at
        found.append(Outgoing(
            row.username, row.recap, row.first, row.way, contact.address, contact.language, told_at
        ))  # fmt: skip
    return found


def sent(session: Session, item: Outgoing, now: datetime) -> None:
    """It arrived."""
    row = _row(session, item)
    row.sent_at, row.fault, row.next_try_at = now, None, None


def not_sent(session: Session, item: Outgoing, fault: str, permanent: bool, now: datetime) -> bool:
    """It did not arrive, because of ``fault``; whether it is tried again."""
    row = _row(session, item)
    row.fault = fault[:200]
    return tries.try_again(row, permanent, tries.OVER_A_WEEKEND, now)


def again(session: Session, item: Key, by: str, now: datetime) -> None:
    """Try once more to send what failed. Raises NotAllowed where there is no such recap that failed."""
    row = session.get(RecapDelivery, item, with_for_update=True)
    if row is None or row.sent_at is not None or row.next_try_at is not None:
        raise NotAllowed("There is no such recap that failed; nothing was sent.")
    row.attempts, row.next_try_at, row.fault = 0, now, None
    audit.note(session, by, "recap sent again", f"recap {row.recap} {row.first}", now, {"to": row.username})
    notify(session, DELIVERIES)


def last(session: Session, recap: str) -> Sequence[Told]:
    """Who was told of the last recap of that kind, and what became of it."""
    newest = select(func.max(RecapNotice.first)).where(RecapNotice.recap == recap).scalar_subquery()
    wanted = select(RecapNotice).where(RecapNotice.recap == recap, RecapNotice.first == newest)
    return _with_ways(session, session.scalars(wanted.order_by(RecapNotice.username)).all())


def _row(session: Session, item: Outgoing) -> RecapDelivery:
    return session.get_one(RecapDelivery, (item.username, item.recap, item.first, item.way))


def latest(session: Session, limit: int) -> Sequence[Told]:
    """Who was told of which recap last, the newest first, and what became of it."""
    newest = select(RecapNotice).order_by(RecapNotice.at.desc(), RecapNotice.recap, RecapNotice.username).limit(limit)
    return _with_ways(session, session.scalars(newest).all())


def _with_ways(session: Session, notices: Sequence[RecapNotice]) -> Sequence[Told]:
    since = min((notice.first for notice in notices), default=None)
    ways: dict[tuple[str, str, date], list[RecapDelivery]] = {}
    if since is not None:
        for row in session.scalars(select(RecapDelivery).where(RecapDelivery.first >= since)):
            ways.setdefault((row.username, row.recap, row.first), []).append(row)
    return [Told(notice, ways.get((notice.username, notice.recap, notice.first), ())) for notice in notices]
