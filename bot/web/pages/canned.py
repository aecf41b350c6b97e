"""Canned replies and macros where agents use them: in a ticket, and with many tickets at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import bulk
from bot.conversation.applying import Applying, known, values_of
from bot.conversation.model import Conversation
from bot.errors import NotAllowed
from bot.identity.model import Account
from bot.knowledge.variables import fill
from bot.tickets import canned, macros, service
from bot.tickets.canned import Canned
from bot.tickets.macros import Macro, Steps
from bot.web.categories import leaves, titles
from bot.web.gate import not_found
from bot.web.pages.inbox import ticket_of
from bot.web.refusals import why_no_macro
from bot.web.visit import Visit

LONGEST_SEARCH = 100
SHOWN = 40
THEN_MANY = ("wait", "spam", "withdrawn")
"""What can be done with many tickets without a word of each one's own."""


def replies(visit: Visit) -> Response:
    """What can be said in the ticket, of what was typed, with the variables filled."""
    typed = visit.request.query_params.get("find", "")[:LONGEST_SEARCH]
    with visit.parts.db.read() as session:
        ticket = ticket_of(visit, session)
        if ticket is None:
            return not_found(visit)
        language = session.get_one(Conversation, ticket.conversation_id).language
        values = values_of(session, visit.parts.desk, ticket, visit.who.username, visit.now)
        offered = canned.offered(session, ticket, visit.parts.promise.profile, language, typed)
    found = [(reply, words.title, fill(words.text, values)) for reply, words in offered[:SHOWN]]
    return visit.show("parts/canned.html", found=found, spoken=language, more=len(offered) - len(found))


def macros_here(visit: Visit) -> Response:
    """The macros, each with what it does in words."""
    with visit.parts.db.read() as session:
        if ticket_of(visit, session) is None:
            return not_found(visit)
        return visit.show("parts/macros.html", macros=listed(visit, session))


def many(visit: Visit) -> Response:
    """What can be done with the tickets that are chosen."""
    with visit.parts.db.read() as session:
        return _many(visit, session)


def _many(visit: Visit, session: Session, status: int = 200, **otherwise: Any) -> Response:
    shown: dict[str, Any] = {"flash": None, "values": {}, "macros": listed(visit, session), "then": THEN_MANY}
    return visit.show("parts/bulk.html", status, **choices(visit, session), **{**shown, **otherwise})


def do_many(visit: Visit) -> Response:
    """Do it, with each ticket by itself; what became of each."""
    try:
        with visit.parts.db.read() as session:
            steps, do = _wanted(visit, session)
        outcomes = bulk.for_each(visit.parts.db, visit.form.get("tickets", "").split(), do)
    except NotAllowed as refused:
        with visit.parts.db.read() as session:
            return _many(visit, session, 422, flash=_told(visit, refused), values=dict(visit.form))
    visit.parts.happened()
    with visit.parts.db.read() as session:
        told = [
            (each.number, _why(visit, session, each.number, each.refused, steps)) for each in outcomes if each.refused
        ]
    done = [each.number for each in outcomes if each.refused is None]
    answer = visit.show("parts/bulk_done.html", done=done, refused=told)
    answer.headers["HX-Trigger"] = "done, done-bulk"
    return answer


def applying(visit: Visit) -> Applying:
    """Steps as who is signed in may take them."""
    parts = visit.parts
    return Applying(parts.desk, parts.promise.profile, visit.who.username, visit.now, assigns=visit.may("supervise"))


def steps_of(form: Mapping[str, str]) -> Steps:
    """The steps of a form; what is left empty is left as it is."""
    given = {name: form.get(name, "").strip().replace("\r\n", "\n") or None for name in _FIELDS}
    return Steps(tags=tuple(tag for tag in form.get("tags", "").split(",") if tag.strip()), **given)


_FIELDS = ("category", "priority", "assign", "note", "then", "solution", "record")


def choices(visit: Visit, session: Session) -> dict[str, Any]:
    """What the fields of steps offer."""
    profile, language = visit.parts.promise.profile, visit.language
    active = select(Account.username, Account.name).where(Account.deactivated_at.is_(None)).order_by(Account.name)
    staff = session.execute(active).all()
    return {
        "categories": leaves(visit, profile),
        "staff": [(row[0], row[1]) for row in staff],
        "units": [(unit.id, unit.name.said(language)) for unit in profile.units.values()],
    }


def listed(visit: Visit, session: Session) -> Sequence[tuple[Macro, str, Sequence[str]]]:
    """Every macro with its title and what it does in words, by title."""
    said = {row.id: Canned.of(row).title(visit.language) for row in canned.all_replies(session)}
    given = choices(visit, session)
    names = {f"user:{name}": title for name, title in given["staff"]}
    names |= {f"unit:{name}": title for name, title in given["units"]}
    found = [Macro.of(row) for row in macros.all_macros(session)]
    told = [(each, each.title(visit.language), _in_words(visit, each, said, names)) for each in found]
    return sorted(told, key=lambda each: each[1].casefold())


def _in_words(visit: Visit, macro: Macro, said: Mapping[str, str], names: Mapping[str, str]) -> Sequence[str]:
    steps, say = macro.steps, visit.say
    words = [say("does_reply", what=said.get(macro.reply, macro.reply))] if macro.reply else []
    if steps.category:
        words.append(say("does_category", what=titles(visit).get(steps.category, steps.category)))
    if steps.tags:
        words.append(say("does_tags", what=", ".join(steps.tags)))
    if steps.priority:
        words.append(say("does_priority", what=say(f"priority_{steps.priority}")))
    if steps.note:
        words.append(say("does_note", what=steps.note))
    if steps.then:
        words.append(say(f"then_{steps.then}"))
    if steps.assign in ("me", "nobody"):
        words.append(say(f"assign_{steps.assign}"))
    elif steps.assign:
        words.append(say("does_assign", what=names.get(steps.assign, steps.assign)))
    return words


def _wanted(visit: Visit, session: Session) -> tuple[Steps, bulk.Do]:
    """What is to be done, and doing it: a macro, or the steps of the form. Raises NotAllowed: they are faulty, or
    nothing is to be done."""
    does = applying(visit)
    if chosen := visit.form.get("macro", ""):
        macro = macros.by_id(session, chosen)
        return macro.steps, lambda session, ticket: does.carry_out(session, ticket, macro)
    steps = steps_of(visit.form)
    canned.refuse(macros.faults_of_steps(steps, known(session, visit.parts.desk, visit.parts.promise.profile)))
    if steps == Steps():
        raise NotAllowed(visit.say("nothing_to_do"))
    return steps, lambda session, ticket: does.apply(session, ticket, steps)


def _told(visit: Visit, refused: NotAllowed) -> str:
    if isinstance(refused, canned.Faulty):
        return "\n".join(fault.said(visit.language) for fault in refused.faults)
    count = len(set(visit.form.get("tickets", "").split()))
    if count > bulk.MOST:
        return visit.say("too_many", n=count, most=bulk.MOST)
    return visit.say("none_chosen") if not count else visit.told(refused)


def _why(visit: Visit, session: Session, number: str, refused: NotAllowed, steps: Steps) -> str:
    try:
        ticket = service.by_number(session, number)
    except KeyError:
        return visit.say("no_such_ticket")
    return why_no_macro(visit, session, ticket, refused, steps)
