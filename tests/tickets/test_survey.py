"""What the person is asked after his ticket was resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.procedures.rules import Question, Words
from bot.storage.database import Database
from bot.tickets import survey
from bot.tickets.survey import Survey, answer, note_sent, survey_of
from tests.conftest import FakeClock
from tests.tickets.conftest import Opener

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SOLVED = Question("solved", "yes_no", Words("Sudah?", "Solved?"))
SCORE = Question("satisfaction", "rating", Words("Puas?", "Content?"))
WORD = Question("word", "text", Words("Pesan?", "Word?"))
ALL = (SOLVED, SCORE, WORD)


@dataclass(frozen=True)
class Event:
    kind: str
    data: dict[str, Any] | None = None
    at: datetime = AT


def said(question: str, what: object) -> Event:
    return Event("survey answered", {"question": question, "answer": what})


SENT, RESOLVED = Event("survey sent", {"outbox_id": 1}), Event("resolved")


@pytest.mark.parametrize(
    ("events", "found", "following"),
    [
        ([RESOLVED], Survey(), SOLVED),
        ([RESOLVED, SENT, said("solved", True)], Survey(AT, {"solved": True}), SCORE),
        ([RESOLVED, SENT, said("solved", False), RESOLVED], Survey(AT), SOLVED),
        ([SENT, said("satisfaction", 2), RESOLVED], Survey(AT, {"satisfaction": 2}), SOLVED),
        ([SENT, said("satisfaction", 2), said("satisfaction", 5)], Survey(AT, {"satisfaction": 2}), SOLVED),
        (
            [SENT, said("word", None), said("satisfaction", 1), said("solved", True)],
            Survey(AT, {"word": None, "satisfaction": 1, "solved": True}),
            None,
        ),
    ],
)
def test_the_survey_is_what_the_events_tell(events: list[Event], found: Survey, following: Question | None) -> None:
    assert survey_of(events) == found
    assert found.next(ALL) == following


def test_each_question_is_answered_once(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        with pytest.raises(NotAllowed, match="Nobody was asked"):
            answer(session, ticket, SCORE, 5, "person", clock())
        note_sent(session, ticket, 7, "system", clock())
        assert answer(session, ticket, SCORE, 1, "person", clock())
        assert not answer(session, ticket, SCORE, 5, "person", clock())
        assert answer(session, ticket, WORD, "lama\0 <b>" + "x" * 9000, "person", clock())
        found = survey.read(session, ticket).given
        assert found["satisfaction"] == 1
        assert str(found["word"]).startswith("lama <b>x")
        assert len(str(found["word"])) == survey.WORD_LENGTH


@pytest.mark.parametrize(
    ("question", "value"),
    [(SCORE, 0), (SCORE, 6), (SCORE, -1), (SCORE, "5"), (SCORE, True), (SOLVED, 1), (SOLVED, "ya"), (WORD, 3)],
)
def test_what_does_not_answer_the_question_is_not_kept(
    db: Database, opener: Opener, clock: FakeClock, question: Question, value: Any
) -> None:
    with db.write() as session:
        ticket = opener(session)
        note_sent(session, ticket, 7, "system", clock())
        with pytest.raises(NotAllowed, match="does not answer"):
            answer(session, ticket, question, value, "person", clock())
        assert survey.read(session, ticket).given == {}
