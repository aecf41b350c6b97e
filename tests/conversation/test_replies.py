"""What humans answered to questions that became tickets."""

from __future__ import annotations

from sqlalchemy import select

from bot.conversation.model import Conversation
from bot.conversation.replies import human_replies
from bot.conversation.saying import put
from bot.identity.model import Person
from bot.storage.database import Database
from bot.tickets import service as tickets
from tests.knowledge.curating.rows import NOW, ask
from tests.tickets.conftest import JAKARTA


def test_the_longest_answer_of_a_human_belongs_to_the_questions_of_its_ticket(db: Database) -> None:
    with db.write() as session:
        question, opening, other = (ask(session, 1, text) for text in ("helipad di mana", "ya, teruskan", "lain"))
        talk = session.scalars(select(Conversation)).one()
        ticket = tickets.open_ticket(
            session, conversation_id=talk.id, person_id=talk.person_id, inbox_id=opening, channel="web", subject="x",
            summary="x", category=None, kind="question", identity="guest", language="id", now=NOW, due_at=NOW,
            zone=JAKARTA,
        )  # fmt: skip
        assert human_replies(session, [question, opening]) == {}
        tickets.add_message(session, ticket, actor="person", inbox_id=question, now=NOW)
        session.get_one(Person, talk.person_id).name = "Budi Santoso"
        for text in ("Kami cek dulu.", "Halo Budi, helipad ada di atap Gedung A.", "Sama-sama."):
            outbox_id = put(session, talk, text, author="rina", now=NOW)
            tickets.add_message(session, ticket, actor="rina", outbox_id=outbox_id, now=NOW)
        answer = "Halo, helipad ada di atap Gedung A."
        assert human_replies(session, [question, opening, other]) == {question: answer, opening: answer}
        assert human_replies(session, []) == {}
