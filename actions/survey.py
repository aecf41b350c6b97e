"""The profile's questions after a ticket was resolved, one at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from actions.acting import Acting, Talk
from actions.answers import answer_question
from actions.own_tickets import is_open, own_or_told, reopen_for
from bot.procedures.rules import SOLVED, Question
from bot.tickets import service as tickets
from bot.tickets import survey
from bot.tickets.alarms import profile_of
from bot.tickets.lifecycle import ENDED
from bot.tickets.lookup import latest_ended
from bot.tickets.model import Ticket
from bot.tickets.survey import Answer

_SCORE = re.compile(r"(?<!\d)[1-5](?!\d)")
_PRESSED: dict[str, Answer] = {"yes": True, "no": False, "skip": None}


class Survey(Acting):
    """A pressed answer (``CC-2026-000123 satisfaction 4``), or a rating that was typed."""

    action = "action_survey"
    repeats = True

    def act(self, talk: Talk, pending: str | None) -> None:
        data = (talk.turn.choice[1] or "").split(" ") if talk.turn.choice is not None else []
        if len(data) != 3:
            self._typed(talk)
            return
        number, name, said = data
        ticket = own_or_told(talk, number)
        if ticket is None:
            return
        question = next((each for each in questions_of(talk, ticket) if each.id == name), None)
        if question is None:
            talk.say("utter_survey_over", ticket=number)
        else:
            _answered(talk, ticket, question, _PRESSED[said] if said in _PRESSED else int(said))

    def _typed(self, talk: Talk) -> None:
        with talk.turn.read() as session:
            ticket = latest_ended(session, talk.turn.person.id)
            there = survey.read(session, ticket) if ticket is not None else survey.Survey()
        asked = questions_of(talk, ticket) if ticket is not None else ()
        left = [each for each in asked if each.kind == "rating" and each.id not in there.given]
        score = _SCORE.search(talk.turn.text)
        if ticket is None or there.sent is None or not left:
            answer_question(talk, talk.turn.text)
        elif score is None:
            _ask(talk, ticket, left[0])
        else:
            _answered(talk, ticket, left[0], int(score[0]))


class SurveyWord(Acting):
    """The answer in his own words, or none."""

    action = "action_survey_word"

    def act(self, talk: Talk, pending: str | None) -> None:
        number, name = talk.slots.get("ticket"), talk.slots.get("ticket_act")
        talk.forget("ticket", "ticket_act")
        ticket = own_or_told(talk, str(number)) if number is not None else None
        asked = questions_of(talk, ticket) if ticket is not None else ()
        question = next((each for each in asked if each.id == name), None)
        if ticket is not None and question is not None:
            _answered(talk, ticket, question, None if talk.intent == "deny" else talk.turn.text)
        elif number is None:
            talk.say("utter_survey_thanks")


def questions_of(talk: Talk, ticket: Ticket) -> Sequence[Question]:
    """What the ticket's procedure asks."""
    with talk.turn.read() as session:
        wanted = profile_of(session, ticket, talk.turn.promise.profile).survey
    return wanted.questions if wanted is not None else ()


def _answered(talk: Talk, ticket: Ticket, question: Question, said: Answer) -> None:
    not_solved = question.id == SOLVED and said is False
    with talk.turn.read() as session:
        there = survey.read(session, ticket)
    if ticket.status not in ENDED and question.id == SOLVED:
        is_open(talk, ticket)
        return
    if question.id in there.given and not not_solved:
        talk.say("utter_survey_over", ticket=ticket.number)
        return
    number, now = ticket.number, talk.turn.now
    talk.later(lambda session: _kept(session, number, question, said, now))
    given = {**there.given, question.id: said}
    if not_solved:
        reopen_for(talk, ticket)
    elif (following := survey.Survey(there.sent, given).next(questions_of(talk, ticket))) is not None:
        _ask(talk, ticket, following)
    else:
        talk.say("utter_survey_thanks")


def _ask(talk: Talk, ticket: Ticket, question: Question) -> None:
    words = question.text.said(talk.turn.language)
    if question.kind == "text":
        talk.set(ticket=ticket.number, ticket_act=question.id)
        talk.ask("word", "utter_survey_text", ticket=ticket.number, question=words, question_id=question.id)
    else:
        response = "utter_survey_yes_no" if question.kind == "yes_no" else "utter_survey_rating"
        talk.say(response, ticket=ticket.number, question=words, question_id=question.id)


def _kept(session: Session, number: str, question: Question, said: Answer, now: datetime) -> None:
    survey.answer(session, tickets.by_number(session, number), question, said, tickets.PERSON, now)
