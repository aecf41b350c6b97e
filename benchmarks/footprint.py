"""Memory of all processes after 200 turns, the start when everything is built, and what it costs to wait."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks import machine, processes
from benchmarks.figures import Result, Row
from benchmarks.latency import say_to_all, wait_until_quiet

ASKED_GB = 1.4
ASKED_SECONDS = 40.0
TURNS = 200


def run(size: str, folder: Path) -> Result:
    """The second start is the one that counts: the first one makes the database."""
    idle = 20.0 if size == "full" else 3.0
    with processes.fake_whatsapp() as fake:
        application = processes.Sapa(folder, whatsapp_url=fake.url)
        starts = []
        try:
            for _ in range(2):
                application.stop()
                application.start()
                starts.append(application.wait_ready())
            asyncio.run(say_to_all(application.port, None, "f", range(TURNS), 20))
            wait_until_quiet(application)
            memory = {
                f"{pid} {machine.command(pid)}": round(machine.pss_mb(pid), 1) for pid in machine.tree(application.pid)
            }
            share = _cpu_share(application.pid, idle)
        finally:
            application.stop()
    total = sum(memory.values()) / 1000
    rows = [
        Row(f"memory of all processes after {TURNS} turns", f"≤ {ASKED_GB} GB", f"{total:.2f} GB", total <= ASKED_GB),
        Row("start to /readyz 200", f"≤ {ASKED_SECONDS:.0f} s", f"{starts[1]:.1f} s", starts[1] <= ASKED_SECONDS),
        Row("processor while nothing happens", "", f"{share * 100:.1f} % of a core"),
    ]
    raw = {
        "memory_pss_mb": memory,
        "start_seconds_first_and_second": starts,
        "idle_share_of_a_core": share,
        "load_average": machine.load(),
    }
    return Result(rows, raw)


def _cpu_share(pid: int, seconds: float) -> float:
    before = {each: machine.cpu_seconds(each) for each in machine.tree(pid)}
    time.sleep(seconds)
    return sum(machine.cpu_seconds(each) - before.get(each, 0.0) for each in machine.tree(pid)) / seconds
