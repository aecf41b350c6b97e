"""Gaps that are found in the background, and kept: to put questions together takes seconds, for which no page waits."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.knowledge.curating import asked, gaps
from bot.knowledge.curating.gaps import Gap
from bot.knowledge.embedding import Embedder
from bot.storage.database import Database

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=1)
"""What is older is found anew when somebody looks."""
FIRST_SECONDS = 20.0
"""After a start there is more pressing work."""
EVERY_SECONDS = 3600.0
"""How old what somebody finds here is at most, while it is found anew."""


@dataclass(frozen=True, slots=True)
class Found:
    """``at``: of when it is. ``erased``: how many questions had been erased by then."""

    gaps: Sequence[Gap]
    at: datetime
    erased: int


class FoundGaps:
    """Of one process."""

    def __init__(self, db: Database, *, by_meaning: bool) -> None:
        self._db, self._by_meaning = db, by_meaning
        self._embedder: Embedder | None = None
        self._last: Found | None = None
        self._running: Future[Found] | None = None
        self._lock = threading.Lock()

    def look(self, now: datetime, patience: float) -> tuple[Found | None, bool]:
        """What was found last, and whether newer is being found, for which at most ``patience`` seconds are waited.
        None where nothing was found yet, or what was found quotes what was erased since. Raises what finding failed
        of, where there is nothing older."""
        with self._db.read() as session:
            erased = asked.erased(session)
        with self._lock:
            last = self._last if self._last is not None and self._last.erased == erased else None
            if last is not None and now - last.at < FRESH:
                return last, False
            if self._running is None:
                self._running = Future()
                threading.Thread(target=self._find, args=(self._running, now), name="gaps", daemon=True).start()
            running = self._running
        try:
            return running.result(patience), False
        except NotYet:
            return last, True
        except Exception:
            if last is None:
                raise
            return last, False

    async def keep_going(self, clock: Clock) -> None:
        """Find them after the start and every hour, until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            await asyncio.to_thread(self.look, clock(), 0)
            await asyncio.sleep(EVERY_SECONDS)

    def _find(self, running: Future[Found], now: datetime) -> None:
        try:
            if self._by_meaning and self._embedder is None:
                self._embedder = Embedder.of_this_machine()
            with self._db.read() as session:
                erased = asked.erased(session)
                found = Found(gaps.find(session, now, embedder=self._embedder), now, erased)
        except Exception as error:
            log.error("gaps could not be found: %s", type(error).__name__)
            self._done(None)
            running.set_exception(error)
        else:
            self._done(found)
            running.set_result(found)

    def _done(self, found: Found | None) -> None:
        with self._lock:
            self._last, self._running = found or self._last, None
