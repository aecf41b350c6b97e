"""``sapa ptpp …``: corrective and preventive actions and their register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.commands.desk import NOBODY, As, AtDesk, at_desk, harmless
from bot.errors import SapaError
from bot.reports import periods
from bot.reports.making import Reporter
from bot.reports.ptpp import printed
from bot.tickets import corrective
from bot.tickets.corrective import Measures
from bot.tickets.model import CorrectiveAction

ptpp = typer.Typer(no_args_is_help=True, help="Corrective and preventive actions (PTPP).")
Words = Annotated[list[str], typer.Argument()]


def _action(at: AtDesk, number: int) -> CorrectiveAction:
    try:
        return corrective.by_id(at.session, number)
    except KeyError as error:
        raise SapaError(f"There is no corrective action {number}.") from error


@ptpp.command("open")
def open_(
    finding: Words,
    ticket: Annotated[str | None, typer.Option(help="The ticket it comes from.")] = None,
    username: As = None,
) -> None:
    """Open one for what was found."""
    with at_desk(username, "plan") as at:
        found = at.ticket(ticket) if ticket is not None else None
        action = corrective.open_action(at.session, " ".join(finding), at.username, at.now, found)
    typer.echo(f"Corrective action {action.id} is open.")


@ptpp.command()
def edit(
    number: int,
    finding: str | None = None,
    cause: str | None = None,
    correction: str | None = None,
    prevention: str | None = None,
    owner: str | None = None,
    due: Annotated[datetime | None, typer.Option(help="By when it is to be carried out.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="A field of the profile's own form, as risk=what it is.")
    ] = None,
    username: As = None,
) -> None:
    """Write down cause, correction, prevention, owner, due date, and what the profile's form asks for besides."""
    with at_desk(username, "plan") as at:
        due_at = due and due.replace(tzinfo=at.settings.timezone)
        own = _own(at, fields or ())
        wanted = Measures(finding, cause, correction, prevention, owner, due_at, own)
        changed = corrective.save(at.session, _action(at, number), wanted, at.username, at.now)
    typer.echo(f"{', '.join(changed) or 'nothing'} changed.")


def _own(at: AtDesk, fields: Sequence[str]) -> Mapping[str, str]:
    given = {name.strip(): said for name, _, said in (field.partition("=") for field in fields)}
    known = [each.id for each in corrective.own_fields(at.promise.profile.form_of("ptpp"))]
    if unknown := given.keys() - set(known):
        raise SapaError(
            f"The form has no {', '.join(sorted(unknown))} of its own; it has {', '.join(known) or 'none'}."
        )
    return given


@ptpp.command()
def check(
    number: int,
    effect: Words,
    helped: Annotated[bool, typer.Option("--helped/--no-help", help="Whether it helped.")],
    username: As = None,
) -> None:
    """Write down its effect, and close it."""
    with at_desk(username, "plan") as at:
        form = at.promise.profile.form_of("ptpp")
        corrective.check(at.session, _action(at, number), " ".join(effect), helped, at.username, at.now, form)
    typer.echo(f"Corrective action {number} is checked.")


@ptpp.command()
def form(
    number: int,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    language: Annotated[Literal["id", "en"], typer.Option("--language", help="Of the words in it.")] = "id",
) -> None:
    """Write it as PDF, on the profile's form."""
    with at_desk(NOBODY) as at:
        action, settings = _action(at, number), at.settings
        content = printed(at.session, action, at.promise.profile, settings.institution, settings.timezone, language)
    out.write_bytes(content)
    typer.echo(f"{out} is written.")


@ptpp.command()
def propose(
    month: Annotated[str, typer.Argument(help="As 2026-11.")],
    at_least: Annotated[
        int | None,
        typer.Option(min=1, help="Broken promises from which on a category is proposed; else the profile's."),
    ] = None,
) -> None:
    """The categories that broke so many promises in a month that an action should be opened, the worst first."""
    period = periods.month(month)
    with at_desk(NOBODY) as at:
        profile, settings = at.promise.profile, at.settings
        found = Reporter(profile, settings.timezone, settings.institution).proposals(
            at.session, period, at.now, at_least or profile.ptpp.after
        )
    for name, count in found:
        category = profile.category(name)
        typer.echo(harmless(f"{count:>4}  {name:<16} {category.name.said('id') if category else ''}".rstrip()))
    if not found:
        typer.echo("No category broke so many promises.")


@ptpp.command("list")
def list_(unchecked: Annotated[bool, typer.Option("--open", help="Only what nobody has checked.")] = False) -> None:
    """The register."""
    with at_desk(NOBODY) as at:
        rows = corrective.register(at.session, unchecked=unchecked)
        for action in rows:
            due = f"{action.due_at.astimezone(at.settings.timezone):%Y-%m-%d}" if action.due_at else "-"
            state = {None: "open", True: "helped", False: "did not help"}[action.effective]
            line = f"{action.id:>4}  {state:<12} due {due:<10} {action.owner or '-':<16} {action.finding[:60]}"
            typer.echo(harmless(" ".join(line.split("\n"))))
    if not rows:
        typer.echo("The register is empty.")
