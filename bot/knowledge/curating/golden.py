"""Golden questions: what must be answered by one template, or must not be answered at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.knowledge import versions
from bot.knowledge.model import GoldenQuestion
from bot.knowledge.normalise import plain

LONGEST = 300


def questions(session: Session) -> Sequence[GoldenQuestion]:
    """All of them, in the order they were added."""
    return session.scalars(select(GoldenQuestion).order_by(GoldenQuestion.id)).all()


def expecting(session: Session, template_id: str) -> Sequence[GoldenQuestion]:
    """Those that a template has to answer."""
    return session.scalars(select(GoldenQuestion).filter_by(template_id=template_id)).all()


def add(
    session: Session, text: str, language: str, template_id: str | None, actor: str, now: datetime
) -> GoldenQuestion:
    """Keep a question; the same one again changes what it expects. Raises NotAllowed: no such template, or no text."""
    key = plain(text)
    if not key or len(text) > LONGEST:
        raise NotAllowed(
            told("A golden question has 1 to {most} characters, letters or digits among them.", most=LONGEST)
        )
    known = versions.published(session).keys() | versions.open_versions(session).keys()
    if template_id is not None and template_id not in known:
        raise NotAllowed(told("There is no template {id}.", id=template_id))
    row = session.scalar(select(GoldenQuestion).filter_by(lang=language, plain=key))
    if row is None:
        row = GoldenQuestion(lang=language, plain=key)
        session.add(row)
    row.text, row.template_id, row.author, row.at = " ".join(text.split()), template_id, actor, now
    session.flush()
    return row


def remove(session: Session, text: str, language: str) -> None:
    """Raises NotAllowed when it is none."""
    gone = session.execute(
        delete(GoldenQuestion).filter_by(lang=language, plain=plain(text)).returning(GoldenQuestion.id)
    ).all()
    if not gone:
        raise NotAllowed(told("That is no golden question."))
