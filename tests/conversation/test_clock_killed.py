"""Clocks that are killed in the middle of their work, on a real database."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import func, select

from bot.config import ROOT
from bot.storage.database import Database
from bot.tickets.model import StaffNotice, TicketEvent
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at

TICKETS = 60
FIRED = ("warned", "escalated", "breached")
PATIENCE = 120.0


def clock_at(db: Database, moment: datetime) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.conversation.clock_process"]
    url = db.engine.url.render_as_string(hide_password=False)
    return subprocess.Popen([*command, url, moment.isoformat()], cwd=ROOT)


def fired(db: Database) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).where(TicketEvent.kind.in_(FIRED))).one()


def reached(db: Database, goal: int) -> bool:
    return fired(db) >= goal


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "the clocks did not do it in time"
        time.sleep(0.01)


def test_what_was_due_happens_once_though_clocks_are_killed_and_others_run_beside_them(
    db: Database, clock: FakeClock
) -> None:
    clock.now = at("2026-11-26 10:00")
    stage = Stage(db, clock, "unej")
    for _ in range(TICKETS):
        stage.opens()
    # Of each ticket a warning and an escalation of the first step, and a warning of the second, all overdue at once.
    moment, wanted = at("2026-11-26 11:00"), 3 * TICKETS
    chance = random.Random(20261122)
    for _ in range(3):
        goal, killed = fired(db) + chance.randrange(8, 25), clock_at(db, moment)
        wait_until(partial(reached, db, goal))
        killed.kill()
        killed.wait()
    assert fired(db) < wanted
    clocks = [clock_at(db, moment) for _ in range(2)]
    try:
        wait_until(partial(reached, db, wanted))
        time.sleep(0.5)
    finally:
        for each in clocks:
            each.kill()
            each.wait()
    with db.read() as session:
        events = Counter(
            (event.ticket_id, event.kind, (event.data or {})["name"], (event.data or {})["run"])
            for event in session.scalars(select(TicketEvent).where(TicketEvent.kind.in_(FIRED)))
        )
        told = Counter(
            (notice.ticket_id, notice.username, notice.kind, notice.promise)
            for notice in session.scalars(select(StaffNotice))
        )
    assert set(events.values()) == {1}
    assert Counter((kind, name) for _, kind, name, _ in events) == {
        ("warned", "staf_humas"): TICKETS, ("escalated", "staf_humas"): TICKETS, ("warned", "wakor"): TICKETS,
    }  # fmt: skip
    assert set(told.values()) == {1}
