"""What people asked, as it is kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.knowledge.base import Decision
from bot.knowledge.curating import asked
from bot.knowledge.model import AskedQuestion
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW, ask, hit


def test_nothing_of_the_person_is_stored(db: Database) -> None:
    with db.write() as session:
        ask(session, 1, "saya Budi, NIM 13526001, kapan KRS?", names=("Budi Santoso",))
        ask(session, 2, "13526001")
        assert session.scalars(select(AskedQuestion.text)).all() == ["saya, NIM, kapan KRS?"]


def test_a_message_is_noted_once(db: Database) -> None:
    with db.write() as session:
        ask(session, 1, "kapan KRS?")
        row = session.scalars(select(AskedQuestion)).one()
        again = asked.record(
            session, inbox_id=row.inbox_id, conversation_id=row.conversation_id, person_id=row.person_id, text="lain",
            names=(), language="id", decision=Decision("hand_over"), now=NOW,
        )  # fmt: skip
        assert again is row


def test_the_same_question_is_one_with_all_that_was_said_of_its_answers(db: Database) -> None:
    with db.write() as session:
        ask(session, 1, "Kapan KRS?", Decision("answer", (hit("krs-isi"),)), helped=True)
        ask(session, 1, "kapan krs")
        ask(session, 2, "KAPAN KRS???", Decision("answer", (hit("ukt-bayar"),)), helped=False)
        ask(session, 3, "kapan krs", Decision("answer", (hit("wisuda-jadwal"),)), ticket=True)
        ask(session, 3, "lama sekali", now=NOW - timedelta(days=90))
        [question] = asked.since(session, NOW - timedelta(days=30))
    assert (question.text, question.times, len(question.people), question.unanswered) == ("Kapan KRS?", 4, 3, 1)
    assert (question.helped, question.failed) == ({"krs-isi"}, {"ukt-bayar", "wisuda-jadwal"})
