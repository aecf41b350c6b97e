"""``sapa profile …`` and ``sapa ticket deadline``: the procedure that is worked by, and why something is due when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from bot.commands.desk import NOBODY, As, Number, at_desk
from bot.config import ROOT
from bot.errors import SapaError
from bot.procedures import versions
from bot.procedures.model import ProfileVersion
from bot.procedures.profile import load_profile
from bot.procedures.rules import Words
from bot.procedures.why import length_in_words, why
from bot.tickets import moving
from bot.tickets.alarms import events_of, procedure_of
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket
from bot.tickets.promises import promises
from bot.tickets.roles import holders, name_holders, use_profile
from bot.tickets.units import name_members

profile = typer.Typer(no_args_is_help=True, help="The procedure that is worked by.")
Name = Annotated[str, typer.Argument(help="A profile of data/sops, or a file.")]


def _file(name: str) -> Path:
    path = Path(name) if name.endswith((".yml", ".yaml")) else versions.shipped(name)
    if not path.exists():
        raise SapaError(f"There is no profile {name}; shipped: {', '.join(_shipped())}.")
    return path


def _shipped() -> list[str]:
    return sorted(path.stem for path in (ROOT / "data" / "sops").glob("*.yml"))


@profile.command("list")
def list_() -> None:
    """The shipped profiles, and the versions that were put into use."""
    with at_desk(NOBODY) as at:
        used = versions.in_use(at.session)
        for name in _shipped():
            typer.echo(f"{name:<10} {load_profile(versions.shipped(name)).name}")
        for version in at.session.scalars(select(ProfileVersion).where(versions.WRITTEN).order_by(ProfileVersion.id)):
            since = version.since.astimezone(at.settings.timezone)
            mark = "  in use" if used is not None and version.id == used.id else ""
            typer.echo(f"  {version.name} version {version.number}, {since:%d %b %Y %H:%M}, {version.actor}{mark}")


@profile.command()
def show(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """A profile's roles with who holds them, its ladder and promises; without a name the one in use."""
    with at_desk(NOBODY) as at:
        used = versions.in_use(at.session)
        if name is None and used is None:
            name = at.settings.profile
        found = load_profile(_file(name)) if name else versions.procedure(at.session, used.id).profile  # type: ignore[union-attr]
        typer.echo(f"{found.name} ({found.source})")
        for role in found.roles.values():
            typer.echo(f"  role {role.id:<14} {_name(role.name)}: {', '.join(holders(at.session, role)) or 'NOBODY'}")
        for step in found.ladder.steps.values() if found.ladder else ():
            onward = f", else {step.otherwise}" if step.otherwise else ""
            typer.echo(f"  step {step.id:<14} within {length_in_words(step.within, 'en')} ({step.clock}){onward}")
        for kind in ("first_response", "next_response", "resolution"):
            target = getattr(found, kind)
            if target is not None:
                typer.echo(f"  {kind:<19} within {length_in_words(target.within, 'en')} ({target.clock})")
        for clause in found.clauses.values():
            typer.echo(f"  {clause.id:<10} {clause.says}")


def _name(words: Words) -> str:
    return f"{words.en} / {words.id}"


@profile.command()
def check(name: Name) -> None:
    """Read a profile and tell every fault with its line."""
    path = _file(name)
    load_profile(path)
    typer.echo(f"{path} has no fault.")


@profile.command()
def use(name: Name, username: As = None) -> None:
    """Have new tickets begin with this profile; running ones stay on theirs, but for a change of the calendar alone."""
    path = _file(name)
    text = path.read_text(encoding="utf-8-sig")
    with at_desk(username, "administer") as at:
        version = use_profile(at.session, path.stem, text, at.settings.timezone, at.username, at.now)
        worked_by = len(
            at.session.scalars(select(Ticket.id).where(Ticket.profile_id == version.id, Ticket.status.in_(LIVE))).all()
        )
    typer.echo(f"{path.stem} version {version.number} is in use; {worked_by} running tickets are worked by it.")


@profile.command()
def move(
    numbers: Annotated[list[str] | None, typer.Argument(help="Tickets; without any, all that have not ended.")] = None,
    username: As = None,
) -> None:
    """Have running tickets be worked by the profile in use too; their deadlines are computed anew."""
    with at_desk(username, "administer") as at:
        version = versions.in_use(at.session)
        if version is None:
            raise SapaError("No profile is in use yet.")
        tickets = [at.ticket(number) for number in numbers] if numbers else moving.running(at.session)
        moving.move(at.session, tickets, version, at.username, at.now)
    typer.echo(f"{len(tickets)} running tickets are worked by {version.name} version {version.number}.")


@profile.command()
def hold(role: str, usernames: Annotated[list[str] | None, typer.Argument()] = None, username: As = None) -> None:
    """Name who holds a role; without names, the kinds of account that the profile says."""
    with at_desk(username, "administer") as at:
        name_holders(at.session, role, usernames or [])
    typer.echo(f"{role}: {', '.join(usernames or []) or 'as the profile says'}.")


@profile.command()
def staffed(unit: str, usernames: Annotated[list[str] | None, typer.Argument()] = None, username: As = None) -> None:
    """Name who works for a unit, and sees its tickets as his unit's; without names, nobody."""
    with at_desk(username, "administer") as at:
        used = versions.in_use(at.session)
        if used is None or unit not in versions.procedure(at.session, used.id).profile.units:
            raise SapaError(f"The profile in use has no unit {unit}.")
        name_members(at.session, unit, usernames or [])
    typer.echo(f"{unit}: {', '.join(usernames or []) or 'nobody'}.")


def deadline(number: Number, language: Annotated[str, typer.Option("--language", help="id or en")] = "en") -> None:
    """Everything that is promised about a ticket, and why it is due when it is."""
    if language not in ("id", "en"):
        raise SapaError("The language is id or en.")
    with at_desk(NOBODY) as at:
        ticket = at.ticket(number)
        procedure = procedure_of(at.session, ticket)
        if procedure is None:
            raise SapaError(f"Ticket {ticket.number} began before procedures were kept; it has no deadlines.")
        for each in promises(events_of(at.session, ticket), procedure.profile, ticket.kind):
            verdict = each.verdict(procedure.hours, at.now)
            late = each.late_by(procedure.hours, at.now)
            by = f" by {length_in_words(late, language)}" if late else ""
            typer.echo(f"{each.kind} {each.name}".strip() + f": {verdict}{by}")
            profile = procedure.profile
            for line in why(each.timing, procedure.hours, profile.holidays, at.now, language, profile.wording.person):
                typer.echo(f"  {line}")
