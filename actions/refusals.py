"""What is not told: which part of somebody's data was wrong, and anything about somebody else."""

from __future__ import annotations

from actions import handing_over
from actions.acting import Talk
from actions.answers import Perhaps, answer_question


class IdentityDoubt(Perhaps):
    """ "Which part was wrong?", "why am I locked out?": what may be said about it is said."""

    action = "action_identity_doubt"

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop == "identity_form":
            talk.say("utter_identity_no_hint")
        elif talk.locked:
            talk.ask("handover", "utter_identity_still_locked", until=handing_over.lock_ends(talk))
        else:
            answer_question(talk, talk.turn.text)


class OthersData(Perhaps):
    """Somebody wants to know something about somebody else."""

    action = "action_others_data"
    sure_from = 0.9

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None:
            talk.say("utter_others_data_aside")
            return
        handing_over.keep(talk, talk.turn.text)
        talk.ask("handover", "utter_others_data")
