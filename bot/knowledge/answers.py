"""What was answered from which template, and whether it helped. All of these are effects of a turn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.knowledge.model import AnswerShown


def record_shown(
    session: Session, conversation_id: int, inbox_id: int, template_id: str, score: float, now: datetime
) -> AnswerShown:
    """Note that a template was shown in answer to an inbox message. Noting it again changes nothing."""
    same = select(AnswerShown).filter_by(inbox_id=inbox_id, template_id=template_id)
    if (shown := session.scalar(same)) is not None:
        return shown
    shown = AnswerShown(
        conversation_id=conversation_id, inbox_id=inbox_id, template_id=template_id, score=score, at=now
    )
    session.add(shown)
    session.flush()
    return shown


def record_feedback(
    session: Session, conversation_id: int, template_id: str | None, helped: bool, now: datetime
) -> AnswerShown | None:
    """Note what the person said of ``template_id`` (None: of whatever was shown last); his last word counts.
    None when no such template was shown in this conversation."""
    shown = latest_shown(session, conversation_id, template_id)
    if shown is not None:
        shown.helped, shown.helped_at = helped, now
    return shown


def latest_shown(session: Session, conversation_id: int, template_id: str | None = None) -> AnswerShown | None:
    """The template that was shown last in a conversation, or the last time ``template_id`` was."""
    rows = select(AnswerShown).filter_by(conversation_id=conversation_id)
    if template_id is not None:
        rows = rows.filter_by(template_id=template_id)
    return session.scalar(rows.order_by(AnswerShown.id.desc()).limit(1))
