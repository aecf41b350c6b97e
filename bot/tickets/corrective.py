"""Corrective and preventive action (PTPP, permintaan tindakan perbaikan dan pencegahan): what was found, why, what is
done about it, who by when, and whether it helped. Its register is kept apart from that of tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotAllowed
from bot.procedures.rules import Form, FormField
from bot.tickets.alarms import events_of
from bot.tickets.changes import note, storable
from bot.tickets.model import CorrectiveAction, CorrectiveEvent, Ticket
from bot.tickets.promises import is_reply

LONGEST = 10_000
OURS = frozenset({"complaint", "response", "finding", "cause", "correction", "prevention", "owner", "due", "effect"})
"""Fields of a form that every action has, or the ticket that it comes from. All others are the profile's own."""
FIELD_CHANGED = "field changed"
"""Kind of event: one of the form's own fields was written; ``field`` says which."""
BEFORE_CHECK = ("cause", "correction", "prevention", "owner", "due")
"""What has to be there before the effect can be checked, where the profile has no form that says it."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is to be written down; None leaves it as it is. ``fields``: of the form's own, by their ids; those that are
    not named stay."""

    finding: str | None = None
    cause: str | None = None
    correction: str | None = None
    prevention: str | None = None
    owner: str | None = None
    due_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def own_fields(form: Form | None) -> Sequence[FormField]:
    """What the profile's form asks for besides what is ours."""
    return [each for each in form.fields if each.id not in OURS] if form is not None else []


def open_action(
    session: Session, finding: str, actor: str, now: datetime, ticket: Ticket | None = None
) -> CorrectiveAction:
    """A new corrective action, from a ticket or of its own. Raises NotAllowed without a finding."""
    finding = _text(finding)
    if not finding:
        raise NotAllowed("What was found is missing; no corrective action was opened.")
    action = CorrectiveAction(ticket_id=ticket and ticket.id, finding=finding, opened_at=now, opened_by=actor)
    session.add(action)
    session.flush()
    _note(session, action, actor, "opened", now, {"finding": finding})
    if ticket is not None:
        note(session, ticket, actor, "reported", now, {"action": action.id})
    return action


def save(
    session: Session, action: CorrectiveAction, measures: Measures, actor: str, now: datetime, seen: int | None = None
) -> Sequence[str]:
    """Write down what ``measures`` gives; returns the names of what changed. ``seen``: the version that ``actor`` saw.
    Raises NotAllowed once it is checked; Conflict where somebody was first."""
    session.refresh(action, with_for_update=True)
    later = [event for event in history(session, action) if seen is not None and event.id > seen]
    if later:
        raise Conflict(f"{later[-1].actor} changed corrective action {action.id} meanwhile; nothing was saved.", later)
    if action.checked_at is not None:
        raise NotAllowed(f"Corrective action {action.id} was checked and is closed; nothing was changed.")
    changed = []
    for name in (each.name for each in dataclass_fields(Measures) if each.name != "fields"):
        old = getattr(action, name)
        new = _changed(name, getattr(measures, name), old)
        if new is not None:
            setattr(action, name, new)
            _note(session, action, actor, f"{name} changed", now, {"from": _told(old), "to": _told(new)})
            changed.append(name)
    for name, given in measures.fields.items():
        before = (action.fields or {}).get(name)
        text = _changed(name, given, before)
        if text is not None:
            action.fields = {**(action.fields or {}), name: text}
            _note(session, action, actor, FIELD_CHANGED, now, {"field": name, "from": before, "to": text})
            changed.append(name)
    return changed


def _changed(name: str, value: object, old: object) -> object | None:
    """What is to be written; None where nothing is. Raises NotAllowed for nothing in place of something."""
    new = _text(value) if isinstance(value, str) else value
    if value is None or new == old:
        return None
    if not new:
        raise NotAllowed(f"The {name} cannot be empty; nothing was changed.")
    return new


