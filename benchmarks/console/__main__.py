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
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks import machine, processes
from benchmarks.__main__ import RESULTS, SCRATCH
from benchmarks.console import browser, crowd, serving
from benchmarks.console.staff import AGENT, Team, hire, sign_in
from benchmarks.figures import Row, table
from benchmarks.tickets.world import World, build
from bot.storage.database import Database
from bot.storage.migrate import migrate
from tests.conftest import empty_postgres


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
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="console-", dir=SCRATCH) as name:
        folder = Path(name)
        with _empty(chosen.database, folder) as url:
            rows, raw = measure(invented(url, SIZES[chosen.size], folder, chosen.year), SIZES[chosen.size], folder)
    print(table(rows, f"{chosen.database}, {machine.line(machine.describe())}"), flush=True)
    if chosen.size == "full":
        _keep(chosen.database, rows, raw)
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
        _say(f"the year was invented after {time.monotonic() - began:.0f} s")
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
            _say("\n".join(f"{row.what}: {row.measured}" for row in some))
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


@contextmanager
def _empty(name: str, folder: Path) -> Iterator[str]:
    if name == "postgresql":
        with empty_postgres() as url:
            yield url
        return
    yield f"sqlite:///{folder / 'sapa.db'}"


def _keep(name: str, rows: list[Row], raw: dict[str, Any]) -> None:
    kept = {
        "benchmark": "console",
        "database": name,
        "machine": machine.describe(),
        "rows": [{"what": r.what, "asked": r.asked, "measured": r.measured, "reached": r.met} for r in rows],
        "raw": raw,
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (RESULTS / f"console.{name}.json").write_text(f"{text}\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
