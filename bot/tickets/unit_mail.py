"""Forwarding forms go to the units by mail, where the procedure names an address: when the ticket is forwarded, and
with each reminder. Whoever has the ticket is told when that does not succeed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.procedures.profile import Profile
from bot.storage import tries
from bot.tickets import forwarding
from bot.tickets.alarms import UNIT
from bot.tickets.changes import note
from bot.tickets.model import Forwarding, Ticket, UnitMail
from bot.tickets.notices import tell
from bot.tickets.promises import SYSTEM

TOLD_AT = 3
"""Somebody is told after so many tries: some minutes, in which a server may come back."""
NO_ADDRESS = "the procedure names no mail address of the unit"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail that is to be sent. ``kind`` as UnitMail has it; ``at``: when it was asked for."""

    id: int
    kind: str
    form_id: int
    ticket: str
    address: str = field(repr=False)
    at: datetime
    way: str = "email"


def next_mail(session: Session) -> datetime | None:
    """When the next one is to be tried; None when none waits."""
    return tries.next_try(session, UnitMail)


def claim(session: Session, profile: Profile, now: datetime, limit: int) -> Sequence[Outgoing]:
    """Those whose time has come, for the caller alone for a while, with the address that the procedure names now. A
    form that nobody waits for any more is not sent."""
    found = []
    for row in tries.claim(session, UnitMail, now, limit):
        form, ticket = _about(session, row)
        unit = forwarding.unit_called(profile, form.unit)
        waits = forwarding.current(session, ticket)
        if waits is None or waits.id != form.id:
            row.next_try_at = None
        elif unit is None or unit.email is None:
            _fault(session, row, NO_ADDRESS, True, now)
        else:
            found.append(Outgoing(row.id, row.kind, form.id, ticket.number, unit.email, row.at))
    return found


def sent(session: Session, mail_id: int, now: datetime) -> None:
    """It arrived."""
    row = session.get_one(UnitMail, mail_id)
    form, ticket = _about(session, row)
    row.sent_at, row.fault, row.next_try_at = now, None, None
    note(session, ticket, SYSTEM, "unit mailed", now, {"forwarding": form.id, "unit": form.unit, "kind": row.kind})


def not_sent(session: Session, mail_id: int, fault: str, permanent: bool, now: datetime) -> bool:
    """It did not arrive, because of ``fault``; whether it is tried again."""
    return _fault(session, session.get_one(UnitMail, mail_id), fault, permanent, now)


def _fault(session: Session, row: UnitMail, fault: str, permanent: bool, now: datetime) -> bool:
    row.fault = fault[:200]
    again = tries.try_again(row, permanent, tries.OVER_A_WEEKEND, now)
    if row.attempts == TOLD_AT or (permanent and row.attempts < TOLD_AT):
        form, ticket = _about(session, row)
        tell(session, ticket, [ticket.assignee or form.sent_by], "unmailed", UNIT, form.due_at or now, now)
        told = {"forwarding": form.id, "unit": form.unit, "kind": row.kind, "why": row.fault}
        note(session, ticket, SYSTEM, "unit not mailed", now, told)
    return again


def of_form(session: Session, form: Forwarding) -> Sequence[UnitMail]:
    """The mails with that form, in order."""
    return session.scalars(select(UnitMail).where(UnitMail.forwarding_id == form.id).order_by(UnitMail.id)).all()


def _about(session: Session, row: UnitMail) -> tuple[Forwarding, Ticket]:
    form = session.get_one(Forwarding, row.forwarding_id)
    return form, session.get_one(Ticket, form.ticket_id)
