"""A ticket goes to a unit and comes back: the form it takes along, the answer, reminders, and who had it how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from bot.errors import NotAllowed, together, told
from bot.procedures import versions
from bot.procedures.business import add_business
from bot.procedures.hours import ServicePromise, hours_of
from bot.procedures.profile import Profile
from bot.procedures.rules import Form, Unit
from bot.procedures.versions import Procedure
from bot.storage.disk import KeptFile
from bot.storage.signals import DELIVERIES, notify
from bot.tickets import working
from bot.tickets.alarms import procedure_of
from bot.tickets.changes import given, note, storable
from bot.tickets.model import Forwarding, Ticket, UnitMail

UNIT = "unit"
"""The actor of what a unit did through a link; its name is in the event."""
LONGEST = 10_000
NAME = 120
LATEST_ANSWER = timedelta(days=5 * 366)
"""So far ahead a unit's answer can be due: what is later is a slip of the finger."""
_ANSWERS: Mapping[str, str] = {"findings": told("findings"), "solution": told("a solution")}
"""What a unit can say, and what it is called where it lacks."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a unit says. ``by``: who there says so. ``findings``: what was found; ``solution``: what was done, or the
    steps that are left to the person. ``files``: that it sends along."""

    by: str
    findings: str
    solution: str
    files: Sequence[KeptFile] = ()


def addressee(
    promise: ServicePromise, unit: str, language: str, now: datetime, due_at: datetime | None = None
) -> tuple[str, datetime | None]:
    """The unit's name in ``language``, and by when it is to answer: ``due_at``, or what the profile says for it.
    ``unit``: its id, its name, or a name that the profile does not know, which has no time of its own."""
    known = unit_called(promise.profile, unit)
    if known is None:
        return unit, due_at
    return known.name.said(language), due_at or _due(promise.profile, promise.zone, known, now)


def _due(profile: Profile, zone: ZoneInfo, unit: Unit, now: datetime) -> datetime:
    return add_business(now, unit.answers_in, hours_of(profile, zone, unit))


def due_by_another(session: Session, ticket: Ticket, before: Procedure, after: Procedure) -> datetime | None:
    """By when the unit that has the ticket is to answer by another procedure, which the form says from then on; None
    where that is as it was, or somebody gave a date of his own."""
    form = current(session, ticket)
    had, has = (unit_called(each.profile, form.unit) if form else None for each in (before, after))
    if form is None or had is None or has is None:
        return None
    if form.due_at != _due(before.profile, before.hours.zone, had, form.sent_at):
        return None
    due = _due(after.profile, after.hours.zone, has, form.sent_at)
    if due == form.due_at:
        return None
    form.due_at = due
    return due


def unit_called(profile: Profile, unit: str) -> Unit | None:
    """The unit of the profile with that id, or that name in either language."""
    named = (each for each in profile.units.values() if unit in (each.name.id, each.name.en))
    return profile.units.get(unit) or next(named, None)


def send(
    session: Session, ticket: Ticket, unit: str, asked: str, due_at: datetime | None, actor: str, now: datetime,
    details: str | None = None,
) -> Forwarding:  # fmt: skip
    """Forward the ticket to ``unit``: ``asked`` is what it has to say, ``details`` what it must know (else what the
    ticket is about). Where the procedure names the unit's mail address, it gets a mail. An earlier forwarding of the
    ticket can be answered no more. Raises NotAllowed."""
    asked = storable(asked).strip()
    if not asked:
        raise NotAllowed(told("What is asked of the unit is missing; the ticket was not forwarded."))
    if due_at is not None and not now < due_at <= now + LATEST_ANSWER:
        raise NotAllowed(
            told("The unit's answer must be due after now and within five years; the ticket was not forwarded.")
        )
    form = Forwarding(
        ticket_id=ticket.id, unit=working.clean_name(unit), asked=asked[:LONGEST],
        details=storable(details if details is not None else ticket.summary)[:LONGEST],
        sent_at=now, sent_by=actor, due_at=due_at,
    )  # fmt: skip
    session.add(form)
    session.flush()
    data = {"forwarding": form.id} | given(due_at=due_at and due_at.isoformat())
    working.forward(session, ticket, unit, asked, actor, now, data)
    _mail(session, form, "asked", now)
    return form


def _mail(session: Session, form: Forwarding, kind: str, now: datetime) -> None:
    if is_mailed(session, form):
        session.add(UnitMail(forwarding_id=form.id, kind=kind, at=now, attempts=0, next_try_at=now))
        session.flush()
        notify(session, DELIVERIES)


