"""Who has the console open in this process, and how what happens reaches the open pages.

The database is the truth. One watcher asks for all pages together what is new, every second, and at once when this
process (or, on PostgreSQL, another one) says that something happened. Pages are told only that there is something new,
and ask for the part that they show: those whom it concerns at once, the others one after the other, for a hundred lists
at the same time would make everybody wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)
EVERY = 1.0
SOON = (0.02, 0.03, 0.05, 0.1, 0.2, 0.4)
"""Seconds between looks after something happened: it is said just before it is committed."""
APART = 0.08
"""Seconds between two pages that are told of what does not concern them: a hundred know it within eight seconds."""
REST = 3
"""So many times as long as it looked the watcher does not look again: with many pages that is no longer nothing."""
TROUBLE = 10.0
"""Seconds without a look after one that failed by a fault of ours."""
QUEUE = 32
WRITING = 6.0
"""So long after the last key somebody counts as writing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the database was at a look. ``recent``: what was new last. ``talks``: for each conversation that is open
    on a page, a value that changes with it."""

    recent: frozenset[tuple[str, int]] = frozenset()
    talks: Mapping[int, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """What happened between two looks. ``talks``: conversations that are open on a page and changed. ``staff``: user
    names of those whom it concerns. ``lists``: whether lists of tickets may be others than before."""

    talks: frozenset[int] = frozenset()
    staff: frozenset[str] = frozenset()
    lists: bool = False


Look = Callable[[Mark | None, frozenset[int]], tuple[Mark, News]]
"""(the last mark, conversations that are open on pages) -> (the new mark, what happened since). Runs in a thread."""


@dataclass(eq=False, slots=True)
class Tab:
    """One open page. ``conversation``: which it shows, with the person of ``person`` (channel, address). ``wrote_at``:
    when somebody typed there last, ``person_wrote_at``: when the person did, by the clock of Live. Events are
    names: ``list``, ``talk``, ``faces`` or ``bye``."""

    username: str
    conversation: int | None
    person: tuple[str, str] | None = None
    wrote_at: float = -WRITING
    person_wrote_at: float = -WRITING
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def put(self, name: str) -> None:
        """Tell the page; what it has not taken yet says the same."""
        if not self.queue.full():
            self.queue.put_nowait(name)


class Live:
    """The open pages. ``look`` asks the database. Only from one event loop."""

    def __init__(self, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self._look, self._clock = look, clock
        self._tabs: set[Tab] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._later: dict[Tab, None] = {}
        self._telling: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._mark: Mark | None = None
        self._closed = False

    @property
    def tabs(self) -> int:
        return len(self._tabs)

    @contextmanager
    def connected(
        self, username: str, conversation: int | None, person: tuple[str, str] | None = None
    ) -> Iterator[Tab]:
        """A page while it is open. ``person``: channel and address of the conversation that it shows."""
        tab = Tab(username, conversation, person)
        if self._closed:
            tab.put("bye")
        self._tabs.add(tab)
        self._tell_faces(tab)
        if self._watcher is None or self._watcher.done():
            self._woken = asyncio.Event()
            self._mark = None
            self._watcher = asyncio.create_task(self._watch())
        try:
            yield tab
        finally:
            self._tabs.discard(tab)
            self._later.pop(tab, None)
            self._tell_faces(tab)

    def present(self, conversation: int) -> Mapping[str, bool]:
        """Who has the conversation open in this process, by user name, and whether he is writing there. From any
        thread."""
        found: dict[str, bool] = {}
        for tab in tuple(self._tabs):
            if tab.conversation == conversation:
                writes = self._clock() - tab.wrote_at < WRITING
                found[tab.username] = found.get(tab.username, False) or writes
        return dict(sorted(found.items()))

    def writes(self, username: str, conversation: int) -> None:
        """Somebody types in a page that shows the conversation; whoever looks at it too is told."""
        for tab in tuple(self._tabs):
            if tab.username == username and tab.conversation == conversation:
                tab.wrote_at = self._clock()
                self._tell_faces(tab)

    def person_writes(self, channel: str, address: str) -> None:
        """The person types to us; whoever looks at the conversation is told. Where there is none, nothing happens."""
        for tab in tuple(self._tabs):
            if tab.person == (channel, address):
                tab.person_wrote_at = self._clock()
                tab.put("faces")

    def is_person_writing(self, conversation: int) -> bool:
        """Whether the person is typing there, as far as pages of this process were told. From any thread."""
        here = (tab for tab in tuple(self._tabs) if tab.conversation == conversation)
        return any(self._clock() - tab.person_wrote_at < WRITING for tab in here)

    def _tell_faces(self, of: Tab) -> None:
        for tab in tuple(self._tabs):
            if tab is not of and of.conversation is not None and tab.conversation == of.conversation:
                tab.put("faces")

    def wake(self) -> None:
        """Something happened, or is about to be committed: look now."""
        self._woken.set()

    async def close(self) -> None:
        """Tell all pages to come back later, and stop watching."""
        self._closed = True
        for tab in tuple(self._tabs):
            tab.put("bye")
        going_on = [task for task in (self._watcher, self._telling) if task is not None]
        for task in going_on:
            task.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)

    async def _watch(self) -> None:
        soon: Iterator[float] = iter(())
        while self._tabs:
            began = self._clock()
            try:
                await self._announce()
            except SQLAlchemyError as error:
                log.warning("cannot look what is new for the console: %s; trying again", type(error).__name__)
            except Exception as error:
                # A fault of ours must not end it for everybody: what it was about is told to all, and passed by.
                log.error("what is new for the console could not be told apart", exc_info=error)
                await self._tell_all()
            await asyncio.sleep(min(EVERY, REST * (self._clock() - began)))
            if await self._woken_within(next(soon, EVERY)):
                soon = iter(SOON)

    async def _woken_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _announce(self) -> None:
        shown = frozenset(tab.conversation for tab in self._tabs if tab.conversation is not None)
        self._mark, news = await asyncio.to_thread(self._look, self._mark, shown)
        for tab in tuple(self._tabs):
            if tab.conversation in news.talks:
                # The page asks for its list, too. What was being written has most likely come.
                tab.person_wrote_at = -WRITING
                self._tell(tab, "talk")
            elif tab.username in news.staff:
                self._tell(tab, "list")
            elif news.lists:
                self._later[tab] = None
        if self._later and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_others())

    async def _tell_all(self) -> None:
        self._mark = None
        for tab in tuple(self._tabs):
            self._tell(tab, "list" if tab.conversation is None else "talk")
        await asyncio.sleep(TROUBLE)

    def _tell(self, tab: Tab, name: str) -> None:
        self._later.pop(tab, None)
        tab.put(name)

    async def _tell_others(self) -> None:
        while self._later:
            self._tell(next(iter(self._later)), "list")
            await asyncio.sleep(APART)
