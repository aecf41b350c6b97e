"""The hours of today beside those of a usual day of the same weekday: how many tickets came in when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from bot.tickets.model import Ticket

WEEKS = 8
"""Looked back for what is usual; days on which the institution was closed are not usual."""
FEWEST = 2
"""Of one day alone nobody can say what is usual."""
HOURS = 24
WIDTH, HEIGHT, GAP = 17, 96, 2
"""Of an hour and of the drawing, and what is free beside a bar, in pixels."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What came in within it. ``today``: None for an hour that has not begun. ``usual``: the mean, None where there is
    none."""

    hour: int
    today: int | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """What is drawn of an hour, in pixels from the top left."""

    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Curve:
    """``by_now``: what usually has come in by this time of the day; None where nothing is usual yet."""

    hours: Sequence[Hour]
    came: int
    by_now: float | None

    @property
    def most(self) -> float:
        """The height of the drawing; at least one ticket."""
        return max([1.0, *(max(each.today or 0, each.usual or 0) for each in self.hours)])

    @property
    def line(self) -> str:
        """The usual day as the points of an SVG polyline, a step an hour; empty where nothing is usual."""
        steps = [(each.hour, self.y(each.usual)) for each in self.hours if each.usual is not None]
        return " ".join(f"{self.x(hour)},{y:.1f} {self.x(hour + 1)},{y:.1f}" for hour, y in steps)

    def x(self, hour: int) -> int:
        """Where an hour begins."""
        return hour * WIDTH

    def bar(self, hour: Hour) -> Bar:
        """Today's tickets of an hour."""
        top = self.y(hour.today or 0)
        return Bar(self.x(hour.hour) + GAP, top, HEIGHT - top)

    def y(self, tickets: float) -> float:
        """Where the top of so many tickets is."""
        return HEIGHT * (1 - tickets / self.most)


def usual_days(today: date, closed: Callable[[date], bool]) -> Sequence[date]:
    """The days that today is compared with, the latest first."""
    before = (today - timedelta(weeks=week) for week in range(1, WEEKS + 1))
    return [day for day in before if not closed(day)]


def curve(came: Iterable[datetime], days: Sequence[date], now: datetime) -> Curve:
    """``came``: local times at which tickets came in, today and on those days. ``now``: local, too. A day before the
    first ticket of all says nothing of what is usual."""
    times = sorted(came)
    known = [day for day in days if times and day >= times[0].date()]
    today = [each for each in times if each.date() == now.date() and each <= now]
    before = [each for each in times if each.date() in set(known)]
    usual = len(known) >= FEWEST
    hours = [
        Hour(
            hour,
            sum(each.hour == hour for each in today) if hour <= now.hour else None,
            sum(each.hour == hour for each in before) / len(known) if usual else None,
        )
        for hour in range(HOURS)
    ]
    by_now = sum(each.time() <= now.time() for each in before) / len(known) if usual else None
    return Curve(hours, len(today), by_now)


def read(session: Session, now: datetime, zone: ZoneInfo, closed: Callable[[date], bool]) -> Curve:
    """Today's, in the institution's time."""
    local = now.astimezone(zone)
    days = usual_days(local.date(), closed)
    wanted = or_(*(_on(day, zone) for day in (local.date(), *days)))
    came = [at.astimezone(zone) for at in session.scalars(select(Ticket.created_at).where(wanted))]
    return curve(came, days, local)


def _on(day: date, zone: ZoneInfo) -> ColumnElement[bool]:
    begins, ends = (datetime.combine(each, time.min, zone) for each in (day, day + timedelta(days=1)))
    return and_(Ticket.created_at >= begins, Ticket.created_at < ends)
