"""An answer in words: its variables filled, its attachments below it, and where it leads to."""

from __future__ import annotations

from typing import Any

from actions.acting import Talk
from bot.knowledge import store
from bot.knowledge.base import Hit
from bot.knowledge.content import Content
from bot.knowledge.variables import worded as in_words


def around(talk: Talk, hit: Hit) -> Content | None:
    """What goes with an answer; None when its template is not there any more."""
    with talk.turn.read() as session:
        return store.content(session, hit.template_id)


def worded(talk: Talk, hit: Hit, near: Content | None) -> dict[str, Any]:
    """The answer with its variables filled and its attachments below it, as arguments of a response."""
    turn = talk.turn
    values = {**turn.variables, "name": turn.person.name, "institution": turn.institution}
    attachments = near.attachments.get(hit.language, ()) if near is not None else ()
    return {"answer": in_words(hit.answer, attachments, values), "template": hit.template_id, "score": hit.score}


def follow_ups(talk: Talk, near: Content | None) -> list[dict[str, str]]:
    """The templates that an answer leads to, as choices; those that are not offered now are left out."""
    ids = near.buttons if near is not None else ()
    known = (talk.turn.knowledge.get(each, talk.turn.language) for each in ids)
    return [{"label": hit.title, "intent": "choose", "data": hit.template_id} for hit in known if hit is not None]
