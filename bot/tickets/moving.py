"""Running tickets on another version of the procedure than the one they began with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures import versions
from bot.procedures.model import ProfileVersion
from bot.procedures.profile import Profile
from bot.tickets import forwarding
from bot.tickets.changes import given, note
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Alarm, Ticket

_LIVE = select(Ticket).where(Ticket.status.in_(LIVE)).order_by(Ticket.id).with_for_update()
_RUNNING = (
    select(Ticket)
    .where(Ticket.status.in_(LIVE) | exists().where(Alarm.ticket_id == Ticket.id))
    .order_by(Ticket.id)
    .with_for_update()
)
"""Those of which something is still due: also what has to follow once a ticket was resolved."""


def differs_in_calendar_alone(one: Profile, other: Profile) -> bool:
    """Whether two profiles promise the same, on other days or hours: a holiday was declared, an office opens later."""
    return one != other and replace(one.with_calendar_of(other), clauses=other.clauses) == other


def follow_calendar(session: Session, version: ProfileVersion, actor: str, now: datetime) -> Sequence[Ticket]:
    """Have the tickets of which something is due, and which are worked by another version of the same profile, follow
    the calendar of ``version``; returns those for which that is another one. A day off is a fact about the institution,
    not another promise: what else was promised stays."""
    elsewhere = _RUNNING.where(Ticket.profile_id.is_not(None), Ticket.profile_id != version.id)
    following: dict[int, ProfileVersion | None] = {}
    moved = []
    for ticket in session.scalars(elsewhere).all():
        at = ticket.profile_id or 0
        if at not in following:
            following[at] = _following(session, at, version, now)
        if (to := following[at]) is not None:
            _move(session, ticket, to, actor, now)
            moved.append(ticket)
    return moved


def _following(session: Session, at: int, version: ProfileVersion, now: datetime) -> ProfileVersion | None:
    """What is promised at that version, on the calendar of ``version``; None where that is the same."""
    old, new = versions.procedure(session, at).profile, versions.procedure(session, version.id).profile
    if differs_in_calendar_alone(old, new):
        return version
    same_profile = session.get_one(ProfileVersion, at).name == version.name
    if not same_profile or old.with_calendar_of(new) == old:
        return None
    return versions.with_calendar(session, at, version, now)


def move(session: Session, tickets: Sequence[Ticket], version: ProfileVersion, actor: str, now: datetime) -> None:
    """Have running tickets be worked by ``version`` from now on: their deadlines are computed anew, from when they
    began. Raises NotAllowed, and moves none, where one has ended or has a category that the profile lacks."""
    profile = versions.procedure(session, version.id).profile
    for ticket in tickets:
        session.refresh(ticket, with_for_update=True)
        if ticket.status not in LIVE:
            raise NotAllowed(f"Ticket {ticket.number} has ended; it stays on the procedure it was worked by.")
        if ticket.category is not None and profile.category(ticket.category) is None:
            raise NotAllowed(f"Ticket {ticket.number} has the category {ticket.category}, which {profile.name} lacks.")
    for ticket in tickets:
        if ticket.profile_id != version.id:
            _move(session, ticket, version, actor, now)


def behind(session: Session, version: ProfileVersion) -> tuple[Sequence[int], Sequence[Ticket]]:
    """The running tickets that are worked by another version: the ids of those that can be moved to this one, and those
    that cannot, because the profile lacks their category."""
    profile = versions.procedure(session, version.id).profile
    elsewhere = select(Ticket).where(Ticket.status.in_(LIVE), Ticket.profile_id != version.id).order_by(Ticket.id)
    found = session.scalars(elsewhere).all()
    stay = [each for each in found if each.category is not None and profile.category(each.category) is None]
    return [each.id for each in found if each not in stay], stay


def running(session: Session) -> Sequence[Ticket]:
    """All tickets that have not ended, oldest first."""
    return session.scalars(_LIVE).all()


def _move(session: Session, ticket: Ticket, version: ProfileVersion, actor: str, now: datetime) -> None:
    data: dict[str, object] = {"from_version": ticket.profile_id, "to_version": version.id}
    if ticket.profile_id is not None:
        before = versions.procedure(session, ticket.profile_id)
        due = forwarding.due_by_another(session, ticket, before, versions.procedure(session, version.id))
        data |= given(unit_due_at=due and due.isoformat())
    ticket.profile_id = version.id
    session.flush()
    note(session, ticket, actor, "moved", now, data)
