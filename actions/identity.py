"""Who the person is: the forms' questions, and the check against the roster.

What the forms collect lives in slots only while a form runs. Whether somebody is proven is read from the database, or
is the outcome of the check in this very turn; no slot says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions import answers, handing_over
from actions.acting import Acting, Talk, missing_words
from actions.claims import SURE, claim_of, guest_of, whole
from actions.proof import ask_for_identity, provable, says_only_who
from bot.conversation.turn import turns
from bot.identity import checking
from bot.identity.extract import Claim, Guest, read_claim, read_email, read_guest
from bot.identity.model import RosterEntry
from bot.identity.people import update_guest

DATA_INTENTS = {"give_identity", "nlu_fallback"}
NOT_DATA = {"nlu_fallback", "give_identity", "out_of_scope", "react", "choose", "affirm"}
"""Acts that lead nowhere while data are awaited: the form asks again instead."""


class _Form(Acting):
    """Reads data out of a message in a form; rejects what holds none, so that the other rules take it."""

    repeats = True

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, object]) -> list[EventType]:
        talk = Talk(turns.get(tracker.sender_id), tracker, dispatcher)
        talk.loop = talk.loop or tracker.active_loop.get("name")
        if talk.turn.choice is not None or talk.turn.command is not None or not self.takes(talk):
            return []
        # What had been asked before is over; what is asked now, after the form, stays.
        talk.forget("pending")
        self.act(talk, None)
        # A slot that is set tells Rasa that the form took the message.
        return [*talk.events(), *(SlotSet(name, talk.slots.get(name)) for name in ("requested_slot", "pending"))]

    def takes(self, talk: Talk) -> bool:
        """Whether the message is the form's."""
        raise NotImplementedError


def _could_be_a_name(talk: Talk) -> bool:
    return talk.intent in DATA_INTENTS or talk.confidence < SURE


class IdentityForm(_Form):
    action = "validate_identity_form"

    def takes(self, talk: Talk) -> bool:
        if talk.intent == "others_data" and talk.confidence >= SURE and not says_only_who(talk.turn.text):
            return False
        claim = claim_of(talk)
        if claim.number or claim.birth_date or (claim.name and _could_be_a_name(talk)):
            return True
        return talk.intent in NOT_DATA

    def act(self, talk: Talk, pending: str | None) -> None:
        claim = claim_of(talk)
        if claim == Claim():
            _not_found(talk)
        else:
            take_claim(talk, claim)


def _not_found(talk: Talk) -> None:
    wanted = talk.slots.get("requested_slot")
    if talk.intent == "nlu_fallback" and wanted == "birth_date" and any(c.isdigit() for c in talk.turn.text):
        talk.say("utter_identity_bad_date")
    elif talk.intent == "affirm":
        talk.say("utter_identity_resume", missing=missing_words(talk.missing()))
    else:
        talk.say("utter_identity_not_found", missing=missing_words(talk.missing()))


def take_claim(talk: Talk, claim: Claim) -> None:
    """Add what was said to what is known already; check it when nothing is missing, ask for the rest otherwise."""
    born = claim.birth_date.isoformat() if claim.birth_date else None
    given = {"number": claim.number, "full_name": claim.name, "birth_date": born}
    talk.set(**{slot: value for slot, value in given.items() if value is not None})
    if (data := whole(talk)) is None:
        missing = talk.missing()
        talk.set(requested_slot=missing[0])
        talk.say("utter_identity_missing", missing=missing_words(missing))
        return
    turn = talk.turn
    all_of_it = Claim(data["number"], data["full_name"], date.fromisoformat(data["birth_date"]))
    with turn.read() as session:
        verdict = checking.check(session, turn.person.id, all_of_it, turn.now)
    if verdict.entry is not None:
        talk.later(partial(_prove, turn.person.id, verdict.entry, turn.now, turn.proof_lasts))
        _proven(talk, verdict.entry)
        return
    if verdict.failed:
        talk.later(partial(_fail, turn.person.id, data["number"], turn.now))
    if verdict.tries_left > 0:
        talk.start_form("identity_form")
        # Kept, so that who knows what was wrong need not send the rest again.
        talk.set(tried=data)
        talk.say("utter_identity_not_matched", left=verdict.tries_left)
    else:
        _locked(talk)


def _prove(person_id: int, entry: RosterEntry, now: datetime, lasts: timedelta, session: Session) -> None:
    checking.record_proof(session, person_id, entry, now, lasts)


def _fail(person_id: int, number: str, now: datetime, session: Session) -> None:
    checking.record_failure(session, person_id, number, now)


def _proven(talk: Talk, entry: RosterEntry) -> None:
    talk.proven, talk.kind, talk.locked = True, entry.kind, False
    talk.end_form()
    if talk.slots.get("goal") in (None, "nothing"):
        talk.forget("goal")
        talk.say("utter_identity_proven_what_next")
        return
    talk.say("utter_identity_proven")
    _go_on(talk)


def _go_on(talk: Talk) -> None:
    """Take up what the identity was wanted for."""
    goal, question = talk.slots.get("goal"), talk.slots.get("question")
    talk.forget("goal")
    hit = talk.turn.knowledge.get(str(talk.slots.get("topic")), talk.turn.language)
    if goal == "ticket":
        _open_or_describe(talk, question)
    elif goal == "answer" and hit is not None:
        answers.show(talk, hit)
    elif question is not None:
        answers.answer_question(talk, str(question))
    else:
        talk.say("utter_guest_welcome")


