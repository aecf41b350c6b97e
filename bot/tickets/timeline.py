"""What a ticket's events tell about its time: which status it had when. Pure, from events alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

MOVES: frozenset[str] = frozenset(
    {
        "opened",
        "begun",
        "waiting",
        "forwarded",
        "planned",
        "taken back",
        "resolved",
        "closed",
        "withdrawn",
        "lapsed",
        "merged",
        "reopened",
    }
)
"""Kinds of events that say in ``from`` and ``to`` how the status changed."""

ENDINGS: frozenset[str] = frozenset({"resolved", "closed", "withdrawn", "lapsed", "merged"})


class Happened(Protocol):
    """An event: TicketEvent, or what a test makes up."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` to ``end`` (None: still) the ticket was in ``status``."""

    status: str
    start: datetime
    end: datetime | None


def spans(events: Iterable[Happened]) -> Sequence[Span]:
    """The statuses that a ticket went through, in order and without gaps; ``events`` in order."""
    found: list[Span] = []
    for event in events:
        if event.kind not in MOVES:
            continue
        # What was opened before statuses were noted was open at once.
        status = (event.data or {}).get("to") or "open"
        if found:
            last = found.pop()
            found.append(Span(last.status, last.start, event.at))
        found.append(Span(status, event.at, None))
    return found


def time_in(found: Iterable[Span], statuses: Set[str], now: datetime) -> timedelta:
    """How long the ticket was in any of ``statuses`` until ``now``, every hour counted."""
    inside = (span for span in found if span.status in statuses and span.start < now)
    return sum((min(span.end or now, now) - span.start for span in inside), timedelta())


@dataclass(frozen=True, slots=True)
class Held:
    """From ``start`` to ``end`` (None: still) the ticket was with ``who``: a user name, or a unit where ``unit``."""

    who: str
    unit: bool
    start: datetime
    end: datetime | None


def holders(events: Iterable[Happened]) -> Sequence[Held]:
    """Who had the ticket when, in order. While a unit has it, nobody else does; who had it before has it again when it
    comes back."""
    found: list[Held] = []
    person: str | None = None

    def passes(at: datetime, who: str | None, unit: bool = False) -> None:
        if found and found[-1].end is None:
            last = found.pop()
            found.append(Held(last.who, last.unit, last.start, at))
        if who is not None:
            found.append(Held(who, unit, at, None))

    for event in events:
        data = event.data or {}
        away = bool(found) and found[-1].unit and found[-1].end is None
        if event.kind in ("assigned", "released"):
            person = data["to"]
            if not away:
                passes(event.at, person)
        elif event.kind == "forwarded":
            passes(event.at, data["unit"], unit=True)
        elif event.kind in ENDINGS:
            passes(event.at, None)
        elif event.kind == "reopened":
            person = None if data.get("released") else person
            passes(event.at, person)
        elif event.kind in MOVES and away:
            passes(event.at, person)
    return found
