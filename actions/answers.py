"""Questions: answered from the templates or not at all."""

from __future__ import annotations

import re
from typing import ClassVar

from actions import handing_over
from actions.acting import KEPT_OF_TEXT, Acting, Talk, words_of
from actions.notes import note_asked, note_feedback, note_shown
from actions.proof import ask_for_identity, known_for_questions, provable
from actions.worded import around, follow_ups, worded
from bot.knowledge.base import Decision, Hit

LONG = 1000
"""Characters from which a message without an answer is rather read by a human."""
NONSENSE_WORDS = 2
QUESTION_WORDS = 3
"""What has fewer words is the act it looks like."""
_YES = re.compile(r"[👍👌✅🆗🙏🏻-🏿\uFE0F\s]+")
_THANKS = re.compile(r"[🙏❤💕🥰😊🏻-🏿\uFE0F\s]+")
_NO = re.compile(r"[👎❌🙅🏻-🏿\uFE0F\s]+")


class Perhaps(Acting):
    """An act that a question may have been taken for. Below ``sure_from`` (the confidence of the understanding) what
    the knowledge base has an answer to is a question; below ``GUESSED`` what it has near answers to is one, too; below
    ``guess_below`` everything is. ``short``: an act that nobody needs many words for."""

    sure_from: ClassVar[float] = 0.75
    guess_below: ClassVar[float] = 0.0
    short: ClassVar[bool] = True
    GUESSED: ClassVar[float] = 0.6

    def mistaken(self, talk: Talk, pending: str | None) -> bool:
        turn = talk.turn
        if turn.choice is not None or turn.command is not None:
            return False
        if self.short and len(turn.text) > LONG and known_for_questions(talk):
            answer_question(talk, turn.text)
            return True
        if talk.confidence >= self.sure_from:
            return False
        least = self.least(talk)
        few = words_of(turn.text) < QUESTION_WORDS and talk.confidence >= least
        if few or self.named(turn.text) or not known_for_questions(talk):
            return False
        kind = turn.knowledge.search(turn.text, turn.language).kind
        needed = {"answer": self.sure_from, "choose": self.GUESSED, "hand_over": least}[kind]
        if talk.confidence >= needed:
            return False
        answer_question(talk, turn.text)
        return True

    def least(self, talk: Talk) -> float:
        """The confidence from which on the act is believed although nothing is known about the text."""
        return self.guess_below

    def named(self, text: str) -> bool:
        """Whether the text names what the act is about, so that it cannot be mistaken."""
        return False


class Answer(Acting):
    """A question, a problem, or something that was not recognised."""

    action = "action_answer"

    def act(self, talk: Talk, pending: str | None) -> None:
        text = talk.turn.text
        if not any(letter.isalnum() for letter in text):
            _symbols(talk, pending, text)
        elif not known_for_questions(talk):
            _keep_question(talk, text)
            ask_for_identity(talk, "everything")
        else:
            answer_question(talk, text)


def _symbols(talk: Talk, pending: str | None, text: str) -> None:
    """Emoji answer a question that is open; otherwise there is nothing to read in them."""
    if pending == "helpful" and _YES.fullmatch(text):
        helpful(talk)
    elif pending == "helpful" and _NO.fullmatch(text):
        not_helpful(talk)
    elif pending == "handover" and _YES.fullmatch(text):
        handing_over.hand_over(talk)
    elif pending == "choice" and len(hits := offered_hits(talk)) == 1 and _YES.fullmatch(text):
        show(talk, hits[0])
    elif _THANKS.fullmatch(text):
        thanked(talk)
    elif not ask_again(talk):
        talk.slots["pending"] = pending
        talk.say("utter_only_symbols")


def thanked(talk: Talk) -> None:
    """Thanks end what was offered, but not what the person is telling."""
    if talk.loop is not None or talk.asked == "describe":
        talk.say("utter_thanks_back")
        ask_again(talk)
    else:
        talk.say("utter_thanks")


def ask_again(talk: Talk) -> bool:
    """Ask once more what had been asked; whether there was anything. A form asks again by itself."""
    if talk.loop is not None:
        return False
    if talk.asked == "choice" and (hits := offered_hits(talk)):
        offer_hits(talk, hits)
    elif talk.asked == "handover":
        talk.ask("handover", "utter_handover_again")
    elif talk.asked == "describe":
        talk.ask("describe", "utter_describe_again")
    else:
        return False
    return True


def offered_hits(talk: Talk) -> tuple[Hit, ...]:
    """The answers that were offered last and are still there."""
    known = (talk.turn.knowledge.get(each, talk.turn.language) for each in talk.slots.get("offered") or ())
    return tuple(hit for hit in known if hit is not None)


def _keep_question(talk: Talk, text: str) -> None:
    talk.set(question=text[:KEPT_OF_TEXT], question_inbox=talk.turn.inbox_id, topic=None, offered=None)


