"""``python -m benchmarks.tickets [--size small|full] [--database sqlite|postgresql]``: measure, show a table each,
keep the raw figures as JSON. PostgreSQL is the server of ``SAPA_TEST_POSTGRES_URL``, or the local one."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks import machine
from benchmarks.figures import table
from benchmarks.keeping import empty, keep, say, scratch
from benchmarks.tickets import clocks, pages, reading
from benchmarks.tickets.world import build

SIZES = {"small": (2_000, 20, 200, 2.0, 50), "full": (100_000, 100, 10_000, 60.0, 10_000)}
"""Tickets of the year, rounds of each look, ladder steps and the seconds they are due in, races."""
MOST_PAGES = 30
"""Rounds of whole pages at most: the peer's take a while."""


def main() -> int:
    """0 when every figure that was asked for is reached, else 1."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.tickets", description=__doc__)
    options.add_argument("--size", choices=tuple(SIZES), default="full")
    options.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    chosen = options.parse_args()
    met = True
    for name in chosen.database or ("sqlite", "postgresql"):
        with scratch("tickets") as folder, empty(name, folder) as url:
            met &= measure(url, name, chosen.size, folder)
    return int(not met)


def measure(url: str, name: str, size: str, folder: Path) -> bool:
    """Whether every figure is reached on the empty database at ``url``. ``folder`` takes what the peer writes."""
    tickets, rounds, steps, seconds, count = SIZES[size]
    began = time.monotonic()
    world = build(url, tickets)
    say(f"{name}: {world.tickets:,} tickets, {world.messages:,} messages after {time.monotonic() - began:.0f} s")
    rows, raw = reading.rows(world, rounds)
    if name == "sqlite":
        # The peer's tickets are on SQLite, so ours are too where the two are compared.
        beside, raw["pages"] = pages.rows(world, folder, min(rounds, MOST_PAGES))
        rows += beside
    say(f"{name}: looked at after {time.monotonic() - began:.0f} s")
    for what, found in (("late", clocks.lateness(world, steps, seconds)), ("races", clocks.races(world, count))):
        rows += found[0]
        raw[what] = found[1]
    world.db.close()
    print(table(rows, f"{name}, {machine.line(machine.describe())}"), flush=True)
    if size == "full":
        keep(f"tickets.{name}", {"benchmark": "tickets", "database": name}, rows, raw)
    return not any(row.met is False for row in rows)


if __name__ == "__main__":
    sys.exit(main())
