"""Tickets, their events and the counter of their numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class Ticket(Base):
    """``status``: open, closed. ``kind``: question, complaint or outage. ``priority``: normal, high or urgent.
    ``identity``: proven, guest, unproven or locked (three failed checks). ``opened_by``: the inbox message that opened
    it; unique, so a turn that is taken again never opens a second one. ``due_at``: when a human's answer was
    promised."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_conversation_id", "conversation_id"),
        Index("ix_ticket_person_id", "person_id", "status"),
        Index("ix_ticket_status_due_at", "status", "due_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("inbox_message.id"), unique=True)
    subject: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    priority: Mapped[str] = mapped_column(String(16), default="normal", server_default="normal")
    status: Mapped[str] = mapped_column(String(16), default="open")
    identity: Mapped[str] = mapped_column(String(16))
    assignee: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class TicketEvent(Base):
    """One change of a ticket: who, when, what; ``data`` holds from and to. Never updated, never deleted."""

    __tablename__ = "ticket_event"
    __table_args__ = (Index("ix_ticket_event_ticket_id", "ticket_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any] | None]


class TicketCounter(Base):
    """The last number given out in a year; raised in the transaction that opens the ticket, so there are no gaps."""

    __tablename__ = "ticket_counter"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
