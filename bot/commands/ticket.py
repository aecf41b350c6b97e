"""``sapa ticket …``: a ticket's way from taking to closing, and its history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import setting_up
from bot.commands.desk import NOBODY, As, AtDesk, Number, at_desk, harmless, keeping, warn_if_not_told
from bot.commands.profile import deadline
from bot.conversation import entering
from bot.conversation.entering import Arrival
from bot.conversation.handover import refuse_others
from bot.errors import NotAllowed
from bot.procedures.rules import Permission
from bot.tickets import forwarding, linking, links, notes, planning, service, timeline, working
from bot.tickets.alarms import profile_of
from bot.tickets.form import forwarding_pdf, report_pdf
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.sorting import Sorting, save, version

ticket = typer.Typer(no_args_is_help=True, help="A ticket's way from taking to closing.")
ticket.command()(deadline)
Words = Annotated[list[str], typer.Argument()]
Findings = Annotated[list[str] | None, typer.Argument(help="What was found.")]


@contextmanager
def _with(number: str, username: str | None, needs: Permission = "answer") -> Iterator[tuple[AtDesk, Ticket]]:
    with at_desk(username, needs) as at:
        found = at.ticket(number)
        refuse_others(found, at.username)
        yield at, found
    typer.echo(f"{found.number} is {found.status}.")


@ticket.command()
def enter(
    channel: Annotated[str, typer.Argument(help="How it arrived: walk_in, phone, sms, letter, paper …")],
    text: Words,
    name: Annotated[str | None, typer.Option(help="The person's full name.")] = None,
    email: str | None = None,
    phone: str | None = None,
    account: Annotated[str | None, typer.Option(help="His name on a social network.")] = None,
    number: Annotated[str | None, typer.Option(help="His student or staff number.")] = None,
    birth_date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    subject: str | None = None,
    kind: str = "question",
    category: str | None = None,
    received: Annotated[datetime | None, typer.Option(help="When it arrived, if not now.")] = None,
    language: str = "id",
    files: Annotated[
        list[Path] | None, typer.Option("--file", help="A scanned letter, a photo of a form; may be given again.")
    ] = None,
    username: As = None,
) -> None:
    """Enter what arrived in person, by phone, letter, paper form or social media."""
    with keeping(setting_up.settings(), files or ()) as kept, at_desk(username) as at:
        at_local = received and received.replace(tzinfo=at.settings.timezone)
        arrival = Arrival(
            channel, " ".join(text), name, email, phone, account, number, birth_date and birth_date.date(), subject,
            kind, category, "normal", language, at_local,
        )  # fmt: skip
        found = entering.enter(at.session, arrival, at.promise, at.username, at.now, kept)
    typer.echo(f"{found.number} is {found.status}; identity {found.identity}.")


@ticket.command()
def told(
    number: Number, text: Words, by: Annotated[str, typer.Option(help="phone, walk_in, letter …")], username: As = None
) -> None:
    """Write down what the person was told outside Sapa; it counts as an answer."""
    with _with(number, username) as (at, found):
        working.told(at.session, found, by, " ".join(text), at.username, at.now)


@ticket.command()
def confirm(number: Number, how: Words, username: As = None) -> None:
    """Write down how you made sure who the person is, where the roster could not tell; for this ticket alone."""
    with _with(number, username) as (at, found):
        working.confirm_identity(at.session, found, " ".join(how), at.username, at.now)


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
def forward(
    number: Number,
    unit: Annotated[str, typer.Argument(help="A unit of the profile, or any other name.")],
    asked: Words,
    due: Annotated[datetime | None, typer.Option(help="By when; else as the profile says for the unit.")] = None,
    details: Annotated[str | None, typer.Option(help="What the unit must know; else what the ticket says.")] = None,
    username: As = None,
) -> None:
    """Ask a unit for its findings and its solution; shows the link by which it can answer without an account."""
    with _with(number, username) as (at, found):
        due_at = due and due.replace(tzinfo=at.settings.timezone)
        name, due_at = forwarding.addressee(at.promise, unit, found.language, at.now, due_at)
        form = forwarding.send(at.session, found, name, " ".join(asked), due_at, at.username, at.now, details)
    typer.echo(links.address(at.settings.data_dir, at.settings.address, form))


@ticket.command()
def form(number: Number, out: Annotated[Path, typer.Option(help="The file to write.")]) -> None:
    """Write the forwarding form of a ticket as PDF."""
    with at_desk(NOBODY) as at:
        found = at.ticket(number)
        sent = forwarding.current(at.session, found)
        if sent is None:
            raise NotAllowed(f"Ticket {found.number} waits for no unit.")
        rule = forwarding.rule_of(at.session, found)
        content = forwarding_pdf(found, sent, at.settings.institution, at.settings.timezone, rule)
    out.write_bytes(content)
    typer.echo(f"{out} is written.")


@ticket.command("report")
def report_(number: Number, out: Annotated[Path, typer.Option(help="The file to write.")]) -> None:
    """Write the report of the solution for the person as PDF: as the ticket says it, else as the unit answered."""
    with at_desk(NOBODY) as at:
        found = at.ticket(number)
        content = report_pdf(at.session, found, at.settings.institution, at.settings.timezone)
    out.write_bytes(content)
    typer.echo(f"{out} is written.")


@ticket.command()
def remind(number: Number, username: As = None) -> None:
    """Remind the unit: by mail where the procedure names its address; else only write down that it was."""
    with _with(number, username) as (at, found):
        forwarding.remind(at.session, found, at.username, at.now)


@ticket.command()
def late() -> None:
    """List what units were to answer and have not."""
    with at_desk(NOBODY) as at:
        rows = forwarding.late(at.session, at.now)
        for found, sent in rows:
            due = sent.due_at and sent.due_at.astimezone(at.settings.timezone)
            typer.echo(harmless(f"{found.number}  due {due:%d %b %H:%M}  {sent.unit}"))
    if not rows:
        typer.echo("No unit is late.")


@ticket.command()
def holders(number: Number) -> None:
    """Who had it, from when to when."""
    with at_desk(NOBODY) as at:
        for held in timeline.holders(service.history(at.session, at.ticket(number))):
            start, end = (moment and moment.astimezone(at.settings.timezone) for moment in (held.start, held.end))
            until = f"{end:%d %b %H:%M:%S}" if end else "now"
            typer.echo(harmless(f"{start:%d %b %H:%M:%S} – {until}  {held.who}"))


@ticket.command()
def plan(number: Number, text: Words, username: As = None) -> None:
    """Write down the follow-up that was agreed on."""
    with _with(number, username, "plan") as (at, found):
        planning.plan(at.session, found, " ".join(text), at.username, at.now)


@ticket.command()
def propose(
    number: Number,
    fields: Annotated[list[str], typer.Option("--field", help="A field of the plan's form, as plan=what is done.")],
    username: As = None,
) -> None:
    """Propose a follow-up plan on the procedure's form; somebody of another role agrees."""
    given = {name.strip(): said for name, _, said in (field.partition("=") for field in fields)}
    with at_desk(username, "plan") as at:
        told = planning.propose(at.session, at.ticket(number), given, at.username, at.now)
    typer.echo(f"Proposed; told: {', '.join(told)}.")


