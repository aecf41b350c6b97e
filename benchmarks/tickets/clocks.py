"""Whether the clocks are kept: steps of a ladder that are due in one minute, and claims that race."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from benchmarks.figures import Row, percentile, spread
from benchmarks.tickets.world import AGENTS, ZONE, World
from bot.channels.webchat.channel import WebChatChannel
from bot.config import ROOT
from bot.conversation.handover import Desk
from bot.conversation.timers import Timers
from bot.conversation.wording import Wording
from bot.errors import NotAllowed
from bot.procedures.versions import put_into_use, shipped
from bot.tickets.model import Alarm, Ticket, TicketEvent
from bot.tickets.service import by_number, open_ticket

ASKED_SECONDS = 1.0
OPENED_AT_ONCE = 250
MONDAY = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
"""10:00 in Jakarta, within office hours."""
STEP = timedelta(minutes=5)
WARNING = timedelta(minutes=1)
"""Of the ladder of unej: the first step escalates after so long, and is warned of so long before."""


class Ahead:
    """A clock that goes as the real one does, from ``start`` on."""

    def __init__(self, start: datetime) -> None:
        self._off = start - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._off


def lateness(world: World, steps: int, seconds: float, lead: timedelta = WARNING) -> tuple[list[Row], dict[str, Any]]:
    """``steps`` tickets whose first step ends within ``seconds``, evenly; how late the escalations are in the
    database. ``lead``: so long before the first one the clocks start; what was to be done before is done at once."""
    late: list[float] = []
    _open(world, steps, seconds)
    clock = Ahead(MONDAY + STEP - lead - timedelta(seconds=1))
    timers = Timers(world.db, clock, _desk())
    with _committed(clock, late):
        asyncio.run(_until_done(timers, late, steps, seconds))
    with world.db.read() as session:
        escalated = select(TicketEvent.ticket_id, func.count()).where(TicketEvent.kind == "escalated")
        told = session.execute(escalated.group_by(TicketEvent.ticket_id)).all()
    once = len(told) == steps and all(count == 1 for _, count in told)
    p50, p99, most = (percentile(late, share) for share in (0.5, 0.99, 1.0))
    said = f"50 % {p50:.2f} s, 99 % {p99:.2f} s, most {most:.2f} s; {'each once' if once else 'NOT EACH ONCE'}"
    what = f"lateness of {steps:,} ladder steps due in {seconds:.0f} s"
    return [Row(what, f"99 % ≤ {ASKED_SECONDS:.0f} s", said, once and p99 <= ASKED_SECONDS)], spread(late)


def races(world: World, count: int) -> tuple[list[Row], dict[str, Any]]:
    """Four agents go for each of ``count`` tickets at the same time."""
    numbers = _open(world, count, 1.0)
    desk, gate = _desk(), threading.Barrier(len(AGENTS))
    won: dict[str, list[str]] = {number: [] for number in numbers}

    def agent(username: str) -> None:
        for number in numbers:
            gate.wait()
            try:
                with world.db.write() as session:
                    desk.take(session, by_number(session, number), username, MONDAY)
            except NotAllowed:
                continue
            won[number].append(username)

    with ThreadPoolExecutor(len(AGENTS)) as pool:
        list(pool.map(agent, AGENTS))
    with world.db.read() as session:
        has = dict(session.execute(select(Ticket.number, Ticket.assignee).where(Ticket.number.in_(numbers))).all())
    right = sum(len(names) == 1 and has[number] == names[0] for number, names in won.items())
    winners = {name: sum(names == [name] for names in won.values()) for name in AGENTS}
    said = f"{right:,} with one winner, {count - right} without"
    what = f"{count:,} races of {len(AGENTS)} agents for a ticket"
    return [Row(what, "one winner each", said, right == count)], winners


def _desk() -> Desk:
    return Desk(Wording.load(ROOT / "domain.yml", ZONE), {"web": WebChatChannel.capabilities})


def _open(world: World, count: int, seconds: float) -> list[str]:
    """New tickets of unej, evenly over ``seconds``; the only ones with alarms."""
    with world.db.write() as session:
        session.execute(delete(Alarm))
        text = shipped("unej").read_text(encoding="utf-8")
        put_into_use(session, "unej", text, ZONE, "system", MONDAY)
    numbers: list[str] = []
    for start in range(0, count, OPENED_AT_ONCE):
        with world.db.write() as session:
            for index in range(start, min(count, start + OPENED_AT_ONCE)):
                person = index % world.people + 1
                ticket = open_ticket(
                    session, conversation_id=person, person_id=person, inbox_id=None, channel="web", subject="tagihan",
                    summary="tagihan", category="keuangan", kind="question", identity="guest", language="id",
                    now=MONDAY + timedelta(seconds=seconds * index / count), due_at=MONDAY + STEP, zone=ZONE,
                )  # fmt: skip
                numbers.append(ticket.number)
    return numbers


async def _until_done(timers: Timers, late: list[float], steps: int, seconds: float) -> None:
    running = asyncio.create_task(timers.run())
    async with asyncio.timeout(120 + seconds * 10):
        while len(late) < steps and not running.done():  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    running.cancel()


class _committed:
    """Notes how late each escalation was when it was in the database."""

    def __init__(self, clock: Ahead, late: list[float]) -> None:
        self._clock, self._late = clock, late
        self._open: list[datetime] = []

    def __enter__(self) -> None:
        event.listen(Session, "after_flush", self._flushed)
        event.listen(Session, "after_commit", self._after)

    def __exit__(self, *_: object) -> None:
        event.remove(Session, "after_flush", self._flushed)
        event.remove(Session, "after_commit", self._after)

    def _flushed(self, session: Session, _context: object) -> None:
        for each in session.new:
            if isinstance(each, TicketEvent) and each.kind == "escalated":
                self._open.append(datetime.fromisoformat((each.data or {})["due_at"]))

    def _after(self, _session: Session) -> None:
        now = self._clock()
        due, self._open = self._open, []
        self._late += [(now - at).total_seconds() for at in due]
