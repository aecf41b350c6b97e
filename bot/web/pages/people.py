"""People: finding one, and all that is known of him; who he is made sure of by hand, and who is not answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import erasing
from bot.errors import NotAllowed
from bot.identity import blocking, by_hand, finding
from bot.identity.model import Person
from bot.tickets import service, working
from bot.web import persons
from bot.web import talk as talks
from bot.web.gate import not_found
from bot.web.visit import Visit

HOME = "/console/people"
LONGEST = 500
Act = Callable[[Visit, Session, Person], None]


def people(visit: Visit) -> Response:
    """Who wrote last, or whom what was typed may mean."""
    typed = visit.request.query_params.get("q", "").strip()[: finding.LONGEST]
    with visit.parts.db.read() as session:
        found = finding.find(session, typed, visit.now, limit=persons.SHOWN) if typed else []
        among = [each.person_id for each in found if each.person_id is not None] if typed else None
        lines = persons.latest(session, among=among)
    there = {line.id for line in lines}
    others = [each for each in found if each.person_id not in there]
    name = "parts/people.html" if visit.fragment else "people.html"
    return visit.show(name, active="people", lines=lines, others=others, typed=typed)


def person(visit: Visit) -> Response:
    """All that is known of one."""
    return _page(visit, 200)


def act(visit: Visit) -> Response:
    """Block him or not, or make sure who he is; why not where it was refused."""
    do = ACTS.get(visit.path["step"])
    if do is None:
        return not_found(visit)
    try:
        with visit.parts.db.write() as session:
            found = session.get(Person, visit.path["person"])
            if found is None:
                return not_found(visit)
            do(visit, session, found)
    except NotAllowed as refused:
        return _page(visit, 422, flash=_why(visit, refused))
    visit.parts.happened()
    return visit.go(f"{HOME}/{visit.path['person']}")


def _block(visit: Visit, session: Session, found: Person) -> None:
    blocking.block(session, found, _text(visit, "why"), visit.who.username, visit.now)


def _unblock(visit: Visit, session: Session, found: Person) -> None:
    blocking.unblock(session, found, visit.who.username, visit.now)


def _prove(visit: Visit, session: Session, found: Person) -> None:
    """By the roster's number for a while, or without one for the tickets that are open."""
    number, how, me = _text(visit, "number"), _text(visit, "how"), visit.who.username
    if number:
        by_hand.prove(session, found, number, how, me, visit.now, visit.parts.settings.proof_lasts)
    for ticket in service.open_tickets(session, person_id=found.id):
        if ticket.identity != "proven":
            working.confirm_identity(session, ticket, how, me, visit.now)


def erase(visit: Visit) -> Response:
    """Erase all that is his, once that was confirmed by a word; the files go when the rest is gone for good."""
    if _text(visit, "word").upper() != visit.say("erase_word"):
        return _page(visit, 422, flash=visit.say("erase_not_confirmed"))
    try:
        with visit.parts.db.write() as session:
            found = session.get(Person, visit.path["person"])
            if found is None:
                return not_found(visit)
            files = erasing.erase(session, found, visit.who.username, visit.now)
    except NotAllowed:
        return _page(visit, 422, flash=visit.say("erase_open"))
    erasing.remove_files(visit.parts.settings.data_dir, files)
    visit.parts.happened()
    return visit.go(f"{HOME}/{visit.path['person']}")


def _text(visit: Visit, name: str) -> str:
    return visit.form.get(name, "").strip()[:LONGEST]


def _why(visit: Visit, refused: NotAllowed) -> str:
    step = visit.path["step"]
    if step == "block":
        return visit.say("lacks", what=visit.say("block_why").lower())
    if not _text(visit, "how"):
        return visit.say("lacks", what=visit.say("how_confirmed").lower())
    return visit.say("no_such_number", number=_text(visit, "number"))


def _page(visit: Visit, status: int, flash: str | None = None) -> Response:
    with visit.parts.db.read() as session:
        known = persons.known(session, visit.path["person"], visit.now)
        if known is None:
            return not_found(visit)
        who = {known.person.blocked_by or "", *(each.actor for each in known.done)}
        names = talks.names_of(session, who | {event.actor for event, _ in known.notes})
    shown: dict[str, Any] = {"known_of": known, "names": names, "flash": flash, "values": visit.form if flash else {}}
    return visit.show("person.html", status, active="people", **shown)


ACTS: Mapping[str, Act] = {"block": _block, "unblock": _unblock, "prove": _prove}
