"""The duty plan of one of the staff: his usual week, and the days on which it is otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from babel.dates import get_day_names
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation.duty_turns import take_turns
from bot.errors import Conflict, NotAllowed
from bot.identity import staffing
from bot.procedures import scalars
from bot.procedures.read_time import DAYS
from bot.tickets import duty, duty_planning
from bot.tickets.duty_plan import Otherwise, shifts
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.visit import Visit

HOME = "/console/staff/{username}/plan"
AHEAD = timedelta(days=14)
Step = Callable[[Session, str], object]


def plan(visit: Visit) -> Response:
    """What is planned for him."""
    return _page(visit, 200)


def save_week(visit: Visit) -> Response:
    """His usual week, as it was typed."""
    try:
        week = tuple(scalars.periods(visit.form.get(day, "")) for day in DAYS)
    except ValueError:
        return _page(visit, 422, flash=visit.say("plan_hours_refused"), values=visit.form)
    seen = whole(visit.form.get("seen"))
    version = -1 if seen is None else seen
    me, now, zone = visit.who.username, visit.now, visit.parts.promise.zone
    return _do(visit, lambda session, name: duty_planning.set_week(session, name, week, me, now, zone, seen=version))


def add_exception(visit: Visit) -> Response:
    """Leave, or other hours, from one day to another."""
    form, me, now, zone = visit.form, visit.who.username, visit.now, visit.parts.promise.zone
    try:
        periods = scalars.periods(form.get("hours", ""))
    except ValueError:
        return _page(visit, 422, flash=visit.say("plan_hours_refused"), values=form)
    try:
        first = date.fromisoformat(form.get("first", ""))
        last = date.fromisoformat(form.get("last") or form.get("first", ""))
    except ValueError:
        return _page(visit, 422, flash=visit.say("plan_days_refused"), values=form)
    otherwise = Otherwise(first, last, periods)
    return _do(visit, lambda session, name: duty_planning.add_exception(session, name, otherwise, me, now, zone))


def drop_exception(visit: Visit) -> Response:
    """The days are as usual again."""
    key, me, now, zone = visit.path["exception"], visit.who.username, visit.now, visit.parts.promise.zone
    try:
        return _carry_out(visit, lambda session, name: duty_planning.drop_exception(session, name, key, me, now, zone))
    except NotAllowed:
        return not_found(visit)


def _do(visit: Visit, step: Step) -> Response:
    try:
        return _carry_out(visit, step)
    except Conflict:
        return _page(visit, 409, flash=visit.say("plan_meanwhile"), values=visit.form, conflict=True)
    except NotAllowed:
        return _page(visit, 422, flash=visit.say("plan_days_refused"), values=visit.form)


def _carry_out(visit: Visit, step: Step) -> Response:
    """Change the plan, and what it says of this moment at once: the page that follows shows who is on duty."""
    username, parts = visit.path["username"], visit.parts
    with parts.db.write() as session:
        step(session, username)
        take_turns(session, parts.desk, username, visit.now, parts.promise.zone)
    parts.happened()
    return visit.go(HOME.format(username=username))


def _page(visit: Visit, status: int, **otherwise: Any) -> Response:
    zone, now = visit.parts.promise.zone, visit.now
    today = now.astimezone(zone).date()
    with visit.parts.db.read() as session:
        account = staffing.by_username(session, visit.path["username"])
        if account is None or account.deactivated_at is not None:
            return not_found(visit)
        kept = duty_planning.kept(session, account.username, today)
        since = duty.on_duty_since(session).get(account.username)
    names = get_day_names("wide", context="stand-alone", locale=visit.language)
    exceptions = [
        (key, each, scalars.periods_written(each.periods)) for key, each in kept.exceptions.items()
        if each.last >= today
    ]  # fmt: skip
    shown: dict[str, Any] = {
        "flash": None, "values": {}, "conflict": False, "account": account, "kept": kept, "since": since,
        "exceptions": exceptions,
        "days": [
            (day, names[number], scalars.periods_written(kept.plan.week[number])) for number, day in enumerate(DAYS)
        ],
        "ahead": shifts(kept.plan, now, now + AHEAD, zone), "today": today,
    }  # fmt: skip
    return visit.show("duty_plan.html", status, active="staff", **{**shown, **otherwise})
