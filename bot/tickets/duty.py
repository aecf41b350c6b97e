"""Who of the staff is on duty: what was noted last. Whoever never came on duty is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity.model import Account
from bot.tickets.alarms import look_again
from bot.tickets.model import DutyEvent


def set_duty(session: Session, username: str, on_duty: bool, actor: str, now: datetime) -> bool:
    """Note that ``username`` comes on duty or goes away; False when it is so already. Raises NotAllowed when there is
    no such staff account."""
    account = session.scalars(select(Account).where(Account.username == username).with_for_update()).one_or_none()
    if account is None:
        raise NotAllowed(f"There is no staff account {username}.")
    if is_on_duty(session, username) == on_duty:
        return False
    session.add(DutyEvent(username=username, on_duty=on_duty, at=now, actor=actor))
    session.flush()
    look_again(session)
    return True


def is_on_duty(session: Session, username: str) -> bool:
    """Whether ``username`` is on duty now."""
    wanted = select(DutyEvent.on_duty).where(DutyEvent.username == username).order_by(DutyEvent.id.desc()).limit(1)
    return bool(session.scalar(wanted))


def last_switch(session: Session, username: str) -> datetime | None:
    """When ``username`` came on duty or went away the last time."""
    return session.scalar(select(func.max(DutyEvent.at)).where(DutyEvent.username == username))


def on_duty(session: Session) -> Sequence[str]:
    """The user names of all who are on duty, in the order of the alphabet."""
    return list(on_duty_since(session))


def on_duty_since(session: Session) -> Mapping[str, datetime]:
    """All who are on duty, in the order of the alphabet, with when they came."""
    latest = select(func.max(DutyEvent.id)).group_by(DutyEvent.username)
    wanted = select(DutyEvent.username, DutyEvent.at).where(DutyEvent.id.in_(latest), DutyEvent.on_duty)
    return {row[0]: row[1] for row in session.execute(wanted.order_by(DutyEvent.username))}
