"""Asking the person, after a ticket was resolved, what the profile wants to know: whether it really is, how content he
is, a word. What he answers is events; the figures come from those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures.rules import SOLVED, Question
from bot.tickets.alarms import SURVEY_SENT
from bot.tickets.changes import note, storable
from bot.tickets.model import Ticket
from bot.tickets.service import history
from bot.tickets.timeline import Happened

ANSWERED = "survey answered"
SCORES = range(1, 6)
"""CSAT: 1 not content at all, 5 very content."""
WORD_LENGTH = 4000
Answer = bool | int | str | None
"""Of a yes_no, a rating, a text; None: left out."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A ticket's survey. ``sent``: when the person was asked first. ``given``: his answers by the question's id."""

    sent: datetime | None = None
    given: Mapping[str, Answer] = field(default_factory=dict)

    def next(self, questions: Sequence[Question]) -> Question | None:
        """The first of ``questions`` that he has not answered."""
        return next((each for each in questions if each.id not in self.given), None)


def survey_of(events: Iterable[Happened]) -> Survey:
    """The survey that a ticket's events tell of; ``events``: all of it, in order."""
    sent: datetime | None = None
    given: dict[str, Answer] = {}
    for event in events:
        data = event.data or {}
        if event.kind == SURVEY_SENT:
            sent = sent or event.at
        elif event.kind == "resolved":
            given.pop(SOLVED, None)
        elif event.kind == ANSWERED:
            # What he wrote goes when he is erased.
            given.setdefault(data["question"], data.get("answer"))
    return Survey(sent, given)


def read(session: Session, ticket: Ticket) -> Survey:
    """The survey of ``ticket``."""
    return survey_of(history(session, ticket))


def note_sent(session: Session, ticket: Ticket, outbox_id: int, actor: str, now: datetime) -> None:
    """Write down that the person was asked, in the outbox message ``outbox_id``."""
    note(session, ticket, actor, SURVEY_SENT, now, {"outbox_id": outbox_id})


def answer(session: Session, ticket: Ticket, question: Question, value: Answer, actor: str, now: datetime) -> bool:
    """Write down an answer; False, and nothing is written, when there is one already. Raises NotAllowed for what is no
    answer to that question, and for a ticket whose survey was never sent."""
    session.refresh(ticket, with_for_update=True)
    there = read(session, ticket)
    if there.sent is None:
        raise NotAllowed(f"Nobody was asked about ticket {ticket.number}.")
    if value is not None and not _fits(question, value):
        raise NotAllowed(f"{value!r} does not answer {question.id}, which is a {question.kind}.")
    if question.id in there.given:
        return False
    kept = storable(value)[:WORD_LENGTH] if isinstance(value, str) else value
    note(session, ticket, actor, ANSWERED, now, {"question": question.id, "kind": question.kind, "answer": kept})
    return True


def _fits(question: Question, value: Answer) -> bool:
    match question.kind:
        case "yes_no":
            return isinstance(value, bool)
        case "rating":
            return not isinstance(value, bool) and value in SCORES
        case "text":
            return isinstance(value, str)
