"""Conversations, what came in, what goes out, choices and files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base

ASSISTANT = "assistant"
PENDING = literal_column("'pending'", String)
OPEN = (literal_column("'queued'", String), literal_column("'sending'", String))
"""What is still to be done. In the SQL text itself, not as parameters: SQLite takes the small indexes of what is still
to be done only where it can read the condition, and would look at every message there ever was."""
CARRIES_FILES = text("origin -> 'files' IS NOT NULL")
"""Of an outbox row; in words that both databases, and SQLite's choice of an index, understand."""


class Conversation(Base):
    """A person's one conversation on a channel.

    ``in_charge``: "assistant", or the username of the agent who took over. ``epoch`` rises whenever that changes; a
    reply of the assistant that was written in an older epoch is never sent. ``state``: the dialogue state, opaque to
    the core, bounded by the engine. ``lease_*``: which worker takes its turns, and until when. ``last_from_person``
    opens the channel's window for free text.
    """

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("person_id", "channel"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="id")
    in_charge: Mapped[str] = mapped_column(String(64), default=ASSISTANT)
    epoch: Mapped[int] = mapped_column(default=0)
    state: Mapped[dict[str, Any] | None]
    last_from_person: Mapped[datetime | None]
    unreachable_since: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class InboxMessage(Base):
    """Something a person did, exactly once. ``status``: pending, done or failed (a turn that can never succeed).

    ``handled_by``: who dealt with it: assistant, agent, fallback (engine down), muted (flood), blocked (the person) or
    none.
    """

    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbox_message_conversation_id", "conversation_id", "id"),
        Index(
            "ix_inbox_message_pending",
            "conversation_id",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str] = mapped_column(String(32))
    external_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")
    choice: Mapped[str | None] = mapped_column(String(64))
    command: Mapped[str | None] = mapped_column(String(16))
    edits: Mapped[str | None] = mapped_column(String(200))
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16), default="pending")
    handled_by: Mapped[str | None] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]


class Attachment(Base):
    """A file of an inbox message. ``status``: pending, stored, refused, failed or removed (it was kept as long as files
    are); ``error`` says why in words.

    ``path`` is relative to the data directory. ``media_type`` and ``size`` are measured, ``claimed_*`` are not.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_inbox_id", "inbox_id"),
        Index(
            "ix_attachment_pending",
            "next_try_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"))
    kind: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(Text)
    filename: Mapped[str | None] = mapped_column(String(255))
    claimed_type: Mapped[str | None] = mapped_column(String(120))
    claimed_size: Mapped[int | None]
    media_type: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int | None]
    path: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(Text)


class OutboxMessage(Base):
    """Something for a person.

    ``author``: "assistant", "system" (notices that a takeover must not stop) or an agent's username.
    ``status``: queued, sending, sent, delivered, read, failed (dead letter, ``last_error`` says why), dropped (the
    assistant's reply after a human took over), or held (the channel's window is over and the approved template was
    sent; it goes out when the person writes). ``next_try_at`` while sending: when the claim lapses.
    ``origin``: the response or template it came from, with its arguments, for "why"; ``files`` that go with it, and
    the names of those that went and were ``removed`` since.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_conversation_id", "conversation_id", "id"),
        Index("ix_outbox_message_external_id", "channel", "external_id"),
        Index(
            "ix_outbox_message_open",
            "channel",
            "id",
            sqlite_where=text("status in ('queued', 'sending')"),
            postgresql_where=text("status in ('queued', 'sending')"),
        ),
        Index(
            "ix_outbox_message_waiting",
            "conversation_id",
            "id",
            sqlite_where=text("status in ('queued', 'sending')"),
            postgresql_where=text("status in ('queued', 'sending')"),
        ),
        Index("ix_outbox_message_files", "id", sqlite_where=CARRIES_FILES, postgresql_where=CARRIES_FILES),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str] = mapped_column(String(32))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_message.id"))
    author: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    origin: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(String(16), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class EarlyStatus(Base):
    """What a channel told about a message that we had not yet noted as sent: it is quicker than our commit, now and
    then. Taken up when the message is noted, forgotten after a while when it never is (it was not ours)."""

    __tablename__ = "early_status"
    __table_args__ = (
        Index("ix_early_status_external_id", "channel", "external_id"),
        Index("ix_early_status_received_at", "received_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(32))
    external_id: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]


class Choice(Base):
    """A button that was offered: the opaque ``key`` that the channel carries, and what it means on our side.

    ``intent``: the dialogue act it stands for. ``data``: its object (a template id, a ticket number).
    """

    __tablename__ = "choice"
    __table_args__ = (Index("ix_choice_outbox_id", "outbox_id"),)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(120))
    description: Mapped[str | None] = mapped_column(String(200))
    intent: Mapped[str] = mapped_column(String(64))
    data: Mapped[str | None] = mapped_column(String(120))


class SearchEntry(Base):
    """Something that is found by its words; written by triggers of the rows it stands for (see migration 0015), in the
    order in which they were. ``kind``: ticket (its number, subject, summary, solution and the person's name), inbox,
    outbox, event (a note, a record, what was told outside Sapa) or handle (how a channel names the person).
    ``source_id``: the row of that table. Its words are in ``search_words``, which each database has in its own way."""

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("kind", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    source_id: Mapped[int]


class RetentionRun(Base):
    """Once that what had been kept long enough was erased. ``night``: for which the application did it, None where
    ``actor`` did it by hand; ``people`` and ``files``: how many so far, rising with each transaction."""

    __tablename__ = "retention_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    night: Mapped[datetime | None] = mapped_column(unique=True)
    actor: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    people: Mapped[int] = mapped_column(default=0)
    files: Mapped[int] = mapped_column(default=0)
