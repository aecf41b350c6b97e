"""Writes share transactions: on SQLite every commit waits for the disk, and one at a time, so what is to be written at
about the same time is committed together, by one thread.

PostgreSQL does that by itself, and there a long transaction would hold others' rows: each write has its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from bot.storage.database import Database

T = TypeVar("T")

SHARED_SECONDS = 0.015
"""A transaction takes in no more work after so long: others wait for the write lock meanwhile …"""
FIRST_SECONDS = 0.003
"""… and what may wait goes along with what went first for so long only."""


@dataclass(slots=True)
class _Waiting:
    work: Callable[[Session], Any]
    done: asyncio.Future[Any]
    first: bool


class Writer:
    """``await write(work)`` runs ``work(session)`` in a transaction, maybe with others' work, and returns what it
    returned, after the commit. Work must be repeatable: when one of a transaction fails, all of it is rolled back and
    each is run alone, so that nobody fails with another. Only from one event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.commit_seconds = 0.0
        """What all commits together took until now: the disk, mostly."""
        self._waiting: deque[_Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def __call__(
        self, work: Callable[[Session], T], *, first: bool = False, then: Callable[[], None] | None = None
    ) -> T:
        """``first``: before everything else that waits. ``then`` is called once, when whoever it wakes can go on with
        what the work writes: after the commit, or where transactions are shared as soon as the work is queued, so that
        he goes on in the same one."""
        if not self._db.sqlite:
            alone = await asyncio.to_thread(self._alone, work)
            if then is not None:
                then()
            return alone
        waiting = _Waiting(work, asyncio.get_running_loop().create_future(), first)
        if first:
            self._waiting.appendleft(waiting)
        else:
            self._waiting.append(waiting)
        if then is not None:
            then()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        result: T = await waiting.done
        return result

    async def _write(self) -> None:
        while self._waiting:
            group: list[_Waiting] = []
            try:
                results = await asyncio.to_thread(self._together, group)
            except Exception as error:
                if not group:
                    # Not even a transaction could be begun.
                    group.extend(self._waiting)
                    self._waiting.clear()
                await self._each_alone(group, error)
            else:
                for waiting, result in zip(group, results, strict=True):
                    _settle(waiting, result)

    def _together(self, group: list[_Waiting]) -> list[Any]:
        """Run what waits in one transaction; ``group`` gets what was taken."""
        results = []
        with self._db.write() as session:
            began = time.monotonic()
            while self._waiting and (not group or self._may_join(self._waiting[0], group, began)):
                group.append(self._waiting.popleft())
                results.append(group[-1].work(session))
                # The next one must see the database, not what this one has in memory.
                session.flush()
                session.expunge_all()
            ended = time.monotonic()
        self.commit_seconds += time.monotonic() - ended
        return results

    @staticmethod
    def _may_join(waiting: _Waiting, group: list[_Waiting], began: float) -> bool:
        if waiting.first and not group[-1].first:
            # It begins a transaction of its own rather than end somebody else's.
            return False
        most = FIRST_SECONDS if group[0].first and not waiting.first else SHARED_SECONDS
        return time.monotonic() - began < most

    async def _each_alone(self, group: list[_Waiting], error: Exception) -> None:
        # Where the database is gone nobody's work can be done, and trying each would make the last wait for all.
        if len(group) == 1 or isinstance(error, OperationalError | TimeoutError):
            for waiting in group:
                _settle(waiting, error)
            return
        for waiting in group:
            try:
                _settle(waiting, await asyncio.to_thread(self._alone, waiting.work))
            except Exception as own:
                _settle(waiting, own)

    def _alone(self, work: Callable[[Session], T]) -> T:
        with self._db.write() as session:
            return work(session)


def _settle(waiting: _Waiting, result: Any) -> None:
    # The caller may be gone; his work is done all the same.
    if waiting.done.done():
        return
    if isinstance(result, Exception):
        waiting.done.set_exception(result)
    else:
        waiting.done.set_result(result)
