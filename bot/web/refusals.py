"""Why something was refused, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bot.conversation.applying import StepRefused
from bot.conversation.enclosing import FileRefused, megabytes
from bot.errors import NotAllowed
from bot.tickets import planning, working
from bot.tickets.canned import part_name
from bot.tickets.lifecycle import ENDED, lacks
from bot.tickets.macros import Steps
from bot.tickets.model import Ticket
from bot.web import talk as talks
from bot.web.categories import titles
from bot.web.visit import Visit
from bot.web.words import known

SORTING = ("category", "tags", "priority", "assign", "edit", "merge", "split", "remind", "reopen")
"""Steps that who gives tickets out may take with what others have."""


def why_not(
    visit: Visit, session: Session, ticket: Ticket, refused: NotAllowed, step: str, given: Mapping[str, str]
) -> str:
    """Why ``step`` was refused for the ticket. ``given``: what was written for it."""
    if isinstance(refused, FileRefused):
        return why_no_file(visit, refused)
    me = visit.who.username
    if ticket.assignee not in (None, me) and not (step in SORTING and visit.may("supervise")):
        names = talks.names_of(session, {ticket.assignee or ""})
        return visit.say("is_with", name=names.get(ticket.assignee or "", ticket.assignee or ""))
    if step == "undo":
        return visit.say("undo_too_late")
    if ticket.status in ENDED and step not in ("close", "record"):
        return visit.say("has_ended")
    if step == "close" and ticket.status != "closed":
        there = {"category": ticket.category, "solution": ticket.solution, "record": working.recorded(session, ticket)}
        there |= {key: given[key] for key in there if given.get(key, "").strip()}
        if missing := lacks("close", there):
            return visit.say("lacks", what=", ".join(visit.say(f"the_{each}") for each in missing))
    if step == "reply" and not given.get("text", "").strip() and not visit.uploads:
        return visit.say("reply_empty")
    return visit.say("not_allowed", why=visit.told(refused, **_names(visit, session, ticket)))


def _names(visit: Visit, session: Session, ticket: Ticket) -> Mapping[str, str]:
    """What has an id that a reason may tell, by the id."""
    form = planning.form_of(session, ticket)
    fields = {field.id: field.label.said(visit.language) for field in form.fields} if form is not None else {}
    return {**titles(visit), ticket.channel: known(visit.language, "arrived", ticket.channel), **fields}


def why_no_file(visit: Visit, refused: NotAllowed) -> str:
    """Why a file was not kept or sent, or what it was to go with not changed."""
    if not isinstance(refused, FileRefused):
        return visit.say("kept_meanwhile")
    return told_of_file(visit.language, refused)


def told_of_file(language: str, refused: FileRefused) -> str:
    """Why that file was refused."""
    most = megabytes(refused.most) if refused.why == "too_large" else refused.most
    return known(language, "enclosed", refused.why).format(name=refused.filename, most=most)


def why_no_macro(visit: Visit, session: Session, ticket: Ticket, refused: NotAllowed, steps: Steps) -> str:
    """Why a macro, or several steps at once, was refused: which of them, and the reason."""
    if not isinstance(refused, StepRefused):
        return visit.say("macro_gone")
    step = (steps.then or "") if refused.step == "then" else refused.step
    given = {"text": "-", "category": steps.category, "solution": steps.solution, "record": steps.record}
    written = {name: text for name, text in given.items() if text}
    why = why_not(visit, session, ticket, refused.refused, step, written)
    if refused.step == "reply" and ticket.assignee in (None, visit.who.username):
        file = isinstance(refused.refused, FileRefused)
        why = visit.say("cannot_say", why=why if file else visit.told(refused, **_names(visit, session, ticket)))
    return f"{part_name(refused.step, visit.language)}: {why}".strip()
