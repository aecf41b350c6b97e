"""``python -m benchmarks.console [--size small|full] [--database sqlite|postgresql]``: measure, show a table, keep the
raw figures as JSON. PostgreSQL is the server of ``SAPA_TEST_POSTGRES_URL``, or the local one.

``--year FILE`` keeps the invented year on SQLite there, and begins with it where there is one: inventing takes longer
than measuring."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import machine, processes
from benchmarks.console import browser, crowd, serving
from benchmarks.console.staff import AGENT, Team, hire, sign_in
from benchmarks.figures import Row, table
from benchmarks.keeping import empty, keep, say, scratch
from benchmarks.tickets.world import World, build
from bot.storage.database import Database
from bot.storage.migrate import migrate


class Size(NamedTuple):
    """``rounds``: of each request. ``paints``: of each page in the browser. ``messages``: that the browser waits for,
    and ``written`` those to the crowd of ``agents``, ``rate`` a second."""

    tickets: int
    rounds: int
    paints: int
    messages: int
    agents: int
    written: int
    rate: float


SIZES = {"small": Size(600, 3, 1, 2, 5, 5, 5.0), "full": Size(100_000, 200, 5, 20, 200, 60, 2.0)}


def main() -> int:
    """0 when every figure that was asked for is reached, else 1."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    options.add_argument("--size", choices=tuple(SIZES), default="full")
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--year", type=Path, help="keep the invented year in this file")
    chosen = options.parse_args()
    size = SIZES[chosen.size]
    with scratch("console") as folder, empty(chosen.database, folder) as url:
        rows, raw = measure(invented(url, size, folder, chosen.year), size, folder)
    print(table(rows, f"{chosen.database}, {machine.line(machine.describe())}"), flush=True)
    if chosen.size == "full":
        told = {"benchmark": "console", "database": chosen.database}
        keep(f"console.{chosen.database}", told, rows, raw)
    return int(any(row.met is False for row in rows))


def invented(url: str, size: Size, folder: Path, kept: Path | None = None) -> World:
    """The year until now in the empty database at ``url``."""
    began = time.monotonic()
    if kept is None or not url.startswith("sqlite"):
        return build(url, size.tickets, end=datetime.now(UTC))
    told = kept.with_suffix(".json")
    if not told.exists():
        world = build(f"sqlite:///{kept}", size.tickets, end=datetime.now(UTC))
        world.db.close()
        known = {"people": world.people, "tickets": world.tickets, "messages": world.messages, "long": world.long}
        told.write_text(json.dumps(known), encoding="utf-8")
        say(f"the year was invented after {time.monotonic() - began:.0f} s")
    shutil.copyfile(kept, folder / "sapa.db")
    db = Database(url)
    migrate(db)
    return World(db, **json.loads(told.read_text(encoding="utf-8")))


def measure(world: World, size: Size, folder: Path) -> tuple[list[Row], dict[str, Any]]:
    """The table's lines, and the raw figures. ``folder``: for the application's data."""
    team = hire(world, size.agents)
    spent = replace(world, db=Database(world.db.url))
    counted, raw = serving.statements(spent, team, folder)
    spent.db.close()
    world.db.close()
    rows = [counted]
    before = machine.ticks()
    with (
        processes.fake_whatsapp() as fake,
        processes.sapa(folder, whatsapp_url=fake.url, database_url=world.db.url) as application,
    ):
        for some, figures in _looks(application, team, world.long, size):
            say("\n".join(f"{row.what}: {row.measured}" for row in some))
            rows += some
            raw |= figures
    return rows, raw | {"stolen_percent": machine.stolen_percent(before), "load_average": machine.load()}


def _looks(
    application: processes.Sapa, team: Team, long: str, size: Size
) -> Iterator[tuple[list[Row], dict[str, Any]]]:
    origin = f"http://127.0.0.1:{application.port}"
    who = sign_in(origin, AGENT, team.password)
    yield serving.rows(application, team, who, long, size.rounds)
    with browser.chromium() as opened:
        yield browser.first_visit(opened, origin, team.password)
        yield browser.paints(opened, origin, who, team.tickets[0], size.paints)
        yield browser.visible(opened, origin, application.port, who, team, size.messages)
    yield crowd.rows(application, team, size.written, size.rate)


if __name__ == "__main__":
    sys.exit(main())
