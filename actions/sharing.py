"""What comes without words: a file, a place, a contact card."""

from __future__ import annotations

from actions.acting import Acting, Talk
from actions.answers import answer_question, ask_again
from actions.handing_over import open_tickets
from actions.own_tickets import ask_which


class Share(Acting):
    """Staff see what was sent in any case. It leaves alone what had been asked; else the ticket that it may belong to
    is offered, or the person is asked what it is about."""

    action = "action_share"
    keeps_pending = True

    def mistaken(self, talk: Talk, pending: str | None) -> bool:
        """Who typed something sent nothing without words; the channel's own act is certain."""
        if talk.confidence == 1.0:
            return False
        answer_question(talk, talk.turn.text)
        return True

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None or pending not in (None, "helpful"):
            talk.say("utter_share_kept")
            ask_again(talk)
        elif opened := open_tickets(talk):
            talk.forget("question", "topic", "offered")
            talk.set(question_inbox=talk.turn.inbox_id)
            if len(opened) > 1:
                ask_which(talk, opened, "follow_up_ticket")
            else:
                talk.set(ticket=opened[0].number)
                talk.ask("handover", "utter_share_open_ticket", ticket=opened[0].number)
        else:
            talk.say("utter_share_received")
