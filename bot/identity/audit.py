"""What staff did which is no step of a ticket. Written in the transaction that does it, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.identity.model import AuditEvent


def note(
    session: Session, actor: str, kind: str, about: str, now: datetime, data: Mapping[str, object] | None = None
) -> None:
    """Write down that ``actor`` did it. No password, code or date of birth belongs into ``data``."""
    session.add(AuditEvent(at=now, actor=actor, kind=kind, about=about, data=dict(data) if data else None))
    session.flush()


def about_person(person_id: int) -> str:
    """How a person is named there."""
    return f"person {person_id}"


def of(session: Session, about: str, limit: int = 50) -> Sequence[AuditEvent]:
    """What was done to it, the newest first."""
    wanted = select(AuditEvent).where(AuditEvent.about == about).order_by(AuditEvent.id.desc())
    return session.scalars(wanted.limit(limit)).all()
