"""The desk: what came by phone, in person or on paper becomes a ticket, answered on the spot or not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import enclosing, entering
from bot.conversation.entering import Arrival
from bot.errors import NotAllowed
from bot.identity import finding
from bot.identity.model import Person, RosterEntry
from bot.identity.numbers import normal_number
from bot.procedures.rules import DESK_CHANNELS
from bot.tickets import service
from bot.tickets.lifecycle import Kind, Priority
from bot.web.api.fields import whole
from bot.web.categories import leaves, titles
from bot.web.pages.inbox import carried
from bot.web.refusals import why_no_file
from bot.web.visit import Visit
from bot.web.words import LANGUAGES, known

HOME = "/console/desk"
SHOWN = 6
LONGEST = 20_000
THEN = ("open", "mine", "answered")
KINDS = tuple(kind for kind in get_args(Kind) if kind != "outage")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{7,18}")
_DIGITS = re.compile(r"[0-9][0-9 .-]{5,24}")


class _Lacks(NotAllowed):
    """Words of the catalogue that say what is still to be written down."""


def form(visit: Visit) -> Response:
    """The form, empty; with what was entered last where something was."""
    entered = visit.request.query_params.get("entered", "")
    with visit.parts.db.read() as session:
        try:
            ticket = service.by_number(session, entered) if entered else None
        except KeyError:
            ticket = None
    values = {"channel": ticket.channel} if ticket else {}
    return _form(visit, 200, values, entered=ticket)


def people(visit: Visit) -> Response:
    """Whom what was typed may mean."""
    typed = visit.request.query_params.get("who", "")
    with visit.parts.db.read() as session:
        found = finding.find(session, typed, visit.now, limit=SHOWN)
    return visit.show("parts/candidates.html", found=found, typed=typed.strip(), chosen="")


def enter(visit: Visit) -> Response:
    """Open the ticket, and close it where the answer was given at once."""
    parts = visit.parts
    try:
        with (
            enclosing.kept(parts.settings.data_dir, visit.uploads, parts.settings.max_attachment) as files,
            parts.db.write() as session,
        ):
            arrival = _arrival(visit, session)
            ticket = entering.enter(session, arrival, parts.promise, visit.who.username, visit.now, files)
            _then(visit, session, ticket.number)
            number = ticket.number
    except NotAllowed as refused:
        return _form(visit, 422, visit.form, flash=_why(visit, refused))
    visit.parts.happened()
    return visit.go(f"{HOME}?entered={number}")


def _then(visit: Visit, session: Session, number: str) -> None:
    then, me, now = visit.form.get("then", "open"), visit.who.username, visit.now
    ticket = service.by_number(session, number)
    if then == "mine":
        service.assign(session, ticket, me, me, now)
    if then == "answered":
        answer = _given(visit, "answer")
        record = visit.say("desk_record", channel=known(visit.language, "arrived", ticket.channel))
        entering.answered(session, ticket, ticket.channel, answer or "", record, me, now)


def _arrival(visit: Visit, session: Session) -> Arrival:
    given = {name: _given(visit, name) for name in ("text", "subject", "category", "email", "phone", "account")}
    who, number, person_id = _who(visit, session)
    if given["text"] is None:
        raise _Lacks(visit.say("desk_said"))
    if visit.form.get("then") == "answered" and not (given["category"] and _given(visit, "answer")):
        raise _Lacks(f"{visit.say('the_category')}, {visit.say('answer').lower()}")
    if visit.form.get("checked") and not _given(visit, "how"):
        raise _Lacks(visit.say("how_confirmed").lower())
    kind, wanted = visit.form.get("kind", "question"), visit.form.get("priority")
    priority: Priority = next((each for each in get_args(Priority) if each == wanted), "normal")
    return Arrival(
        visit.form.get("channel", ""), given["text"], who.get("name"), given["email"] or who.get("email"),
        given["phone"] or who.get("phone"), given["account"], number, _day(visit, "birth_date"), given["subject"],
        kind, given["category"], priority, visit.form.get("language", "id"), visit.moment("received"), person_id,
        _given(visit, "how") if visit.form.get("checked") else None,
    )  # fmt: skip


def _who(visit: Visit, session: Session) -> tuple[Mapping[str, str], str | None, int | None]:
    """(what he gave of himself, his number, who he is): of whom was chosen, else of what was typed."""
    kind, _, key = visit.form.get("chosen", "").partition(":")
    typed = _given(visit, "who")
    if kind == "person" and (chosen := whole(key)) is not None:
        person = session.get(Person, chosen)
        if person is not None:
            return ({"name": person.name} if person.name else {}), None, person.id
    if kind == "roster" and (entry := session.get(RosterEntry, key)) is not None:
        return {"name": entry.name, "email": entry.email}, entry.number, None
    if typed is None:
        return {}, None, None
    if _PHONE.fullmatch(typed) and re.sub(r"\D", "", typed).startswith(("0", "62")):
        return {"phone": typed}, None, None
    if _DIGITS.fullmatch(typed):
        return {}, normal_number(typed), None
    return {"name": typed[:200]}, None, None


def _given(visit: Visit, name: str) -> str | None:
    return visit.form.get(name, "").strip().replace("\r\n", "\n")[:LONGEST] or None


def _day(visit: Visit, name: str) -> date | None:
    try:
        return date.fromisoformat(visit.form.get(name, ""))
    except ValueError:
        return None


def _why(visit: Visit, refused: NotAllowed) -> str:
    if isinstance(refused, _Lacks):
        return visit.say("lacks", what=refused)
    if isinstance(refused, enclosing.FileRefused):
        return why_no_file(visit, refused)
    rule, given = visit.parts.promise.profile.identity, visit.form
    if given.get("channel") in rule.required_on:
        return visit.say("lacks", what=", ".join(known(visit.language, "desk", each) for each in rule.ask))
    if (email := given.get("email", "").strip()) and not entering.is_email(email):
        return visit.say("desk_bad_email", email=email)
    if entering.is_later(visit.moment("received"), visit.now):
        return visit.say("desk_later")
    return visit.say("not_allowed", why=visit.told(refused, **titles(visit)))


def _form(visit: Visit, status: int, values: Mapping[str, str], **otherwise: Any) -> Response:
    profile = visit.parts.promise.profile
    with visit.parts.db.read() as session:
        found = finding.find(session, values.get("who", ""), visit.now, limit=SHOWN)
    shown: dict[str, Any] = {
        "flash": None, "entered": None, "values": values, "channels": profile.desk_channels or DESK_CHANNELS,
        "categories": leaves(visit, profile), "kinds": KINDS, "then": THEN, "languages": LANGUAGES,
        "found": found, "typed": values.get("who", ""), "chosen": values.get("chosen", ""),
        "carries": carried(visit), "asks": profile.identity.ask, "checks": profile.identity.check == "roster",
    }  # fmt: skip
    return visit.show("desk.html", status, active="desk", **{**shown, **otherwise})
