"""Answers: their variables, attachments and buttons, and what is noted of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from actions.answers import Answer, NotHelpful
from actions.choices import Choose
from bot.knowledge import store
from bot.knowledge.content import Attachment, Content
from bot.knowledge.model import AnswerShown, AskedQuestion
from bot.knowledge.snapshot import Snapshot, TemplateWords
from bot.storage.database import Database
from tests.actions.stage import NOW, Shelf, Stage

PARKING = Content(
    "parkir",
    "umum",
    "public",
    "Satpam",
    "Peta kampus",
    {"id": TemplateWords("Parkir", ("Di mana parkir?",), "Jawaban parkir.")},
    ("dobel",),
    {"id": (Attachment("Peta", "https://contoh.ac.id/peta.pdf"),)},
)
DOUBLE = replace(
    PARKING, id="dobel", words={"id": TemplateWords("UKT dobel", ("UKT dobel?",), "-")}, buttons=(), attachments={}
)


@pytest.fixture
def stage(db: Database) -> Stage:
    with db.write() as session:
        store.import_templates(session, Snapshot((PARKING, DOUBLE)), NOW)
    return Stage(db)


def test_an_answer_has_its_attachments_below_it_and_leads_on(stage: Stage) -> None:
    played = stage.play(Answer, "parkir di mana")
    assert played.said == ["utter_answer"]
    assert played.args[0]["answer"] == "Jawaban parkir.\n\nPeta: https://contoh.ac.id/peta.pdf"
    assert played.args[0]["more_options"] == [{"label": "UKT dobel", "intent": "choose", "data": "dobel"}]


def test_an_answer_whose_template_is_over_leads_nowhere(stage: Stage) -> None:
    with stage.db.write() as session:
        over = replace(PARKING, valid_until=NOW.date())
        store.import_templates(session, Snapshot((over,)), NOW)
        assert store.content(session, "parkir") is not None
        next_day = replace(PARKING, valid_from=date(2026, 12, 1))
        store.import_templates(session, Snapshot((next_day,)), NOW)
        assert store.content(session, "parkir") is None
    assert stage.play(Answer, "parkir di mana").args[0]["more_options"] == []


def test_variables_are_filled_with_what_is_known(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = replace(Shelf.HITS["parkir"], answer="Halo {name}, {institution} ada di {portal_url}.")
    monkeypatch.setitem(Shelf.HITS, "parkir", asking)
    answer = stage.play(Answer, "parkir di mana").args[0]["answer"]
    assert answer.startswith("Halo, Universitas Contoh ada di.")


def test_a_question_is_noted_with_what_became_of_it(stage: Stage) -> None:
    stage.commit(stage.play(Answer, "parkir di mana, nim saya 13526001"))
    stage.commit(stage.play(Answer, "asrama ada wifi atau tidak ya"))
    with stage.db.read() as session:
        rows = session.scalars(select(AskedQuestion).order_by(AskedQuestion.id)).all()
        told = [(row.text, row.kind, row.template_id, row.person_id) for row in rows]
    assert told == [
        ("parkir di mana, nim saya", "answer", "parkir", stage.person_id),
        ("asrama ada wifi atau tidak ya", "hand_over", None, stage.person_id),
    ]


def test_what_is_chosen_counts_for_the_question_it_was_offered_for(stage: Stage) -> None:
    asked = stage.play(Answer, "parkir atau gaji")
    stage.commit(asked)
    assert asked.said == ["utter_choose_two"]
    stage.commit(stage.play(Choose, choice=("choose", "parkir"), **asked.slots))
    with stage.db.read() as session:
        shown = session.scalars(select(AnswerShown)).one()
        question = session.scalars(select(AskedQuestion)).one()
        assert (shown.inbox_id, shown.template_id) == (question.inbox_id, "parkir")


def test_a_question_that_becomes_a_ticket_is_noted_as_handed_over(stage: Stage) -> None:
    stage.proof_for = frozenset()
    asked = stage.play(Answer, "parkir di mana")
    stage.commit(asked)
    stage.commit(stage.play(NotHelpful, "belum", **asked.slots))
    with stage.db.read() as session:
        assert session.scalars(select(AskedQuestion)).one().handed_over_at == NOW
        assert session.scalars(select(AnswerShown)).one().helped is False
