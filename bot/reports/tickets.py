"""The figures of tickets between two instants, from their events alone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.procedures.business import Hours
from bot.procedures.clock import Pause, counted, deadline
from bot.procedures.rules import Target
from bot.tickets.lifecycle import ENDED
from bot.tickets.timeline import MOVES, Span, spans

MACHINES = frozenset({"person", "assistant", "system", "sapa"})
"""Actors of events that are none of the staff."""
NONE = "-"
"""Stands for what a ticket has not: a category, a unit."""
ANSWERS = frozenset({"message", "resolved"})
"""Kinds of events by which a human answers the person."""
CLOSINGS = frozenset({"closed", "withdrawn", "lapsed"})
"""Kinds of events by which a ticket ends. One that was merged goes on as the other."""
Verdict = Literal["kept", "broken", "open"]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a ticket, as ``tickets.model.TicketEvent`` keeps it."""

    at: datetime
    actor: str
    kind: str
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class History:
    """A ticket and all its events until the report's end, in order; the first one opened it. ``version``: of the
    profile, by which it is worked; None for one that was opened before they were kept."""

    number: str
    channel: str
    events: tuple[Event, ...]
    version: int | None = None

    @property
    def opened(self) -> datetime:
        return self.events[0].at

    @cached_property
    def spans(self) -> Sequence[Span]:
        """Its statuses."""
        return spans(self.events)

    def last(self, kind: str, name: str = "to") -> Any:
        """What the latest event of a kind says under a name; None where there is none."""
        for event in reversed(self.events):
            if event.kind == kind:
                return (event.data or {}).get(name)
        return None

    @property
    def category(self) -> str | None:
        """The one it had at the end."""
        found = self.last("categorised") or (self.events[0].data or {}).get("category")
        return found and str(found)

    @property
    def kind(self) -> str:
        """What it was at the end."""
        return str(self.last("kind changed") or (self.events[0].data or {}).get("kind") or NONE)

    @property
    def unit(self) -> str | None:
        """Which unit had it last."""
        found = self.last("forwarded", "unit") or self.last("given to unit")
        return found and str(found)

    @cached_property
    def answered(self) -> datetime | None:
        """When a human first answered, or resolved it: then the person is told how."""
        return next((e.at for e in self.events if e.kind in ANSWERS and e.actor not in MACHINES), None)

    @cached_property
    def resolved(self) -> datetime | None:
        """When it was resolved for good: no later event opened it again. A ticket that ended without a human's solution
        (withdrawn, closed by itself) never was."""
        at = None
        for event in self.events:
            if event.kind == "resolved" and event.actor not in MACHINES:
                at = event.at
            elif event.kind == "reopened":
                at = None
        return at

    @property
    def promised(self) -> datetime | None:
        """By when an answer was promised, when it was opened."""
        promised = (self.events[0].data or {}).get("due_at")
        return datetime.fromisoformat(promised) if promised else None

    @property
    def moved(self) -> bool:
        """Whether it is worked by another version of the procedure than it began with: on another calendar, say."""
        return any(event.kind == "moved" and "to_version" in (event.data or {}) for event in self.events)

    @cached_property
    def pauses(self) -> Sequence[Pause]:
        """When the person was waited for."""
        return [Pause(span.start, span.end) for span in self.spans if span.status == "waiting"]

    def live(self) -> bool:
        """Whether somebody still had to deal with it at the end."""
        return not self.spans or self.spans[-1].status not in ENDED


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises. ``open``: neither kept nor broken yet."""

    kept: int = 0
    broken: int = 0
    open: int = 0

    @property
    def share(self) -> float | None:
        """Of those that are decided; None without any."""
        return self.kept / (self.kept + self.broken) if self.kept + self.broken else None


@dataclass(frozen=True, slots=True)
class Times:
    """Durations: how many, their median and what nine of ten do not exceed (None without any)."""

    count: int
    median: timedelta | None
    ninety: timedelta | None


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """Of tickets opened from the start until before the end, unless it says otherwise. ``backlog``: live at the end,
    whenever opened. ``reopened``, ``forwarded``, ``closed``, ``closed_unsolved``: what happened in the time, to any
    ticket; each ticket counts once. ``ratings``: given in the time, 1 to 5. ``said_*``: what
    people answered in the time when asked whether it is solved. ``by_hour``: local, 24 numbers."""

    opened: int
    by_channel: Mapping[str, int]
    by_category: Mapping[str, int]
    by_unit: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_hour: Sequence[int]
    first_response: Times
    resolution: Times
    answered_in_time: Kept
    resolved_in_time: Kept
    categorised: int
    closed: int
    closed_unsolved: int
    backlog: int
    reopened: int
    forwarded: int
    ratings: Mapping[int, int]
    said_solved: int
    said_unsolved: int


def figures(
    found: Sequence[History], start: datetime, end: datetime, zone: ZoneInfo, first: Target, resolution: Target,
    hours: Hours,
) -> TicketFigures:  # fmt: skip
    """``found``: every ticket opened before ``end`` that was live at ``start`` or had an event since, with its events
    before ``end``. ``first``, ``resolution``: the targets that first answers and resolved tickets are judged by; time
    in which the person was waited for does not count."""
    new = [each for each in found if start <= each.opened < end]
    took = [(each, _taken(each, end, resolution, hours)) for each in new]
    survey = _survey(found, start, end)
    hour = Counter(each.opened.astimezone(zone).hour for each in new)
    return TicketFigures(
        opened=len(new),
        by_channel=_counted(each.channel for each in new),
        by_category=_counted(each.category or NONE for each in new),
        by_unit=_counted(each.unit or NONE for each in new),
        by_kind=_counted(each.kind for each in new),
        by_hour=[hour[number] for number in range(24)],
        first_response=times([each.answered - each.opened for each in new if each.answered]),
        resolution=times([each.resolved - each.opened for each in new if each.resolved]),
        answered_in_time=_kept(_answered_in_time(each, end, first, hours) for each in new),
        resolved_in_time=_kept(_resolved_in_time(each, time, resolution) for each, time in took),
        categorised=sum(each.category is not None for each in new),
        closed=_happened(found, CLOSINGS, start, end),
        closed_unsolved=_closed_unsolved(found, start, end),
        backlog=sum(each.live() for each in found),
        reopened=_happened(found, {"reopened"}, start, end),
        forwarded=_happened(found, {"forwarded"}, start, end),
        ratings={number: survey["rating", number] for number in range(1, 6)},
        said_solved=survey["yes_no", True],
        said_unsolved=survey["yes_no", False],
    )


def broken_by_category(
    found: Sequence[History], start: datetime, end: datetime, until: datetime, first: Target, resolution: Target,
    hours: Hours,
) -> Mapping[str, Sequence[str]]:  # fmt: skip
    """Which of the tickets opened from ``start`` to before ``end`` broke a promise before ``until``, by category,
    oldest first; without a category they are left out. ``found``, ``first``, ``resolution``: as of ``figures``."""

    def broken(each: History) -> bool:
        took = _taken(each, until, resolution, hours)
        return "broken" in (_answered_in_time(each, until, first, hours), _resolved_in_time(each, took, resolution))

    numbers: dict[str, list[str]] = {}
    for each in found:
        if each.category and start <= each.opened < end and broken(each):
            numbers.setdefault(each.category, []).append(each.number)
    return numbers


def times(durations: Sequence[timedelta]) -> Times:
    """The nearest-rank median and 90 %."""
    ordered = sorted(durations)
    if not ordered:
        return Times(0, None, None)
    return Times(len(ordered), ordered[(len(ordered) - 1) // 2], ordered[-(-len(ordered) * 9 // 10) - 1])


def _counted(values: Iterable[str]) -> Mapping[str, int]:
    """The most frequent first."""
    return dict(sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0])))


def _kept(verdicts: Iterable[Verdict | None]) -> Kept:
    counts = Counter(verdicts)
    return Kept(counts["kept"], counts["broken"], counts["open"])


def _answered_in_time(ticket: History, end: datetime, first: Target, hours: Hours) -> Verdict | None:
    """None where nothing was promised, or the person ended it before it was due."""
    if ticket.promised is None:
        return None
    due = _first_due(ticket, ticket.promised, first, hours)
    if ticket.answered is not None:
        return "kept" if due is None or ticket.answered <= due else "broken"
    ended = next((span.start for span in ticket.spans if span.status in ENDED), None)
    if ended is not None and (due is None or ended <= due):
        return None
    return "broken" if due is not None and due < end else "open"


def _first_due(ticket: History, promised: datetime, first: Target, hours: Hours) -> datetime | None:
    """By when an answer was due, as the ticket itself says it: with the pauses, and on the calendar that it was moved
    to. None while the clock stands still."""
    if not ticket.moved and not any(pause.start < promised for pause in ticket.pauses):
        return promised
    within = first.within if ticket.moved else counted(ticket.opened, promised, first.clock, hours)
    return deadline(ticket.opened, within, first.clock, hours, ticket.pauses)


def _taken(ticket: History, end: datetime, target: Target, hours: Hours) -> timedelta:
    until = ticket.resolved or (end if ticket.live() else ticket.spans[-1].start)
    return counted(ticket.opened, until, target.clock, hours, ticket.pauses)


def _resolved_in_time(ticket: History, took: timedelta, target: Target) -> Verdict | None:
    """None where it ended unsolved before it was due."""
    if took > target.within:
        return "broken"
    if ticket.resolved is not None:
        return "kept"
    return "open" if ticket.live() else None


def _happened(found: Iterable[History], kinds: Set[str], start: datetime, end: datetime) -> int:
    return sum(any(e.kind in kinds and start <= e.at < end for e in each.events) for each in found)


def _closed_unsolved(found: Iterable[History], start: datetime, end: datetime) -> int:
    def so(each: History) -> bool:
        last = next((event for event in reversed(each.events) if event.kind in MOVES), None)
        ended = last is not None and last.kind in CLOSINGS and start <= last.at < end
        return ended and each.resolved is None

    return sum(so(each) for each in found)


def _survey(found: Iterable[History], start: datetime, end: datetime) -> Counter[tuple[str, Any]]:
    """How often which answer was given, by the question's kind."""
    answers = (
        event.data or {}
        for each in found
        for event in each.events
        if event.kind == "survey answered" and start <= event.at < end
    )
    return Counter((data["kind"], data["answer"]) for data in answers if data["kind"] in ("rating", "yes_no"))
