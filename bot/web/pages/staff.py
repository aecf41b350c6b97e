"""People and roles: who is on duty and when, accounts, and who holds which role."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.config import STAFF_ROLES
from bot.errors import NotAllowed
from bot.identity import audit, second_factor, staffing
from bot.identity.model import Account
from bot.tickets import assignment, duty, duty_planning, roles, rota, units
from bot.tickets.duty_plan import Plan, shifts
from bot.web.gate import not_found
from bot.web.visit import Visit

HOME = "/console/staff"
DAYS = 7
NO_PLAN = Plan()
Act = Callable[[Visit, Session, Account], str | None]
"""Returns a password that is shown this once, where one was made."""


def staff(visit: Visit) -> Response:
    """Everybody, with what he has to do, and the week's duty."""
    return _page(visit, 200)


def create(visit: Visit) -> Response:
    """A new account; its password is shown this once."""
    form = visit.form
    username, name = form.get("username", "").strip().lower(), form.get("name", "").strip()
    try:
        with visit.parts.db.write() as session:
            password = staffing.create(session, username, name, form.get("role", ""), visit.who.username, visit.now)
    except NotAllowed:
        return _page(visit, 422, flash=visit.say("account_refused"), values=form)
    return visit.show("given_password.html", active="staff", username=username, name=name, password=password)


def act(visit: Visit) -> Response:
    """Do it to the account of the address; why not where it was refused."""
    do = ACTS.get(visit.path["step"])
    try:
        with visit.parts.db.write() as session:
            account = staffing.by_username(session, visit.path["username"])
            if do is None or account is None:
                return not_found(visit)
            password = do(visit, session, account)
            name = account.name
    except roles.RoleUnheld as error:
        return _refused(visit, error)
    except NotAllowed:
        return _page(visit, 422, flash=visit.say("account_kept"))
    visit.parts.happened()
    if password is not None:
        username = visit.path["username"]
        return visit.show("given_password.html", active="staff", username=username, name=name, password=password)
    return visit.go(HOME)


def send_away(visit: Visit) -> Response:
    """Somebody is not there: note it for him, and take back for others what he has."""
    with visit.parts.db.write() as session:
        account = staffing.by_username(session, visit.path["username"])
        if account is None:
            return not_found(visit)
        visit.parts.desk.goes_away(session, account.username, visit.who.username, visit.now)
    visit.parts.happened()
    return visit.go(HOME)


def hold(visit: Visit) -> Response:
    """Name who holds a role of the profile; nobody named: the kinds of account that the profile says."""
    role = visit.path["role"]
    if role not in visit.parts.promise.profile.roles:
        return not_found(visit)
    try:
        with visit.parts.db.write() as session:
            named = _ticked(visit, session)
            roles.name_holders(session, role, named)
            audit.note(session, visit.who.username, "role held", f"role {role}", visit.now, {"by": ", ".join(named)})
    except roles.RoleUnheld as error:
        return _refused(visit, error)
    return visit.go(HOME)


def work_for(visit: Visit) -> Response:
    """Name who works for a unit of the profile."""
    unit = visit.path["unit"]
    if unit not in visit.parts.promise.profile.units:
        return not_found(visit)
    with visit.parts.db.write() as session:
        named = _ticked(visit, session)
        units.name_members(session, unit, named)
        audit.note(session, visit.who.username, "unit named", f"unit {unit}", visit.now, {"by": ", ".join(named)})
    return visit.go(HOME)


def _ticked(visit: Visit, session: Session) -> list[str]:
    """User names of the open accounts that the form names."""
    accounts = [each for each in staffing.everybody(session) if each.deactivated_at is None]
    return [each.username for each in accounts if visit.form.get(f"hold-{each.username}")]


def _refused(visit: Visit, error: roles.RoleUnheld) -> Response:
    return _page(visit, 422, flash=visit.say("role_unheld", role=error.role.name.said(visit.language)))


def _change(visit: Visit, session: Session, account: Account) -> None:
    name, role = visit.form.get("name", account.name), visit.form.get("role", account.role)
    roles.refuse_to_leave(session, account, role)
    staffing.change(session, account, name, role, visit.who.username, visit.now)


def _password(visit: Visit, session: Session, account: Account) -> str:
    return staffing.give_password(session, account, visit.who.username, visit.now)


def _second_factor(visit: Visit, session: Session, account: Account) -> None:
    staffing.reset_second_factor(session, account, visit.who.username, visit.now)


def _deactivate(visit: Visit, session: Session, account: Account) -> None:
    """What he has is taken back for others."""
    roles.refuse_to_leave(session, account)
    staffing.deactivate(session, account, visit.who.username, visit.now)
    visit.parts.desk.goes_away(session, account.username, visit.who.username, visit.now)


def _activate(visit: Visit, session: Session, account: Account) -> None:
    staffing.activate(session, account, visit.who.username, visit.now)


ACTS: Mapping[str, Act] = {
    "change": _change,
    "password": _password,
    "second-factor": _second_factor,
    "deactivate": _deactivate,
    "activate": _activate,
}


def _page(visit: Visit, status: int, **otherwise: Any) -> Response:
    profile, now, zone = visit.parts.promise.profile, visit.now, visit.parts.settings.timezone
    midnight = visit.midnight
    since, until = midnight - timedelta(days=DAYS - 1), midnight + timedelta(days=DAYS)
    with visit.parts.db.read() as session:
        accounts = staffing.everybody(session)
        on_duty = duty.on_duty_since(session)
        loads = assignment.loads(session, [each.username for each in accounts])
        with_code = {each.username for each in accounts if second_factor.is_on(session, each.id)}
        held = {role.id: set(roles.holders(session, role)) for role in profile.roles.values()}
        named = roles.named(session)
        members = units.members(session)
        worked = rota.shifts(session, since, now)
        plans = duty_planning.plans(session, [each.username for each in accounts], midnight.date())
    here = [each for each in accounts if not each.deactivated_at]
    ahead = [(each, shifts(plans.get(each.username, NO_PLAN), midnight, until, zone)) for each in here]
    shown: dict[str, Any] = {
        "flash": None, "values": {}, "accounts": accounts, "on_duty": on_duty, "loads": loads, "with_code": with_code,
        "profile": profile, "held": held, "named": named, "members": members, "roles": STAFF_ROLES,
        "week": [(each, _bars(worked.get(each.username, ()), since)) for each in here], "days": _days(since),
        "ahead": [(each, planned, _bars(planned, midnight)) for each, planned in ahead], "days_ahead": _days(midnight),
    }  # fmt: skip
    return visit.show("staff.html", status, active="staff", **{**shown, **otherwise})


def _days(first: datetime) -> Sequence[datetime]:
    return [first + timedelta(days=number) for number in range(DAYS)]


def _bars(spans: Sequence[tuple[datetime, datetime]], since: datetime) -> Sequence[tuple[float, float]]:
    """(from where, how wide) of each span, in parts of the week of which the whole is 700."""
    whole = timedelta(days=DAYS)
    cut = [(max(start, since), min(end, since + whole)) for start, end in spans]
    return [(700 * ((start - since) / whole), max(2.0, 700 * ((end - start) / whole))) for start, end in cut]
