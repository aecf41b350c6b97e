"""The times at which something is to be done about a ticket, computed anew with each of its events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.procedures import versions
from bot.procedures.profile import Profile
from bot.procedures.versions import Procedure
from bot.storage.signals import ALARMS, notify
from bot.tickets.model import Alarm, Ticket, TicketEvent
from bot.tickets.promises import Awaited, Promise, awaited, promises
from bot.tickets.timeline import MOVES

CLOSING = "closing"
SURVEY = "survey"
UNIT = "unit"
FIRED = frozenset({"warned", "breached", "noticed"})
"""Kinds of events that a timer leaves besides an escalation; ``data`` says of which promise."""
IDLE = frozenset(
    {"noted", "followed", "unfollowed", "edited", "assigned", "released", "categorised", "tagged", "macro"}
    | {"attached", "unit mailed", "unit not mailed"}
)
"""Kinds of events that move no clock."""
SURVEY_SENT, SURVEY_DROPPED = "survey sent", "survey dropped"
"""Kinds of events: the person was asked, or is not to be asked, about that resolution any more."""
UNIT_LATE = "unit late"
CLOSING_PLANNED, CLOSING_UNDONE = "closing planned", "closing undone"
"""Kinds of events: it will be closed after ``UNDO`` with what ``data`` gives for it, or it will not."""
ENDS_A_CLOSING = MOVES | {CLOSING_UNDONE, "message"}
BY_HAND = "closing planned"
UNDO = timedelta(seconds=10)
"""How long somebody can undo that he closed a ticket."""
AFTER_CLOSING = timedelta(seconds=1)
"""What else is due meanwhile comes so long after it, if it is still to be done then."""
NOT_TOLD = "not told"
"""Kind of an event: the person could not be told that it is resolved or, with whom of the staff were ``told``, that it
will close."""
_NOT_ASKED = frozenset({SURVEY_SENT, SURVEY_DROPPED, "reopened", "merged", "withdrawn"})
Key = tuple[str, str, int, str]

# Statements of every event are put together once: that costs more than running them.
_EVENTS = (
    select(TicketEvent).where(TicketEvent.ticket_id.in_(bindparam("tickets", expanding=True))).order_by(TicketEvent.id)
)
_LOCK = select(Ticket.id).where(Ticket.id == bindparam("ticket")).with_for_update()
_ALARMS = select(Alarm).where(Alarm.ticket_id.in_(bindparam("tickets", expanding=True)))


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of a ticket: all its events in order, all its alarms."""

    events: list[TicketEvent]
    alarms: list[Alarm]


def procedure_of(session: Session, ticket: Ticket) -> Procedure | None:
    """The procedure that the ticket began with; None for one that was opened before procedures were kept."""
    return versions.procedure(session, ticket.profile_id) if ticket.profile_id is not None else None


def profile_of(session: Session, ticket: Ticket, in_use: Profile) -> Profile:
    """The profile that the ticket is worked by: what was promised with it holds, whatever is in use since. ``in_use``
    stands in for one that was opened before procedures were kept."""
    procedure = procedure_of(session, ticket)
    return procedure.profile if procedure is not None else in_use


def events_of(session: Session, ticket: Ticket) -> Sequence[TicketEvent]:
    """Everything that happened to the ticket, in order."""
    return session.scalars(_EVENTS, {"tickets": [ticket.id]}).all()


def look_up(session: Session, tickets: Collection[int]) -> Mapping[int, Known]:
    """What is known of each of them. It stays true as long as the caller has them locked, and tells ``set_alarms``."""
    known = {ticket: Known([], []) for ticket in tickets}
    for event in session.scalars(_EVENTS, {"tickets": list(tickets)}):
        known[event.ticket_id].events.append(event)
    for alarm in session.scalars(_ALARMS, {"tickets": list(tickets)}):
        known[alarm.ticket_id].alarms.append(alarm)
    return known


