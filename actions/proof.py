"""What needs a proof of identity, and asking for one."""

from __future__ import annotations

import re

from actions.acting import Talk, missing_words
from bot.identity.extract import read_claim
from bot.identity.vocabulary import BOUNDARIES, COURTESIES, OPENERS

ASKS_FOR = {
    "ticket": "utter_identity_for_ticket",
    "answer": "utter_identity_for_answer",
    "everything": "utter_identity_for_everything",
    "nothing": "utter_identity_ask",
}

OTHER_WORDS = 2
"""Beside name and labels: the month, a place."""
_LABELS = OPENERS | BOUNDARIES | COURTESIES


def provable(talk: Talk) -> bool:
    """Whether the profile has anybody's identity checked. Where it has not, name and e-mail address are all there is to
    know, as of a guest."""
    return talk.turn.promise.profile.identity.check != "none"


def known_for_ticket(talk: Talk) -> bool:
    """Whether a ticket may be opened without asking who the person is."""
    return "tickets" not in talk.turn.proof_for or _known(talk)


def known_for_questions(talk: Talk) -> bool:
    """Whether questions may be answered at all; a guest has to have said who he is."""
    return "everything" not in talk.turn.proof_for or _known(talk)


def _known(talk: Talk) -> bool:
    return talk.proven or talk.kind == "guest" or (not provable(talk) and not talk.asked_by("guest_form"))


def ask_for_identity(talk: Talk, goal: str) -> None:
    """Begin the identity form, or the guest's one for who said that he is a guest, and for everybody where identities
    are not checked. ``goal`` (ticket, answer, everything or nothing) is taken up again when it is filled."""
    talk.set(goal=goal)
    if not provable(talk) or (talk.slots.get("guest") and goal in ("ticket", "everything")):
        _ask_guest(talk)
        return
    talk.start_form("identity_form")
    talk.say(ASKS_FOR[goal])


def _ask_guest(talk: Talk) -> None:
    if not talk.asked_by("guest_form"):
        talk.forget("goal")
        talk.say("utter_guest_welcome")
        return
    talk.start_form("guest_form")
    talk.say("utter_guest_ask", missing=missing_words(talk.missing()))


def identity_of_ticket(talk: Talk) -> str:
    """How a ticket marks the person: proven, guest, locked or unproven."""
    if talk.proven:
        return "proven"
    if talk.locked:
        return "locked"
    return "guest" if talk.kind == "guest" else "unproven"


def says_only_who(text: str) -> bool:
    """Whether ``text`` is number, name or date of birth and next to nothing else."""
    claim = read_claim(text, wanted=None)
    if claim.number is None and claim.birth_date is None:
        return False
    said = re.findall(r"[^\W\d_]+", text.lower())
    known = {*(claim.name or "").lower().split(), *_LABELS}
    return sum(word not in known for word in said) <= OTHER_WORDS
