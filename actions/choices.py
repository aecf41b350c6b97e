"""Choosing between near answers."""

from __future__ import annotations

import re

from actions import handing_over
from actions.acting import Acting, Talk
from actions.answers import Perhaps, aside, ask_again, offer_hits, offered_hits, show, show_all
from bot.knowledge.base import Decision

_ORDINALS = (
    {"1", "satu", "pertama", "atas", "first", "top", "former"},
    {"2", "dua", "kedua", "second", "two", "latter"},
    {"3", "tiga", "ketiga", "third", "three"},
)
_LAST = {"terakhir", "bawah", "last", "bottom"}
_FIRST = {"one"}
"""Only where nothing else is named: "the second one"."""
_ALL = {"keduanya", "duanya", "2nya", "semua", "semuanya", "both", "all"}


class Choose(Acting):
    """One or several of the offered answers, pressed or named by their places."""

    action = "action_choose"

    def act(self, talk: Talk, pending: str | None) -> None:
        offered = talk.slots.get("offered") or []
        if talk.turn.choice is not None:
            wanted = [str(talk.turn.choice[1])]
        else:
            wanted = [str(offered[place]) for place in places(talk.turn.text, len(offered))]
        if not wanted:
            ask_choice(talk)
            return
        known = (talk.turn.knowledge.get(each, talk.turn.language) for each in wanted)
        hits = tuple(hit for hit in known if hit is not None)
        if not hits:
            talk.say("utter_answer_gone")
        elif talk.loop is None:
            show_all(talk, hits)
        else:
            for hit in hits:
                aside(talk, Decision("answer", (hit,)))


def places(text: str, count: int) -> list[int]:
    """Which of ``count`` offered things ``text`` names by their places, in order: "yang kedua", "both"."""
    words = set(re.findall(r"\w+", text.lower()))
    if words & _ALL:
        return list(range(count))
    named = [place for place, names in enumerate(_ORDINALS[:count]) if words & names]
    if named or not count or not words & (_LAST | _FIRST):
        return named
    return [count - 1 if words & _LAST else 0]


class AskChoice(Acting):
    """A yes to "which one?"."""

    action = "action_ask_choice"

    def act(self, talk: Talk, pending: str | None) -> None:
        ask_choice(talk)


def ask_choice(talk: Talk) -> None:
    """Offer the same answers again; with one of them a yes was enough."""
    hits = offered_hits(talk)
    if len(hits) == 1 and talk.loop is not None:
        aside(talk, Decision("answer", hits))
    elif len(hits) == 1:
        show(talk, hits[0])
    elif hits:
        talk.resumes = False
        offer_hits(talk, hits)
    elif talk.loop is None and not ask_again(talk):
        talk.say("utter_unasked_yes")


class Neither(Perhaps):
    """None of the offered answers."""

    action = "action_neither"

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.forget("offered", "topic")
        if talk.loop is None:
            handing_over.offer(talk)
