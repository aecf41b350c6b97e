"""The questions after a ticket was resolved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.survey import Survey, SurveyWord
from actions.tickets import Describe
from bot.storage.database import Database
from bot.tickets import service, survey, working
from bot.tickets.model import Ticket
from tests.actions.stage import Played, Stage
from tests.conftest import CLOSING


@pytest.fixture
def stage(db: Database) -> Stage:
    """Somebody whose ticket was resolved, and who was asked about it."""
    stage = Stage(db, proof_for=frozenset())
    stage.commit(stage.play(Describe, "lampu mati", pending="describe", matter="question"))
    resolve(stage)
    return stage


def resolve(stage: Stage) -> None:
    with stage.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        working.resolve(session, ticket, "Lampu diganti.", "rina", stage.now)
        survey.note_sent(session, ticket, 1, "system", stage.now)


def found(stage: Stage) -> tuple[str, dict[str, object]]:
    with stage.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        return ticket.status, dict(survey.read(session, ticket).given)


def press(stage: Stage, question: str, said: str, number: str = "CC-2026-000001") -> Played:
    played = stage.play(Survey, said, intent="survey", choice=("survey", f"{number} {question} {said}"))
    stage.commit(played)
    return played


def test_one_question_follows_the_other(stage: Stage) -> None:
    assert press(stage, "solved", "yes").said == ["utter_survey_rating"]
    scored = press(stage, "satisfaction", "4")
    assert (scored.said, scored.slots["pending"]) == (["utter_survey_text"], "word")
    worded = stage.play(SurveyWord, "lama sekali", intent="complain", **scored.slots)
    stage.commit(worded)
    assert worded.said == ["utter_survey_thanks"]
    assert "ticket" not in worded.slots
    assert found(stage) == ("resolved", {"solved": True, "satisfaction": 4, "word": "lama sekali"})


def test_who_skips_the_word_leaves_none(stage: Stage) -> None:
    press(stage, "solved", "yes")
    press(stage, "satisfaction", "2")
    assert press(stage, "word", "skip").said == ["utter_survey_thanks"]
    assert found(stage)[1]["word"] is None


def test_not_solved_opens_the_ticket_again(stage: Stage) -> None:
    assert press(stage, "solved", "no").said == ["utter_ticket_reopened"]
    assert found(stage) == ("open", {"solved": False})
    for said in ("no", "yes"):
        assert press(stage, "solved", said).said == ["utter_ticket_is_open"]
    resolve(stage)
    assert press(stage, "solved", "yes").said == ["utter_survey_rating"]
    assert found(stage)[1]["solved"] is True


def test_not_solved_pressed_again_and_again_after_the_time_to_reopen_makes_one_follow_up(stage: Stage) -> None:
    with stage.db.write() as session:
        working.close(session, session.scalars(select(Ticket)).one(), CLOSING, "rina", stage.now)
    stage.now += timedelta(days=31)
    said = [press(stage, "solved", "no").said for _ in range(3)]
    assert said == [["utter_ticket_follow_up"], ["utter_ticket_is_open"], ["utter_ticket_is_open"]]
    with stage.db.read() as session:
        assert len(session.scalars(select(Ticket)).all()) == 2


def test_who_said_yes_too_early_can_still_say_no(stage: Stage) -> None:
    press(stage, "solved", "yes")
    assert press(stage, "solved", "no").said == ["utter_ticket_reopened"]
    assert found(stage)[0] == "open"


def test_a_rating_is_given_once(stage: Stage) -> None:
    press(stage, "satisfaction", "2")
    assert press(stage, "satisfaction", "5").said == ["utter_survey_over"]
    assert found(stage)[1]["satisfaction"] == 2


@pytest.mark.parametrize(("text", "score"), [("nilai 4 dari 5", 4), ("5 stars", 5), ("isi survei", None)])
def test_a_rating_can_be_typed(stage: Stage, text: str, score: int | None) -> None:
    press(stage, "solved", "yes")
    played = stage.play(Survey, text, intent="survey")
    stage.commit(played)
    assert played.said == ["utter_survey_text" if score else "utter_survey_rating"]
    assert found(stage)[1].get("satisfaction") == score


def test_a_rating_that_nobody_asked_for_is_a_question(stage: Stage) -> None:
    press(stage, "satisfaction", "3")
    assert stage.play(Survey, "nilai 4 parkir", intent="survey").said == ["utter_answer"]


def test_a_question_that_the_profile_no_longer_asks_is_over(stage: Stage) -> None:
    assert press(stage, "colour", "3").said == ["utter_survey_over"]


def test_anothers_ticket_is_not_rated(stage: Stage) -> None:
    other = Stage(stage.db, proof_for=frozenset())
    assert press(other, "satisfaction", "1").said == ["utter_ticket_unknown"]
    assert press(stage, "satisfaction", "1", "CC-2026-000009").said == ["utter_ticket_unknown"]
    assert found(stage)[1] == {}


def test_a_double_press_is_kept_once(stage: Stage) -> None:
    twice = [stage.play(Survey, "4", choice=("survey", "CC-2026-000001 satisfaction 4")) for _ in range(2)]
    for played in twice:
        stage.commit(played)
    with stage.db.read() as session:
        kinds = [event.kind for event in service.history(session, session.scalars(select(Ticket)).one())]
    assert kinds.count("survey answered") == 1
