"""Doing what is due at its time, and at once when a commit of this process may have brought something nearer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.storage.signals import WRITTEN

GATHER_SECONDS = 0.1
"""What is committed shortly after another is looked at together with it; nothing is promised as exactly as this."""
SWEEP_SECONDS = 30.0
"""How long nobody looks at most; shorter than any deadline."""


async def whenever_due(awake: asyncio.Event, signal: str, once: Callable[[], Awaitable[float]]) -> None:
    """Call ``once`` until cancelled: after as many seconds as it said, when ``awake`` is set, and when something was
    committed here that sent ``signal``."""
    loop = asyncio.get_running_loop()

    def written(session: Session) -> None:
        # Only read: others in this process listen, too.
        if signal in session.info.get(WRITTEN, ()):
            loop.call_soon_threadsafe(awake.set)

    event.listen(Session, "after_commit", written)
    try:
        while True:
            awake.clear()
            pause = await once()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await awake.wait()
                    await asyncio.sleep(GATHER_SECONDS)
    finally:
        event.remove(Session, "after_commit", written)


def pause_until(upcoming: datetime | None, now: datetime) -> float:
    """Seconds until ``upcoming``, or until the sweep."""
    left = (upcoming - now).total_seconds() if upcoming else SWEEP_SECONDS
    return min(SWEEP_SECONDS, max(0.0, left))
