"""Answer templates as they are stored, what was asked, and what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base

_PUBLISHED, _OPEN = text("state = 'published'"), text("state in ('draft', 'review')")


class CategoryText(Base):
    """A category's title in one language."""

    __tablename__ = "category_text"
    category: Mapped[str] = mapped_column(String(64), primary_key=True)
    lang: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(64))


class TemplateVersion(Base):
    """One wording of a template; ``content`` is never changed and no row is ever deleted. ``state``: draft, review,
    published or archived. A template has one published version at most, and one that is worked on (draft, review).
    ``author``: who wrote it. ``based_on``: the number that was published then. ``offered``: whether today is within its
    dates, kept up to date once a day."""

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("template_id", "number"),
        Index(
            "ix_template_version_published",
            "template_id",
            unique=True,
            sqlite_where=_PUBLISHED,
            postgresql_where=_PUBLISHED,
        ),
        Index("ix_template_version_open", "template_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]]
    author: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[datetime]
    based_on: Mapped[int | None]
    offered: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]


class TemplateEvent(Base):
    """One step in a template's life: who, when, what, from which state to which; ``data`` holds what else there is to
    know. Never updated, never deleted."""

    __tablename__ = "template_event"
    __table_args__ = (Index("ix_template_event_template_id", "template_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    step: Mapped[str] = mapped_column(String(16))
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any] | None]


class TemplateNotice(Base):
    """Something that a template's owner is to know. ``kind``: begun, ending, ended or less_helpful. ``done_at``: when
    somebody had dealt with it."""

    __tablename__ = "template_notice"
    __table_args__ = (
        Index(
            "ix_template_notice_open",
            "template_id",
            sqlite_where=text("done_at is null"),
            postgresql_where=text("done_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class GoldenQuestion(Base):
    """A question whose answer must never be lost. ``template_id``: what has to answer it; None: nothing may.
    ``plain``: the text without case and punctuation."""

    __tablename__ = "golden_question"
    __table_args__ = (UniqueConstraint("lang", "plain"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    lang: Mapped[str] = mapped_column(String(8))
    plain: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(String(300))
    template_id: Mapped[str | None] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class KnowledgeVersion(Base):
    """One row; its number rises with every change, so that each process knows when to learn anew."""

    __tablename__ = "knowledge_version"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class AskedQuestion(Base):
    """A question as it was decided about, at most once for each inbox message. ``text`` is anonymised before it is
    stored. ``kind``: answer, choose or hand_over; ``template_id``: the nearest template, whatever the decision.
    ``handed_over_at``: when it became a ticket."""

    __tablename__ = "asked_question"
    __table_args__ = (
        Index("ix_asked_question_conversation_id", "conversation_id"),
        Index("ix_asked_question_person_id", "person_id"),
        Index("ix_asked_question_at", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(16))
    template_id: Mapped[str | None] = mapped_column(String(64))
    score: Mapped[float]
    at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]


class AnswerShown(Base):
    """A template that was shown in answer to an inbox message, at most once for each of them, and what the person said
    of it (``helped``: None until he says; ``helped_at``: when he said so last)."""

    __tablename__ = "answer_shown"
    __table_args__ = (
        UniqueConstraint("inbox_id", "template_id"),
        Index("ix_answer_shown_conversation_id", "conversation_id", "id"),
        Index("ix_answer_shown_template_id", "template_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"))
    template_id: Mapped[str] = mapped_column(String(64))
    score: Mapped[float]
    at: Mapped[datetime]
    helped: Mapped[bool | None]
    helped_at: Mapped[datetime | None]
