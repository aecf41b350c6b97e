"""The audit trail, with a search."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from bot.identity import staffing
from bot.web import trail as reading
from bot.web.api.fields import clamped
from bot.web.trail_names import called, spoken
from bot.web.visit import Visit
from bot.web.words import meant

HOME = "/console/trail"
KINDS = ("event", "audit", "did", "ptpp_event")
"""What the words for what was done begin with in the catalogue."""
NOTED = {"assigned to": "assigned"}
"""As it is told → as it is noted, where that differs."""


def trail(visit: Visit) -> Response:
    """Who did what, when."""
    asked = visit.request.query_params
    first, last = _day(visit, asked.get("from", "")), _day(visit, asked.get("to", ""))
    before = last + timedelta(days=1) if last else None
    if (at := asked.get("before", "")) and (moment := _moment(at)):
        before = min(moment, before) if before else moment
    typed = asked.get("q", "").strip()[:100]
    said = [kind for prefix in KINDS for kind in meant(visit.language, prefix, typed)] if typed else ()
    kinds = [NOTED.get(kind, kind) for kind in said]
    with visit.parts.db.read() as session:
        names = {account.username: account.name for account in staffing.everybody(session)}
        things = called(visit, session, typed, names) if typed else ()
        found = reading.entries(session, reading.Wanted(asked.get("who", "")[:64], typed, first, before, kinds, things))
        shown = spoken(visit, session, found, names)
    given = {key: asked.get(key, "") for key in ("who", "q", "from", "to")}
    more = found[-1].at.isoformat() if len(found) == reading.SHOWN else None
    return visit.show("trail.html", active="staff", entries=shown, names=names, given=given, more=more)


def _day(visit: Visit, text: str) -> datetime | None:
    try:
        return clamped(datetime.fromisoformat(text[:10]).replace(tzinfo=visit.parts.settings.timezone))
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return clamped(moment) if moment.tzinfo else None
