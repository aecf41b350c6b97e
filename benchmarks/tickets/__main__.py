"""``python -m benchmarks.tickets [--size small|full] [--database sqlite|postgresql]``: measure, show a table each,
keep the raw figures as JSON. PostgreSQL is the server of ``SAPA_TEST_POSTGRES_URL``, or the local one."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from benchmarks.__main__ import RESULTS, SCRATCH
from benchmarks.figures import Row, table
from benchmarks.tickets import clocks, pages, reading
from benchmarks.tickets.world import build
from tests.conftest import empty_postgres

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
        with _empty(name) as url, _folder() as folder:
            met &= measure(url, name, chosen.size, folder)
    return int(not met)


def measure(url: str, name: str, size: str, folder: Path) -> bool:
    """Whether every figure is reached on the empty database at ``url``. ``folder`` takes what the peer writes."""
    tickets, rounds, steps, seconds, count = SIZES[size]
    began = time.monotonic()
    world = build(url, tickets)
    _say(f"{name}: {world.tickets:,} tickets, {world.messages:,} messages after {time.monotonic() - began:.0f} s")
    rows, raw = reading.rows(world, rounds)
    if name == "sqlite":
        # The peer's tickets are on SQLite, so ours are too where the two are compared.
        beside, raw["pages"] = pages.rows(world, folder, min(rounds, MOST_PAGES))
        rows += beside
    _say(f"{name}: looked at after {time.monotonic() - began:.0f} s")
    for what, found in (("late", clocks.lateness(world, steps, seconds)), ("races", clocks.races(world, count))):
        rows += found[0]
        raw[what] = found[1]
    world.db.close()
    print(table(rows, f"{name}, {machine.line(machine.describe())}"), flush=True)
    if size == "full":
        _keep(name, rows, raw)
    return not any(row.met is False for row in rows)


@contextmanager
def _empty(name: str) -> Iterator[str]:
    if name == "postgresql":
        with empty_postgres() as url:
            yield url
        return
    with _folder() as folder:
        yield f"sqlite:///{folder / 'sapa.db'}"


@contextmanager
def _folder() -> Iterator[Path]:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="tickets-", dir=SCRATCH) as folder:
        yield Path(folder)


def _keep(name: str, rows: list[Row], raw: dict[str, object]) -> None:
    kept = {
        "benchmark": "tickets",
        "database": name,
        "machine": machine.describe(),
        "rows": [{"what": r.what, "asked": r.asked, "measured": r.measured, "reached": r.met} for r in rows],
        "raw": raw,
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (RESULTS / f"tickets.{name}.json").write_text(f"{text}\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
