"""Every night what has been kept long enough is erased; a night that was slept through is made up for at the next
start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation.keeping import carry_out
from bot.conversation.model import RetentionRun
from bot.procedures.hours import ServicePromise
from bot.storage.database import Database
from bot.tickets.promises import SYSTEM

log = logging.getLogger(__name__)

AT = time(2)
"""Local time at which hardly anybody writes."""
LONGEST_SECONDS = 3600.0
"""How long it sleeps at most: a machine that was suspended, or whose clock was set, comes back to its time."""


def last_night(now: datetime, zone: ZoneInfo) -> datetime:
    """When the last night's work was to begin."""
    local = now.astimezone(zone)
    begins = datetime.combine(local.date(), AT, zone)
    return begins if begins <= local else datetime.combine(local.date() - timedelta(days=1), AT, zone)


def next_night(now: datetime, zone: ZoneInfo) -> datetime:
    """When it begins the next time."""
    return datetime.combine(last_night(now, zone).date() + timedelta(days=1), AT, zone)


def begin(session: Session, actor: str, now: datetime, night: datetime | None = None) -> int:
    """A run from now on; its id."""
    run = RetentionRun(night=night, actor=actor, started_at=now, people=0, files=0)
    session.add(run)
    session.flush()
    return run.id


def finish(session: Session, run_id: int, now: datetime) -> None:
    """Note that all was done."""
    unfinished = update(RetentionRun).where(RetentionRun.id == run_id, RetentionRun.finished_at.is_(None))
    session.execute(unfinished.values(finished_at=now))


def latest(session: Session) -> RetentionRun | None:
    """The last run, finished or not."""
    return session.scalar(select(RetentionRun).order_by(RetentionRun.id.desc()).limit(1))


class Nightly:
    """The one who erases at night."""

    def __init__(self, db: Database, clock: Clock, promise: ServicePromise, data_dir: Path) -> None:
        self._db, self._clock, self._promise, self._data_dir = db, clock, promise, data_dir

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Until cancelled."""
        while True:
            await self.once()
            now = self._clock()
            left = next_night(now, self._promise.zone) - now
            await sleep(min(LONGEST_SECONDS, left.total_seconds()))

    async def once(self) -> None:
        """Do the last night's work where it is not done."""
        night = last_night(self._clock(), self._promise.zone)
        run_id = await asyncio.to_thread(self._open, night)
        if run_id is None:
            return
        rule = self._promise.profile.retention
        steps = carry_out(self._db, self._data_dir, rule, run_id, SYSTEM, self._clock())
        while await asyncio.to_thread(next, steps, True) is None:
            pass
        with self._db.write() as session:
            finish(session, run_id, self._clock())

    def _open(self, night: datetime) -> int | None:
        """The night's run, which several processes may share; None where it is over."""
        of_night = select(RetentionRun).where(RetentionRun.night == night)
        with suppress(IntegrityError), self._db.write() as session:
            if session.scalar(of_night) is None:
                first = latest(session) is None
                run_id = begin(session, SYSTEM, self._clock(), night)
                if first:
                    # Nothing goes before somebody could look at what is due: it begins with the next night.
                    finish(session, run_id, self._clock())
        with self._db.read() as session:
            run = session.scalars(of_night).one()
            return run.id if run.finished_at is None else None
