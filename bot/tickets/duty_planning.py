"""Plans of who is on duty when, as they are kept. The caller commits, and has seen to it that ``by`` may do it.
``zone``: the institution's.

What a plan says of the moment at which it is changed holds at once: who is given leave goes away, and who is put on the
shift that goes on comes on duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotAllowed
from bot.identity import audit, staffing
from bot.identity.model import Account
from bot.procedures.business import ONE_DAY, Period, Week
from bot.procedures.scalars import periods_written
from bot.tickets.alarms import look_again
from bot.tickets.duty_plan import NO_DAYS, Change, Otherwise, Plan, changes, is_planned, next_change, shifts
from bot.tickets.model import DutyException, DutyPlan

LONGEST = timedelta(days=366)
"""An exception lasts no longer, and begins no further ahead."""
MOST = 60
"""Exceptions of somebody that are still to come."""
WEEK_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan with what changing it needs. ``version``: of its week; 0 where there is none yet. ``exceptions``: by id,
    those that are not over, the earliest first."""

    plan: Plan
    version: int
    exceptions: Mapping[int, Otherwise]


@dataclass(frozen=True, slots=True)
class Coming:
    """Who comes on duty next, when, and until when."""

    username: str
    at: datetime
    until: datetime


def kept(session: Session, username: str, today: date) -> Kept:
    """The plan of somebody as it is on that local day; an empty one where nobody made one."""
    return _kept(session, [username], today).get(username, Kept(Plan(), 0, {}))


def plans(session: Session, usernames: Sequence[str], today: date) -> Mapping[str, Plan]:
    """The plans of those who have one."""
    return {username: each.plan for username, each in _kept(session, usernames, today).items()}


def _kept(session: Session, usernames: Sequence[str], today: date) -> Mapping[str, Kept]:
    otherwise: dict[str, dict[int, Otherwise]] = {}
    # A night shift of yesterday may still go on.
    lasting = select(DutyException).where(DutyException.username.in_(usernames), DutyException.last >= today - ONE_DAY)
    for each in session.scalars(lasting.order_by(DutyException.first)):
        otherwise.setdefault(each.username, {})[each.id] = Otherwise(each.first, each.last, _periods(each.periods))
    found = {}
    for row in session.scalars(select(DutyPlan).where(DutyPlan.username.in_(usernames))):
        own = otherwise.get(row.username, {})
        plan = Plan(tuple(_periods(day) for day in row.week), tuple(own.values()))
        found[row.username] = Kept(plan, row.version, own)
    return found


def _periods(stored: Sequence[Sequence[int]]) -> tuple[Period, ...]:
    return tuple(Period(start, end) for start, end in stored)


def set_week(
    session: Session, username: str, week: Week, by: str, now: datetime, zone: ZoneInfo, *, seen: int | None = None
) -> None:
    """Have the usual week of somebody be this one. ``seen``: the version that is changed. Raises NotAllowed when there
    is no such open account, Conflict when somebody changed the week since."""
    row = _locked(session, username, now)
    if seen is not None and seen != row.version:
        raise Conflict(f"The plan of {username} was changed meanwhile; nothing was saved.", [])
    row.week, row.version = [[list(period) for period in day] for day in week], row.version + 1
    told = {"to": "; ".join(periods_written(day) or "-" for day in week)}
    _changed(session, row, "duty planned", told, by, now, zone)


def add_exception(session: Session, username: str, otherwise: Otherwise, by: str, now: datetime, zone: ZoneInfo) -> int:
    """Have some days be otherwise; the id by which that is dropped. Raises NotAllowed: there is no such open account,
    the days are over, too many or too far ahead, or one of them is otherwise already."""
    row, today = _locked(session, username, now), now.astimezone(zone).date()
    first, last = otherwise.first, otherwise.last
    if not (first <= last and today <= last and max(first - today, last - first) <= LONGEST):
        raise NotAllowed("Days go from an earlier to a later one, are not over and within a year; nothing was planned.")
    here = select(DutyException).where(DutyException.username == username)
    if session.scalars(here.where(DutyException.first <= last, DutyException.last >= first)).first() is not None:
        raise NotAllowed("For one of these days something is planned already; drop that first.")
    if len(session.scalars(here.where(DutyException.last >= today)).all()) >= MOST:
        raise NotAllowed(f"{MOST} exceptions are planned already; drop one first.")
    made = DutyException(
        username=username, first=first, last=last, periods=[list(period) for period in otherwise.periods]
    )
    session.add(made)
    session.flush()
    _changed(session, row, "duty exception added", _told(made), by, now, zone)
    return made.id


