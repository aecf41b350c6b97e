"""Questions that people asked, written into a database as their turns would have."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, InboxMessage
from bot.identity.model import Person
from bot.knowledge import answers
from bot.knowledge.base import Decision, Hit
from bot.knowledge.curating import asked

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def hit(template_id: str, score: float = 0.95) -> Hit:
    return Hit(template_id, template_id, "umum", "public", "Jawaban.", score)


def ask(
    session: Session,
    person: int,
    text: str,
    decision: Decision | None = None,
    *,
    helped: bool | None = None,
    ticket: bool = False,
    now: datetime = NOW,
    names: tuple[str, ...] = (),
) -> int:
    """One question of the person with that number, from nothing; returns its inbox message. Without a decision nothing
    answers it."""
    address = f"p{person}"
    talk = session.scalar(select(Conversation).filter_by(address=address))
    if talk is None:
        row = Person(created_at=now)
        session.add(row)
        session.flush()
        talk = Conversation(person_id=row.id, channel="web", address=address, created_at=now)
        session.add(talk)
        session.flush()
    count = len(session.scalars(select(InboxMessage.id).filter_by(conversation_id=talk.id)).all())
    message = InboxMessage(
        conversation_id=talk.id, channel="web", external_id=f"{address}-{count}", kind="message", text=text,
        received_at=now, status="done",
    )  # fmt: skip
    session.add(message)
    session.flush()
    decision = decision or Decision("hand_over")
    asked.record(
        session, inbox_id=message.id, conversation_id=talk.id, person_id=talk.person_id, text=text, names=names,
        language="id", decision=decision, now=now,
    )  # fmt: skip
    if decision.kind == "answer":
        template_id = decision.hits[0].template_id
        answers.record_shown(session, talk.id, message.id, template_id, decision.hits[0].score, now)
        if helped is not None:
            answers.record_feedback(session, talk.id, template_id, helped, now)
    if ticket:
        asked.record_handed_over(session, message.id, now)
    return message.id
