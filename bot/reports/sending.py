"""Recaps go to where whoever was told of them is reached, once each, and are tried until they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.identity import contacts
from bot.identity.model import StaffContact
from bot.reports.model import RecapDelivery, RecapNotice
from bot.storage import tries
from bot.tickets.alarms import look_again

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
                look_again(session)
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


def _row(session: Session, item: Outgoing) -> RecapDelivery:
    return session.get_one(RecapDelivery, (item.username, item.recap, item.first, item.way))


def latest(session: Session, limit: int) -> Sequence[Told]:
    """Who was told of which recap last, the newest first, and what became of it."""
    newest = select(RecapNotice).order_by(RecapNotice.at.desc(), RecapNotice.recap, RecapNotice.username).limit(limit)
    notices = session.scalars(newest).all()
    since = min((notice.first for notice in notices), default=None)
    ways: dict[tuple[str, str, date], list[RecapDelivery]] = {}
    if since is not None:
        for row in session.scalars(select(RecapDelivery).where(RecapDelivery.first >= since)):
            ways.setdefault((row.username, row.recap, row.first), []).append(row)
    return [Told(notice, ways.get((notice.username, notice.recap, notice.first), ())) for notice in notices]
