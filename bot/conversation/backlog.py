"""How much still waits: messages to be answered, to be sent, files to be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bot.conversation.model import OPEN, PENDING, Attachment, InboxMessage, OutboxMessage

_BACKLOGS: tuple[tuple[str, Any, tuple[ColumnElement[str], ...]], ...] = (
    ("inbox_waiting", InboxMessage, (PENDING,)),
    ("outbox_waiting", OutboxMessage, OPEN),
    ("files_waiting", Attachment, (PENDING,)),
)


def backlogs(session: Session) -> Mapping[str, int]:
    """Name to how many; asks small indexes alone."""
    return {
        name: session.scalar(
            select(func.count()).select_from(model).where(or_(*(model.status == state for state in states)))
        )
        or 0
        for name, model, states in _BACKLOGS
    }
