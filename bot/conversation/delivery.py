"""What became of messages that were sent. Statuses arrive in any order and never step back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.conversation.messages import DeliveryState, StatusUpdate
from bot.conversation.model import OutboxMessage

BEFORE: dict[DeliveryState, tuple[str, ...]] = {
    "sent": ("queued", "sending"),
    "delivered": ("queued", "sending", "sent"),
    "read": ("queued", "sending", "sent", "delivered"),
    "failed": ("queued", "sending", "sent"),
}
"""From which states a status may lead on. Delivered or read cannot fail any more; read is the end."""


def apply(session: Session, updates: Sequence[StatusUpdate]) -> None:
    """Move each message on, where its status allows; unknown ids are nobody's."""
    for status in updates:
        values: dict[str, str] = {"status": status.state}
        if status.error is not None:
            values["last_error"] = status.error
        session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.channel == status.channel,
                OutboxMessage.external_id == status.external_id,
                OutboxMessage.status.in_(BEFORE[status.state]),
            )
            .values(values)
            .execution_options(synchronize_session=False)
        )