def expected(session: Session, ticket: Ticket) -> Awaited | None:
    """What the person may expect next of a live ticket; None while he is waited for himself."""
    procedure = procedure_of(session, ticket)
    if procedure is None:
        return Awaited("reply", ticket.due_at)
    return awaited(promises(events_of(session, ticket), procedure.profile, ticket.kind), procedure.hours)


def set_alarms(session: Session, ticket: Ticket, known: Known | None = None) -> None:
    """Bring alarms, due time and role of the ticket to what its events say. ``known``: them, from who has locked the
    ticket and looked them up since; it is not true any more afterwards."""
    procedure = procedure_of(session, ticket)
    if procedure is None:
        return
    if known is None:
        # Whoever fires an alarm locks the ticket first; so must who takes it away.
        session.scalar(_LOCK, {"ticket": ticket.id})
        known = look_up(session, [ticket.id])[ticket.id]
    events = known.events
    found = promises(events, procedure.profile, ticket.kind)
    wanted = dict(_alarms(found, events, procedure)) | dict(_closing(ticket, events, procedure))
    wanted |= dict(_survey(events, procedure)) | dict(_unit(events))
    if (planned := planned_closing(events)) is not None:
        closes_at = planned.at + UNDO
        wanted = {key: max(at, closes_at + AFTER_CLOSING) for key, at in wanted.items()}
        wanted[BY_HAND, "", 0, "due"] = closes_at
    there = {(alarm.kind, alarm.name, alarm.run, alarm.what): alarm for alarm in known.alarms}
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
    look_again(session)


def _show(ticket: Ticket, found: Sequence[Promise], procedure: Procedure) -> None:
    """What lists show: until when the person was promised the next thing, and who has to act."""
    coming = awaited(found, procedure.hours)
    if coming is not None and coming.due != ticket.due_at:
        ticket.due_at = coming.due
    step = next((each for each in reversed(found) if each.kind == "ladder" and each.open), None)
    ticket.role = step.role if step else None
    ticket.step_due_at = step.timing.due(procedure.hours) if step else None


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
    """A ticket closes by itself only when the person was told so long before as was promised to him; where he cannot be
    told, it does not."""
    rule = procedure.profile.closing
    if rule is None or ticket.status not in ("waiting", "resolved"):
        return
    since = silent_since(events)
    lately = [event for event in events if event.at >= since]
    if any(event.kind == NOT_TOLD and "told" in (event.data or {}) for event in lately):
        return
    told = next((event.at for event in lately if event.kind == "noticed"), None)
    if told is None:
        yield (CLOSING, "", 0, "warn"), since + rule.silence - rule.notice
    else:
        yield (CLOSING, "", 0, "due"), max(since + rule.silence, told + rule.notice)


def planned_closing(events: Sequence[TicketEvent]) -> TicketEvent | None:
    """The closing that is still to come: nothing was undone, done otherwise or said since."""
    for event in reversed(events):
        if event.kind == CLOSING_PLANNED:
            return event
        if event.kind in ENDS_A_CLOSING:
            return None
    return None


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
    """The desk is told once when a unit has not answered by its time; again where that was put off since."""
    at: datetime | None = None
    for event in events:
        data = event.data or {}
        if event.kind in MOVES:
            due = data.get("due_at") if event.kind == "forwarded" else None
            at = datetime.fromisoformat(due) if due else None
        elif event.kind == UNIT_LATE:
            at = None
        elif event.kind == "moved" and "unit_due_at" in data:
            due = datetime.fromisoformat(data["unit_due_at"])
            at = due if at is not None or due > event.at else None
    if at is not None:
        yield (UNIT, "", 0, "due"), at


def silent_since(events: Sequence[TicketEvent]) -> datetime:
    """When something last happened that the person could have answered: a message, or a change of the status."""
    return max(event.at for event in events if event.kind == "message" or event.kind in MOVES)


def look_again(session: Session) -> None:
    """Have whoever looks at the clock look once more when this is committed: something may be there to be done."""
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
