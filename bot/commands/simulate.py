"""``sapa simulate``: an invented month through the real services, and whether every promise was counted right."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bot.commands import setting_up
from bot.commands.report import Language
from bot.config import database_address, profile_name
from bot.errors import NotAllowed
from bot.reports import periods
from bot.simulation.running import Played, played, write
from bot.simulation.stage import Plan, scratch
from bot.simulation.telling import lines


def simulate(
    profile: Annotated[str, typer.Option(help="A shipped profile: itb, kominfo, ppti, unair, unej.")] = "itb",
    month: Annotated[str, typer.Option(help="As 2026-11.")] = "2026-11",
    people: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many write in that month.")] = 1_000,
    seed: Annotated[int, typer.Option(help="Another number makes another month; the same one the same.")] = 1,
    out: Annotated[Path, typer.Option(help="The folder for the files.")] = Path("simulation"),
    database: Annotated[
        str | None, typer.Option(help="An empty database that is kept; without it one is made and thrown away.")
    ] = None,
    language: Language = "id",
) -> None:
    """Play an invented month, write its recap and its promises kept and broken, and check every one of them against an
    account of its own. Ends with 1 when the two do not agree."""
    of, began = periods.month(month), time.monotonic()
    with TemporaryDirectory(prefix="sapa-simulation-") as folder:
        # Never the one of the settings: the institution's is left alone.
        url = _read("--database", database_address, database) if database else scratch(Path(folder))
        plan = Plan(_read("--profile", profile_name, profile), of, people, seed, setting_up.settings().timezone)
        with played(plan, url, language, lambda text: typer.echo(text, err=True)) as done:
            files = write(done, out)
            _tell(done, time.monotonic() - began)
            typer.echo(f"Written: {', '.join(str(path) for path in files)}.")
            agreed = not done.differences
    if not agreed:
        raise typer.Exit(1)


def _read(option: str, parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text)
    except ValueError as error:
        raise NotAllowed(f"{option} {error}.") from error


def _tell(done: Played, seconds: float) -> None:
    plan = done.stage.plan
    typer.echo(
        f"{plan.profile}, {plan.people:,} people, {len(done.stage.cases):,} tickets, {done.asked:,} questions decided, "
        f"{len(done.checked.steps):,} steps of clocks, seed {plan.seed}: {seconds:.0f} s"
    )
    for line in lines(done.promises):
        typer.echo(line)
