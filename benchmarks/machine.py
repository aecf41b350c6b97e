"""What the figures were measured on, and what processes use."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROC = Path("/proc")
_LIBRARIES = ("sqlalchemy", "starlette", "uvicorn", "uvloop", "httptools", "httpx", "rasa-sdk")
_TICKS = os.sysconf("SC_CLK_TCK")


def describe() -> dict[str, Any]:
    """Cores, memory, versions and date."""
    memory = int((PROC / "meminfo").read_text().split("MemTotal:")[1].split()[0])
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(memory / 1e6, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def line(found: dict[str, Any]) -> str:
    """The machine in one line."""
    return (
        f"{found['cores']} cores ({found['processor']}), {found['memory_gb']} GB, Python {found['python']}, "
        f"{found['date'][:10]}; load average {load()} at the end"
    )


def load() -> list[float]:
    """How many processes wanted to run in the last 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def ticks() -> tuple[int, int]:
    """(what the host took from our processors, all there was) until now, in clock ticks of all processors."""
    first = (PROC / "stat").read_text().split("\n", 1)[0]
    values = [int(value) for value in first.split()[1:9]]
    return values[7], sum(values)


def stolen_percent(since: tuple[int, int]) -> float:
    """Of the processors' time since then, what the host gave to others: a figure taken meanwhile is not ours alone."""
    stolen, total = (now - before for now, before in zip(ticks(), since, strict=True))
    return round(100 * stolen / total, 1) if total else 0.0


def fsync_ms(folder: Path) -> float:
    """How long the disk takes to make 4 kB durable (median of 50): the floor of every commit."""
    path, took = folder / "fsync.probe", []
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        for number in range(50):
            os.pwrite(file, b"\0" * 4096, number * 4096)
            began = time.perf_counter()
            os.fdatasync(file)
            took.append(time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
    return round(sorted(took)[25] * 1e3, 2)


def tree(pid: int) -> list[int]:
    """The process and all that descend from it; those that end meanwhile are left out."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for children in (PROC / str(parent) / "task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
    return found


def pss_mb(pid: int) -> float:
    """Memory of a process in MB, pages shared with others counted in proportion."""
    for entry in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if entry.startswith("Pss:"):
            return int(entry.split()[1]) / 1000
    raise ValueError(f"no Pss of {pid}")


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, of its own and the system's."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def command(pid: int) -> str:
    """The end of the process's command line, to tell it by."""
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[-60:]


def _processor() -> str:
    for entry in (PROC / "cpuinfo").read_text().splitlines():
        if entry.startswith("model name"):
            return entry.partition(":")[2].strip()
    return platform.machine()
