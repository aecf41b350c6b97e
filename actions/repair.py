"""When the talk leaves the rails: cancelled, yes and no to nothing, abuse, small talk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from actions import handing_over
from actions.acting import MATTER_SLOTS, Talk, topics
from actions.answers import Answer, Perhaps, aside

_NOT_YET = re.compile(r"\W*(?:belum|belom|blm|not yet)\b", re.IGNORECASE)


class Stop(Perhaps):
    """Leaves whatever was going on; nothing of it is kept."""

    action = "action_stop"
    repeats = True
    guess_below = 0.5

    def act(self, talk: Talk, pending: str | None) -> None:
        going_on = talk.loop is not None or pending not in (None, "helpful")
        talk.end_form()
        talk.forget(*MATTER_SLOTS)
        talk.say("utter_stopped" if going_on else "utter_nothing_to_stop")


class UnaskedYes(Perhaps):
    action = "action_unasked_yes"

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is None:
            talk.say("utter_unasked_yes")


class UnaskedNo(Perhaps):
    """In a form a no is a refusal to say who one is: the ways out are shown. "Not yet" about a ticket that was closed
    just now is about that one."""

    action = "action_unasked_no"

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is None:
            if not (_NOT_YET.match(talk.turn.text) and handing_over.offer_reopening(talk)):
                talk.forget("ticket")
                talk.say("utter_unasked_no")
            return
        talk.resumes = False
        talk.say("utter_guest_why" if talk.loop == "guest_form" else "utter_identity_why")


class Abuse(Perhaps):
    action = "action_abuse"
    guess_below = 0.6
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_abuse")


class OutOfScope(Perhaps):
    action = "action_out_of_scope"
    sure_from = 1.0
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_out_of_scope", institution=talk.turn.institution, topics=topics(talk))


class Distress(Perhaps):
    """Somebody who may do himself harm: kind words, where help is, and a human without asking who he is."""

    action = "action_distress"
    sure_from = 0.5
    repeats = True
    short = False
    HELP: ClassVar[Mapping[str, str]] = {
        "id": "konseling",
        "en": "counselling",
    }
    """What is searched for in his place, so that the answer tells where help is."""
    SAID: ClassVar[str] = "utter_distress"

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.end_form()
        talk.say(self.SAID)
        if self.HELP:
            found = talk.turn.knowledge.search(self.HELP[talk.turn.language], talk.turn.language)
            if found.kind == "answer":
                aside(talk, found)
        handing_over.keep(talk, talk.turn.text)
        talk.set(matter="question", goal="unproven", priority="urgent")
        talk.ask("handover", "utter_distress_offer")


class _IfSure:
    """What is rather unlikely to be danger is a question: a lost laptop is lost, too."""

    SURE: ClassVar[float] = 0.67
    """What is danger in tests/talk/acts.tsv was taken for it with .69 and more, lost things with .63 at most."""

    def mistaken(self, talk: Talk, pending: str | None) -> bool:
        if talk.confidence >= self.SURE or talk.turn.choice is not None:
            return False
        Answer().act(talk, pending)
        return True


class Harmed(_IfSure, Distress):
    """Somebody whom others hurt or threaten: the same, and where that is reported."""

    action = "action_harmed"
    HELP: ClassVar[Mapping[str, str]] = {
        "id": "mau lapor kekerasan",
        "en": "I want to report violence",
    }


class Emergency(_IfSure, Distress):
    """Fire, an accident, somebody unconscious: whom to call, before anything else."""

    action = "action_emergency"
    HELP: ClassVar[Mapping[str, str]] = {}
    SAID = "utter_emergency"


class React(Perhaps):
    """Haha, hm, oh: no question was asked, so no answer is due, only an open door."""

    action = "action_react"
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_react")
