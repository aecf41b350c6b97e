"""What staff are told about tickets: on their list in the console, and wherever else they can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.identity.model import StaffContact
from bot.tickets.alarms import look_again
from bot.tickets.model import StaffDelivery, StaffNotice, Ticket

CLAIM = timedelta(minutes=2)
"""So long a delivery belongs to who tries it; longer than any try takes."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""Between the tries of a delivery; after the last it has failed: the console has told it all the while."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice that is to be sent to an address. ``ticket``: the number; ``language``: of who reads it."""

    delivery: int
    way: str
    address: str
    language: str
    kind: str
    promise: str
    ticket: str
    due_at: datetime


def tell(
    session: Session, ticket: Ticket, who: Sequence[str], kind: str, promise: str, due: datetime, now: datetime
) -> None:
    """Put a notice on the list of each of them, and have it sent to where he wants to be reached. ``promise``: what is
    promised (``ladder wakor``)."""
    told = [
        StaffNotice(username=username, ticket_id=ticket.id, kind=kind, promise=promise, due_at=due, at=now)
        for username in who
    ]
    session.add_all(told)
    session.flush()
    ids = {notice.username: notice.id for notice in told}
    for contact in session.scalars(select(StaffContact).where(StaffContact.username.in_(list(ids)))):
        session.add(StaffDelivery(notice_id=ids[contact.username], way=contact.way, attempts=0, next_try_at=now))
        look_again(session)


def notices(session: Session, username: str, limit: int = 50) -> Sequence[tuple[StaffNotice, Ticket]]:
    """What he was told of which ticket, what he has not seen first, then the newest."""
    wanted = select(StaffNotice, Ticket).join(Ticket, Ticket.id == StaffNotice.ticket_id)
    newest = wanted.order_by(StaffNotice.seen_at.is_not(None), StaffNotice.id.desc()).limit(limit)
    found = session.execute(newest.where(StaffNotice.username == username))
    return [(notice, ticket) for notice, ticket in found]


def unseen(session: Session, username: str) -> int:
    """How much of what he was told he has not seen."""
    wanted = select(func.count()).where(StaffNotice.username == username, StaffNotice.seen_at.is_(None))
    return session.scalars(wanted).one()


def mark_seen(session: Session, username: str, until: int, now: datetime) -> None:
    """He has seen all that he was told, up to the notice with the id ``until``."""
    told = StaffNotice.username == username, StaffNotice.seen_at.is_(None), StaffNotice.id <= until
    session.execute(update(StaffNotice).where(*told).values(seen_at=now))


def next_delivery(session: Session) -> datetime | None:
    """When the next delivery is to be tried; None when none waits."""
    return session.scalar(select(func.min(StaffDelivery.next_try_at)))


def claim(session: Session, now: datetime, limit: int) -> Sequence[Outgoing]:
    """Deliveries whose time has come, for the caller alone until ``CLAIM`` is over. What went to an address that is not
    his any more is forgotten."""
    due = select(StaffDelivery).where(StaffDelivery.next_try_at <= now).order_by(StaffDelivery.next_try_at)
    found = []
    for delivery in session.scalars(due.limit(limit).with_for_update(skip_locked=True)).all():
        notice = session.get_one(StaffNotice, delivery.notice_id)
        contact = session.get(StaffContact, (notice.username, delivery.way))
        if contact is None:
            session.delete(delivery)
            continue
        delivery.attempts, delivery.next_try_at = delivery.attempts + 1, now + CLAIM
        number = session.get_one(Ticket, notice.ticket_id).number
        found.append(Outgoing(
            delivery.id, delivery.way, contact.address, contact.language, notice.kind, notice.promise, number,
            notice.due_at,
        ))  # fmt: skip
    return found


def sent(session: Session, delivery_id: int) -> None:
    """It arrived; nothing more is to be done."""
    session.delete(session.get_one(StaffDelivery, delivery_id))


def not_sent(session: Session, delivery_id: int, permanent: bool, now: datetime) -> bool:
    """It did not arrive; whether it is tried again."""
    delivery = session.get_one(StaffDelivery, delivery_id)
    if permanent or delivery.attempts > len(PAUSES):
        session.delete(delivery)
        return False
    delivery.next_try_at = now + PAUSES[delivery.attempts - 1]
    return True
