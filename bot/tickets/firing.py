"""What happens when an alarm is due: a warning, an escalation, a breach, a notice, the survey, a unit is late, or the
ticket closes by itself, or does not because the person cannot be told.

Each is done once: the alarm goes away, under the ticket's lock, in the transaction that writes the event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Literal

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures.profile import Profile
from bot.procedures.rules import LadderStep, Permission, Role, Words
from bot.procedures.versions import Procedure
from bot.tickets import forwarding, working
from bot.tickets.alarms import (
    BY_HAND,
    CLOSING,
    NOT_TOLD,
    SURVEY,
    UNIT,
    UNIT_LATE,
    Known,
    events_of,
    look_up,
    procedure_of,
    set_alarms,
)
from bot.tickets.changes import note, storable
from bot.tickets.model import Alarm, Ticket
from bot.tickets.notices import tell
from bot.tickets.promises import SYSTEM, Promise, promises
from bot.tickets.roles import holders

# Many are due in the same minute: statements are put together once.
_LOCKED = (
    select(Ticket)
    .where(Ticket.id.in_(bindparam("tickets", expanding=True)))
    .order_by(Ticket.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_TAKE = (
    delete(Alarm)
    .where(Alarm.id.in_(bindparam("alarms", expanding=True)), Alarm.at <= bindparam("now"))
    .returning(Alarm.id, Alarm.kind, Alarm.name, Alarm.run, Alarm.what)
)
Fired = Literal["warned", "escalated", "breached", "noticed", "not told", "lapsed", "asking", "late", "closing"]
Holders = Callable[[Role], Sequence[str]]
"""Who holds a role of the profile."""
Reach = Callable[[Ticket], str | None]
"""Why the person of a ticket cannot be told anything now; None when he can."""
_ADMINISTRATORS = Role("administrator", Words("Administrator", "Administrator"), frozenset(), frozenset())


def fire(
    session: Session, due: Mapping[int, int], cannot_reach: Reach, now: datetime
) -> Sequence[tuple[Fired, Ticket]]:
    """Do what alarms are for, at most one of each ticket: ``due`` is ticket → alarm. What somebody else did, or is not
    due any more, is left out. ``noticed``, ``lapsed`` and ``asking``: the caller tells or asks the person, and notes
    that he was asked; ``closing``: the caller closes it as it was planned; all others are told here, by a
    StaffNotice each."""
    tickets = {ticket.id: ticket for ticket in session.scalars(_LOCKED, {"tickets": list(due)})}
    taken = session.connection().execute(_TAKE, {"alarms": list(due.values()), "now": now})
    whats = {row.id: row for row in taken}
    known = look_up(session, tickets)
    holding = cache(partial(holders, session))
    found = []
    for ticket_id, alarm_id in due.items():
        ticket = tickets[ticket_id]
        procedure = procedure_of(session, ticket)
        if alarm_id in whats and procedure is not None:
            fired = _fire(session, ticket, whats[alarm_id], procedure, known[ticket_id], holding, cannot_reach, now)
            if fired is not None:
                found.append((fired, ticket))
    return found


def _fire(
    session: Session, ticket: Ticket, alarm: Row[int, str, str, int, str], procedure: Procedure,
    known: Known, holding: Holders, cannot_reach: Reach, now: datetime,
) -> Fired | None:  # fmt: skip
    _, kind, name, run, what = alarm
    if kind == CLOSING:
        return _closing(session, ticket, what, procedure, holding, cannot_reach, now)
    if kind == SURVEY:
        return "asking"
    if kind == BY_HAND:
        return "closing"
    if kind == UNIT:
        return _unit_late(session, ticket, procedure, holding, now)
    found = promises(known.events, procedure.profile, ticket.kind)
    promise = next((each for each in found if each.key == (kind, name, run) and each.open), None)
    due = promise.timing.due(procedure.hours) if promise else None
    if promise is None or due is None:
        set_alarms(session, ticket, known)
        return None
    happened, data, who = _happening(ticket, promise, what, procedure.profile, holding)
    tell(session, ticket, who, happened, _label(promise), due, now)
    note(session, ticket, SYSTEM, happened, now, data | {"due_at": due.isoformat(), "told": list(who)}, known)
    return happened


def _happening(
    ticket: Ticket, promise: Promise, what: str, profile: Profile, holding: Holders
) -> tuple[Fired, dict[str, object], Sequence[str]]:
    """What is done, what is written down of it, and who is told."""
    data: dict[str, object] = {"kind": promise.kind, "name": promise.name, "run": promise.run}
    if what == "warn":
        return "warned", data, _acting(ticket, promise, profile, holding)
    if promise.otherwise is not None:
        above = _ladder_step(profile, promise.otherwise)
        data |= {"from": promise.name, "to": above.id, "by": "deadline", "role": above.role}
        return "escalated", data, _somebody(_holding(holding, profile, (above.role, *promise.tell)), profile, holding)
    who = _holding(holding, profile, promise.tell) or _acting(ticket, promise, profile, holding)
    return "breached", data, who


def _label(promise: Promise) -> str:
    return f"{promise.kind} {promise.name}".strip()


def _acting(ticket: Ticket, promise: Promise, profile: Profile, holding: Holders) -> Sequence[str]:
    """Who has to act: who has the ticket, else all who hold the role, else all who may answer."""
    if ticket.assignee is None and promise.role:
        return _somebody(_holding(holding, profile, (promise.role,)), profile, holding)
    return _having(ticket, profile, holding)


def _having(ticket: Ticket, profile: Profile, holding: Holders) -> Sequence[str]:
    """Who has the ticket, else all who may answer."""
    if ticket.assignee is not None:
        return [ticket.assignee]
    return _somebody(_allowed("answer", profile, holding), profile, holding)


def _somebody(found: Sequence[str], profile: Profile, holding: Holders) -> Sequence[str]:
    """Those who were found; where nobody was, those who may assign, else the administrators, for nothing that is
    promised is broken in silence."""
    return found or _allowed("assign", profile, holding) or holding(_ADMINISTRATORS)


def _allowed(needs: Permission, profile: Profile, holding: Holders) -> Sequence[str]:
    return _holding(holding, profile, [role.id for role in profile.roles.values() if needs in role.may])


def _holding(holding: Holders, profile: Profile, roles: Sequence[str]) -> Sequence[str]:
    found = [name for role in roles for name in holding(profile.roles[role])]
    return list(dict.fromkeys(found))


def _closing(
    session: Session, ticket: Ticket, what: str, procedure: Procedure, holding: Holders, cannot_reach: Reach,
    now: datetime,
) -> Fired | None:  # fmt: skip
    """Where the person cannot be told that it will close, staff are, and it stays for them to close."""
    rule = procedure.profile.closing
    if rule is None or ticket.status not in ("waiting", "resolved"):
        return None
    closes_at = now + rule.notice
    if what == "warn" and (why := cannot_reach(ticket)) is not None:
        who = _having(ticket, procedure.profile, holding)
        tell(session, ticket, who, "untold", CLOSING, closes_at, now)
        note(session, ticket, SYSTEM, NOT_TOLD, now, {"why": why, "told": list(who)})
        return "not told"
    if what == "warn":
        note(session, ticket, SYSTEM, "noticed", now, {"closes_at": closes_at.isoformat()})
        return "noticed"
    working.lapse(session, ticket, SYSTEM, now)
    return "lapsed"


def _unit_late(session: Session, ticket: Ticket, procedure: Procedure, holding: Holders, now: datetime) -> Fired | None:
    """Who has the ticket, or else all who may answer, can remind the unit, or work on it without."""
    form = forwarding.current(session, ticket)
    if form is None or form.due_at is None:
        return None
    who = _having(ticket, procedure.profile, holding)
    tell(session, ticket, who, "late", UNIT, form.due_at, now)
    note(session, ticket, SYSTEM, UNIT_LATE, now, {"forwarding": form.id, "unit": form.unit, "told": list(who)})
    return "late"


def report_upwards(session: Session, ticket: Ticket, actor: str, now: datetime) -> str:
    """Give a ticket whose answer is not known here to the next step of its ladder before its time is over; returns that
    step's role. Who holds it is told. Raises NotAllowed where there is no next step."""
    promise, procedure, due = _open_step(session, ticket)
    if promise.otherwise is None:
        raise NotAllowed(f"Ticket {ticket.number} is at the top of its ladder.")
    above = _ladder_step(procedure.profile, promise.otherwise)
    who = _somebody(holders(session, procedure.profile.roles[above.role]), procedure.profile, partial(holders, session))
    tell(session, ticket, who, "escalated", _label(promise), due or now, now)
    data = {"kind": "ladder", "name": promise.name, "run": promise.run, "from": promise.name, "to": above.id}
    note(session, ticket, actor, "escalated", now, data | {"by": "hand", "role": above.role, "told": list(who)})
    return above.role


def give_answer(session: Session, ticket: Ticket, text: str, actor: str, now: datetime) -> None:
    """Tell the desk the answer that it asked for; it has to be passed on to the person. Raises NotAllowed for an empty
    one, and where nobody is asked."""
    text = storable(text).strip()
    if not text:
        raise NotAllowed("The answer is empty; nothing was written.")
    _open_step(session, ticket)
    note(session, ticket, actor, "answered", now, {"answer": text})


def _open_step(session: Session, ticket: Ticket) -> tuple[Promise, Procedure, datetime | None]:
    procedure = procedure_of(session, ticket)
    if procedure is not None:
        session.refresh(ticket, with_for_update=True)
        for promise in promises(events_of(session, ticket), procedure.profile, ticket.kind):
            if promise.kind == "ladder" and promise.open:
                return promise, procedure, promise.timing.due(procedure.hours)
    raise NotAllowed(f"Nobody is asked about ticket {ticket.number} now.")


def _ladder_step(profile: Profile, name: str) -> LadderStep:
    if profile.ladder is None:
        raise KeyError(name)
    return profile.ladder.steps[name]
