"""What people asked: noted as effects of turns, anonymised before it is stored; read for replay, gaps and figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot.knowledge.base import Decision
from bot.knowledge.curating.anonymise import anonymous
from bot.knowledge.model import AnswerShown, AskedQuestion
from bot.knowledge.normalise import plain

LONGEST = 1000
"""Characters that are kept; the matcher looks at no more."""
MONTH = timedelta(days=30)
FORGOTTEN = "erased#"
"""How the text begins of a question whose person was erased."""


@dataclass(slots=True)
class Question:
    """A question in all the ways it was typed (case and punctuation apart). ``text``: as it was typed first.
    ``inbox_ids``: the messages. ``helped``: templates that were said to have helped. ``failed``: that were said not to
    have, or whose question became a ticket. ``unanswered``: how often nothing was answered."""

    text: str
    language: str
    times: int = 0
    people: set[int] = field(default_factory=set)
    inbox_ids: list[int] = field(default_factory=list)
    helped: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    unanswered: int = 0
    nearest: str | None = None


def record(
    session: Session,
    *,
    inbox_id: int,
    conversation_id: int,
    person_id: int,
    text: str,
    names: Iterable[str],
    language: str,
    decision: Decision,
    now: datetime,
) -> AskedQuestion | None:
    """Note a question and what was decided. ``names``: the person's, to be taken out. Noting a message again changes
    nothing; what is empty without its personal data is not kept (None)."""
    if (known := session.scalar(select(AskedQuestion).filter_by(inbox_id=inbox_id))) is not None:
        return known
    kept = anonymous(text[:LONGEST], names)
    if not plain(kept):
        return None
    best = decision.hits[0] if decision.hits else None
    row = AskedQuestion(
        inbox_id=inbox_id, conversation_id=conversation_id, person_id=person_id, text=kept, lang=language,
        kind=decision.kind, template_id=best and best.template_id, score=best.score if best else 0.0, at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def record_handed_over(session: Session, inbox_id: int, now: datetime) -> None:
    """Note that the question of a message became a ticket."""
    session.execute(
        update(AskedQuestion)
        .where(AskedQuestion.inbox_id == inbox_id, AskedQuestion.handed_over_at.is_(None))
        .values(handed_over_at=now)
    )


def forgotten(text: str) -> str:
    """What stays of a question when who asked it is erased: whether it was the same as another's, so that figures are
    the same, and not what it was. As short as it can be without two questions of a month becoming one."""
    return text if text.startswith(FORGOTTEN) else FORGOTTEN + sha256(plain(text).encode()).hexdigest()[:8]


def erased(session: Session) -> int:
    """How many questions are not there any more, because their people were erased or their time was over."""
    gone = or_(AskedQuestion.text.startswith(FORGOTTEN), AskedQuestion.text == "")
    return session.scalar(select(func.count()).select_from(AskedQuestion).where(gone)) or 0


def since(session: Session, earliest: datetime) -> list[Question]:
    """All questions from ``earliest`` on, each once, the oldest first; without those of people who were erased."""
    asked, shown = AskedQuestion, AnswerShown
    rows = session.execute(
        select(
            asked.text, asked.lang, asked.person_id, asked.inbox_id, asked.kind, asked.template_id,
            asked.handed_over_at, shown.template_id.label("shown"), shown.helped,
        )
        .outerjoin(shown, and_(shown.inbox_id == asked.inbox_id))
        .where(asked.at >= earliest, ~asked.text.startswith(FORGOTTEN), asked.text != "")
        .order_by(asked.id)
    )  # fmt: skip
    found: dict[tuple[str, str], Question] = {}
    seen: set[int] = set()
    for row in rows:
        question = found.setdefault((row.lang, plain(row.text)), Question(row.text, row.lang))
        if row.inbox_id not in seen:
            seen.add(row.inbox_id)
            question.times += 1
            question.people.add(row.person_id)
            question.inbox_ids.append(row.inbox_id)
            question.unanswered += row.shown is None
            question.nearest = question.nearest or row.template_id
        if row.shown is not None and row.helped:
            question.helped.add(row.shown)
        elif row.shown is not None and (row.helped is False or row.handed_over_at is not None):
            question.failed.add(row.shown)
    return list(found.values())
