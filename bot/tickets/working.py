"""What staff do with a ticket on its way to the end, and how it begins again. Every change leaves an event; the caller
commits, and has seen to it that ``actor`` may do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import errors
from bot.errors import NotAllowed, listed, named
from bot.tickets.alarms import procedure_of
from bot.tickets.changes import given, note, note_move, storable, take_step
from bot.tickets.lifecycle import LIVE, Step, after, refuse_without
from bot.tickets.model import Ticket, TicketEvent

NAME_LENGTH = 64
Data = Mapping[str, object]
NOTHING: Data = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing needs and the ticket may not have yet."""

    category: str | None = None
    solution: str | None = None
    record: str | None = None


def categorise(session: Session, ticket: Ticket, category: str, actor: str, now: datetime) -> None:
    """Say what the ticket is about, by a category of its procedure. What was closed without one (withdrawn, lapsed,
    merged) can be given one afterwards; what was closed under one stays there."""
    category = clean_name(category)
    refuse_without(ticket.number, "categorise", {"category": category})
    _refuse_category(session, ticket, category)
    session.refresh(ticket)
    had = ticket.category
    if ticket.status == "closed" and had is None:
        take_step(session, ticket, "record", Ticket.category.is_(None), category=category)
    else:
        take_step(session, ticket, "categorise", category=category)
    if had != category:
        note(session, ticket, actor, "categorised", now, {"from": had, "to": category})


def wait(session: Session, ticket: Ticket, actor: str, now: datetime) -> None:
    """The person has to answer; what he writes next makes the ticket open again."""
    _move(session, ticket, "wait", "waiting", actor, now)


def forward(
    session: Session, ticket: Ticket, unit: str, asked: str, actor: str, now: datetime, data: Data = NOTHING
) -> None:
    """``unit`` has to say something about it; ``asked``: what. ``data``: what the event is to hold besides."""
    unit = clean_name(unit)
    refuse_without(ticket.number, "forward", {"unit": unit})
    told = {"unit": unit, "asked": storable(asked), **data}
    _move(session, ticket, "forward", "forwarded", actor, now, told, unit=unit)


def plan(session: Session, ticket: Ticket, text: str, actor: str, now: datetime, data: Data = NOTHING) -> None:
    """A follow-up was agreed on: ``text``. ``data``: what the event is to hold besides."""
    refuse_without(ticket.number, "plan", {"plan": text})
    _move(session, ticket, "plan", "planned", actor, now, {"plan": storable(text), **data})


def take_back(session: Session, ticket: Ticket, findings: str, actor: str, now: datetime, data: Data = NOTHING) -> None:
    """The desk works on it again; ``findings``: what the unit found or the plan brought. ``data``: what the event is to
    hold besides."""
    told = {**given(findings=storable(findings) or None), **data}
    _move(session, ticket, "take back", "taken back", actor, now, told)


def resolve(session: Session, ticket: Ticket, solution: str, actor: str, now: datetime) -> None:
    """It is dealt with, by ``solution``; only the record and the closing are left."""
    refuse_without(ticket.number, "resolve", {"solution": solution})
    solution = storable(solution)
    values = {"solution": solution, "resolved_at": now}
    _move(session, ticket, "resolve", "resolved", actor, now, {"solution": solution}, **values)


def confirm_identity(session: Session, ticket: Ticket, how: str, actor: str, now: datetime) -> None:
    """Somebody of the staff has made sure who the person is, where the roster could not tell: ``how`` (the card that he
    showed). It holds for this ticket alone. Raises NotAllowed."""
    how = storable(how).strip()
    if not how:
        raise NotAllowed(errors.told("How the identity was made sure of must be written down; nothing was changed."))
    session.refresh(ticket)
    if ticket.identity == "proven":
        raise NotAllowed(errors.told("The identity of ticket {number} is proven already.", number=ticket.number))
    before = ticket.identity
    take_step(session, ticket, "sort", identity="proven")
    note(session, ticket, actor, "identity confirmed", now, {"from": before, "to": "proven", "how": how})


def told(session: Session, ticket: Ticket, how: str, text: str, actor: str, now: datetime) -> None:
    """The person was told ``text`` by word of mouth, by letter or otherwise outside Sapa: that is an answer, too.
    ``how``: phone, walk_in, letter …"""
    how, text = clean_name(how), storable(text).strip()
    if not how or not text:
        raise NotAllowed(errors.told("How he was told, and what, must be written down; nothing was."))
    session.refresh(ticket)
    before = take_step(session, ticket, "reply")
    note_move(session, ticket, actor, before, now)
    note(session, ticket, actor, "message", now, {"how": how, "text": text})


