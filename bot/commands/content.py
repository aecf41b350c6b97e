"""``sapa roster import`` and ``sapa knowledge ask``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands import setting_up
from bot.identity.roster import import_roster, read_roster
from bot.knowledge import store
from bot.knowledge.base import Knowledge

roster = typer.Typer(no_args_is_help=True, help="The institution's students and staff.")
knowledge = typer.Typer(no_args_is_help=True, help="Answer templates.")


@roster.callback()
def _roster() -> None:
    """Keeps ``import`` a command of its own."""


@roster.command("import")
def roster_import(file: Annotated[Path, typer.Argument(help="CSV: number,name,birth_date,kind,unit,email.")]) -> None:
    """Replace the roster by the file's, all or nothing."""
    rows = read_roster(file)
    db = setting_up.open_database(setting_up.settings())
    with db.write() as session:
        added, changed, removed = import_roster(session, rows)
    typer.echo(f"{added} added, {changed} changed, {removed} removed; {len(rows)} in all.")


@knowledge.command("ask")
def knowledge_ask(
    question: Annotated[list[str], typer.Argument()],
    language: Annotated[str, typer.Option("--language", help="id or en")] = "id",
) -> None:
    """What the assistant would find for a question, and how sure it is."""
    db = setting_up.open_database(setting_up.settings())
    with db.read() as session:
        base = Knowledge.build(store.load(session))
    decision = base.search(" ".join(question), language)
    typer.echo(decision.kind)
    for hit in decision.hits:
        typer.echo(f"  {hit.score:.2f}  {hit.template_id}  ({hit.title})")
        for example in hit.why:
            typer.echo(f"          like: {example}")
    if decision.kind == "answer":
        typer.echo(f"\n{decision.hits[0].answer}")
