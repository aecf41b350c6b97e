"""``python -m benchmarks [name ...] [--size small|full]``: measure, show one table, keep the raw figures as JSON."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import crash, footprint, intake, latency, long, machine, replay, turns
from benchmarks.figures import Result, Row, table
from benchmarks.keeping import keep, say, scratch
from bot.errors import SapaError

BENCHMARKS: dict[str, Callable[[str, Path], Result]] = {
    "turns": turns.run,
    "long": long.run,
    "intake": intake.run,
    "latency": latency.run,
    "crash": crash.run,
    "footprint": footprint.run,
    "replay": replay.run,
}


def main() -> int:
    """0 when every figure that was asked for is reached, else 1."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    options.add_argument("--size", choices=("small", "full"), default="full")
    chosen = options.parse_args()
    if unknown := set(chosen.names) - set(BENCHMARKS):
        options.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    for name in chosen.names or BENCHMARKS:
        say(f"{name} …")
        began = time.monotonic()
        try:
            result = _measure(name, chosen.size)
        except SapaError as error:
            rows.append(Row(name, "", f"could not be measured: {error}".splitlines()[0], False))
            continue
        _keep(name, chosen.size, result, time.monotonic() - began)
        rows += result.rows
    print(table(rows, machine.line(machine.describe())))
    return int(any(row.met is False for row in rows))


def _measure(name: str, size: str) -> Result:
    with scratch(name) as folder:
        return BENCHMARKS[name](size, folder)


def _keep(name: str, size: str, result: Result, seconds: float) -> None:
    told = {"benchmark": name, "size": size, "took_seconds": round(seconds)}
    keep(name if size == "full" else f"{name}.small", told, result.rows, result.raw)


if __name__ == "__main__":
    sys.exit(main())
