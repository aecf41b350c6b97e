"""Handing over what may not arrive at the first try: whose turn it is, and when the next one comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session

CLAIM = timedelta(minutes=2)
"""So long a row belongs to who tries it; longer than any try takes."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""Between the tries; after the last it has failed."""
OVER_A_WEEKEND = (*PAUSES, *(timedelta(hours=6),) * 12)
"""The same for what nobody is told otherwise: a mail server may be away for days."""


class Tries:
    """What is tried until it arrives. ``next_try_at``: not before; None when there is nothing more to try."""

    attempts: Mapped[int]
    next_try_at: Mapped[datetime | None]


Row = TypeVar("Row", bound=Tries)


def next_try(session: Session, table: type[Tries]) -> datetime | None:
    """When the next one is to be tried; None when none waits."""
    return session.scalar(select(func.min(table.next_try_at)))


def claim(session: Session, table: type[Row], now: datetime, limit: int) -> Sequence[Row]:
    """Rows whose time has come, for the caller alone until ``CLAIM`` is over: who dies meanwhile is stood in for."""
    due = select(table).where(table.next_try_at <= now).order_by(table.next_try_at).limit(limit)
    rows = session.scalars(due.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.attempts, row.next_try_at = row.attempts + 1, now + CLAIM
    return rows


def try_again(row: Tries, permanent: bool, pauses: Sequence[timedelta], now: datetime) -> bool:
    """It did not arrive; whether it is tried once more."""
    again = not permanent and row.attempts <= len(pauses)
    row.next_try_at = now + pauses[row.attempts - 1] if again else None
    return again
