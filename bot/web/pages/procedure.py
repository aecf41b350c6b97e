"""The procedure that is worked by: its ladder, hours and days, its versions, and what would be due when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.config import ROOT
from bot.procedures import versions
from bot.procedures.forecast import Forecast, forecast
from bot.procedures.model import ProfileVersion
from bot.procedures.why import why
from bot.tickets import moving, roles
from bot.web import drawing
from bot.web import talk as talks
from bot.web.api.fields import clamped
from bot.web.categories import leaves
from bot.web.gate import not_found
from bot.web.visit import Visit

HOME = "/console/procedure"
MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class InUse:
    """What is worked by now. ``version``: None before one was put into use; then the shipped file."""

    version: ProfileVersion | None
    name: str
    text: str


def in_use(visit: Visit, session: Session) -> InUse:
    """The version in use with its text."""
    version = versions.in_use(session)
    if version is not None:
        return InUse(version, version.name, version.text)
    name = visit.parts.settings.profile
    return InUse(None, name, versions.shipped(name).read_text(encoding="utf-8"))


def shipped_names() -> Sequence[str]:
    """The profiles that come with Sapa."""
    return sorted(path.stem for path in (ROOT / "data" / "sops").glob("*.yml"))


def procedure(visit: Visit) -> Response:
    """The whole of it, to be read."""
    profile, language = visit.parts.promise.profile, visit.language
    today = visit.now.astimezone(visit.parts.settings.timezone).date()
    with visit.parts.db.read() as session:
        held = {role.id: roles.holders(session, role) for role in profile.roles.values()}
        used = in_use(visit, session)
        behind, stay = moving.behind(session, used.version) if used.version else ((), ())
        names = talks.names_of(session, {name for each in held.values() for name in each})
        listed = _versions(session)
        names |= talks.names_of(session, {each.actor for each in listed})
    targets = [
        (kind, each, drawing.within_in_words(each.within, each.clock, language))
        for kind, each in (("first_response", profile.first_response), ("next_response", profile.next_response),
                           ("resolution", profile.resolution))
        if each is not None
    ]  # fmt: skip
    return visit.show(
        "procedure.html", active="procedure", profile=profile, used=used, held=held, names=names, versions=listed,
        rungs=drawing.ladder(profile, language), rung=drawing.RUNG, week=drawing.week(profile.week, language),
        special=[(each, drawing.week(each.week, language)) for each in profile.special_hours if each.last >= today],
        months=list(drawing.months(profile, today, language)), today=today, targets=targets,
        categories=leaves(visit, profile), start=visit.now.astimezone(visit.parts.settings.timezone),
        duties=[(each, drawing.within_in_words(each.within, each.clock, language)) for each in profile.duties.values()],
        shipped=shipped_names(), behind=len(behind), stay=stay, **_forecast(visit),
    )  # fmt: skip


def deadlines(visit: Visit) -> Response:
    """What would be due when for a ticket that begins then, and why."""
    return visit.show("parts/deadlines.html", **_forecast(visit))


def _forecast(visit: Visit) -> dict[str, Any]:
    promise, asked = visit.parts.promise, visit.request.query_params
    try:
        start = clamped(datetime.fromisoformat(asked.get("start", "")).replace(tzinfo=promise.zone)).astimezone(UTC)
    except ValueError:
        start = visit.now
    rule, person = promise.profile.holidays, promise.profile.wording.person
    try:
        found = list(forecast(promise.profile, promise.hours, start, asked.get("category") or None))
    except ValueError:
        found = []
    told = [(each, why(each.timing, promise.hours, rule, visit.now, visit.language, person)) for each in found]
    return {"forecasts": [(_named(visit, each), each.due, lines) for each, lines in told]}


def _named(visit: Visit, each: Forecast) -> str:
    profile, language = visit.parts.promise.profile, visit.language
    if each.step is not None:
        return visit.say("due_step", who=profile.roles[each.step.role].name.said(language))
    if each.unit is not None:
        return visit.say("due_unit", unit=each.unit.name.said(language))
    return visit.say("promise_first_response" if each.kind == "first_response" else "promise_resolution")


def version(visit: Visit) -> Response:
    """What another version says otherwise than the one in use; of that one, what it changed of the one before."""
    with visit.parts.db.read() as session:
        found = session.get(ProfileVersion, visit.path["version"])
        used = in_use(visit, session)
        if found is None:
            return not_found(visit)
        names = talks.names_of(session, {found.actor})
        this = used.version is not None and used.version.id == found.id
        before = session.scalar(_before(found)) if this else None
    return visit.show(
        "version.html", active="procedure", found=found, used=used, this=this, names=names,
        before=before, lines=difference(before.text if before else found.text, used.text),
    )  # fmt: skip


def _before(found: ProfileVersion) -> Select[ProfileVersion]:
    same = (versions.WRITTEN, ProfileVersion.name == found.name, ProfileVersion.number < found.number)
    return select(ProfileVersion).where(*same).order_by(ProfileVersion.number.desc()).limit(1)


def difference(old: str, new: str) -> Sequence[tuple[str, str]]:
    """(``old``, ``new`` or nothing, the line) of what changed, with a little around it."""
    marks = {"+": "new", "-": "old", "@": "at"}
    found = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[2:]
    return [(marks.get(line[:1], ""), line) for line in found]


def _versions(session: Session) -> Sequence[ProfileVersion]:
    wanted = (
        select(ProfileVersion).where(versions.WRITTEN).order_by(ProfileVersion.since.desc(), ProfileVersion.id.desc())
    )
    return session.scalars(wanted.limit(MOST_VERSIONS)).all()
