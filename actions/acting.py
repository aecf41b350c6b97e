"""What all actions share: the turn at hand, the slots, and how a turn ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.conversation.turn import Effect, Turn, turns
from bot.conversation.wording import part_of_day, word_argument

ASKS_AGAIN = 3
"""From so many equal messages on, a human is offered instead of the same answer; from ``GIVES_UP`` on, a line."""
GIVES_UP = 5
KEPT_OF_TEXT = 2000
"""Characters of a question that the dialogue state carries; the whole message is in the inbox."""
FORM_SLOTS = {
    "identity_form": ("number", "full_name", "birth_date"),
    "guest_form": ("guest_name", "guest_email"),
}
_OF_GUESTS = {"guest_name": "name", "guest_email": "email"}
MATTER_SLOTS = ("question", "question_inbox", "topic", "offered", "matter", "ticket", "ticket_act", "goal", "priority")


class Talk:
    """One action's view of the turn: what is known, what is said, what is to be remembered.

    ``kind``: what the person is proven to be (student, staff), else what he claims or "unknown"; taken from the
    database, or from a check that succeeded in this very turn, never from a slot. ``locked``: he may not try to prove
    himself now. ``asked``: what had been asked before this message. ``resumes``: after an interruption the form says
    how it goes on; an action that says so itself turns it off.
    """

    def __init__(self, turn: Turn, tracker: Tracker, dispatcher: CollectingDispatcher) -> None:
        self.turn = turn
        self.intent: str = tracker.latest_message.get("intent", {}).get("name") or ""
        self.confidence = float(tracker.latest_message.get("intent", {}).get("confidence") or 0.0)
        self.loop: str | None = (tracker.active_loop or {}).get("name")
        self.slots: dict[str, Any] = dict(tracker.slots)
        self.proven, self.kind = turn.person.proven, turn.person.kind
        self.locked = turn.person.locked_until is not None and not self.proven
        self.asked: str | None = tracker.slots.get("pending")
        self.resumes = True
        self._before = dict(tracker.slots)
        self._loop_before = self.loop
        self._dispatcher = dispatcher

    def say(self, response: str, **args: Any) -> None:
        """Say a response of domain.yml; ``args`` fill its variables."""
        self._dispatcher.utter_message(response=response, json_message=args)

    def ask(self, pending: str, response: str, **args: Any) -> None:
        """Say a response that asks something; ``pending`` is what a yes or no will answer."""
        self.slots["pending"] = pending
        self.say(response, **args)

    def set(self, **slots: Any) -> None:
        self.slots.update(slots)

    def forget(self, *slots: str) -> None:
        self.slots.update(dict.fromkeys(slots))

    def later(self, effect: Effect) -> None:
        """Have ``effect`` run when the turn is committed."""
        self.turn.later(effect)

    def start_form(self, form: str) -> None:
        """Begin to ask for the form's slots, with none of them filled."""
        self.end_form()
        self.loop = form
        self.forget("pending")
        self.slots["requested_slot"] = self.asked_by(form)[0]

    def end_form(self) -> None:
        """Leave any form; nothing of what it asked for is kept."""
        self.loop = None
        self.forget("requested_slot", "tried", *(slot for slots in FORM_SLOTS.values() for slot in slots))

    def asked_by(self, form: str) -> Sequence[str]:
        """The slots that a form asks for. Where nobody's identity is checked, the profile says what a guest is asked;
        what is not comparable with anything (a number, a date of birth) a chat does not ask for."""
        rule = self.turn.promise.profile.identity
        if form == "guest_form" and rule.check == "none":
            return [slot for slot in FORM_SLOTS[form] if _OF_GUESTS[slot] in rule.ask]
        return FORM_SLOTS[form]

    def missing(self) -> list[str]:
        """The slots of the form that are still empty, in the order they are asked for."""
        return [slot for slot in self.asked_by(self.loop) if self.slots.get(slot) is None] if self.loop else []

    def events(self) -> list[EventType]:
        """What Rasa is told: changed slots, a form that began or ended, and that the turn is over."""
        changed = {name: value for name, value in self.slots.items() if value != self._before.get(name)}
        events: list[EventType] = [SlotSet(name, value) for name, value in changed.items()]
        if self.loop != self._loop_before:
            events.append(ActiveLoop(self.loop))
        return [*events, FollowupAction("action_listen")]


class Acting(Action, ABC):
    """An action of the talk.

    ``keeps_pending``: an aside (thanks, a greeting), after which a yes still answers what was asked before it.
    ``repeats``: does its work as often as it is asked, however often the same was said.
    """

    action: ClassVar[str]
    keeps_pending: ClassVar[bool] = False
    repeats: ClassVar[bool] = False
    introduces: ClassVar[bool] = True

    def name(self) -> str:
        return self.action

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> list[EventType]:
        talk = Talk(turns.get(tracker.sender_id), tracker, dispatcher)
        pending = talk.slots.get("pending")
        talk.slots["pending"] = pending if self.keeps_pending else None
        if talk.loop is None and pending not in ("handover", "describe"):
            # Both hold for what was being talked about, and for that alone.
            talk.forget("priority")
            if talk.slots.get("goal") == "unproven":
                talk.forget("goal")
        if talk.turn.first_contact and self.introduces:
            talk.say("utter_introduction", greeting=greeting(talk), institution=talk.turn.institution)
        if talk.turn.repeats >= ASKS_AGAIN and not self.repeats and talk.turn.choice is None:
            _repeated(talk)
            return talk.events()
        in_form = talk.loop
        if not self.mistaken(talk, pending):
            self.act(talk, pending)
        if in_form is not None and talk.loop == in_form and talk.resumes:
            talk.say("utter_identity_resume", missing=missing_words(talk.missing()))
        return talk.events()

    def mistaken(self, talk: Talk, pending: str | None) -> bool:
        """Whether the message was something else after all; it has been dealt with then."""
        return False

    @abstractmethod
    def act(self, talk: Talk, pending: str | None) -> None:
        """Say and remember what the act calls for. ``pending``: what had been asked before."""


def _repeated(talk: Talk) -> None:
    if talk.turn.repeats >= GIVES_UP:
        talk.slots["pending"] = "handover"
        talk.say("utter_repeated_again")
    else:
        talk.ask("handover", "utter_repeated")


def missing_words(slots: list[str]) -> dict[str, Any]:
    """``nama lengkap dan tanggal lahir`` for the names of form slots."""
    words = [word_argument(f"utter_word_{slot}") for slot in slots]
    if len(words) == 3:
        return word_argument("utter_word_three", first=words[0], second=words[1], third=words[2])
    if len(words) == 2:
        return word_argument("utter_word_two", first=words[0], second=words[1])
    return words[0]


def greeting(talk: Talk) -> dict[str, Any]:
    """The greeting for the time of day where the institution is."""
    words = word_argument(f"utter_word_{part_of_day(talk.turn.now, talk.turn.promise.zone)}")
    typed = talk.turn.text.lower()
    if "assalam" in typed or "asalam" in typed or "asslm" in typed:
        return word_argument("utter_word_salam", greeting=words)
    return words


def topics(talk: Talk) -> str:
    """The categories that have answers, by title."""
    return ", ".join(category.title for category in talk.turn.knowledge.categories(talk.turn.language))


def words_of(text: str) -> int:
    """How many words ``text`` has."""
    return sum(any(letter.isalnum() for letter in word) for word in text.split())
