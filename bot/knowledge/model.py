"""Answer templates as they are stored, and what was answered with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class CategoryText(Base):
    """A category's title in one language."""

    __tablename__ = "category_text"
    category: Mapped[str] = mapped_column(String(64), primary_key=True)
    lang: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(64))


class Template(Base):
    """An answer template. ``audience``: public, student or staff; the last two are private."""

    __tablename__ = "template"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    category: Mapped[str] = mapped_column(String(64))
    audience: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(300))
    updated_at: Mapped[datetime]


class TemplateText(Base):
    """A template in one language; ``questions`` are example questions as people ask them."""

    __tablename__ = "template_text"
    template_id: Mapped[str] = mapped_column(ForeignKey("template.id", ondelete="CASCADE"), primary_key=True)
    lang: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(64))
    questions: Mapped[list[Any]]
    answer: Mapped[str] = mapped_column(Text)


class KnowledgeVersion(Base):
    """One row; its number rises with every change, so that each process knows when to learn anew."""

    __tablename__ = "knowledge_version"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


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
