"""The times at which something is to be done about a ticket, computed anew with each of its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.procedures import versions
from bot.procedures.versions import Procedure
from bot.storage.signals import ALARMS, notify
from bot.tickets.model import Alarm, Ticket, TicketEvent
from bot.tickets.promises import Promise, promises
from bot.tickets.timeline import MOVES

CLOSING = "closing"
SURVEY = "survey"
UNIT = "unit"
FIRED = frozenset({"warned", "breached", "noticed"})
"""Kinds of events that a timer leaves besides an escalation; ``data`` says of which promise."""
IDLE = frozenset(
    {"noted", "followed", "unfollowed", "edited", "assigned", "released", "categorised", "tagged", "macro"}
)
"""Kinds of events that move no clock."""
SURVEY_SENT, SURVEY_DROPPED = "survey sent", "survey dropped"
"""Kinds of events: the person was asked, or is not to be asked, about that resolution any more."""
UNIT_LATE = "unit late"
WRITTEN = "alarms"
"""The session's mark that an alarm was written, for who waits for the next one."""
_NOT_ASKED = frozenset({SURVEY_SENT, SURVEY_DROPPED, "reopened", "merged", "withdrawn"})
Key = tuple[str, str, int, str]

# Statements of every event are put together once: that costs more than running them.
_EVENTS = select(TicketEvent).where(TicketEvent.ticket_id == bindparam("ticket")).order_by(TicketEvent.id)
_LOCK = select(Ticket.id).where(Ticket.id == bindparam("ticket")).with_for_update()
_ALARMS = select(Alarm).where(Alarm.ticket_id == bindparam("ticket"))


def procedure_of(session: Session, ticket: Ticket) -> Procedure | None:
    """The procedure that the ticket began with; None for one that was opened before procedures were kept."""
    return versions.procedure(session, ticket.profile_id) if ticket.profile_id is not None else None


def events_of(session: Session, ticket: Ticket) -> Sequence[TicketEvent]:
    """Everything that happened to the ticket, in order."""
    return session.scalars(_EVENTS, {"ticket": ticket.id}).all()


def set_alarms(session: Session, ticket: Ticket) -> None:
    """Bring alarms, due time and role of the ticket to what its events say."""
    procedure = procedure_of(session, ticket)
    if procedure is None:
        return
    # Whoever fires an alarm locks the ticket first; so must who takes it away.
    session.scalar(_LOCK, {"ticket": ticket.id})
    events = events_of(session, ticket)
    found = promises(events, procedure.profile, ticket.kind)
    wanted = dict(_alarms(found, events, procedure)) | dict(_closing(ticket, events, procedure))
    wanted |= dict(_survey(events, procedure)) | dict(_unit(events))
    there = {
        (alarm.kind, alarm.name, alarm.run, alarm.what): alarm
        for alarm in session.scalars(_ALARMS, {"ticket": ticket.id})
    }
    for key, alarm in there.items():
        if key not in wanted:
            session.delete(alarm)
    for key, at in wanted.items():
        if key in there:
            there[key].at = at
        else:
            kind, name, run, what = key
            session.add(Alarm(ticket_id=ticket.id, kind=kind, name=name, run=run, what=what, at=at))
    _show(ticket, found, procedure)
    session.flush()
    look_again(session)


def _show(ticket: Ticket, found: Sequence[Promise], procedure: Procedure) -> None:
    """What lists show: until when the person was promised the next thing, and who has to act."""
    awaited = [each for each in found if each.open and each.kind in ("first_response", "next_response")]
    awaited = awaited or [each for each in found if each.open and each.kind == "resolution"]
    due = min((at for each in awaited if (at := each.timing.due(procedure.hours))), default=None)
    if due is not None and due != ticket.due_at:
        ticket.due_at = due
    ticket.role = next((each.role for each in reversed(found) if each.kind == "ladder" and each.open), None)


def _alarms(
    found: Sequence[Promise], events: Sequence[TicketEvent], procedure: Procedure
) -> Iterator[tuple[Key, datetime]]:
    moved = max((event.at for event in events if event.kind == "moved"), default=None)
    done = {
        (data["kind"], data["name"], data["run"], "warn" if event.kind == "warned" else "due"): (event.at, data)
        for event in events
        if event.kind in FIRED and (data := event.data or {}).get("kind")
    }
    for promise in found:
        if not promise.open:
            continue
        due = promise.timing.due(procedure.hours)
        for what, at in (("warn", promise.warn_at(procedure.hours)), ("due", due)):
            fired, told = done.get((*promise.key, what), (None, {}))
            # On another version what was told of another time does not count.
            stale = fired and moved and fired <= moved and due and told.get("due_at") != due.isoformat()
            if at is not None and (fired is None or stale):
                yield (*promise.key, what), at


def _closing(ticket: Ticket, events: Sequence[TicketEvent], procedure: Procedure) -> Iterator[tuple[Key, datetime]]:
    """A ticket closes by itself only when the person was told so long before as was promised to him."""
    rule = procedure.profile.closing
    if rule is None or ticket.status not in ("waiting", "resolved"):
        return
    since = silent_since(events)
    told = next((event.at for event in events if event.kind == "noticed" and event.at >= since), None)
    if told is None:
        yield (CLOSING, "", 0, "warn"), since + rule.silence - rule.notice
    else:
        yield (CLOSING, "", 0, "due"), max(since + rule.silence, told + rule.notice)


def _survey(events: Sequence[TicketEvent], procedure: Procedure) -> Iterator[tuple[Key, datetime]]:
    """Where the profile does not ask at once: some time after it was resolved, and only once for that."""
    rule = procedure.profile.survey
    if rule is None or not rule.after:
        return
    since: datetime | None = None
    for event in events:
        if event.kind == "resolved":
            since = event.at
        elif event.kind in _NOT_ASKED:
            since = None
    if since is not None:
        yield (SURVEY, "", 0, "due"), since + rule.after


def _unit(events: Sequence[TicketEvent]) -> Iterator[tuple[Key, datetime]]:
    """The desk is told once when a unit has not answered by its time."""
    at: str | None = None
    for event in events:
        if event.kind in MOVES:
            at = (event.data or {}).get("due_at") if event.kind == "forwarded" else None
        elif event.kind == UNIT_LATE:
            at = None
    if at is not None:
        yield (UNIT, "", 0, "due"), datetime.fromisoformat(at)


def silent_since(events: Sequence[TicketEvent]) -> datetime:
    """When something last happened that the person could have answered: a message, or a change of the status."""
    return max(event.at for event in events if event.kind == "message" or event.kind in MOVES)


def look_again(session: Session) -> None:
    """Have whoever looks at the clock look once more when this is committed: something may be there to be done."""
    session.info[WRITTEN] = True
    notify(session, ALARMS)


def next_alarm(session: Session) -> datetime | None:
    """When the next alarm is due; None when none is set."""
    return session.scalar(select(func.min(Alarm.at)))


def due_alarms(session: Session, now: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """(alarm, ticket) of what is due, the earliest first."""
    wanted = select(Alarm.id, Alarm.ticket_id).where(Alarm.at <= now).order_by(Alarm.at, Alarm.id).limit(limit)
    return [(alarm, ticket) for alarm, ticket in session.execute(wanted)]


def postpone(session: Session, alarm_id: int, by: timedelta, now: datetime) -> None:
    """Try an alarm again later; the promise it belongs to is not changed by that."""
    alarm = session.get(Alarm, alarm_id)
    if alarm is not None:
        alarm.at = now + by
