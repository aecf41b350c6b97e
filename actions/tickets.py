"""A human is wanted, something is complained about, a ticket is to be opened."""

from __future__ import annotations

from actions import handing_over
from actions.acting import Acting, Talk, words_of
from actions.answers import Perhaps, aside
from actions.identity import identify
from actions.proof import says_only_who


class HandOver(Perhaps):
    """A wish for a human, or a yes to the offer of one. Who insists is not asked again what it is about."""

    action = "action_hand_over"
    repeats = True
    short = False

    def least(self, talk: Talk) -> float:
        # What is hardly a yes must not start anything.
        return 0.5 if talk.intent == "affirm" else self.guess_below

    def act(self, talk: Talk, pending: str | None) -> None:
        if pending == "describe" and talk.slots.get("question") is None:
            _described(talk)
        else:
            handing_over.hand_over(talk)


class Complain(Perhaps):
    """A complaint. With a ticket open it is most likely about that one, and can be made one of its own."""

    action = "action_complain"
    short = False

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None:
            decision = talk.turn.knowledge.search(talk.turn.text, talk.turn.language)
            talk.say("utter_sorry") if decision.kind != "answer" else aside(talk, decision)
            return
        opened = handing_over.open_tickets(talk)
        if opened:
            handing_over.add(talk, opened[-1], "utter_complaint_added")
            handing_over.keep(talk, talk.turn.text)
            talk.set(matter="complaint")
        elif words_of(talk.turn.text) >= handing_over.SAYS_WHAT["complaint"]:
            talk.set(matter="complaint")
            handing_over.keep(talk, talk.turn.text)
            handing_over.open_or_ask(talk)
        elif not handing_over.offer_reopening(talk):
            talk.set(matter="complaint")
            talk.forget("question", "question_inbox", "topic", "offered", "goal")
            talk.ask("describe", "utter_describe_complaint")


class OpenTicket(Perhaps):
    """A ticket of its own for the question at hand, even where another one is open."""

    action = "action_open_ticket"
    short = False

    def named(self, text: str) -> bool:
        return handing_over.names_a_ticket(text)

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None:
            return
        if talk.slots.get("question") is not None:
            handing_over.open_or_ask(talk)
        elif talk.turn.choice is None and words_of(talk.turn.text) >= handing_over.SAYS_WHAT["question"]:
            handing_over.keep(talk, talk.turn.text)
            handing_over.open_or_ask(talk)
        else:
            talk.set(matter="question")
            talk.forget("goal")
            talk.ask("describe", "utter_describe_question")


def _described(talk: Talk) -> None:
    handing_over.keep(talk, talk.turn.text)
    handing_over.open_or_ask(talk)


def _says_nothing(intent: str | None, text: str) -> bool:
    """A yes, emoji, scolding: nothing that a ticket could be about."""
    scolds = intent == "abuse" and words_of(text) < handing_over.SAYS_WHAT["complaint"]
    return scolds or intent == "affirm" or not any(letter.isalnum() for letter in text)


class Describe(Acting):
    """What the ticket is about, after it was asked for. Who says first who he is, or only scolds, is asked again what
    it is about."""

    action = "action_describe"

    def act(self, talk: Talk, pending: str | None) -> None:
        text, intent = talk.turn.text, talk.intent
        if intent == "guest" and words_of(text) < handing_over.SAYS_WHAT["question"]:
            talk.set(guest=True)
        elif intent == "give_identity" and says_only_who(text):
            identify(talk, "ticket")
            return
        elif talk.turn.choice is None and not _says_nothing(intent, text):
            _described(talk)
            return
        talk.ask("describe", "utter_describe_again")


class Decline(Acting):
    """A no to the offer of a human."""

    action = "action_decline"

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.forget("question", "question_inbox", "topic", "offered", "matter", "ticket", "goal", "priority")
        talk.say("utter_handover_declined")
