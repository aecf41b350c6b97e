"""Replays that people ask for: each runs once, in a thread of its own, and is kept for those who read it page by page.

Thousands of questions take half a minute, and nobody's browser should wait for that on one request.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.knowledge.curating.replay import Learn, Replayed
from bot.knowledge.curating.trials import Trial

MOST_KEPT = 4
FRESH = timedelta(minutes=30)
"""What people asked since is missing; after this it is asked anew."""


@dataclass(frozen=True, slots=True)
class Running:
    """A replay that was begun. ``done``: its result, or what it failed of."""

    trial: Trial
    begun_at: datetime
    done: Future[Replayed] = field(default_factory=Future)


class Replays:
    """Of one process; another one begins its own."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Running] = OrderedDict()
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], Trial], learn: Learn, now: datetime) -> Running:
        """The replay with that key, which says all that its result depends on but for what people ask; begun where
        there is none yet. Returns as soon as its trial is made."""
        with self._lock:
            running = self._kept.get(key)
            if running is None or now - running.begun_at > FRESH or _failed(running):
                running = self._kept[key] = Running(make(), now)
                threading.Thread(target=self._run, args=(running, learn), daemon=True).start()
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return running

    def _run(self, running: Running, learn: Learn) -> None:
        with self._one_at_a_time:
            try:
                running.done.set_result(running.trial.run(learn=learn))
            except Exception as error:  # told to whoever reads the result
                running.done.set_exception(error)


def _failed(running: Running) -> bool:
    return running.done.done() and running.done.exception() is not None
