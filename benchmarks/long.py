"""Turn 500 of a conversation against turn 5, the whole way, one after the other in the same minute."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine, processes
from benchmarks.figures import Result, Row, spread
from benchmarks.talks import QUESTIONS
from benchmarks.wire import Connection

ASKED = 1.2
EARLY = 5
SAMPLES = 20
PAUSE = 10
"""Seconds between two messages of a person, by the application's clock: nobody is taken for a flood."""


def run(size: str, folder: Path) -> Result:
    """One long conversation; near its end each of its turns is followed by the fifth turn of a new one."""
    late = 500 if size == "full" else 60
    with processes.host(folder) as host:
        load = [machine.load()]
        early_seconds, late_seconds, all_seconds = asyncio.run(_measure(host.port, late))
        load.append(machine.load())
    found = median(late_seconds) / median(early_seconds)
    measured = f"{found:.2f} ×  ({median(early_seconds) * 1e3:.0f} → {median(late_seconds) * 1e3:.0f} ms)"
    row = Row(f"turn {late} of a conversation against turn {EARLY}", f"≤ {ASKED} ×", measured, found <= ASKED)
    raw: dict[str, Any] = {
        "turn": late,
        "ratio": found,
        "early": spread(early_seconds),
        "late": spread(late_seconds),
        "every_turn_ms": [round(value * 1e3, 1) for value in all_seconds],
        "load_average_before_and_after": load,
    }
    return Result([row], raw)


async def _measure(port: int, late: int) -> tuple[list[float], list[float], list[float]]:
    early_seconds, late_seconds, all_seconds = [], [], []
    async with Connection(port) as connection:
        # Learnt once: how many messages answer each question, so that the end of an answer is known.
        expect = {}
        for text in ("halo", *QUESTIONS):
            told = await connection.post_json("/record", {"sender": "recorded", "text": text})
            expect[text] = told["sent"]

        async def say(sender: str, turn: int) -> float:
            text = QUESTIONS[turn % len(QUESTIONS)] if turn else "halo"
            await connection.post_json("/forward", {"seconds": PAUSE})
            began = time.perf_counter()
            await connection.post_json("/null", {"sender": sender, "text": text, "expect": expect[text]})
            return time.perf_counter() - began

        for person in range(SAMPLES):
            for turn in range(EARLY - 1):
                await say(f"early-{person}", turn)
        for turn in range(late):
            all_seconds.append(await say("long", turn))
            if turn >= late - SAMPLES:
                late_seconds.append(all_seconds[-1])
                early_seconds.append(await say(f"early-{turn - (late - SAMPLES)}", turn))
    return early_seconds, late_seconds, all_seconds
