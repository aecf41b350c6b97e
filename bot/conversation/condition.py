"""How the channels are: what came, what went, what waits, what failed and what was refused last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversation.messages import Channel, Listens
from bot.conversation.model import OPEN, InboxMessage, OutboxMessage
from bot.conversation.refusals import Refusal

Light = Literal["good", "warn", "bad"]
SLOW = timedelta(minutes=2)
LATELY = timedelta(hours=24)
_SENT = ("sent", "delivered", "read")


@dataclass(frozen=True, slots=True)
class Condition:
    """``waiting``: messages that are still to be sent, ``oldest`` since when. ``failed_at``: when a message was given
    up last, ``error``: why, also of one that is still tried. ``refused``: the last call from outside that was not taken
    in. ``cut_off``: what keeps messages from coming in now."""

    channel: str
    came_at: datetime | None
    went_at: datetime | None
    waiting: int
    oldest: datetime | None
    failed_at: datetime | None
    error: str | None
    refused: Refusal | None = None
    cut_off: str | None = None

    def light(self, now: datetime) -> Light:
        """``bad``: messages wait that should be gone, or none come in; ``warn``: one failed lately, and none was sent
        since; or a call was refused lately, and nothing came since."""
        if self.cut_off or (self.oldest is not None and self.oldest < now - SLOW):
            return "bad"
        refused_at = self.refused.at if self.refused else None
        wrong = _lately(self.failed_at, self.went_at, now) or _lately(refused_at, self.came_at, now)
        return "warn" if wrong else "good"


def _lately(wrong: datetime | None, right: datetime | None, now: datetime) -> bool:
    return wrong is not None and wrong > now - LATELY and (right is None or right < wrong)


def condition(session: Session, channel: str, refused: Refusal | None = None, cut_off: str | None = None) -> Condition:
    """How a channel is."""
    came = select(InboxMessage.received_at).where(InboxMessage.channel == channel).order_by(InboxMessage.id.desc())
    of = select(OutboxMessage).where(OutboxMessage.channel == channel).order_by(OutboxMessage.id.desc()).limit(1)
    waits = (OutboxMessage.channel == channel, OutboxMessage.status.in_(OPEN))
    waiting, oldest = session.execute(select(func.count(), func.min(OutboxMessage.created_at)).where(*waits)).one()
    went = session.scalars(of.where(OutboxMessage.status.in_(_SENT))).one_or_none()
    failed = session.scalars(of.where(OutboxMessage.status == "failed")).one_or_none()
    trying = session.scalar(
        select(OutboxMessage.last_error).where(*waits, OutboxMessage.last_error.is_not(None)).limit(1)
    )
    return Condition(
        channel, session.scalar(came.limit(1)), went.sent_at if went else None, waiting, oldest,
        failed.created_at if failed else None, trying or (failed.last_error if failed else None),
        refused, cut_off,
    )  # fmt: skip


def not_receiving(channel: Channel | None) -> str | None:
    """What keeps a channel's messages from coming in now, in a sentence; None where nothing is known of that."""
    return channel.last_error if isinstance(channel, Listens) else None
