"""When something is due, on business or elapsed time, with pauses. Pure; moments are aware, results in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.procedures.business import NOTHING, Hours, add_business, business_between, open_spans
from bot.procedures.rules import Clock

Part = Literal["counts", "paused", "closed"]


@dataclass(frozen=True, slots=True)
class Pause:
    """From ``start`` to ``end`` (None: still) the clock stands still: the person is waited for."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the way to a deadline: from ``start`` to ``end`` the time ``counts``, or not because the person was
    waited for (``paused``) or nobody was at work (``closed``)."""

    part: Part
    start: datetime
    end: datetime


def running(start: datetime, pauses: Iterable[Pause]) -> Iterator[tuple[datetime, datetime | None]]:
    """The spans from ``start`` on in which the clock runs, in order; the last one has no end unless it is paused now.
    Pauses may come in any order and overlap."""
    here = start.astimezone(UTC)
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if pause.start > here:
            yield here, pause.start.astimezone(UTC)
        if pause.end is None:
            return
        here = max(here, pause.end.astimezone(UTC))
    yield here, None


def counted(start: datetime, now: datetime, clock: Clock, hours: Hours, pauses: Sequence[Pause] = ()) -> timedelta:
    """How much time the clock has counted from ``start`` to ``now``; nothing when ``now`` is not later."""
    total = NOTHING
    for begins, ends in running(start, pauses):
        if begins >= now:
            break
        total += _between(begins, min(now, ends or now), clock, hours)
    return total


def deadline(
    start: datetime, within: timedelta, clock: Clock, hours: Hours, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """The first moment by which the clock has counted ``within`` since ``start``; None while it stands still before.

    Never before ``start``; monotone in ``start`` and ``within``; a pause moves it by what the clock would have counted
    meanwhile. Raises ValueError for a negative length.
    """
    if within < NOTHING:
        raise ValueError("a deadline is never before its start")
    if within == NOTHING:
        return start.astimezone(UTC)
    left = within
    for begins, ends in running(start, pauses):
        if ends is None:
            return _add(begins, left, clock, hours)
        passes = _between(begins, ends, clock, hours)
        if left <= passes:
            return _add(begins, left, clock, hours)
        left -= passes
    return None


def way(start: datetime, end: datetime, clock: Clock, hours: Hours, pauses: Sequence[Pause] = ()) -> Sequence[Stretch]:
    """What the time from ``start`` to ``end`` consists of, in order and without gaps."""
    found: list[Stretch] = []
    here = start.astimezone(UTC)
    for begins, ends in running(start, pauses):
        if begins >= end:
            break
        _append(found, "paused", here, begins)
        here = min(end, ends or end)
        _append_open(found, begins, here, clock, hours)
    _append(found, "paused", here, end)
    return found


def _append_open(found: list[Stretch], start: datetime, end: datetime, clock: Clock, hours: Hours) -> None:
    if clock == "elapsed":
        _append(found, "counts", start, end)
        return
    here = start
    for opens, closes in open_spans(start, hours):
        if opens >= end:
            break
        _append(found, "closed", here, opens)
        _append(found, "counts", max(here, opens), min(end, closes))
        here = min(end, max(here, closes))
    _append(found, "closed", here, end)


def _append(found: list[Stretch], part: Part, start: datetime, end: datetime) -> None:
    if end > start:
        if found and found[-1].part == part and found[-1].end == start:
            start = found.pop().start
        found.append(Stretch(part, start, end.astimezone(UTC)))


def _between(start: datetime, end: datetime, clock: Clock, hours: Hours) -> timedelta:
    return max(end - start, NOTHING) if clock == "elapsed" else business_between(start, end, hours)


def _add(start: datetime, amount: timedelta, clock: Clock, hours: Hours) -> datetime:
    return start + amount if clock == "elapsed" else add_business(start, amount, hours)