def drop_exception(session: Session, username: str, key: int, by: str, now: datetime, zone: ZoneInfo) -> None:
    """Have these days be as usual again. Raises NotAllowed when he has no such exception."""
    row, found = _locked(session, username, now), session.get(DutyException, key)
    if found is None or found.username != username:
        raise NotAllowed(f"{username} has no exception {key}.")
    session.delete(found)
    session.flush()
    _changed(session, row, "duty exception dropped", _told(found), by, now, zone)


def _told(row: DutyException) -> Mapping[str, object]:
    days = f"{row.first}" if row.first == row.last else f"{row.first} – {row.last}"
    return {"to": f"{days}: {periods_written(_periods(row.periods)) or '-'}"}


def _locked(session: Session, username: str, now: datetime) -> DutyPlan:
    """The account's row stands for the plan's, which may not be there yet."""
    wanted = select(Account).where(Account.username == username, Account.deactivated_at.is_(None))
    if session.scalars(wanted.with_for_update()).one_or_none() is None:
        raise NotAllowed(f"There is no staff account {username}.")
    row = session.get(DutyPlan, username, populate_existing=True)
    if row is None:
        row = DutyPlan(username=username, week=[[] for _ in NO_DAYS], version=0, since=now, planned=False)
        session.add(row)
        session.flush()
    return row


def _changed(
    session: Session, row: DutyPlan, kind: str, told: Mapping[str, object], by: str, now: datetime, zone: ZoneInfo
) -> None:
    plan = kept(session, row.username, now.astimezone(zone).date()).plan
    row.since = now
    row.next_at = now if is_planned(plan, now, zone) != row.planned else _next_at(plan, now, zone)
    audit.note(session, by, kind, f"account {row.username}", now, told)
    look_again(session)


def _next_at(plan: Plan, after: datetime, zone: ZoneInfo) -> datetime | None:
    coming = next_change(plan, after, zone)
    return coming.at if coming else None


def next_turn(session: Session) -> datetime | None:
    """When a plan has somebody come or go next; None when none does."""
    return session.scalar(select(func.min(DutyPlan.next_at)))


def due(session: Session, now: datetime) -> Sequence[str]:
    """Whose plan has something to be done by now, the earliest first."""
    wanted = select(DutyPlan.username).where(DutyPlan.next_at <= now)
    return session.scalars(wanted.order_by(DutyPlan.next_at, DutyPlan.username)).all()


def take_due(session: Session, username: str, now: datetime, zone: ZoneInfo) -> Sequence[Change]:
    """What the plan has had somebody do since it was carried out the last time, in order, for the caller to do in this
    transaction; nobody else is told it again. Who has no open account does nothing."""
    account = staffing.by_username(session, username, lock=True)
    row = session.get(DutyPlan, username, populate_existing=True)
    if row is None or row.next_at is None or row.next_at > now:
        return ()
    plan = kept(session, username, row.since.astimezone(zone).date()).plan
    turns = list(changes(plan, row.since, now, zone))
    if (turns[-1].on_duty if turns else row.planned) != is_planned(plan, now, zone):
        # The plan was changed, and says something else of this moment.
        turns.append(Change(now, not row.planned))
    row.since, row.planned, row.next_at = now, is_planned(plan, now, zone), _next_at(plan, now, zone)
    return turns if account is not None and account.deactivated_at is None else ()


def postpone(session: Session, username: str, by: timedelta, now: datetime) -> None:
    """Carry his plan out later; nothing of it is lost."""
    row = session.get(DutyPlan, username)
    if row is not None:
        row.next_at = now + by


def coming(session: Session, now: datetime, zone: ZoneInfo, limit: int) -> Sequence[Coming]:
    """Who comes on duty next within a week, the earliest first."""
    wanted = select(DutyPlan.username).join(Account, Account.username == DutyPlan.username)
    wanted = wanted.where(Account.deactivated_at.is_(None), ~DutyPlan.planned, DutyPlan.next_at <= now + WEEK_AHEAD)
    names = session.scalars(wanted.order_by(DutyPlan.next_at, DutyPlan.username).limit(limit)).all()
    found = []
    for username, plan in plans(session, names, now.astimezone(zone).date()).items():
        ahead = [each for each in shifts(plan, now, now + WEEK_AHEAD, zone) if each.start > now]
        found += [Coming(username, *ahead[0])] if ahead else []
    return sorted(found, key=lambda each: (each.at, each.username))


def planned_until(session: Session, usernames: Sequence[str]) -> Mapping[str, datetime]:
    """Until when each of those is planned to be on duty who is."""
    wanted = select(DutyPlan.username, DutyPlan.next_at).where(DutyPlan.username.in_(usernames), DutyPlan.planned)
    return {username: at for username, at in session.execute(wanted) if at is not None}
