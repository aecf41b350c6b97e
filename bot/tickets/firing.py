"""What happens when an alarm is due: a warning, an escalation, a breach, a notice, the survey, a unit is late, or the
ticket closes by itself.

Each is done once: the alarm goes away, under the ticket's lock, in the transaction that writes the event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures.profile import Profile
from bot.procedures.rules import LadderStep
from bot.procedures.versions import Procedure
from bot.tickets import forwarding, working
from bot.tickets.alarms import CLOSING, SURVEY, UNIT, UNIT_LATE, events_of, procedure_of, set_alarms
from bot.tickets.changes import note, storable
from bot.tickets.model import Alarm, Ticket
from bot.tickets.notices import tell
from bot.tickets.promises import Promise, promises
from bot.tickets.roles import holders

SYSTEM = "system"
# Many are due in the same minute: statements are put together once.
_LOCKED = (
    select(Ticket).where(Ticket.id == bindparam("ticket")).with_for_update().execution_options(populate_existing=True)
)
_TAKE = (
    delete(Alarm)
    .where(Alarm.id == bindparam("alarm"), Alarm.at <= bindparam("now"))
    .returning(Alarm.kind, Alarm.name, Alarm.run, Alarm.what)
)
Fired = Literal["warned", "escalated", "breached", "noticed", "lapsed", "asking", "late"]


def fire(session: Session, alarm_id: int, ticket_id: int, now: datetime) -> Fired | None:
    """Do what the alarm is for. None when somebody else did, or it is not due any more. ``noticed``, ``lapsed`` and
    ``asking``: the caller tells or asks the person, and notes that he was asked; all others are told here, by a
    StaffNotice each."""
    ticket = session.scalars(_LOCKED, {"ticket": ticket_id}).one()
    taken = session.connection().execute(_TAKE, {"alarm": alarm_id, "now": now}).one_or_none()
    procedure = procedure_of(session, ticket)
    if taken is None or procedure is None:
        return None
    kind, name, run, what = taken
    if kind == CLOSING:
        return _closing(session, ticket, what, procedure, now)
    if kind == SURVEY:
        return "asking"
    if kind == UNIT:
        return _unit_late(session, ticket, procedure, now)
    found = promises(events_of(session, ticket), procedure.profile, ticket.kind)
    promise = next((each for each in found if each.key == (kind, name, run) and each.open), None)
    due = promise.timing.due(procedure.hours) if promise else None
    if promise is None or due is None:
        set_alarms(session, ticket)
        return None
    return _told(session, ticket, promise, what, due, procedure, now)


def _told(
    session: Session, ticket: Ticket, promise: Promise, what: str, due: datetime, procedure: Procedure, now: datetime
) -> Fired:
    profile = procedure.profile
    data: dict[str, object] = {
        "kind": promise.kind,
        "name": promise.name,
        "run": promise.run,
        "due_at": due.isoformat(),
    }
    if what == "warn":
        happened: Fired = "warned"
        who = _acting(session, ticket, promise, profile)
    elif promise.otherwise is not None:
        happened = "escalated"
        above = _ladder_step(profile, promise.otherwise)
        data |= {"from": promise.name, "to": above.id, "by": "deadline", "role": above.role}
        who = _holding(session, profile, (above.role, *promise.tell))
    else:
        happened = "breached"
        who = _holding(session, profile, promise.tell) or _acting(session, ticket, promise, profile)
    tell(session, ticket, who, happened, _label(promise), due, now)
    note(session, ticket, SYSTEM, happened, now, data | {"told": list(who)})
    return happened


def _label(promise: Promise) -> str:
    return f"{promise.kind} {promise.name}".strip()


def _acting(session: Session, ticket: Ticket, promise: Promise, profile: Profile) -> Sequence[str]:
    """Who has to act: who has the ticket, else all who hold the role, else all who may answer."""
    if ticket.assignee is not None:
        return [ticket.assignee]
    return _holding(session, profile, (promise.role,)) if promise.role else _answering(session, profile)


def _answering(session: Session, profile: Profile) -> Sequence[str]:
    return _holding(session, profile, [role.id for role in profile.roles.values() if "answer" in role.may])


def _holding(session: Session, profile: Profile, roles: Sequence[str]) -> Sequence[str]:
    found = [name for role in roles for name in holders(session, profile.roles[role])]
    return list(dict.fromkeys(found))


def _closing(session: Session, ticket: Ticket, what: str, procedure: Procedure, now: datetime) -> Fired | None:
    rule = procedure.profile.closing
    if rule is None or ticket.status not in ("waiting", "resolved"):
        return None
    if what == "warn":
        note(session, ticket, SYSTEM, "noticed", now, {"closes_at": (now + rule.notice).isoformat()})
        return "noticed"
    working.lapse(session, ticket, SYSTEM, now)
    return "lapsed"


def _unit_late(session: Session, ticket: Ticket, procedure: Procedure, now: datetime) -> Fired | None:
    """Who has the ticket, or else all who may answer, can remind the unit, or work on it without."""
    form = forwarding.current(session, ticket)
    if form is None or form.due_at is None:
        return None
    who = [ticket.assignee] if ticket.assignee else _answering(session, procedure.profile)
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
    who = _holding(session, procedure.profile, (above.role,))
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