def is_mailed(session: Session, form: Forwarding) -> bool:
    """Whether the procedure in use names a mail address of the unit."""
    version = versions.in_use(session)
    unit = unit_called(versions.procedure(session, version.id).profile, form.unit) if version else None
    return unit is not None and unit.email is not None


def rule_of(session: Session, ticket: Ticket) -> Form | None:
    """The forwarding form of the ticket's procedure, where it has one."""
    procedure = procedure_of(session, ticket)
    return procedure.profile.form_of("forwarding") if procedure else None


def answered_with(rule: Form | None) -> Mapping[str, bool]:
    """What of findings and solution the form has room for, in its order, and whether it cannot come back without."""
    if rule is None:
        return dict.fromkeys(_ANSWERS, True)
    return {each.id: each.required for each in rule.fields if each.id in _ANSWERS}


def current(session: Session, ticket: Ticket) -> Forwarding | None:
    """The forwarding that the ticket waits for; None when it waits for none."""
    if ticket.status != "forwarded":
        return None
    wanted = select(Forwarding).where(Forwarding.ticket_id == ticket.id).order_by(Forwarding.id.desc()).limit(1)
    return session.scalars(wanted).one_or_none()


def answer(session: Session, form: Forwarding, reply: Reply, actor: str, now: datetime) -> Ticket:
    """Take the unit's answer: findings and solution come into the ticket, which the desk works on again. Raises
    NotAllowed: it was answered or taken back already, or something is missing that the procedure's form requires;
    nothing was changed then."""
    by, findings, solution = (storable(text).strip() for text in (reply.by, reply.findings, reply.solution))
    ticket = session.get_one(Ticket, form.ticket_id, with_for_update=True, populate_existing=True)
    given_back = {"findings": findings, "solution": solution}
    required = [name for name, must in answered_with(rule_of(session, ticket)).items() if must]
    missing = ([] if by else [told("a name")]) + [_ANSWERS[name] for name in required if not given_back[name]]
    if missing:
        raise NotAllowed(told("The answer lacks {missing}; nothing was kept.", missing=together(missing)))
    if max(len(findings), len(solution)) > LONGEST or len(by) > NAME:
        raise NotAllowed(told("The answer is longer than {most} characters; nothing was kept.", most=LONGEST))
    there = current(session, ticket)
    if there is None or there.id != form.id:
        raise NotAllowed(
            told("Ticket {number} no longer waits for this answer; nothing was kept.", number=ticket.number)
        )
    mine = session.execute(
        update(Forwarding)
        .where(Forwarding.id == form.id, Forwarding.answered_at.is_(None))
        .values(answered_at=now, answered_by=by, findings=findings, solution=solution, enclosed=_enclosed(reply))
        .returning(Forwarding.id)
    ).all()
    if not mine:
        raise NotAllowed(told("Ticket {number} was answered already; nothing was kept.", number=ticket.number))
    data = {"forwarding": form.id, "unit": form.unit, "answered_by": by, "proposed": solution}
    working.take_back(session, ticket, findings, actor, now, data)
    return ticket


def _enclosed(reply: Reply) -> dict[str, Any] | None:
    return {"files": [asdict(file) for file in reply.files]} if reply.files else None


def last_answer(session: Session, ticket: Ticket) -> Forwarding | None:
    """The form that came back last; None when none did."""
    wanted = select(Forwarding).where(Forwarding.ticket_id == ticket.id, Forwarding.answered_at.is_not(None))
    return session.scalars(wanted.order_by(Forwarding.id.desc()).limit(1)).one_or_none()


def late(session: Session, now: datetime, limit: int = 200) -> Sequence[tuple[Ticket, Forwarding]]:
    """What units were to answer by ``now`` and have not, those due longest ago on top."""
    later = aliased(Forwarding)
    wanted = (
        select(Ticket, Forwarding)
        .join(Forwarding, Forwarding.ticket_id == Ticket.id)
        .where(
            Ticket.status == "forwarded",
            Forwarding.answered_at.is_(None),
            Forwarding.due_at <= now,
            ~exists().where(later.ticket_id == Forwarding.ticket_id, later.id > Forwarding.id),
        )
        .order_by(Forwarding.due_at, Forwarding.id)
        .limit(limit)
    )
    return [(ticket, form) for ticket, form in session.execute(wanted)]


def remind(session: Session, ticket: Ticket, actor: str, now: datetime) -> Forwarding:
    """Write down that the unit is reminded, by mail where it has an address. Raises NotAllowed when the ticket waits
    for no unit."""
    form = current(session, ticket)
    if form is None:
        raise NotAllowed(told("Ticket {number} waits for no unit.", number=ticket.number))
    note(session, ticket, actor, "reminded", now, {"forwarding": form.id, "unit": form.unit})
    _mail(session, form, "reminded", now)
    return form