def _open_or_describe(talk: Talk, question: str | None) -> None:
    """The ticket that the identity was wanted for; it may still have to be said what it is about."""
    if question is not None:
        handing_over.open_now(talk, question)
    else:
        complaint = talk.slots.get("matter") == "complaint"
        talk.ask("describe", "utter_describe_complaint" if complaint else "utter_describe_question")


def _locked(talk: Talk) -> None:
    goal, question = talk.slots.get("goal"), talk.slots.get("question")
    talk.locked = True
    talk.end_form()
    talk.forget("goal")
    until = handing_over.lock_ends(talk)
    if goal == "ticket" and question is not None:
        talk.say("utter_identity_locked", until=until)
        handing_over.open_now(talk, str(question))
    else:
        talk.ask("handover", "utter_identity_locked_offer", until=until)


class GuestForm(_Form):
    action = "validate_guest_form"

    def takes(self, talk: Talk) -> bool:
        guest = guest_of(talk)
        if guest.email or "@" in talk.turn.text or (guest.name and _could_be_a_name(talk)):
            return True
        return talk.intent in NOT_DATA

    def act(self, talk: Talk, pending: str | None) -> None:
        guest = guest_of(talk)
        if guest == Guest():
            wrong = "@" in talk.turn.text and read_email(talk.turn.text) is None
            if wrong:
                talk.say("utter_guest_bad_email")
            else:
                talk.say("utter_guest_not_found", missing=missing_words(talk.missing()))
        else:
            _take_guest(talk, guest)


def _take_guest(talk: Talk, guest: Guest) -> None:
    """Add what was said to what is known already; ask for the rest."""
    given = {"guest_name": guest.name, "guest_email": guest.email}
    talk.set(**{slot: value for slot, value in given.items() if value is not None})
    if missing := talk.missing():
        talk.set(requested_slot=missing[0])
        talk.say("utter_identity_missing", missing=missing_words(missing))
    else:
        _known_guest(talk, talk.slots.get("guest_name"), talk.slots.get("guest_email"))


def _known_guest(talk: Talk, name: str | None, email: str | None) -> None:
    person_id = talk.turn.person.id
    talk.later(lambda session: update_guest(session, person_id, name, email))
    talk.kind = "guest"
    talk.end_form()
    if talk.slots.get("goal") in (None, "nothing"):
        talk.forget("goal")
        talk.say("utter_guest_noted")
        return
    talk.say("utter_guest_thanks")
    _go_on(talk)


class GiveIdentity(Acting):
    """Data that nobody asked for, or the wish to prove who one is."""

    action = "action_give_identity"

    def act(self, talk: Talk, pending: str | None) -> None:
        claim = read_claim(talk.turn.text, wanted=None)
        if claim.number is None and claim.birth_date is None:
            decision = talk.turn.knowledge.search(talk.turn.text, talk.turn.language)
            if decision.kind == "answer":
                answers.answer_question(talk, talk.turn.text)
                return
        if talk.loop is None:
            # Who gives his data when a human is offered accepts the offer.
            given = claim != Claim() or read_email(talk.turn.text) is not None
            offered = pending == "handover" and talk.slots.get("question") is not None
            identify(talk, "ticket" if given and offered else "nothing")


def identify(talk: Talk, goal: str) -> None:
    """Take the data that the message holds, asked for or not, or ask for them; then go on with ``goal``."""
    claim = read_claim(talk.turn.text, wanted=None)
    given = provable(talk) and (claim.number is not None or claim.birth_date is not None)
    guest = read_guest(talk.turn.text, None)
    talk.set(goal=goal)
    if talk.proven and goal == "ticket":
        _go_on(talk)
    elif talk.proven:
        talk.say("utter_identity_known")
    elif (
        not given
        and guest.email is not None
        and (talk.slots.get("guest") or talk.kind == "guest" or not provable(talk))
    ):
        talk.start_form("guest_form")
        _take_guest(talk, guest)
    elif talk.locked:
        talk.forget("goal")
        talk.ask("handover", "utter_identity_still_locked", until=handing_over.lock_ends(talk))
    elif not given:
        ask_for_identity(talk, goal)
    else:
        talk.start_form("identity_form")
        take_claim(talk, claim)


class GuestAct(answers.Perhaps):
    """Neither student nor staff: name and e-mail are enough for a ticket, private answers stay closed."""

    action = "action_guest"

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.set(guest=True)
        goal, in_form = talk.slots.get("goal"), talk.loop is not None
        talk.resumes = False
        if in_form and goal in ("ticket", "everything"):
            ask_for_identity(talk, goal)
            return
        talk.end_form()
        if in_form and goal == "answer":
            talk.forget("goal")
            talk.ask("handover", "utter_private_not_for_guests", institution=talk.turn.institution)
        elif pending == "handover" and talk.slots.get("question") is not None:
            talk.ask("handover", "utter_guest_handover")
        elif pending != "choice" or not answers.ask_again(talk):
            talk.say("utter_guest_welcome")