@ticket.command()
def agree(number: Number, username: As = None) -> None:
    """Agree on the follow-up plan that was proposed."""
    with at_desk(username, "plan") as at:
        planning.agree(at.session, at.ticket(number), at.username, at.now)
    typer.echo(f"{number} is planned.")


@ticket.command("back")
def take_back(number: Number, findings: Findings = None, username: As = None) -> None:
    """The desk works on it again, with what the unit or the plan brought."""
    with _with(number, username) as (at, found):
        working.take_back(at.session, found, " ".join(findings or ()), at.username, at.now)


@ticket.command()
def resolve(number: Number, solution: Words, username: As = None) -> None:
    """It is dealt with; the person is told how and asked. Only the record and the closing are left."""
    with at_desk(username) as at:
        not_told = at.desk.resolve(at.session, at.ticket(number), at.username, " ".join(solution), at.now)
    typer.echo(f"{number} is resolved.")
    warn_if_not_told(not_told)


@ticket.command()
def record(number: Number, text: Words, username: As = None) -> None:
    """Add to the record, also of a closed ticket. What was recorded is never changed."""
    with _with(number, username) as (at, found):
        working.record(at.session, found, " ".join(text), at.username, at.now)


@ticket.command()
def assign(
    number: Number, to: Annotated[str, typer.Argument(help="A colleague's user name.")], username: As = None
) -> None:
    """Give it to a colleague; what another one has, only if you may assign."""
    with at_desk(username) as at:
        found = at.ticket(number)
        refuse_others(found, at.username, assigns=at.assigns)
        at.desk.hand_on(at.session, found, to, at.username, at.now)
    typer.echo(f"{to} has {number}.")