def record(session: Session, ticket: Ticket, text: str, actor: str, now: datetime) -> None:
    """Add to the ticket's record, also after it was closed. What was recorded is never changed."""
    refuse_without(ticket.number, "record", {"record": text})
    session.refresh(ticket)
    take_step(session, ticket, "record")
    note(session, ticket, actor, "recorded", now, {"record": storable(text)})


def recorded(session: Session, ticket: Ticket) -> str | None:
    """What was recorded last."""
    wanted = select(TicketEvent.data).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "recorded")
    data = session.scalars(wanted.order_by(TicketEvent.id.desc()).limit(1)).one_or_none()
    return data.get("record") if data else None


def close(session: Session, ticket: Ticket, closing: Closing, actor: str, now: datetime) -> None:
    """Close the ticket, categorising, resolving and recording it first with what ``closing`` gives. Raises NotAllowed
    naming everything that is lacking, and for a category that is divided further; nothing was changed then."""
    solution = check_closing(session, ticket, closing)
    if closing.category:
        categorise(session, ticket, closing.category, actor, now)
    if ticket.status in LIVE:
        resolve(session, ticket, solution, actor, now)
    if closing.record:
        record(session, ticket, closing.record, actor, now)
    _move(session, ticket, "close", "closed", actor, now, closed_at=now)


def check_closing(session: Session, ticket: Ticket, closing: Closing) -> str:
    """The solution with which it would be closed. Raises NotAllowed as ``close`` does, and changes nothing."""
    session.refresh(ticket)
    if ticket.status == "closed":
        after(ticket.number, ticket.status, "close")
    there = {
        "category": closing.category or ticket.category,
        "solution": closing.solution or ticket.solution,
        "record": closing.record or recorded(session, ticket),
    }
    refuse_without(ticket.number, "close", there)
    _refuse_category(session, ticket, there["category"] or "", leaf=True)
    return there["solution"] or ""


def _refuse_category(session: Session, ticket: Ticket, category: str, *, leaf: bool = False) -> None:
    """Raises NotAllowed for what is no category of the ticket's procedure or, with ``leaf``, one that is divided."""
    procedure = procedure_of(session, ticket)
    if procedure is None:
        return
    found = procedure.profile.category(category)
    if found is None:
        raise NotAllowed(
            errors.told(
                "{category!r} is no category of ticket {number}'s procedure.", category=category, number=ticket.number
            )
        )
    if leaf and not found.leaf:
        parts = listed([named(each.id) for each in found.children])
        raise NotAllowed(
            errors.told(
                "Ticket {number} cannot be closed under {category}, only under a part of it: {parts}.",
                number=ticket.number, category=named(category), parts=parts,
            )
        )  # fmt: skip


def withdraw(session: Session, ticket: Ticket, actor: str, now: datetime, why: str | None = None) -> None:
    """The person needs nothing more, or there was nothing to do. Closed so, a ticket is not counted as solved by us.
    ``why``: what staff say who close it so (``spam``, ``withdrawn``)."""
    _move(session, ticket, "withdraw", "withdrawn", actor, now, given(why=why), closed_at=now)


def lapse(session: Session, ticket: Ticket, actor: str, now: datetime) -> None:
    """Close a ticket that was resolved, or waits for the person, after a long silence; it never counts as solved."""
    _move(session, ticket, "lapse", "lapsed", actor, now, closed_at=now)


def reopen(session: Session, ticket: Ticket, actor: str, now: datetime, due_at: datetime) -> None:
    """Open an ended ticket again with a new deadline. It is nobody's then, so that whoever is on duty sees it, unless
    who had it reopens it himself. It needs a solution anew. Raises NotAllowed when it has not ended."""
    session.refresh(ticket)
    had_it = ticket.assignee
    keeps = had_it if had_it == actor else None
    data = {"due_at": due_at.isoformat()} | given(released=had_it if keeps is None else None)
    _move(session, ticket, "reopen", "reopened", actor, now, data, due_at=due_at, assignee=keeps)


def _move(
    session: Session,
    ticket: Ticket,
    step: Step,
    kind: str,
    actor: str,
    now: datetime,
    data: Mapping[str, object] | None = None,
    **values: object,
) -> None:
    session.refresh(ticket)
    before = take_step(session, ticket, step, **values)
    note(session, ticket, actor, kind, now, {"from": before, "to": ticket.status, **(data or {})})


def clean_name(text: str) -> str:
    """A category's or a unit's name as it is stored."""
    return " ".join(storable(text).split())[:NAME_LENGTH]
