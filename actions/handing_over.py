"""A matter becomes a ticket: what is missing is asked once, then a human has it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from actions.acting import KEPT_OF_TEXT, Talk, words_of
from actions.proof import ask_for_identity, identity_of_ticket, known_for_ticket
from bot.conversation.wording import time_argument, word_argument
from bot.identity.limits import LOCKED_FOR
from bot.knowledge.curating import asked
from bot.tickets import service as tickets
from bot.tickets import working
from bot.tickets.alarms import expected
from bot.tickets.lifecycle import ENDED, Priority
from bot.tickets.lookup import latest_ended
from bot.tickets.model import Ticket

SAYS_WHAT = {"question": 8, "complaint": 5}
"""From so many words on, "I want a human because …" is the matter itself."""
MATTER_WORDS = 3
SUBJECT = 40
"""Characters of a subject that are enough to tell one ticket from another."""


REOPENED_WITHIN = timedelta(days=3)
"""So long after its end a "not yet" is about the ticket."""
_TO_PEOPLE = r"(?:petugas|admin|cs|orang|manusia|staff?|human|person|someone|agent)\w*"
_ASKS_FOR_IT = re.compile(
    r"^\W*(?:(?:halo|hai|hi|hello|assalamu\S+|selamat (?:pagi|siang|sore|malam)|good (?:morning|afternoon|evening)|kak"
    r"|min|gan|pak|bu|tolong|mohon|please|pls|dong|saya|sy|aku|gue|gw|i|mau|ingin|pengen|want|would|like|need|to|can|could"
    r"|you|bisa|may)\b[\s,.!]*)*"
    r"(?:(?:di|me[nm]?)?(?:buat|bikin|buka|ajukan|open|create|make|raise|submit|file)\w*\s+(?:an?\s+|new\s+)*"
    r"(?:tiket|ticket|complaint)"
    r"|(?:komplain|complain|komplen|(?:me)?lapor\w*|mengadu|ngadu|mengeluh|ngeluh|protes)"
    rf"|(?:bicara|ngomong|hubung\w*|sambung\w*|talk|speak|connect)\s+(?:\w+\s+){{0,3}}{_TO_PEOPLE})"
    r"(?:\s+(?:baru|dong|deh|nih|kak|min|ya|aja|saja|untuk|buat|soal|tentang|karena|for|me|please|about|because|of))*"
    r"(?:\s*[,:;.-]+\s*|\s+)",
    re.IGNORECASE,
)
"""How people begin who want a ticket; the matter comes behind it."""


def offer(talk: Talk, *, long: bool = False) -> None:
    """There is no answer: offer a human, or the ticket that is open already."""
    opened = open_tickets(talk)
    files = talk.turn.files > 0
    if len(opened) == 1 and not long:
        talk.set(ticket=opened[0].number)
        response = "utter_file_offer_open_ticket" if files else "utter_no_answer_open_ticket"
        talk.ask("handover", response, ticket=opened[0].number)
    elif files:
        talk.ask("handover", "utter_file_offer")
    else:
        talk.ask("handover", "utter_long_message" if long else "utter_no_answer")


def not_understood(talk: Talk) -> None:
    """Say so; what only staff may understand can go to the ticket that is open."""
    opened = open_tickets(talk)
    if len(opened) == 1:
        talk.set(ticket=opened[0].number)
        talk.ask("handover", "utter_not_understood_open_ticket", ticket=opened[0].number)
    else:
        talk.forget("question", "question_inbox")
        talk.say("utter_not_understood")


def offer_reopening(talk: Talk) -> bool:
    """Ask whether the ticket that was closed last is to be opened again; False when there is none that was closed
    lately, or another one is open."""
    if talk.loop is not None or open_tickets(talk):
        return False
    with talk.turn.read() as session:
        closed = latest_ended(session, talk.turn.person.id)
    if closed is None or closed.ended_at is None or talk.turn.now - closed.ended_at > REOPENED_WITHIN:
        return False
    talk.set(ticket=closed.number)
    talk.ask("reopen", "utter_reopen_offer", ticket=closed.number, subject=shortened(closed))
    return True


def matter_of(text: str) -> str:
    """``text`` without "please open a ticket" before it, where something is left that tells what it is about."""
    rest = _ASKS_FOR_IT.sub("", text, count=1)
    return rest if words_of(rest) >= MATTER_WORDS else text


def says_what(text: str) -> bool:
    """Whether a wish for a human tells what it is about, beside that wish."""
    rest = _ASKS_FOR_IT.sub("", f"{text} ", count=1)
    return words_of(text) >= SAYS_WHAT["question"] and words_of(rest) >= MATTER_WORDS


def hand_over(talk: Talk) -> None:
    """A human is wanted, for the question that is open or for what the message says."""
    if talk.loop is not None:
        # Who cannot or will not say who he is still gets a human, who is told so.
        talk.end_form()
        if talk.slots.get("question") is None and not says_what(talk.turn.text):
            talk.set(matter="question", goal="unproven")
            talk.ask("describe", "utter_describe_question")
        else:
            open_now(talk, talk.slots.get("question") or talk.turn.text)
    elif talk.slots.get("question") is not None:
        open_or_ask(talk)
    elif (opened := open_tickets(talk)) and talk.turn.choice is None:
        add(talk, opened[-1])
    elif talk.turn.choice is None and says_what(talk.turn.text):
        keep(talk, talk.turn.text)
        open_or_ask(talk)
    else:
        talk.set(matter="question")
        talk.forget("goal")
        talk.ask("describe", "utter_describe_question")


def keep(talk: Talk, text: str) -> None:
    """Remember ``text`` as what the ticket will be about."""
    talk.set(question=text[:KEPT_OF_TEXT], question_inbox=talk.turn.inbox_id)


def open_or_ask(talk: Talk) -> None:
    """Open the ticket for the question at hand, or ask for the identity first, unless that is waived."""
    if known_for_ticket(talk) or talk.locked or talk.slots.get("goal") == "unproven":
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
            priority=talk.slots.get("priority") or "normal",
            written_in=talk.slots.get("question_inbox"),
        )
    )
    wanted_proof = not known_for_ticket(talk) or ("tickets" in turn.proof_for and talk.locked)
    response = "utter_handed_over_complaint" if kind == "complaint" else "utter_handed_over"
    talk.say("utter_handed_over_unproven" if wanted_proof else response, expectation=expectation(talk, due))
    talk.forget("question", "question_inbox", "topic", "offered", "matter", "goal", "ticket", "priority")


def _opened(
    talk: Talk,
    session: Session,
    *,
    text: str,
    kind: str,
    identity: str,
    due: datetime,
    category: str | None,
    priority: Priority,
    written_in: int | None,
) -> dict[str, Any]:
    turn = talk.turn
    ticket = tickets.open_ticket(
        session,
        conversation_id=turn.conversation_id,
        person_id=turn.person.id,
        inbox_id=turn.inbox_id,
        channel=turn.channel,
        subject=matter_of(text),
        summary=text,
        category=category,
        kind=kind,
        identity=identity,
        language=turn.language,
        now=turn.now,
        due_at=due,
        zone=turn.promise.zone,
        prefix=turn.promise.profile.ticket_prefix,
        priority=priority,
    )
    if written_in is not None and written_in != turn.inbox_id:
        tickets.add_message(session, ticket, actor=tickets.PERSON, inbox_id=written_in, now=turn.now)
    asked.record_handed_over(session, written_in or turn.inbox_id, turn.now)
    return {"ticket": ticket.number}


def add(talk: Talk, ticket: Ticket, response: str = "utter_added_to_ticket") -> None:
    """Add the message, and the question that is open, to a ticket that is there already."""
    turn, written_in = talk.turn, talk.slots.get("question_inbox")
    inbox_ids = [each for each in dict.fromkeys((written_in, turn.inbox_id)) if each is not None]
    number = ticket.number
    talk.later(lambda session: _added(talk, session, number, inbox_ids))
    talk.say(response, ticket=number)
    talk.forget("question", "question_inbox", "topic", "offered", "matter", "ticket")


def _added(talk: Talk, session: Session, number: str, inbox_ids: list[int]) -> dict[str, Any]:
    ticket, now = tickets.by_number(session, number), talk.turn.now
    if ticket.status in ENDED:
        # Closed by an agent in this very moment; the person must not write into a drawer.
        working.reopen(session, ticket, tickets.PERSON, now, max(ticket.due_at, now))
    for inbox_id in inbox_ids:
        asked.record_handed_over(session, inbox_id, now)
        tickets.add_message(session, ticket, actor=tickets.PERSON, inbox_id=inbox_id, now=now)
    # What was answered is to be answered again: only now is known by when.
    return {"expectation": expectation_of(talk, session, ticket)}


def shortened(ticket: Ticket) -> str:
    """The ticket's subject, cut to what tells it from others."""
    return ticket.subject if len(ticket.subject) <= SUBJECT else ticket.subject[: SUBJECT - 1].rstrip() + "…"


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
    hours = turn.promise.hours_words(turn.language, turn.now)
    return word_argument("utter_word_expectation_closed", due=time_argument(due), hours=hours)


def expectation_of(talk: Talk, session: Session, ticket: Ticket) -> dict[str, Any]:
    """What the person may expect of a ticket that is live: a reply, the solution, or that he is waited for."""
    coming = expected(session, ticket)
    if coming is None:
        return word_argument("utter_word_expectation_yours")
    if coming.what == "reply":
        return expectation(talk, coming.due)
    late = "_late" if coming.due < talk.turn.now else ""
    return word_argument(f"utter_word_expectation_solution{late}", due=time_argument(coming.due))


def lock_ends(talk: Talk) -> dict[str, str]:
    """When identity may be checked again; of a lock that begins in this turn as well."""
    return time_argument(talk.turn.person.locked_until or talk.turn.now + LOCKED_FOR)