def check(
    session: Session,
    action: CorrectiveAction,
    effect: str,
    effective: bool,
    actor: str,
    now: datetime,
    form: Form | None = None,
) -> None:
    """Write down whether it helped, and close it. ``form``: the profile's, which says what has to be there. Raises
    NotAllowed naming what is lacking before that."""
    session.refresh(action, with_for_update=True)
    if action.checked_at is not None:
        raise NotAllowed(f"Corrective action {action.id} was checked already.")
    missing = [*lacks(session, action, form), *([] if _text(effect) else ["effect"])]
    if missing:
        raise NotAllowed(f"Corrective action {action.id} cannot be checked yet: it lacks {' and '.join(missing)}.")
    action.effect, action.effective, action.checked_at = _text(effect), effective, now
    _note(session, action, actor, "checked", now, {"effect": action.effect, "effective": effective})


def lacks(session: Session, action: CorrectiveAction, form: Form | None) -> Sequence[str]:
    """What has to be there before the effect can be checked, and is not: the required fields of ``form``, by their ids.
    What a ticket says (``complaint``, ``response``) is asked for only where it comes from one."""
    there: dict[str, object] = {
        name: getattr(action, name) for name in ("finding", "cause", "correction", "prevention")
    }
    there |= {"owner": action.owner, "due": action.due_at}
    there |= {each.id: (action.fields or {}).get(each.id) for each in own_fields(form)}
    ticket = session.get(Ticket, action.ticket_id) if action.ticket_id is not None else None
    if ticket is not None:
        answered = ticket.solution or any(is_reply(event) for event in events_of(session, ticket))
        there |= {"complaint": ticket.summary or ticket.subject, "response": answered}
    wanted = [each.id for each in form.fields if each.required] if form is not None else BEFORE_CHECK
    return [name for name in wanted if name in there and not there[name]]


def is_late(action: CorrectiveAction, now: datetime) -> bool:
    """Whether the day on which it was due is over, and nobody has checked it."""
    return action.checked_at is None and action.due_at is not None and action.due_at + timedelta(days=1) <= now


def version(session: Session, action: CorrectiveAction) -> int:
    """Which of its events was the last: what somebody saw who changes it later."""
    return (
        session.scalars(select(func.max(CorrectiveEvent.id)).where(CorrectiveEvent.action_id == action.id)).one() or 0
    )


def of_ticket(session: Session, ticket: Ticket) -> Sequence[CorrectiveAction]:
    """Those that come from the ticket, oldest first."""
    wanted = select(CorrectiveAction).where(CorrectiveAction.ticket_id == ticket.id)
    return session.scalars(wanted.order_by(CorrectiveAction.id)).all()


def register(
    session: Session, *, since: datetime | None = None, until: datetime | None = None, unchecked: bool = False
) -> Sequence[CorrectiveAction]:
    """The register, oldest first: opened from ``since`` on and before ``until``. ``unchecked``: only those whose effect
    nobody has checked."""
    wanted = select(CorrectiveAction).order_by(CorrectiveAction.id)
    if since is not None:
        wanted = wanted.where(CorrectiveAction.opened_at >= since)
    if until is not None:
        wanted = wanted.where(CorrectiveAction.opened_at < until)
    if unchecked:
        wanted = wanted.where(CorrectiveAction.checked_at.is_(None))
    return session.scalars(wanted).all()


def by_id(session: Session, action_id: int) -> CorrectiveAction:
    """Raises KeyError."""
    found = session.get(CorrectiveAction, action_id)
    if found is None:
        raise KeyError(action_id)
    return found


def history(session: Session, action: CorrectiveAction) -> Sequence[CorrectiveEvent]:
    """Everything that happened to it, in order."""
    wanted = select(CorrectiveEvent).where(CorrectiveEvent.action_id == action.id)
    return session.scalars(wanted.order_by(CorrectiveEvent.id)).all()


def proposals(breaches: Mapping[str, int], at_least: int) -> Sequence[tuple[str, int]]:
    """The categories that broke their promise so often that a corrective action should be opened, worst first.
    ``breaches``: how often each did in the time that is looked at."""
    often = [(category, count) for category, count in breaches.items() if count >= at_least]
    return sorted(often, key=lambda each: (-each[1], each[0]))


def _note(
    session: Session, action: CorrectiveAction, actor: str, kind: str, now: datetime, data: dict[str, object]
) -> None:
    session.add(CorrectiveEvent(action_id=action.id, at=now, actor=actor, kind=kind, data=data))
    session.flush()


def _text(text: str) -> str:
    return storable(text).strip()[:LONGEST]


def _told(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
