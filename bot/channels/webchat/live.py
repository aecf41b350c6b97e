"""Who has the page open in this process, and how new messages reach it.

The outbox table is the truth: a message is announced when its row says that it was sent, whichever process sent it.
One watcher asks for all open pages together, every second, and at once when this process sends something. Looking a
little back each time forgives late commits and clocks that differ; the page drops what it has already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock

log = logging.getLogger(__name__)
EVERY = 1.0
SOON = (0.02, 0.03, 0.05, 0.1, 0.2, 0.4)
"""Seconds between looks after a message was handed over: its row is marked as sent just after that."""
LOOK_BACK = timedelta(seconds=10)
LOOK_BACK_SOON = timedelta(seconds=2)
QUEUE = 256
PAGES_OF_ONE = 4
"""Open pages of one visitor; browsers allow six connections to a host, and the page needs some to send."""

Look = Callable[[datetime, set[int], set[str]], list[tuple[int, str, dict[str, Any]]]]
"""(since, outbox ids known, addresses) -> (outbox id, address, message) of all that was sent since and is not known;
runs in a thread."""


@dataclass(frozen=True, slots=True)
class Event:
    """``name``: message, mine, typing, reset (read the history again), parked (too many pages) or bye."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str | None = None


@dataclass(eq=False, slots=True)
class Connection:
    """One open page. The stream ends after ``reset``, ``parked`` or ``bye``."""

    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def put(self, event: Event) -> None:
        """Hand over an event; a page that does not keep up is told to begin anew."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            event = Event("reset")
        self.queue.put_nowait(event)


class Live:
    """The open pages. ``look`` asks the database."""

    def __init__(self, look: Look, clock: Clock) -> None:
        self._look = look
        self._clock = clock
        self._pages: dict[str, list[Connection]] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._known: dict[int, datetime] = {}

    def open_pages(self) -> int:
        return sum(map(len, self._pages.values()))

    @contextmanager
    def connected(self, address: str) -> Iterator[Connection]:
        """A page of ``address`` while it is open. The oldest one is parked when there are too many."""
        connection = Connection(asyncio.get_running_loop())
        pages = self._pages.setdefault(address, [])
        if len(pages) >= PAGES_OF_ONE:
            pages.pop(0).put(Event("parked"))
        pages.append(connection)
        self.ensure_watched()
        try:
            yield connection
        finally:
            remaining = [page for page in self._pages.get(address, ()) if page is not connection]
            if remaining:
                self._pages[address] = remaining
            else:
                self._pages.pop(address, None)

    def publish(self, address: str, event: Event) -> None:
        """Give ``event`` to the pages of ``address`` that are open in this process. May be called in any thread."""
        for page in tuple(self._pages.get(address, ())):
            page.loop.call_soon_threadsafe(page.put, event)

    def expect(self, address: str) -> None:
        """A message to ``address`` is about to be marked as sent: look for it at once. May be called in any thread."""
        for page in tuple(self._pages.get(address, ())):
            page.loop.call_soon_threadsafe(self._woken.set)

    async def close(self) -> None:
        """Tell all pages to come back later, and stop watching."""
        for address in tuple(self._pages):
            self.publish(address, Event("bye"))
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    def ensure_watched(self) -> None:
        """Start the watcher if none runs, and again if it failed."""
        if self._watcher is not None and not self._watcher.done():
            return
        if self._watcher is not None and not self._watcher.cancelled() and (error := self._watcher.exception()):
            log.error("the watcher of the web chat failed; starting another", exc_info=error)
        self._woken = asyncio.Event()
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        soon: Iterator[float] = iter(())
        last = self._clock()
        while self._pages:
            pause = next(soon, EVERY)
            look_back = LOOK_BACK_SOON if pause < EVERY else LOOK_BACK
            if await self._woken_within(pause):
                soon, look_back = iter(SOON[1:]), LOOK_BACK_SOON
                await asyncio.sleep(SOON[0])
            now = self._clock()
            try:
                await self._announce(min(last, now) - look_back)
                last = now
            except SQLAlchemyError:
                log.warning("cannot look for new messages of the web chat; trying again", exc_info=True)

    async def _woken_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _announce(self, since: datetime) -> None:
        found = await asyncio.to_thread(self._look, since, set(self._known), set(self._pages))
        now = self._clock()
        for row, address, message in found:
            self._known[row] = now
            self.publish(address, Event("message", message, message["sent"]))
        keep = since - 2 * LOOK_BACK
        self._known = {row: at for row, at in self._known.items() if at > keep}
