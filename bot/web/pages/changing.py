"""Changing the procedure: the values that change most in a form, all of it as text, another profile or version."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from babel.dates import get_day_names
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.errors import RefusedFile
from bot.identity import audit
from bot.procedures import changing, versions
from bot.procedures.amending import line_of
from bot.procedures.changing import Group
from bot.procedures.model import ProfileVersion
from bot.procedures.profile import Profile, read_profile
from bot.procedures.read_time import DAYS
from bot.tickets import moving
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket
from bot.tickets.roles import use_profile
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.pages.procedure import HOME, InUse, difference, in_use, shipped_names
from bot.web.visit import Visit
from bot.web.words import known

_PLACE = re.compile(r"^[^:]*:(\d+): (.*)$", re.DOTALL)
MOVED_AT_ONCE = 20
Parts = Sequence[tuple[str, Sequence[tuple[Group, str]]]]
"""What the form's groups are about, with each group and its title."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Fault:
    """``line``: of the text, from 1 on. ``where``: which value of the form it is about, where that is known, and
    ``path`` the name of its field."""

    line: int
    what: str
    where: str = ""
    path: str = ""


def form(visit: Visit) -> Response:
    """The values that change most."""
    with visit.parts.db.read() as session:
        return _form(visit, session, 200)


def save(visit: Visit) -> Response:
    """Put a version with what was changed into use; the rest of the file stays as it is."""
    with visit.parts.db.read() as session:
        used = in_use(visit, session)
    text = changing.changed(used.text, read_profile(used.text, f"{used.name}.yml"), visit.form)
    faults = _stale(visit, used) or _use(visit, used.name, text)
    if not faults:
        return visit.go(HOME)
    with visit.parts.db.read() as session:
        return _form(visit, session, 422, faults=faults, values=visit.form, written=text)


def _stale(visit: Visit, used: InUse) -> Sequence[Fault]:
    """Where somebody put another version into use since the page was made, nothing of his is overwritten."""
    seen = str(used.version.id if used.version else 0)
    return [] if visit.form.get("seen") == seen else [Fault(1, visit.say("kept_meanwhile"))]


def _form(visit: Visit, session: Session, status: int, **otherwise: Any) -> Response:
    used = in_use(visit, session)
    profile = read_profile(used.text, f"{used.name}.yml")
    shown: dict[str, Any] = {"faults": (), "values": {}, "written": ""}
    of = groupby(changing.groups(profile), key=lambda group: group.of)
    parts = [(name, [(group, _title(visit, profile, group)) for group in some]) for name, some in of]
    if written := otherwise.get("written"):
        otherwise["faults"] = [_placed(visit, each, written, parts) for each in otherwise["faults"]]
    return visit.show(
        "procedure_form.html", status, active="procedure", used=used, parts=parts, **{**shown, **otherwise}
    )


def _placed(visit: Visit, fault: Fault, written: str, parts: Parts) -> Fault:
    """The fault with the field of the form that it is about: on its line, and named first in it."""
    for _, some in parts:
        for group, title in some:
            for value in group.values:
                name = value.path.rsplit(".", 1)[-1]
                if fault.what.startswith(f"{name} ") and line_of(written, value.path) == fault.line:
                    label = known(visit.language, "value", "periods" if value.kind == "periods" else name)
                    return replace(fault, where=f"{title} · {label}" if group.name else label, path=value.path)
    return fault


def _title(visit: Visit, profile: Profile, group: Group) -> str:
    language = visit.language
    match group.of:
        case "hours":
            return str(get_day_names("wide", context="stand-alone", locale=language)[DAYS.index(group.name)])
        case "step" if profile.ladder is not None:
            return profile.roles[profile.ladder.steps[group.name].role].name.said(language)
        case "duty":
            return profile.duties[group.name].name.said(language)
        case "unit":
            return profile.units[group.name].name.said(language)
    return known(language, "promise", group.name)


