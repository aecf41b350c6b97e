"""What became of messages that were sent. Statuses arrive in any order and never step back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from bot.conversation.messages import StatusUpdate
from bot.conversation.model import EarlyStatus, OutboxMessage

BEFORE: dict[str, tuple[str, ...]] = {
    "sent": ("queued", "sending"),
    "delivered": ("queued", "sending", "sent"),
    "read": ("queued", "sending", "sent", "delivered"),
    "failed": ("queued", "sending", "sent"),
}
"""From which states a status may lead on. Delivered or read cannot fail any more; read is the end."""


_EARLY = cast(Table, EarlyStatus.__table__)
KEPT = timedelta(hours=1)
"""How long a status waits for its message to be noted as sent."""


def apply(session: Session, updates: Sequence[StatusUpdate], now: datetime) -> None:
    """Move each message on, where its status allows. A status of a message that is not known yet is kept for it."""
    early = [status for status in updates if not _counts(session, status)]
    # Always in the same order, so that two processes cannot wait for each other.
    for status in sorted(early, key=lambda status: (status.channel, status.external_id)):
        hold(session, status.channel, status.external_id)
        if not _counts(session, status):
            values = {"channel": status.channel, "external_id": status.external_id, "received_at": now}
            session.add(EarlyStatus(**values, state=status.state, error=status.error))
    if early:
        session.execute(delete(EarlyStatus).where(EarlyStatus.received_at < now - KEPT))


def _counts(session: Session, status: StatusUpdate) -> bool:
    """Apply a status. False when no message of that id is known."""
    if _move(session, status.channel, status.external_id, status.state, status.error):
        return True
    known = select(OutboxMessage.id).where(
        OutboxMessage.channel == status.channel, OutboxMessage.external_id == status.external_id
    )
    return session.scalar(known.limit(1)) is not None


_TOLD = (
    select(_EARLY.c.state, _EARLY.c.error)
    .where(_EARLY.c.channel == bindparam("channel"), _EARLY.c.external_id == bindparam("external"))
    .order_by(_EARLY.c.id)
)
"""Asked after every message that is sent; put together once."""


def catch_up(session: Session, channel: str, external_id: str) -> None:
    """Apply what had been told about a message before it was noted as sent. Call ``hold`` before noting it."""
    found = session.execute(_TOLD, {"channel": channel, "external": external_id}).all()
    for state, error in found:
        _move(session, channel, external_id, state, error)
    if found:
        mine = (EarlyStatus.channel == channel, EarlyStatus.external_id == external_id)
        session.execute(delete(EarlyStatus).where(*mine))


def hold(session: Session, channel: str, external_id: str) -> None:
    """Until the transaction ends nobody else notes a message as sent, or keeps a status for it. SQLite has one writer
    at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(sha256(f"{channel}\0{external_id}".encode()).digest()[:8], "big", signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def _move(session: Session, channel: str, external_id: str, state: str, error: str | None) -> bool:
    values: dict[str, str] = {"status": state}
    if error is not None:
        values["last_error"] = error
    moved = session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == channel,
            OutboxMessage.external_id == external_id,
            OutboxMessage.status.in_(BEFORE[state]),
        )
        .values(values)
        .execution_options(synchronize_session=False)
        .returning(OutboxMessage.id)
    )
    return moved.first() is not None
