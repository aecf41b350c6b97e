"""Who is woken by a commit."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from bot.conversation.waking import SWEEP_SECONDS, whenever_due
from bot.storage.database import Database
from bot.storage.signals import ALARMS, DELIVERIES, notify


def test_a_commit_wakes_who_waits_for_what_it_signalled_and_nobody_else(db: Database) -> None:
    looked: list[str] = []

    async def look(signal: str, awake: asyncio.Event) -> float:
        looked.append(signal)
        awake.set()
        return SWEEP_SECONDS

    def commit(signal: str) -> None:
        with db.write() as session:
            notify(session, signal)

    async def meanwhile() -> None:
        seen = {ALARMS: asyncio.Event(), DELIVERIES: asyncio.Event()}
        tasks = [asyncio.create_task(whenever_due(asyncio.Event(), signal, partial(look, signal, event)))
                 for signal, event in seen.items()]  # fmt: skip
        await asyncio.sleep(0)
        for signal in seen:
            seen[signal].clear()
            await asyncio.to_thread(commit, signal)
            async with asyncio.timeout(10):
                await seen[signal].wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(meanwhile())
    assert looked == [ALARMS, DELIVERIES, ALARMS, DELIVERIES]


def test_what_was_rolled_back_wakes_nobody(db: Database) -> None:
    looked = 0

    async def look() -> float:
        nonlocal looked
        looked += 1
        return SWEEP_SECONDS

    def roll_back() -> None:
        with suppress(ZeroDivisionError), db.write() as session:
            notify(session, ALARMS)
            raise ZeroDivisionError

    async def meanwhile() -> None:
        task = asyncio.create_task(whenever_due(asyncio.Event(), ALARMS, look))
        await asyncio.sleep(0)
        await asyncio.to_thread(roll_back)
        await asyncio.sleep(0.3)
        assert looked == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(meanwhile())
