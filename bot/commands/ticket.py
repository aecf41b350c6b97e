"""``sapa ticket …``: a ticket's way from taking to closing, and its history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bot.commands.desk import As, AtDesk, Number, at_desk, harmless
from bot.conversation.handover import refuse_others
from bot.tickets import service, working
from bot.tickets.model import Ticket, TicketEvent

ticket = typer.Typer(no_args_is_help=True, help="A ticket's way from taking to closing.")
Words = Annotated[list[str], typer.Argument()]
Findings = Annotated[list[str] | None, typer.Argument(help="What was found.")]


@contextmanager
def _with(number: str, username: str | None) -> Iterator[tuple[AtDesk, Ticket]]:
    with at_desk(username) as at:
        found = at.ticket(number)
        refuse_others(found, at.username)
        yield at, found
    typer.echo(f"{found.number} is {found.status}.")


@ticket.command()
def categorise(number: Number, category: str, username: As = None) -> None:
    """Say what it is about."""
    with _with(number, username) as (at, found):
        working.categorise(at.session, found, category, at.username, at.now)


@ticket.command()
def wait(number: Number, username: As = None) -> None:
    """The person has to answer; what he writes next makes it open again."""
    with _with(number, username) as (at, found):
        working.wait(at.session, found, at.username, at.now)


@ticket.command()
def forward(number: Number, unit: str, asked: Words, username: As = None) -> None:
    """Ask a unit for its findings and its solution."""
    with _with(number, username) as (at, found):
        working.forward(at.session, found, unit, " ".join(asked), at.username, at.now)


@ticket.command()
def plan(number: Number, text: Words, username: As = None) -> None:
    """Write down the follow-up that was agreed on."""
    with _with(number, username) as (at, found):
        working.plan(at.session, found, " ".join(text), at.username, at.now)


@ticket.command("back")
def take_back(number: Number, findings: Findings = None, username: As = None) -> None:
    """The desk works on it again, with what the unit or the plan brought."""
    with _with(number, username) as (at, found):
        working.take_back(at.session, found, " ".join(findings or ()), at.username, at.now)


@ticket.command()
def resolve(number: Number, solution: Words, username: As = None) -> None:
    """It is dealt with; only the record and the closing are left."""
    with _with(number, username) as (at, found):
        working.resolve(at.session, found, " ".join(solution), at.username, at.now)


@ticket.command()
def record(number: Number, text: Words, username: As = None) -> None:
    """Add to the record, also of a closed ticket. What was recorded is never changed."""
    with _with(number, username) as (at, found):
        working.record(at.session, found, " ".join(text), at.username, at.now)


@ticket.command()
def history(number: Number) -> None:
    """Who did what when, from what to what."""
    with at_desk("-") as at:
        for event in service.history(at.session, at.ticket(number)):
            typer.echo(harmless(f"{event.at.astimezone(at.settings.timezone):%d %b %H:%M:%S}  {_told(event)}"))


def _told(event: TicketEvent) -> str:
    data = dict(event.data or {})
    change = ""
    if "to" in data:
        change = f"  {data.pop('from', None) or '-'} → {data.pop('to') or '-'}"
    rest = "".join(f"  {name}: {' '.join(str(value).split())}" for name, value in data.items() if value is not None)
    return f"{event.actor:<10} {event.kind}{change}{rest}"
