"""The outbox of an invented month: channels that take everything, through the same claims and marks as the sender's."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation import outbox
from bot.conversation.model import OPEN, OutboxMessage
from bot.errors import TransportError
from bot.simulation.stage import Stage

EVERY = 60
"""Seconds after which what was written is sent."""
AT_ONCE = 100
_NO_FILES = Path("/nonexistent")
_OPEN = select(OutboxMessage.channel).where(OutboxMessage.status.in_(OPEN)).group_by(OutboxMessage.channel)


class Post:
    """Sends what is there. What may not be sent any more (a channel's window is over) becomes a dead letter."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._sent_at = 0

    def send(self, *, now: bool = False) -> None:
        """Send everything, if that was not done within the last minute."""
        stage = self._stage
        if not now and stage.second - self._sent_at < EVERY:
            return
        self._sent_at = stage.second
        with stage.db.write() as session:
            for channel in session.scalars(_OPEN.order_by(OutboxMessage.channel)).all():
                while self._some(session, channel):
                    pass

    def _some(self, session: Session, channel: str) -> bool:
        """Send the first message of each conversation; whether there may be more."""
        stage, more = self._stage, False
        heads = outbox.heads(session, channel, stage.now, AT_ONCE)
        for head in heads:
            if not outbox.claim(session, head, stage.now):
                # It was the assistant's, and a human took over; what he wrote is behind it.
                more = True
                continue
            message = outbox.message(session, head, _NO_FILES)
            try:
                outbox.in_window(message, head, stage.desk.capabilities[channel], stage.now)
            except TransportError as error:
                outbox.fail(session, head, error, stage.now)
                more = True
            else:
                more |= outbox.sent(session, head, channel, None, stage.now)
        return more or len(heads) == AT_ONCE
