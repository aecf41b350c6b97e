"""The person's own tickets: how they stand, adding to them, closing and reopening."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy.orm import Session

from actions import handing_over
from actions.acting import Acting, Talk, words_of
from actions.answers import Perhaps
from actions.choices import places
from actions.handing_over import expectation, expectation_of, names_a_ticket, open_tickets, shortened
from bot.conversation import charge
from bot.conversation.turn import Turn
from bot.conversation.wording import time_argument, word_argument
from bot.tickets import linking
from bot.tickets import service as tickets
from bot.tickets.alarms import expected, profile_of
from bot.tickets.lifecycle import ENDED, LIVE
from bot.tickets.lookup import has_prefix, latest_ended, own_ticket
from bot.tickets.model import Ticket
from bot.tickets.numbers import numbers_in

SHOWN = 5
SAYS_SOMETHING = 9
"""From so many words on a "what about my ticket" holds something new for it."""


def _mentioned(talk: Talk) -> str | None:
    """The ticket number that the message or the pressed button names."""
    if talk.turn.choice is not None:
        return talk.turn.choice[1]
    used = talk.turn.promise.profile.ticket_prefix
    for number in numbers_in(talk.turn.text):
        if number.prefix == used or _goes_by(talk, number.prefix):
            return str(number)
    return None


def _goes_by(talk: Talk, prefix: str | None) -> bool:
    """Whether some ticket's number begins so: another profile was in use then."""
    with talk.turn.read() as session:
        return prefix is not None and has_prefix(session, prefix)


def own_or_told(talk: Talk, number: str) -> Ticket | None:
    """The person's ticket of that number; says so when there is none."""
    try:
        with talk.turn.read() as session:
            return own_ticket(session, number, talk.turn.person.id)
    except KeyError:
        talk.say("utter_ticket_unknown", ticket=number)
        return None


def _latest_ended(talk: Talk) -> Ticket | None:
    with talk.turn.read() as session:
        return latest_ended(session, talk.turn.person.id)


def ask_which(talk: Talk, opened: list[Ticket], intent: str) -> None:
    """Ask which of the person's tickets is meant; ``intent`` is what is to be done with it."""
    shown = opened[-SHOWN:]
    options = [{"label": ticket.number, "intent": intent, "data": ticket.number, "description": shortened(ticket)}
               for ticket in shown]  # fmt: skip
    talk.set(offered=[ticket.number for ticket in shown], ticket_act=intent)
    talk.ask("ticket", "utter_which_ticket", options=options)


def _line(talk: Talk, ticket: Ticket) -> dict[str, Any]:
    if ticket.status in ENDED:
        closed = time_argument(ticket.ended_at or ticket.created_at)
        return word_argument("utter_word_ticket_closed", ticket=ticket.number, subject=shortened(ticket), closed=closed)
    response = "utter_word_ticket_assigned" if ticket.assignee else "utter_word_ticket_open"
    with talk.turn.read() as session:
        when = expectation_of(talk, session, ticket)
    return word_argument(response, ticket=ticket.number, subject=shortened(ticket), expectation=when)


def _owes_reply(talk: Talk, ticket: Ticket) -> bool:
    """Whether a reply that was promised is late."""
    with talk.turn.read() as session:
        coming = expected(session, ticket)
    return coming is not None and coming.what == "reply" and coming.due < talk.turn.now


def is_open(talk: Talk, ticket: Ticket) -> None:
    """Say that it is open, and what may be expected of it."""
    with talk.turn.read() as session:
        when = expectation_of(talk, session, ticket)
    talk.say("utter_ticket_is_open", ticket=ticket.number, expectation=when)


