"""``/duty``: who is on duty, and who is planned to be when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation.duty_turns import take_turns
from bot.identity import staffing
from bot.procedures import scalars
from bot.procedures.business import Period, Week
from bot.procedures.read_time import DAYS
from bot.tickets import duty, duty_planning
from bot.tickets.duty_plan import Otherwise
from bot.web.api import shapes
from bot.web.api.door import Caller, DutyReader
from bot.web.api.fields import plain
from bot.web.api.once import Change, DutyWriter
from bot.web.api.paging import USUAL, Cursor, Limit, Page, cut, only
from bot.web.api.problems import documented, invalid, not_found

router = APIRouter(prefix="/duty", tags=["duty"], responses=documented(401, 403, 422, 429))
AT, CHANGING = documented(404), documented(400, 409, 413)
Whose = Annotated[shapes.Username, Path(alias="username")]
Hours = Annotated[
    list[Annotated[str, Field(max_length=20, examples=["08:00-12:00"])]],
    Field(max_length=10, description="Shifts that begin on the day; one may end after midnight. None: leave."),
]


class GivenWeek(shapes.Given):
    """A usual week. ``version``: the one that you saw, 0 where there was none yet; refused where there is a newer
    one."""

    monday: Hours
    tuesday: Hours
    wednesday: Hours
    thursday: Hours
    friday: Hours
    saturday: Hours
    sunday: Hours
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]


class GivenException(shapes.Given):
    """Days that are otherwise."""

    first: shapes.Day
    last: shapes.Day
    hours: Hours


@router.get("", response_model=Page[shapes.DutyPlan])
def list_duty(caller: DutyReader, cursor: Cursor = None, limit: Limit = USUAL) -> Page[shapes.DutyPlan]:
    """Everybody of the staff, by when his account was made. Scope `duty:read`."""
    after = only(cursor) or 0
    with caller.parts.db.read() as session:
        everybody = sorted(staffing.everybody(session), key=lambda each: each.id)
        rows = [each for each in everybody if each.deactivated_at is None and each.id > after]
        found, following = cut(rows[: limit + 1], limit, lambda each: (each.id,))
        since = duty.on_duty_since(session)
        return Page(items=[_told(session, caller, each.username, since) for each in found], next=following)


@router.get("/{username}", response_model=shapes.DutyPlan, responses=AT)
def get_duty(caller: DutyReader, username: Whose) -> shapes.DutyPlan:
    """When somebody is planned to be on duty, and whether he is. Scope `duty:read`."""
    with caller.parts.db.read() as session:
        return _told(session, caller, _known(session, username), duty.on_duty_since(session))


@router.put("/{username}/week", response_model=shapes.DutyPlan, responses=AT | CHANGING)
def set_duty_week(change: DutyWriter, username: Whose, given: GivenWeek) -> Response:
    """Plan his usual week; what it says of this moment holds at once. Scope `duty:write`."""
    week: Week = tuple(_periods(getattr(given, day), f"body.{day}") for day in DAYS)
    me, now, zone = change.caller.username, change.caller.now, change.caller.parts.promise.zone

    def work(session: Session) -> shapes.DutyPlan:
        _known(session, username)
        duty_planning.set_week(session, username, week, me, now, zone, seen=given.version)
        return _carried_out(session, change, username)

    return change.once(work)


@router.post("/{username}/exceptions", status_code=201, response_model=shapes.DutyPlan, responses=AT | CHANGING)
def add_duty_exception(change: DutyWriter, username: Whose, given: GivenException) -> Response:
    """Plan leave or other hours; what they say of this moment holds at once. Scope `duty:write`."""
    otherwise = Otherwise(given.first, given.last, _periods(given.hours, "body.hours"))
    me, now, zone = change.caller.username, change.caller.now, change.caller.parts.promise.zone

    def work(session: Session) -> shapes.DutyPlan:
        _known(session, username)
        duty_planning.add_exception(session, username, otherwise, me, now, zone)
        return _carried_out(session, change, username)

    return change.once(work, 201)


@router.delete("/{username}/exceptions/{exception}", status_code=204, response_class=Response, responses=AT | CHANGING)
def drop_duty_exception(
    change: DutyWriter, username: Whose, key: Annotated[shapes.Id, Path(alias="exception")]
) -> Response:
    """Have these days be as usual again. Scope `duty:write`."""
    me, now, zone = change.caller.username, change.caller.now, change.caller.parts.promise.zone

    def work(session: Session) -> None:
        if key not in duty_planning.kept(session, _known(session, username), _today(change.caller)).exceptions:
            raise not_found("exception")
        duty_planning.drop_exception(session, username, key, me, now, zone)
        _carried_out(session, change, username)

    return change.once(work, 204)


def _carried_out(session: Session, change: Change, username: str) -> shapes.DutyPlan:
    parts = change.caller.parts
    take_turns(session, parts.desk, username, change.caller.now, parts.promise.zone)
    return _told(session, change.caller, username, duty.on_duty_since(session))


def _known(session: Session, username: str) -> str:
    account = staffing.by_username(session, username)
    if account is None or account.deactivated_at is not None:
        raise not_found("account")
    return account.username


def _today(caller: Caller) -> date:
    return caller.now.astimezone(caller.parts.promise.zone).date()


def _periods(hours: Sequence[str], where: str) -> tuple[Period, ...]:
    written = [plain(each).strip() for each in hours]
    if not all(written):
        raise invalid(where, "a shift is empty")
    try:
        return scalars.periods(" ".join(written))
    except ValueError as error:
        raise invalid(where, str(error)) from error


def _told(session: Session, caller: Caller, username: str, since: Mapping[str, datetime]) -> shapes.DutyPlan:
    kept = duty_planning.kept(session, username, _today(caller))
    return shapes.DutyPlan(
        username=username, version=kept.version, on_duty_since=since.get(username),
        week={day: _hours(of_day) for day, of_day in zip(DAYS, kept.plan.week, strict=True)},
        exceptions=[
            shapes.DutyException(id=key, first=each.first, last=each.last, hours=_hours(each.periods))
            for key, each in kept.exceptions.items()
        ],
    )  # fmt: skip


def _hours(of_day: Sequence[Period]) -> list[str]:
    return scalars.periods_written(of_day).split()
