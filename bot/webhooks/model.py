"""Webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base

PENDING = literal_column("'pending'", String)
"""In the SQL text itself, not as a parameter: SQLite takes the small index of what waits only where it can read it."""
_PENDING = text("status = 'pending'")


class Webhook(Base):
    """An address that is told of events. ``kinds``: of which (``ticket.closed``, or ``*`` for all). ``texts``: whether
    what people wrote goes along. ``secret``: both sides sign with it, so it is kept as it is. ``stopped_at``: since
    when the receiver wants nothing more."""

    __tablename__ = "webhook"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[list[Any]]
    texts: Mapped[bool]
    secret: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    stopped_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """An event that goes to a webhook; ``event_id`` None: a ping. Nothing of the event is in it: what is told is made
    from the event's row, which never changes. ``status``: pending, delivered or dead. ``next_try_at``: not before, and
    while it is being tried when the claim lapses; None when nothing more is to be done. ``webhook_id`` is no foreign
    key: a ticket's step must not fail because a webhook is removed at that moment."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
        Index("ix_webhook_delivery_due", "next_try_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_webhook_delivery_done_at", "done_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_event.id"))
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
