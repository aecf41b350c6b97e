"""``sapa duty plan …``: when who is to be on duty."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from bot.commands.desk import NOBODY, As, AtDesk, at_desk
from bot.errors import SapaError
from bot.identity import staffing
from bot.procedures import scalars
from bot.procedures.business import Period, Week
from bot.procedures.read_time import DAYS
from bot.tickets import duty_planning
from bot.tickets.duty_plan import Otherwise, shifts

plan = typer.Typer(no_args_is_help=True, help="When who is to be on duty: usual weeks, leave and other exceptions.")
Who = Annotated[str, typer.Argument(help="The user name.")]
AHEAD = timedelta(days=7)
_SHORT = tuple(day[:3] for day in DAYS)
_DAYS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?")


@plan.command("list")
def list_() -> None:
    """List who is planned within the next seven days."""
    with at_desk(NOBODY) as at:
        names = [each.username for each in staffing.everybody(at.session) if each.deactivated_at is None]
        planned = duty_planning.plans(at.session, names, _today(at))
        lines = [
            f"{name:<16} {_told(at, start, end)}" for name, his in planned.items()
            for start, end in shifts(his, at.now, at.now + AHEAD, at.promise.zone)
        ]  # fmt: skip
    typer.echo("\n".join(lines) or "Nothing is planned.")


def _told(at: AtDesk, start: datetime, end: datetime) -> str:
    begins, ends = start.astimezone(at.promise.zone), end.astimezone(at.promise.zone)
    return f"{begins:%a %d %b %H:%M} – {ends:{'%H:%M' if ends.date() == begins.date() else '%a %d %b %H:%M'}}"


@plan.command()
def show(username: Who) -> None:
    """Show somebody's usual week and his exceptions."""
    with at_desk(NOBODY) as at:
        kept = duty_planning.kept(at.session, username, _today(at))
        if staffing.by_username(at.session, username) is None:
            raise SapaError(f"There is no staff account {username}.")
    for day, periods in zip(_SHORT, kept.plan.week, strict=True):
        typer.echo(f"{day}  {scalars.periods_written(periods) or '-'}")
    for key, each in kept.exceptions.items():
        typer.echo(f"{key:<4} {each.first} – {each.last}  {scalars.periods_written(each.periods) or 'leave'}")


@plan.command()
def week(
    username: Who,
    days: Annotated[
        list[str] | None,
        typer.Argument(help='"mon-fri 08:00-12:00 13:00-16:00" "sat 08:00-12:00"; the other days are off.'),
    ] = None,
    by: As = None,
) -> None:
    """Have somebody's usual week be this one."""
    read = _week(days or ())
    with at_desk(by, needs="assign") as at:
        duty_planning.set_week(at.session, username, read, at.username, at.now, at.promise.zone)
    typer.echo(f"The week of {username} is planned.")


@plan.command("except")
def except_(
    username: Who,
    first: Annotated[str, typer.Argument(help="The first day, such as 2026-12-28.")],
    last: Annotated[str | None, typer.Argument(help="The last day; without it the first.")] = None,
    hours: Annotated[str, typer.Option(help="Shifts on each of these days; without them leave.")] = "",
    by: As = None,
) -> None:
    """Plan leave, or other shifts than the usual ones, for some days."""
    try:
        otherwise = Otherwise(scalars.day(first), scalars.day(last or first), scalars.periods(hours))
    except ValueError as error:
        raise SapaError(f"What is planned {error}.") from error
    with at_desk(by, needs="assign") as at:
        key = duty_planning.add_exception(at.session, username, otherwise, at.username, at.now, at.promise.zone)
    typer.echo(f"Exception {key} of {username} is planned.")


@plan.command()
def drop(
    username: Who, number: Annotated[int, typer.Argument(help="As `sapa duty plan show` lists it.")], by: As = None
) -> None:
    """Have the days of an exception be as usual again."""
    with at_desk(by, needs="assign") as at:
        duty_planning.drop_exception(at.session, username, number, at.username, at.now, at.promise.zone)
    typer.echo(f"Exception {number} of {username} is dropped.")


def _today(at: AtDesk) -> date:
    return at.now.astimezone(at.promise.zone).date()


def _week(written: list[str] | tuple[str, ...]) -> Week:
    read: dict[int, tuple[Period, ...]] = {}
    for each in written:
        name, _, hours = each.strip().partition(" ")
        match = _DAYS.fullmatch(name.lower())
        if match is None or match[1] not in _SHORT or (match[2] or match[1]) not in _SHORT:
            raise SapaError(f"{name!r} is no day; days are {', '.join(_SHORT)}, and mon-fri.")
        days = range(_SHORT.index(match[1]), _SHORT.index(match[2] or match[1]) + 1)
        if not days or read.keys() & set(days):
            raise SapaError(f"{name} names a day twice or goes backwards.")
        try:
            read |= dict.fromkeys(days, scalars.periods(hours))
        except ValueError as error:
            raise SapaError(f"{name} {error}.") from error
    return tuple(read.get(number, ()) for number in range(7))
