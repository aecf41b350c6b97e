"""Looking at processes from outside, and waiting for what they do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be buried does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def group_of(pid: int) -> list[int]:
    """The processes that run in the group that ``pid`` leads."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == pid and fields[0] not in ("Z", "X"):
            found.append(int(folder.name))
    return found


def wait_until(reached: Callable[[], bool], seconds: float) -> float:
    """Wait; the seconds it took. Raises AssertionError when they were not enough."""
    start = time.monotonic()
    while not reached():
        assert time.monotonic() - start < seconds, "not reached in time"
        time.sleep(0.02)
    return time.monotonic() - start


async def until(reached: Callable[[], bool], seconds: float) -> float:
    """The same in an event loop."""
    start = time.monotonic()
    while not reached():
        assert time.monotonic() - start < seconds, "not reached in time"
        await asyncio.sleep(0.02)
    return time.monotonic() - start