def text(visit: Visit) -> Response:
    """The whole file."""
    wanted = visit.request.query_params.get("profile", "")
    with visit.parts.db.read() as session:
        used = in_use(visit, session)
    name, content = used.name, used.text
    if wanted in shipped_names():
        name, content = wanted, versions.shipped(wanted).read_text(encoding="utf-8")
    return _text(visit, 200, name, content)


def save_text(visit: Visit) -> Response:
    """Look at the text for faults; put it into use where that is wanted and there is none."""
    name = visit.form.get("name", "").strip()
    content = visit.form.get("text", "").replace("\r\n", "\n")
    if not _NAME.fullmatch(name):
        return _text(visit, 422, name, content, faults=[Fault(1, visit.say("bad_profile_name"))])
    if visit.form.get("step") == "use":
        with visit.parts.db.read() as session:
            used = in_use(visit, session)
        faults = _stale(visit, used) or _use(visit, name, content)
        return _text(visit, 422, name, content, faults=faults) if faults else visit.go(HOME)
    faults = _faults(visit, lambda: read_profile(content, f"{name}.yml"))
    return _text(visit, 422 if faults else 200, name, content, faults=faults, checked=not faults)


def use(visit: Visit) -> Response:
    """Put another version, or a profile that comes with Sapa, into use."""
    with visit.parts.db.read() as session:
        found = session.get(ProfileVersion, whole(visit.form.get("version")) or 0)
    if found is None or found.calendar_of is not None:
        return not_found(visit)
    faults = _use(visit, found.name, found.text)
    return _text(visit, 422, found.name, found.text, faults=faults) if faults else visit.go(HOME)


def move(visit: Visit) -> Response:
    """Have running tickets be worked by the version in use, as many as can be, some at a time: what people write
    meanwhile does not wait."""
    with visit.parts.db.read() as session:
        version = versions.in_use(session)
        if version is None:
            return not_found(visit)
        ids, _ = moving.behind(session, version)
    me, moved = visit.who.username, 0
    for start in range(0, len(ids), MOVED_AT_ONCE):
        wanted = select(Ticket).where(Ticket.id.in_(ids[start : start + MOVED_AT_ONCE]), Ticket.status.in_(LIVE))
        with visit.parts.db.write() as session:
            tickets = session.scalars(wanted.order_by(Ticket.id)).all()
            moving.move(session, tickets, version, me, visit.now)
            moved += len(tickets)
    with visit.parts.db.write() as session:
        data = {"version": version.number, "tickets": moved}
        audit.note(session, me, "tickets moved", f"profile {version.name}", visit.now, data)
    return visit.go(HOME)


def _text(visit: Visit, status: int, name: str, content: str, **otherwise: Any) -> Response:
    with visit.parts.db.read() as session:
        used = in_use(visit, session)
    shown: dict[str, Any] = {"faults": (), "checked": False, "shipped": shipped_names(), "name": name, "text": content}
    lines = difference(used.text, content) if content != used.text else ()
    return visit.show(
        "procedure_text.html", status, active="procedure", used=used, lines=lines, **{**shown, **otherwise}
    )


def _use(visit: Visit, name: str, content: str) -> Sequence[Fault]:
    """Why it was not put into use; the one in use stays then."""

    def put() -> None:
        with visit.parts.db.write() as session:
            zone, me = visit.parts.settings.timezone, visit.who.username
            made = use_profile(session, name, content, zone, me, visit.now)
            data = {"name": name, "version": made.number}
            audit.note(session, me, "profile used", f"profile {name}", visit.now, data)
        # The process follows by itself in a second; whoever saved it looks at it at once.
        visit.parts.promise.follow(read_profile(content, f"{name}.yml"))

    return _faults(visit, put)


def _faults(visit: Visit, do: Callable[[], object]) -> Sequence[Fault]:
    try:
        do()
    except RefusedFile as refused:
        found = (_PLACE.match(visit.told(fault)) for fault in refused.faults)
        return [Fault(int(each[1]), each[2]) for each in found if each]
    except IntegrityError:
        # Somebody put another version into use in the same moment.
        return [Fault(1, visit.say("kept_meanwhile"))]
    return []
