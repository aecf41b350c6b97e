"""The audit trail: who did what, when, out of everything that is noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlalchemy.orm import Session

from bot.identity.model import AuditEvent
from bot.knowledge.model import TemplateEvent
from bot.tickets.model import CorrectiveEvent, DutyEvent, Ticket, TicketEvent
from bot.tickets.promises import NOT_STAFF

SHOWN = 100
_STEPS = ("kind", "step")
_THINGS = ("about", "username", "template_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. ``actor``: a user name; ``typed``: part of what it was done to, or how; ``kinds``: steps
    whose words have it; ``things``: what is called so, as it is noted; ``before`` and ``since``: within that time.
    Empty: all."""

    actor: str = ""
    typed: str = ""
    since: datetime | None = None
    before: datetime | None = None
    kinds: Sequence[str] = ()
    things: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """``of``: ticket, staff, duty, template or corrective action: whose words tell the ``kind``. ``about``: what it was
    done to; ``link``: where that is shown."""

    at: datetime
    actor: str
    of: str
    kind: str
    about: str
    link: str
    told: str


def entries(session: Session, wanted: Wanted, *, limit: int = SHOWN) -> Sequence[Entry]:
    """The newest first, at most ``limit``."""
    found = [
        *_tickets(session, wanted, limit), *_staff(session, wanted, limit), *_duty(session, wanted, limit),
        *_templates(session, wanted, limit), *_actions(session, wanted, limit),
    ]  # fmt: skip
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


def _conditions(model: Any, wanted: Wanted, *places: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.actor:
        found.append(model.actor == wanted.actor)
    if wanted.since is not None:
        found.append(model.at >= wanted.since)
    if wanted.before is not None:
        found.append(model.at < wanted.before)
    if wanted.typed:
        hits = [cast(place, String).icontains(wanted.typed, autoescape=True) for place in places]
        steps = [place.in_(wanted.kinds) for place in places if place.key in _STEPS]
        things = [place.in_(wanted.things) for place in places if place.key in _THINGS]
        found.append(or_(*hits, *steps, *things))
    return found


def _tickets(session: Session, wanted: Wanted, limit: int) -> Iterable[Entry]:
    rows = session.execute(
        select(TicketEvent, Ticket.number)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(TicketEvent.actor.not_in(NOT_STAFF), *_conditions(TicketEvent, wanted, TicketEvent.kind, Ticket.number))
        .order_by(TicketEvent.id.desc())
        .limit(limit)
    )
    for event, number in rows:
        told = _told(event.data, "unit", "to", "how")
        yield Entry(event.at, event.actor, "event", event.kind, number, f"/console/tickets/{number}", told)


def _staff(session: Session, wanted: Wanted, limit: int) -> Iterable[Entry]:
    found = select(AuditEvent).where(
        *_conditions(AuditEvent, wanted, AuditEvent.kind, AuditEvent.about, AuditEvent.data)
    )
    for event in session.scalars(found.order_by(AuditEvent.id.desc()).limit(limit)):
        what, _, key = event.about.partition(" ")
        link = {"person": f"/console/people/{key}", "account": "/console/staff", "profile": "/console/procedure"}
        link |= {
            "canned": f"/console/canned/{key}",
            "macro": f"/console/macros/{key}",
            "templates": "/console/knowledge",
            "webhook": f"/console/webhooks/{key}",
        }
        told = _told(event.data, "why", "how", "to", "role", "by", "number", "name", "url")
        yield Entry(event.at, event.actor, "audit", event.kind, event.about, link.get(what, ""), told)


def _duty(session: Session, wanted: Wanted, limit: int) -> Iterable[Entry]:
    found = select(DutyEvent).where(*_conditions(DutyEvent, wanted, DutyEvent.username))
    for event in session.scalars(found.order_by(DutyEvent.id.desc()).limit(limit)):
        own = event.actor == event.username
        kind = ("on duty" if own else "put on duty") if event.on_duty else "away" if own else "put away"
        yield Entry(event.at, event.actor, "audit", kind, event.username, "/console/staff", "")


def _templates(session: Session, wanted: Wanted, limit: int) -> Iterable[Entry]:
    places = (TemplateEvent.template_id, TemplateEvent.step)
    # Of what an import brought one step is enough.
    found = select(TemplateEvent).where(or_(TemplateEvent.actor != "import", TemplateEvent.step == "publish"))
    found = found.where(*_conditions(TemplateEvent, wanted, *places))
    for event in session.scalars(found.order_by(TemplateEvent.id.desc()).limit(limit)):
        link = f"/console/knowledge/templates/{event.template_id}"
        yield Entry(event.at, event.actor, "did", event.step, event.template_id, link, "")


def _actions(session: Session, wanted: Wanted, limit: int) -> Iterable[Entry]:
    places = (CorrectiveEvent.kind, CorrectiveEvent.action_id)
    found = select(CorrectiveEvent).where(*_conditions(CorrectiveEvent, wanted, *places))
    for event in session.scalars(found.order_by(CorrectiveEvent.id.desc()).limit(limit)):
        field = _told(event.data, "field")
        yield Entry(
            event.at, event.actor, "ptpp_event", event.kind, f"PTPP {event.action_id}",
            f"/console/ptpp/{event.action_id}", field,
        )  # fmt: skip


def _told(data: dict[str, Any] | None, *keys: str) -> str:
    """What of an event says most; not what people or staff wrote at length."""
    said = next(((data or {})[key] for key in keys if (data or {}).get(key)), "")
    return (", ".join(map(str, said)) if isinstance(said, list) else str(said))[:200]
