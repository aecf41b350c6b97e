"""A matter becomes a ticket: what is missing is asked once, then a human has it."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from actions.acting import KEPT_OF_TEXT, Talk, words_of
from actions.proof import ask_for_identity, identity_of_ticket, known_for_ticket
from bot.conversation.wording import time_argument, word_argument
from bot.identity.limits import LOCKED_FOR
from bot.tickets import service as tickets
from bot.tickets.model import Ticket

SAYS_WHAT = {"question": 8, "complaint": 5}
"""From so many words on, "I want a human because …" is the matter itself."""


def offer(talk: Talk, *, long: bool = False) -> None:
    """There is no answer: offer a human, or the ticket that is open already."""
    opened = open_tickets(talk)
    if len(opened) == 1 and not long:
        talk.set(ticket=opened[0].number)
        talk.ask("handover", "utter_no_answer_open_ticket", ticket=opened[0].number)
    else:
        talk.ask("handover", "utter_long_message" if long else "utter_no_answer")


def hand_over(talk: Talk) -> None:
    """A human is wanted, for the question that is open or for what the message says."""
    if talk.loop is not None:
        # Who cannot or will not say who he is still gets a human, who is told so.
        talk.end_form()
        open_now(talk, talk.slots.get("question") or talk.turn.text)
    elif talk.slots.get("question") is not None:
        open_or_ask(talk)
    elif (opened := open_tickets(talk)) and talk.turn.choice is None:
        add(talk, opened[-1])
    elif talk.turn.choice is None and words_of(talk.turn.text) >= SAYS_WHAT["question"]:
        keep(talk, talk.turn.text)
        open_or_ask(talk)
    else:
        talk.set(matter="question")
        talk.ask("describe", "utter_describe_question")


def keep(talk: Talk, text: str) -> None:
    """Remember ``text`` as what the ticket will be about."""
    talk.set(question=text[:KEPT_OF_TEXT], question_inbox=talk.turn.inbox_id)


def open_or_ask(talk: Talk) -> None:
    """Open the ticket for the question at hand, or ask for the identity first."""
    if known_for_ticket(talk) or talk.locked:
        open_now(talk, str(talk.slots["question"]))
    else:
        ask_for_identity(talk, "ticket")


def open_now(talk: Talk, text: str) -> None:
    """Open the ticket, with what is known of the person."""
    turn, identity = talk.turn, identity_of_ticket(talk)
    kind = "complaint" if talk.slots.get("matter") == "complaint" else "question"
    due = turn.promise.due(turn.now)
    near = turn.knowledge.search(text, turn.language).hits
    talk.later(
        partial(
            _opened,
            talk,
            text=text,
            kind=kind,
            identity=identity,
            due=due,
            category=near[0].category if near else None,
            written_in=talk.slots.get("question_inbox"),
        )
    )
    wanted_proof = "tickets" in turn.proof_for and identity in ("unproven", "locked")
    response = "utter_handed_over_complaint" if kind == "complaint" else "utter_handed_over"
    talk.say("utter_handed_over_unproven" if wanted_proof else response, expectation=expectation(talk, due))
    talk.forget("question", "question_inbox", "topic", "offered", "matter", "goal", "ticket")


def _opened(
    talk: Talk,
    session: Session,
    *,
    text: str,
    kind: str,
    identity: str,
    due: datetime,
    category: str | None,
    written_in: int | None,
) -> dict[str, Any]:
    turn = talk.turn
    ticket = tickets.open_ticket(
        session,
        conversation_id=turn.conversation_id,
        person_id=turn.person.id,
        inbox_id=turn.inbox_id,
        subject=text,
        summary=text,
        category=category,
        kind=kind,
        identity=identity,
        language=turn.language,
        now=turn.now,
        due_at=due,
        zone=turn.promise.zone,
        prefix=turn.promise.profile.ticket_prefix,
    )
    if written_in is not None and written_in != turn.inbox_id:
        tickets.add_message(session, ticket, actor=tickets.PERSON, inbox_id=written_in, now=turn.now)
    return {"ticket": ticket.number}


def add(talk: Talk, ticket: Ticket, response: str = "utter_added_to_ticket") -> None:
    """Add the message, and the question that is open, to a ticket that is there already."""
    turn, written_in = talk.turn, talk.slots.get("question_inbox")
    inbox_ids = [each for each in dict.fromkeys((written_in, turn.inbox_id)) if each is not None]
    number = ticket.number
    talk.later(lambda session: _added(session, number, inbox_ids, turn.now))
    talk.say(response, ticket=number, expectation=expectation(talk, ticket.due_at))
    talk.forget("question", "question_inbox", "topic", "offered", "matter", "ticket")


def _added(session: Session, number: str, inbox_ids: list[int], now: datetime) -> None:
    ticket = tickets.by_number(session, number)
    if ticket.status != "open":
        # Closed by an agent in this very moment; the person must not write into a drawer.
        tickets.reopen(session, ticket, tickets.PERSON, now, max(ticket.due_at, now))
    for inbox_id in inbox_ids:
        tickets.add_message(session, ticket, actor=tickets.PERSON, inbox_id=inbox_id, now=now)


def names_a_ticket(text: str) -> bool:
    """Whether the word ticket is in the text."""
    return re.search(r"\bti(?:c?k)et", text, re.IGNORECASE) is not None


def open_tickets(talk: Talk) -> list[Ticket]:
    """The person's open tickets, oldest first."""
    with talk.turn.read() as session:
        return list(tickets.open_tickets(session, person_id=talk.turn.person.id))


def expectation(talk: Talk, due: datetime) -> dict[str, Any]:
    """When a human answers, honestly: the promise, with the office hours when nobody is there, or that it is late."""
    turn = talk.turn
    if due < turn.now:
        return word_argument("utter_word_expectation_late", due=time_argument(due))
    if turn.promise.is_open(turn.now):
        return word_argument("utter_word_expectation_open", due=time_argument(due))
    hours = turn.promise.hours_words(turn.language)
    return word_argument("utter_word_expectation_closed", due=time_argument(due), hours=hours)


def lock_ends(talk: Talk) -> dict[str, str]:
    """When identity may be checked again; of a lock that begins in this turn as well."""
    return time_argument(talk.turn.person.locked_until or talk.turn.now + LOCKED_FOR)