def answer_question(talk: Talk, text: str) -> None:
    """Search for ``text`` and say what was found. Within a form it is an aside that leaves the form's matter alone."""
    decision = talk.turn.knowledge.search(text, talk.turn.language)
    note_asked(talk, text, decision)
    if talk.loop is not None:
        aside(talk, decision)
        return
    short = words_of(text) <= NONSENSE_WORDS and decision.kind == "hand_over"
    aside_from_offer = talk.intent == "nlu_fallback" and talk.asked == "handover" and decision.kind == "hand_over"
    if (short or aside_from_offer) and talk.slots.get("question") is not None and ask_again(talk):
        # "gmn nih", "besok", "I am so worried": no new question, and the one that is open stays open.
        return
    _keep_question(talk, text)
    if decision.kind == "answer":
        show(talk, decision.hits[0])
    elif decision.kind == "choose" and len(text) <= LONG:
        offer_hits(talk, decision.hits)
    elif talk.intent == "nlu_fallback" and short:
        handing_over.not_understood(talk)
    else:
        handing_over.offer(talk, long=len(text) > LONG)


def aside(talk: Talk, decision: Decision) -> None:
    """Say what was found, within a form: nothing of it is asked about afterwards."""
    if decision.kind == "choose":
        talk.resumes = False
        offer_hits(talk, decision.hits)
    elif decision.kind == "hand_over":
        talk.say("utter_no_answer_aside")
    elif _may_see(talk, decision.hits[0]):
        hit = decision.hits[0]
        note_shown(talk, hit)
        talk.say("utter_answer_aside", **worded(talk, hit, around(talk, hit)))
    else:
        if talk.slots.get("goal") == "nothing":
            talk.set(goal="answer", topic=decision.hits[0].template_id)
        talk.say("utter_private_aside")


def show_all(talk: Talk, hits: tuple[Hit, ...]) -> None:
    """Several answers at once: one after the other, and one question at the end. What needs a proof comes last."""
    ordered = sorted(hits, key=lambda hit: not _may_see(talk, hit))
    for hit in ordered[:-1]:
        if _may_see(talk, hit):
            note_shown(talk, hit)
            talk.say("utter_answer_aside", **worded(talk, hit, around(talk, hit)))
    show(talk, ordered[-1])


def offer_hits(talk: Talk, hits: tuple[Hit, ...]) -> None:
    """Ask which of several answers is meant; a single one is asked about by its title."""
    talk.set(offered=[hit.template_id for hit in hits])
    if len(hits) == 1:
        talk.ask("choice", "utter_choose_one", title=hits[0].title)
        return
    options = [{"label": hit.title, "intent": "choose", "data": hit.template_id} for hit in hits]
    talk.ask("choice", "utter_choose_two" if len(hits) == 2 else "utter_choose_more", options=options)


def _is_private(talk: Talk, hit: Hit) -> bool:
    return hit.audience != "public" and "private" in talk.turn.proof_for


def _may_see(talk: Talk, hit: Hit) -> bool:
    return not _is_private(talk, hit) or (talk.proven and talk.kind == hit.audience)


def show(talk: Talk, hit: Hit) -> None:
    """Give the answer, or what stands between the person and it."""
    talk.set(topic=hit.template_id)
    if _may_see(talk, hit):
        note_shown(talk, hit)
        response = "utter_answer" if hit.language == talk.turn.language else "utter_answer_in_other_language"
        near = around(talk, hit)
        talk.ask("helpful", response, **worded(talk, hit, near), more_options=follow_ups(talk, near))
    elif talk.proven:
        talk.ask("handover", "utter_not_for_kind", institution=talk.turn.institution)
    elif talk.locked:
        talk.ask("handover", "utter_identity_still_locked", until=handing_over.lock_ends(talk))
    elif talk.kind == "guest" or talk.slots.get("guest") or not provable(talk):
        talk.ask("handover", "utter_private_not_for_guests", institution=talk.turn.institution)
    else:
        ask_for_identity(talk, "answer")


class Helpful(Perhaps):
    action = "action_helpful"

    def act(self, talk: Talk, pending: str | None) -> None:
        helpful(talk)


def helpful(talk: Talk) -> None:
    """The matter is settled."""
    note_feedback(talk, True)
    if talk.loop is None:
        talk.forget("question", "question_inbox", "topic", "offered")
    talk.say("utter_helpful_thanks")


class NotHelpful(Perhaps):
    action = "action_not_helpful"
    short = False

    def act(self, talk: Talk, pending: str | None) -> None:
        not_helpful(talk)


def not_helpful(talk: Talk) -> None:
    """A human takes on what the answer did not settle."""
    if talk.loop is not None:
        return
    note_feedback(talk, False)
    if talk.slots.get("question") is None:
        if not handing_over.offer_reopening(talk):
            talk.say("utter_correct")
        return
    talk.say("utter_sorry_passing_on")
    handing_over.open_or_ask(talk)


class Correct(Perhaps):
    """ "Not what I meant": with the question in other words it is searched again."""

    action = "action_correct"
    short = False
    MEANT = re.compile(
        r"^.*?\b(?:maksud\w*(?:\s+(?:saya|sy|aku|gue|gw))?|meant?|asked?)\b(?!\s+(?:bukan|bkn)\b)[\s,:]*"
    )

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None:
            return
        if pending == "helpful":
            note_feedback(talk, False)
        shown = talk.slots.get("topic")
        meant = self.MEANT.sub("", talk.turn.text.lower(), count=1)
        if words_of(meant) >= 3 and meant != talk.turn.text.lower():
            decision = talk.turn.knowledge.search(meant, talk.turn.language)
            if decision.kind == "answer" and decision.hits[0].template_id != shown:
                note_asked(talk, meant, decision)
                _keep_question(talk, talk.turn.text)
                show(talk, decision.hits[0])
                return
        talk.say("utter_correct")
