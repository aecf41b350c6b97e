"""How a ticket is changed: one conditional UPDATE, and an event that is never changed again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, Told, told
from bot.storage.signals import DELIVERIES, notify
from bot.tickets import alarms
from bot.tickets.lifecycle import ENDED, Step, after
from bot.tickets.model import Ticket, TicketEvent
from bot.webhooks import deliveries

SUBJECT_LENGTH = 200


def take_step(session: Session, ticket: Ticket, step: Step, *conditions: ColumnElement[bool], **values: Any) -> str:
    """Take a step of the table if the ticket is still as it has to be when it is written; else NotAllowed. Returns the
    status before it."""
    status = ticket.status
    to = after(ticket.number, status, step)
    if status in ENDED and to not in ENDED:
        # What comes to life again needs a solution anew.
        values = {"closed_at": None, "resolved_at": None, "solution": None} | values
    changed = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.status == status, *conditions)
        .values(status=to, **values)
        .returning(Ticket.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.refresh(ticket)
    if not changed:
        after(ticket.number, ticket.status, step)
        raise NotAllowed(_why_not(ticket, step))
    return status


def _why_not(ticket: Ticket, step: Step) -> Told:
    if step in ("assign", "hand on", "release") and ticket.assignee is not None:
        return told("Ticket {number} is with {agent}.", number=ticket.number, agent=ticket.assignee)
    return told("Ticket {number} was changed by somebody else just now.", number=ticket.number)


def note(
    session: Session, ticket: Ticket, actor: str, kind: str, now: datetime, data: dict[str, Any],
    known: alarms.Known | None = None,
) -> None:  # fmt: skip
    """Write down that something happened; what is due then follows from it, and whoever wants to be told is.
    ``known``: what was before, from who has locked the ticket and looked it up since."""
    event = TicketEvent(ticket_id=ticket.id, at=now, actor=actor, kind=kind, data=data)
    session.add(event)
    wanting = deliveries.wanting(session, kind)
    if wanting:
        session.flush()
        deliveries.queue(session, wanting, event.id, now)
        notify(session, DELIVERIES)
    if kind not in alarms.IDLE:
        if known is not None:
            known.events.append(event)
        alarms.set_alarms(session, ticket, known)


def note_move(session: Session, ticket: Ticket, actor: str, before: str, now: datetime) -> None:
    """Write down that work was begun or taken up again, where a step of another name made the ticket open."""
    if ticket.status != before:
        kind = "begun" if before == "new" else "reopened" if before in ENDED else "taken back"
        note(session, ticket, actor, kind, now, {"from": before, "to": ticket.status})


def given(**values: object) -> dict[str, object]:
    """Those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def storable(text: str) -> str:
    """PostgreSQL keeps every character but this one."""
    return text.replace("\0", "")


def one_line(text: str) -> str:
    """``text`` as a subject: on one line, cut where it is too long."""
    line = " ".join(storable(text).split())
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1] + "…"
