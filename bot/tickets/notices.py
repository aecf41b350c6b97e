"""What staff are told about tickets: on their list in the console, and wherever else they can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.identity import contacts
from bot.identity.model import StaffContact
from bot.storage import tries
from bot.storage.signals import DELIVERIES, notify
from bot.tickets.model import StaffDelivery, StaffNotice, Ticket

OFTEN = "often"
"""Kind of a notice: a category broke its promise so often that a corrective action is proposed. ``promise`` says which
category and month (``ptpp keuangan 2026-11``), the ticket is the last of them."""
MENTIONED = "mentioned"
"""Kind of a notice: a note names him."""
_KNOWN = "contacts"


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
    promised (``ladder wakor``); empty where it is about nothing that is due."""
    told = [
        StaffNotice(username=username, ticket_id=ticket.id, kind=kind, promise=promise, due_at=due, at=now)
        for username in who
    ]
    session.add_all(told)
    ways = _ways(session)
    if any(notice.username in ways for notice in told):
        session.flush()
        session.add_all(
            StaffDelivery(notice_id=notice.id, way=way, attempts=0, next_try_at=now)
            for notice in told
            for way in ways.get(notice.username, ())
        )
        notify(session, DELIVERIES)


def _ways(session: Session) -> Mapping[str, Sequence[str]]:
    """How each can be reached besides the console; read once a session."""
    known: dict[str, list[str]] | None = session.info.get(_KNOWN)
    if known is None:
        known = session.info[_KNOWN] = {}
        for username, way in session.execute(select(StaffContact.username, StaffContact.way)):
            known.setdefault(username, []).append(way)
    return known


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
    return tries.next_try(session, StaffDelivery)


def claim(session: Session, now: datetime, limit: int) -> Sequence[Outgoing]:
    """Deliveries whose time has come, for the caller alone for a while. What went to an address that is not his any
    more is forgotten."""
    found = []
    for delivery in tries.claim(session, StaffDelivery, now, limit):
        notice = session.get_one(StaffNotice, delivery.notice_id)
        contact = contacts.reached(session, notice.username, delivery.way)
        if contact is None:
            session.delete(delivery)
            continue
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
    """It did not arrive; whether it is tried again. After the last try the console has told it all the while."""
    delivery = session.get_one(StaffDelivery, delivery_id)
    again = tries.try_again(delivery, permanent, tries.PAUSES, now)
    if not again:
        session.delete(delivery)
    return again