@ticket.command()
def unit(number: Number, name: str, username: As = None) -> None:
    """Give it to a unit, for any of its people to take."""
    with at_desk(username) as at:
        found = at.ticket(number)
        refuse_others(found, at.username, assigns=at.assigns)
        at.desk.hand_to_unit(at.session, found, name, at.username, at.now)
    typer.echo(f"{name} has {number}.")


@ticket.command()
def edit(
    number: Number,
    subject: Annotated[str | None, typer.Option(help="What it is about, in a line.")] = None,
    kind: Annotated[str | None, typer.Option(help="question, complaint, suggestion, praise or request.")] = None,
    priority: Annotated[str | None, typer.Option(help="normal, high or urgent.")] = None,
    category: Annotated[str | None, typer.Option(help="What it belongs to.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A tag; all that it is to have.")] = None,
    seen: Annotated[int | None, typer.Option(help="The version that you saw; a later one refuses.")] = None,
    username: As = None,
) -> None:
    """Change what it is."""
    with at_desk(username) as at:
        found, wanted = at.ticket(number), Sorting(subject, kind, priority, category, tags)
        refuse_others(found, at.username, assigns=at.assigns)
        changed = save(at.session, found, wanted, at.username, at.now, seen)
        now = version(at.session, found)
    typer.echo(f"{', '.join(changed) or 'nothing'} changed; {found.number} is at version {now}.")


@ticket.command()
def note(number: Number, text: Words, username: As = None) -> None:
    """Write a note that the person never sees; @rina has rina follow the ticket."""
    with at_desk(username) as at:
        told = notes.add_note(at.session, at.ticket(number), " ".join(text), at.username, at.now)
    typer.echo(f"Noted, for {', '.join(told)}." if told else "Noted.")


@ticket.command()
def follow(number: Number, username: As = None) -> None:
    """Follow it."""
    with at_desk(username) as at:
        notes.follow(at.session, at.ticket(number), at.username, at.username, at.now)
    typer.echo(f"{at.username} follows {number}.")


@ticket.command()
def unfollow(number: Number, username: As = None) -> None:
    """Follow it no more."""
    with at_desk(username) as at:
        notes.unfollow(at.session, at.ticket(number), at.username, at.username, at.now)
    typer.echo(f"{at.username} does not follow {number}.")


@ticket.command()
def link(number: Number, other: Number, username: As = None) -> None:
    """Link it with another ticket."""
    with at_desk(username) as at:
        linking.link(at.session, at.ticket(number), at.ticket(other), "related", at.username, at.now)
    typer.echo(f"{number} and {other} are linked.")


@ticket.command()
def merge(number: Number, into: Number, username: As = None) -> None:
    """Close it because another ticket of the same person is about the same."""
    with _with(number, username) as (at, found):
        at.desk.merge(at.session, found, at.ticket(into), at.username, at.now)


@ticket.command()
def split(number: Number, subject: Words, username: As = None) -> None:
    """Open a ticket of its own for a second matter."""
    with _with(number, username) as (at, found):
        due = at.promise.due(at.now)
        made = linking.split(at.session, found, " ".join(subject), at.username, at.now, due, at.settings.timezone)
    typer.echo(f"{made.number} is new.")


@ticket.command()
def reopen(number: Number, username: As = None) -> None:
    """Open an ended one again, as the profile allows it; else a new one that is linked with it."""
    with at_desk(username) as at:
        ended, due, zone = at.ticket(number), at.promise.due(at.now), at.settings.timezone
        rule = profile_of(at.session, ended, at.promise.profile).reopening
        found = linking.take_up_again(at.session, ended, rule, at.username, at.now, due, zone)
    typer.echo(f"{found.number} is {found.status}.")


@ticket.command()
def history(number: Number) -> None:
    """Who did what when, from what to what."""
    with at_desk(NOBODY) as at:
        for event in service.history(at.session, at.ticket(number)):
            typer.echo(harmless(f"{event.at.astimezone(at.settings.timezone):%d %b %H:%M:%S}  {_told(event)}"))


def _told(event: TicketEvent) -> str:
    data = {name: _words(value) for name, value in (event.data or {}).items() if value is not None}
    change = ""
    if "to" in (event.data or {}):
        change = f"  {data.pop('from', '') or '-'} → {data.pop('to', '') or '-'}"
    rest = "".join(f"  {name}: {value}" for name, value in data.items())
    return f"{event.actor:<10} {event.kind}{change}{rest}"


def _words(value: object) -> str:
    return " ".join((", ".join(map(str, value)) if isinstance(value, list) else str(value)).split())
