"""What one was told: promises that are nearly due or were broken, and recaps whose time is over."""

from __future__ import annotations

from datetime import date, datetime

from starlette.responses import Response

from bot.procedures.rules import Recap
from bot.reports import recaps
from bot.reports.making import Reporter
from bot.reports.model import RecapNotice
from bot.reports.periods import around
from bot.tickets import notices as of_staff
from bot.tickets.model import StaffNotice
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.pages.reports import FORMATS, as_file
from bot.web.reaching import Proposal, promise_in_words, proposal_in_words
from bot.web.visit import Visit


def notices(visit: Visit) -> Response:
    """What concerns tickets, and the recaps with their files."""
    profile, me = visit.parts.promise.profile, visit.who.username
    with visit.parts.db.read() as session:
        told = of_staff.notices(session, me)
        made = recaps.notices(session, me)
    rows = [(notice, ticket, _about(visit, notice)) for notice, ticket in told]
    found = ((notice, profile.recaps.get(notice.recap)) for notice in made)
    return visit.show(
        "notices.html",
        active="notices",
        rows=rows,
        last=max((notice.id for notice, _ in told), default=0),
        recaps=[(notice, rule, _span(visit, rule, notice)) for notice, rule in found if rule],
        formats=tuple(FORMATS),
    )


def _about(visit: Visit, notice: StaffNotice) -> str | Proposal:
    words = proposal_in_words if notice.kind == of_staff.OFTEN else promise_in_words
    return words(visit.language, visit.parts.promise.profile, notice.promise)


def read(visit: Visit) -> Response:
    """All that was shown is seen: notices up to the ``last``, recaps told up to when it was ``shown``."""
    last, me = visit.form.get("last", ""), visit.who.username
    try:
        shown = datetime.fromisoformat(visit.form.get("shown", ""))
    except ValueError:
        shown = None
    with visit.parts.db.write() as session:
        until = whole(last) or 0
        of_staff.mark_seen(session, me, until, visit.now)
        if shown is not None and shown.tzinfo is not None:
            recaps.mark_seen(session, me, shown, visit.now)
    return visit.go("/console/notices")


def recap(visit: Visit) -> Response:
    """A recap of which one was told, as a file."""
    name, wanted = str(visit.path["recap"]), str(visit.path["format"])
    parts = visit.parts
    reporter = Reporter(parts.promise.profile, parts.settings.timezone, parts.settings.institution, visit.language)
    try:
        first = date.fromisoformat(str(visit.path["day"]))
    except ValueError:
        return not_found(visit)
    with parts.db.read() as session:
        told = session.get(RecapNotice, (visit.who.username, name, first))
        if told is None or name not in parts.promise.profile.recaps or wanted not in FORMATS:
            return not_found(visit)
        made = reporter.of_recap(session, name, first, visit.now)
    return as_file(made, f"{name}-{first}", wanted)


def _span(visit: Visit, rule: Recap, notice: RecapNotice) -> str:
    return around(rule.every, notice.first).said(visit.language)
