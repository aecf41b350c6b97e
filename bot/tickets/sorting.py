"""What a ticket is: its subject, kind, priority, category and tags, saved together by somebody who saw it as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotAllowed
from bot.tickets import working
from bot.tickets.changes import note, one_line, take_step
from bot.tickets.lifecycle import Kind, Priority
from bot.tickets.model import Ticket, TicketEvent, TicketTag

TAG_LENGTH = 64
SHARED: frozenset[str] = frozenset({"message", "noted", "followed", "unfollowed", "recorded"})
"""Kinds of events that add something and replace nothing: they make nobody's picture of the ticket wrong."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """What is to be saved; None leaves it as it is. ``tags``: all that the ticket is to have."""

    subject: str | None = None
    kind: str | None = None
    priority: str | None = None
    category: str | None = None
    tags: Sequence[str] | None = None


def version(session: Session, ticket: Ticket) -> int:
    """The ticket's version: it rises with every change. Keep what a page showed, and give it to ``save``."""
    return session.scalar(select(func.max(TicketEvent.id)).where(TicketEvent.ticket_id == ticket.id)) or 0


def changed_since(session: Session, ticket: Ticket, seen: int) -> Sequence[TicketEvent]:
    """What replaced something of the ticket after the version ``seen``, in order."""
    wanted = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.id > seen, TicketEvent.kind.not_in(SHARED)
    )
    return session.scalars(wanted.order_by(TicketEvent.id)).all()


def refuse_stale(session: Session, ticket: Ticket, seen: int) -> None:
    """Raises Conflict, with the events in ``changes``, when somebody changed the ticket since the version ``seen``.
    Holds the ticket until the transaction ends; who needs its conversation too locks that before."""
    session.refresh(ticket, with_for_update=True)
    if changed := changed_since(session, ticket, seen):
        told = "; ".join(f"{event.actor} {_told(event)}" for event in changed)
        raise Conflict(f"Ticket {ticket.number} was changed meanwhile: {told}. Nothing was saved.", changed)


def save(
    session: Session, ticket: Ticket, sorting: Sorting, actor: str, now: datetime, seen: int | None = None
) -> Sequence[str]:
    """Save what ``sorting`` gives and is not so yet; returns the names of what changed. ``seen``: the version that was
    shown to ``actor``. Raises Conflict (somebody was first), NotAllowed (an unknown kind or priority, a closed ticket);
    nothing was changed then."""
    if seen is None:
        session.refresh(ticket, with_for_update=True)
    else:
        refuse_stale(session, ticket, seen)
    given = {
        "subject": one_line(sorting.subject) if sorting.subject is not None else None,
        "kind": _one_of(sorting.kind, get_args(Kind), "kind"),
        "priority": _one_of(sorting.priority, get_args(Priority), "priority"),
    }
    changed = [name for name, value in given.items() if value and value != getattr(ticket, name)]
    for name in changed:
        before = getattr(ticket, name)
        take_step(session, ticket, "sort", **{name: given[name]})
        note(session, ticket, actor, f"{name} changed", now, {"from": before, "to": given[name]})
    if sorting.category is not None and sorting.category != ticket.category:
        working.categorise(session, ticket, sorting.category, actor, now)
        changed.append("category")
    if sorting.tags is not None and _tag(session, ticket, sorting.tags, actor, now):
        changed.append("tags")
    return changed


def tags_of(session: Session, ticket: Ticket) -> Sequence[str]:
    """The ticket's tags, in the order of the alphabet."""
    wanted = select(TicketTag.tag).where(TicketTag.ticket_id == ticket.id)
    return session.scalars(wanted.order_by(TicketTag.tag)).all()


def clean_tags(tags: Iterable[str]) -> Sequence[str]:
    """Tags as they are stored: small letters, one space between words, each once, without a leading ``#``."""
    cleaned = (" ".join(tag.replace("\0", "").lower().lstrip("# ").split())[:TAG_LENGTH].strip() for tag in tags)
    return sorted({tag for tag in cleaned if tag})


def _tag(session: Session, ticket: Ticket, tags: Iterable[str], actor: str, now: datetime) -> bool:
    had, wanted = set(tags_of(session, ticket)), set(clean_tags(tags))
    if had == wanted:
        return False
    take_step(session, ticket, "sort")
    session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag.in_(had - wanted)))
    session.add_all(TicketTag(ticket_id=ticket.id, tag=tag) for tag in sorted(wanted - had))
    note(session, ticket, actor, "tagged", now, {"from": sorted(had), "to": sorted(wanted)})
    return True


def _one_of(value: str | None, allowed: Sequence[Any], what: str) -> str | None:
    if value is not None and value not in allowed:
        raise NotAllowed(f"{value!r} is no {what}; there are {', '.join(allowed)}.")
    return value


def _told(event: TicketEvent) -> str:
    data = event.data or {}
    if "to" not in data:
        return event.kind
    before, after = (_words(data.get(key)) for key in ("from", "to"))
    return f"{event.kind} {before} → {after}"


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "-")
