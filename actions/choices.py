"""Choosing between near answers."""

from __future__ import annotations

import re

from actions import handing_over
from actions.acting import Acting, Talk
from actions.answers import Perhaps, aside, offer_hits, show
from bot.knowledge.base import Decision

_ORDINALS = (
    {"1", "satu", "pertama", "atas", "first", "top", "former"},
    {"2", "dua", "kedua", "second", "two", "latter"},
    {"3", "tiga", "ketiga", "third", "three"},
)
_LAST = {"terakhir", "bawah", "last", "bottom"}
_FIRST = {"one"}
"""Only where nothing else is named: "the second one"."""


class Choose(Acting):
    """One of the offered answers, pressed or named by its place."""

    action = "action_choose"

    def act(self, talk: Talk, pending: str | None) -> None:
        template_id = talk.turn.choice[1] if talk.turn.choice else _named(talk)
        if template_id is None:
            ask_choice(talk)
            return
        hit = talk.turn.knowledge.get(template_id, talk.turn.language)
        if hit is None:
            talk.say("utter_answer_gone")
        elif talk.loop is not None:
            aside(talk, Decision("answer", (hit,)))
        else:
            show(talk, hit)


def _named(talk: Talk) -> str | None:
    offered = talk.slots.get("offered") or []
    words = set(re.findall(r"\w+", talk.turn.text.lower()))
    for place, names in enumerate(_ORDINALS[: len(offered)]):
        if words & names:
            return str(offered[place])
    if not offered or not words & (_LAST | _FIRST):
        return None
    return str(offered[-1 if words & _LAST else 0])


class AskChoice(Acting):
    """A yes to "which one?"."""

    action = "action_ask_choice"

    def act(self, talk: Talk, pending: str | None) -> None:
        ask_choice(talk)


def ask_choice(talk: Talk) -> None:
    """Offer the same answers again; with one of them a yes was enough."""
    known = (talk.turn.knowledge.get(each, talk.turn.language) for each in talk.slots.get("offered") or ())
    hits = tuple(hit for hit in known if hit is not None)
    if len(hits) == 1 and talk.loop is not None:
        aside(talk, Decision("answer", hits))
    elif len(hits) == 1:
        show(talk, hits[0])
    elif hits:
        talk.resumes = False
        offer_hits(talk, hits)
    elif talk.loop is None:
        talk.say("utter_unasked_yes")


class Neither(Perhaps):
    """None of the offered answers."""

    action = "action_neither"

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.forget("offered", "topic")
        if talk.loop is None:
            handing_over.offer(talk)
