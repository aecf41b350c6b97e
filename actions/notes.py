"""What is noted of questions and answers when the turn is committed."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from actions.acting import Talk
from bot.knowledge import answers
from bot.knowledge.base import Decision, Hit
from bot.knowledge.curating import asked


def note_asked(talk: Talk, text: str, decision: Decision) -> None:
    """What was asked, without what tells who asked it."""
    turn = talk.turn
    names = (turn.person.name,) if turn.person.name else ()

    def effect(session: Session) -> None:
        asked.record(
            session, inbox_id=turn.inbox_id, conversation_id=turn.conversation_id, person_id=turn.person.id, text=text,
            names=names, language=turn.language, decision=decision, now=turn.now,
        )  # fmt: skip

    talk.later(effect)


def note_shown(talk: Talk, hit: Hit) -> None:
    """What was chosen answers the question that it was offered for; within a form that was an aside."""
    turn, question = talk.turn, talk.slots.get("question_inbox")
    chosen = talk.loop is None and hit.template_id in (talk.slots.get("offered") or ())
    inbox_id = int(question) if chosen and question is not None else turn.inbox_id
    talk.later(partial(_shown, turn.conversation_id, inbox_id, hit.template_id, hit.score, turn.now))


def _shown(conversation_id: int, inbox_id: int, template_id: str, score: float, now: Any, session: Session) -> None:
    answers.record_shown(session, conversation_id, inbox_id, template_id, score, now)


def note_feedback(talk: Talk, helped: bool) -> None:
    """Of the answer whose button was pressed, else of the one at hand: "that helped" to nothing in particular says
    nothing about any answer."""
    topic = (talk.turn.choice[1] if talk.turn.choice else None) or talk.slots.get("topic")
    if topic is not None:
        turn = talk.turn
        talk.later(lambda session: _feedback(session, turn.conversation_id, topic, helped, turn.now))


def _feedback(session: Session, conversation_id: int, template_id: str, helped: bool, now: Any) -> None:
    answers.record_feedback(session, conversation_id, template_id, helped, now)