def _below(first: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    return word_argument("utter_word_lines", first=first, rest=rest)


class _OfTickets(Perhaps):
    """What names a ticket is about a ticket."""

    short = False

    def named(self, text: str) -> bool:
        return names_a_ticket(text)


class TicketStatus(_OfTickets):
    """The ticket that is named, else the open ones, else the one that was closed last."""

    action = "action_ticket_status"

    def act(self, talk: Talk, pending: str | None) -> None:
        if (number := _mentioned(talk)) is not None:
            found = own_or_told(talk, number)
            shown = [found] if found is not None else []
        else:
            latest = None if (opened := open_tickets(talk)) else _latest_ended(talk)
            shown = opened[-SHOWN:] if latest is None else [latest]
            if not shown:
                talk.say("utter_no_tickets")
        if shown:
            lines = [_line(talk, ticket) for ticket in shown]
            talk.say("utter_tickets", tickets=reduce(lambda below, line: _below(line, below), reversed(lines)))


class FollowUp(_OfTickets):
    """More for an open ticket, or the question what became of it."""

    action = "action_follow_up"

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None:
            talk.say("utter_sorry")
            return
        if not (told_before := self._told_before(talk)):
            handing_over.keep(talk, talk.turn.text)
        number = _mentioned(talk) or talk.slots.get("ticket")
        if number is not None:
            ticket = own_or_told(talk, number)
            opened = [ticket] if ticket is not None and ticket.status in LIVE else []
            if ticket is None:
                return
        else:
            opened = open_tickets(talk)
        if not opened:
            self._none_open(talk)
        elif len(opened) > 1:
            ask_which(talk, opened, "follow_up_ticket")
        elif told_before or talk.turn.choice is not None or words_of(talk.turn.text) >= SAYS_SOMETHING:
            handing_over.add(talk, opened[0])
        else:
            late = _owes_reply(talk, opened[0])
            handing_over.add(talk, opened[0], "utter_asked_after_late" if late else "utter_asked_after")

    @staticmethod
    def _told_before(talk: Talk) -> bool:
        """Whether what is to be added was said before, and this message only says where it belongs."""
        if talk.slots.get("question_inbox") is None:
            return False
        return talk.turn.choice is not None or (talk.asked == "handover" and words_of(talk.turn.text) < SAYS_SOMETHING)

    def _none_open(self, talk: Talk) -> None:
        talk.forget("question", "question_inbox")
        if (closed := _latest_ended(talk)) is None:
            talk.say("utter_no_tickets")
        else:
            talk.say("utter_only_closed", ticket=closed.number)


class CloseTicket(_OfTickets):
    """Asks first: closing cannot be taken back by a slip of the finger."""

    action = "action_close_ticket"

    def act(self, talk: Talk, pending: str | None) -> None:
        number = _mentioned(talk)
        found = own_or_told(talk, number) if number is not None else None
        if number is not None and found is None:
            return
        opened = [found] if found is not None else open_tickets(talk)
        opened = [ticket for ticket in opened if ticket.status in LIVE]
        if not opened:
            talk.say("utter_nothing_to_close")
        elif len(opened) > 1:
            ask_which(talk, opened, "close_ticket")
        else:
            _confirm_closing(talk, opened[0])


def _confirm_closing(talk: Talk, ticket: Ticket) -> None:
    talk.set(ticket=ticket.number)
    talk.ask("close", "utter_close_confirm", ticket=ticket.number, subject=shortened(ticket))


class ChooseTicket(Acting):
    """Which ticket, named by its place."""

    action = "action_choose_ticket"

    def act(self, talk: Talk, pending: str | None) -> None:
        offered = talk.slots.get("offered") or []
        opened = {ticket.number: ticket for ticket in open_tickets(talk)}
        named = [offered[place] for place in places(talk.turn.text, len(offered))]
        chosen = [opened[number] for number in named if number in opened]
        if not opened:
            talk.say("utter_nothing_to_close")
        elif len(chosen) != 1:
            ask_which(talk, list(opened.values()), talk.slots.get("ticket_act") or "follow_up_ticket")
        elif talk.slots.get("ticket_act") == "close_ticket":
            _confirm_closing(talk, chosen[0])
        else:
            handing_over.add(talk, chosen[0])


class ConfirmClose(Acting):
    action = "action_confirm_close"

    def act(self, talk: Talk, pending: str | None) -> None:
        number, now = talk.slots.get("ticket"), talk.turn.now
        if number is None:
            talk.say("utter_nothing_to_close")
            return
        if (ticket := own_or_told(talk, str(number))) is None:
            return
        talk.later(lambda session: _close(session, ticket.number, now))
        talk.forget("ticket")
        talk.say("utter_ticket_closed", ticket=ticket.number)


def _close(session: Session, number: str, now: datetime) -> None:
    ticket = tickets.by_number(session, number)
    if ticket.status in LIVE:
        charge.withdraw(session, ticket, now)


class KeepOpen(Acting):
    action = "action_keep_open"

    def act(self, talk: Talk, pending: str | None) -> None:
        number = talk.slots.get("ticket")
        talk.forget("ticket")
        if number is None:
            talk.say("utter_unasked_no")
        else:
            talk.say("utter_close_kept", ticket=number)


class ReopenTicket(_OfTickets):
    """The ticket that is named, else the one that was closed last."""

    action = "action_reopen_ticket"

    def act(self, talk: Talk, pending: str | None) -> None:
        number = _mentioned(talk) or (talk.slots.get("ticket") if pending == "reopen" else None)
        ticket = own_or_told(talk, number) if number is not None else _latest_ended(talk)
        if ticket is None:
            if number is None:
                self._nothing_closed(talk)
            return
        reopen_for(talk, ticket)

    def _nothing_closed(self, talk: Talk) -> None:
        opened = open_tickets(talk)
        if opened:
            is_open(talk, opened[-1])
        elif words_of(talk.turn.text) >= handing_over.SAYS_WHAT["question"] and talk.loop is None:
            handing_over.keep(talk, talk.turn.text)
            handing_over.open_or_ask(talk)
        else:
            talk.say("utter_nothing_to_reopen")


def reopen_for(talk: Talk, ticket: Ticket) -> None:
    """Open the ticket again for the person, or say that it, or the one in which its matter goes on, is open."""
    with talk.turn.read() as session:
        live = ticket if ticket.status in LIVE else linking.goes_on_in(session, ticket)
    if live is not None:
        is_open(talk, live)
        return
    turn = talk.turn
    due = turn.promise.due(turn.now)
    talk.later(lambda session: _reopen(session, ticket.number, turn, due))
    with turn.read() as session:
        rule = profile_of(session, ticket, turn.promise.profile).reopening
    if linking.opens_again(ticket, rule, turn.now):
        talk.say("utter_ticket_reopened", ticket=ticket.number, expectation=expectation(talk, due))
    else:
        talk.say("utter_ticket_follow_up", old=ticket.number, expectation=expectation(talk, due))


def _reopen(session: Session, number: str, turn: Turn, due: datetime) -> dict[str, Any]:
    ticket, promise = tickets.by_number(session, number), turn.promise
    if ticket.status in ENDED:
        rule = profile_of(session, ticket, promise.profile).reopening
        ticket = linking.take_up_again(session, ticket, rule, tickets.PERSON, turn.now, due, promise.zone)
    tickets.add_message(session, ticket, actor=tickets.PERSON, inbox_id=turn.inbox_id, now=turn.now)
    return {"ticket": ticket.number}
