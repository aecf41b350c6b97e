"""When the talk leaves the rails: cancelled, yes and no to nothing, abuse, small talk."""

from __future__ import annotations

from actions.acting import MATTER_SLOTS, Talk, topics
from actions.answers import Perhaps


class Stop(Perhaps):
    """Leaves whatever was going on; nothing of it is kept."""

    action = "action_stop"
    repeats = True

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
    """In a form a no is a refusal to say who one is: the ways out are shown."""

    action = "action_unasked_no"

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is None:
            talk.say("utter_unasked_no")
            return
        talk.resumes = False
        talk.say("utter_identity_why")


class Abuse(Perhaps):
    action = "action_abuse"
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_abuse")


class OutOfScope(Perhaps):
    action = "action_out_of_scope"
    sure_from = 1.0
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_out_of_scope", institution=talk.turn.institution, topics=topics(talk))


class React(Perhaps):
    """Haha, hm, oh: no question was asked, so no answer is due, only an open door."""

    action = "action_react"
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_react")
