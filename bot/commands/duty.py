"""``sapa duty …``: who is on duty, and sharing out the tickets that nobody has."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.desk import NOBODY, As, at_desk
from bot.commands.duty_plan import plan
from bot.conversation.charge import agents_in_charge
from bot.tickets import assignment
from bot.tickets import duty as rota

duty = typer.Typer(no_args_is_help=True, help="Who is on duty, and who gets the tickets that nobody has.")
duty.add_typer(plan, name="plan")


@duty.command()
def on(username: As = None) -> None:
    """Come on duty."""
    with at_desk(username) as at:
        rota.set_duty(at.session, at.username, True, at.username, at.now)
    typer.echo(f"{at.username} is on duty.")


@duty.command()
def away(username: As = None) -> None:
    """Go away; what you have is taken back for others."""
    with at_desk(username) as at:
        left = at.desk.goes_away(at.session, at.username, at.username, at.now)
    typer.echo(f"{at.username} is away; taken back: {', '.join(left) or 'nothing'}.")


@duty.command("list")
def list_() -> None:
    """List who is on duty, with what he has to do."""
    with at_desk(NOBODY) as at:
        loads = assignment.loads(at.session, rota.on_duty(at.session))
    for name, load in loads.items():
        typer.echo(f"{name:<16} {load.tickets}")
    if not loads:
        typer.echo("Nobody is on duty.")


@duty.command()
def share(
    most: Annotated[int | None, typer.Option(min=1, help="Nobody gets more than so many.")] = None,
) -> None:
    """Give the tickets that nobody has to who on duty has least to do."""
    with at_desk(NOBODY) as at:
        given = assignment.share_out(at.session, at.now, most=most, in_charge=agents_in_charge(at.session))
    for number, name in given:
        typer.echo(f"{number}  {name}")
    if not given:
        typer.echo("Nothing was given to anybody.")
