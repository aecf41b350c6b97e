"""``sapa tickets``, ``take``, ``reply``, ``release``, ``close``: an agent's work from the command line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, get_args
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.registry import live_channels
from bot.channels.terminal import TerminalChannel
from bot.clock import utc_now
from bot.commands import setting_up
from bot.config import ROOT, Settings
from bot.conversation import enclosing
from bot.conversation import search as finding
from bot.conversation.applying import Applying
from bot.conversation.handover import Desk
from bot.conversation.messages import Capabilities
from bot.conversation.model import Conversation
from bot.conversation.thread import Entry, thread
from bot.conversation.wording import Wording
from bot.errors import SapaError
from bot.identity.people import facts
from bot.procedures.hours import ServicePromise
from bot.procedures.rules import Permission
from bot.storage.database import Database
from bot.storage.disk import KeptFile
from bot.tickets import roles, service
from bot.tickets.lifecycle import CLOCK_RUNS, Status
from bot.tickets.model import Ticket
from bot.tickets.working import Closing

_ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that do something instead of showing something."""
UNCLOSED: tuple[Status, ...] = tuple(status for status in get_args(Status) if status != "closed")
LISTED = 200
NOBODY = "-"
NOTES = {
    "queued": "not sent yet",
    "sending": "not sent yet",
    "held": "waits until the person writes",
    "failed": "NOT DELIVERED",
}
Number = Annotated[str, typer.Argument(help="The ticket's number, such as CC-2026-000123.")]
As = Annotated[
    str | None,
    typer.Option("--as", help="Your user name; without it SAPA_AGENT's, else of the first who may."),
]


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Somebody of the staff at work: a transaction, the services, the settings. ``granted``: what the profile in use
    lets him do."""

    session: Session
    desk: Desk
    settings: Settings
    username: str
    now: datetime
    promise: ServicePromise
    granted: frozenset[Permission] = frozenset()

    @property
    def assigns(self) -> bool:
        """Whether he may give away and sort what others have."""
        return "assign" in self.granted

    def ticket(self, number: str) -> Ticket:
        """Raises SapaError when there is none."""
        try:
            return service.by_number(self.session, number)
        except KeyError as error:
            raise SapaError(f"There is no ticket {number}.") from error


@contextmanager
def at_desk(username: str | None, needs: Permission | None = "answer") -> Iterator[AtDesk]:
    """One transaction of ``username``'s; of who is meant without one. ``NOBODY`` only looks, or runs the machine.
    Raises NotAllowed where the profile in use does not let him do what it ``needs``."""
    settings = setting_up.settings()
    db = setting_up.open_database(settings)
    try:
        promise = setting_up.promise_in_use(settings, db)
        wording = Wording.load(
            ROOT / "domain.yml", settings.timezone, settings.institution, lambda: promise.profile.wording
        )
        desk = Desk(wording, _capabilities(settings, db), settings.variables)
        with db.write() as session:
            name = username or settings.agent or roles.first_who_may(session, promise.profile, needs)
            granted = roles.granted(session, promise.profile, name, needs) if name != NOBODY else frozenset()
            yield AtDesk(session, desk, settings, name, utc_now(), promise, granted)
    finally:
        db.close()


def _capabilities(settings: Settings, db: Database) -> Mapping[str, Capabilities]:
    channels = live_channels(settings, db, utc_now)
    return {name: channel.capabilities for name, channel in channels.items()} | {
        TerminalChannel.name: TerminalChannel.capabilities
    }


def tickets(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    search: Annotated[
        str | None, typer.Option(help="Words of the ticket, its messages, notes or the person's name, closed ones too.")
    ] = None,
) -> None:
    """List tickets: the urgent ones first, then what is due first; or what is found, what was written last first."""
    with at_desk(NOBODY) as at:
        if search is not None:
            found = {each.ticket_id: each.excerpt for each in finding.search(at.session, search, limit=LISTED)}
            wanted = at.session.scalars(select(Ticket).where(Ticket.id.in_(found))).all()
            rows = sorted(wanted, key=lambda ticket: list(found).index(ticket.id))
        else:
            found = {}
            rows = list(service.listing(at.session, statuses=None if every else UNCLOSED, limit=LISTED))
        if not rows:
            typer.echo("No ticket is open." if search is None else "Nothing was found.")
        for ticket in rows:
            due = ticket.due_at.astimezone(at.settings.timezone)
            late = "  LATE" if ticket.status in CLOCK_RUNS and ticket.due_at <= at.now else ""
            marked = "" if ticket.priority == "normal" else f"  {ticket.priority.upper()}"
            typer.echo(
                f"{ticket.number}  {ticket.status:<9} {ticket.assignee or '-':<10} {ticket.identity:<9}"
                f" due {due:%a %d %b %H:%M}{late}{marked}  {harmless(ticket.subject[:60])}"
            )
            if excerpt := found.get(ticket.id):
                typer.echo(f"{'':<16} {harmless(''.join(part.text for part in excerpt))}")


def show(number: Number) -> None:
    """Show a ticket with its conversation."""
    with at_desk(NOBODY) as at:
        ticket = at.ticket(number)
        person = facts(at.session, ticket.person_id, at.now)
        marked = "" if ticket.priority == "normal" else f" · {ticket.priority}"
        category = ticket.category or "no category"
        typer.echo(harmless(f"{ticket.number} · {ticket.status}{marked} · {category} · {ticket.subject}"))
        typer.echo(harmless(f"{person.name or 'unknown'} · {person.kind} · identity {ticket.identity}"))
        _warn_if_unreachable(_unreachable_since(at, ticket))
        for entry in thread(at.session, ticket.conversation_id, limit=40):
            typer.echo(_line(entry, at.settings.timezone))


def _line(entry: Entry, zone: ZoneInfo) -> str:
    """A message as a terminal may show it: nothing that people wrote moves the cursor or looks like another line."""
    text = "\n".join(f"{'':<24} {line}" for line in entry.text.split("\n")).strip()
    notes = [*(["a new wording of an earlier message"] if entry.edited else []), *entry.files]
    if entry.status in NOTES:
        notes.append(f"{NOTES[entry.status]}{f': {entry.error}' if entry.error else ''}")
    told = "".join(f"\n{'':<24} [{note}]" for note in notes)
    return harmless(f"  {entry.at.astimezone(zone):%d %b %H:%M} {entry.who:<10} {text}{told}")


def harmless(text: str) -> str:
    """``text`` without what acts on a terminal instead of being shown."""
    # The joiner (U+200D) holds emoji together.
    return "".join("·" if unicodedata.category(c) in _ACTING and c not in "\n\u200d" else c for c in text)


def _unreachable_since(at: AtDesk, ticket: Ticket) -> datetime | None:
    since = at.session.get_one(Conversation, ticket.conversation_id).unreachable_since
    return since and since.astimezone(at.settings.timezone)


def _warn_if_unreachable(since: datetime | None) -> None:
    if since is not None:
        typer.echo(f"The person cannot be reached here since {since:%d %b %H:%M} (he blocked us or left).", err=True)


def warn_if_not_told(reason: str | None) -> None:
    """Say that the person has to be told in another way, where ``Desk.resolve`` gave a reason."""
    if reason is not None:
        typer.echo(f"The person could not be told ({reason}); tell him in another way.", err=True)


# What was done is told behind the block: it is done when the transaction is committed.
def take(number: Number, username: As = None) -> None:
    """Take a ticket over; the assistant falls silent in its conversation."""
    with at_desk(username) as at:
        at.desk.take(at.session, at.ticket(number), at.username, at.now)
    typer.echo(f"{at.username} has {number}.")


def reply(
    number: Number,
    text: Annotated[list[str] | None, typer.Argument()] = None,
    files: Annotated[list[Path] | None, typer.Option("--file", help="A file to send; may be given again.")] = None,
    canned: Annotated[str | None, typer.Option(help="A canned reply to say first, with its files.")] = None,
    username: As = None,
) -> None:
    """Answer the person in the chat, with a canned reply, a text, files or all of it; takes the ticket first if nobody
    has it."""
    with keeping(setting_up.settings(), files or ()) as kept, at_desk(username) as at:
        ticket = at.ticket(number)
        if canned is not None:
            Applying(at.desk, at.promise.profile, at.username, at.now).say(at.session, ticket, canned)
        if text or files or canned is None:
            at.desk.reply(at.session, ticket, at.username, " ".join(text or ()), at.now, kept)
        unreachable = _unreachable_since(at, ticket)
    typer.echo("Queued.")
    _warn_if_unreachable(unreachable)


@contextmanager
def keeping(settings: Settings, paths: Sequence[Path]) -> Iterator[Sequence[KeptFile]]:
    """Keep files of this machine for the block that writes down what they belong to. Raises SapaError for one that
    cannot be read or is not kept."""
    with ExitStack() as stack:
        opened = [(path.name, stack.enter_context(_opened(path))) for path in paths]
        yield stack.enter_context(enclosing.kept(settings.data_dir, opened, settings.max_attachment))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SapaError(f"{path} cannot be read ({error.strerror}); nothing was sent.") from error


def release(number: Number, username: As = None) -> None:
    """Give a ticket and its conversation back."""
    with at_desk(username) as at:
        at.desk.release(at.session, at.ticket(number), at.username, at.now)
    typer.echo(f"{number} is nobody's; the assistant answers again.")


def close(
    number: Number,
    category: Annotated[str | None, typer.Option(help="What it was about.")] = None,
    solution: Annotated[str | None, typer.Option(help="How it was solved.")] = None,
    record: Annotated[str | None, typer.Option(help="What is kept of it.")] = None,
    username: As = None,
) -> None:
    """Close a ticket that has a category, a solution and a record; the person is told, the assistant answers again."""
    closing = Closing(category, solution, record)
    with at_desk(username) as at:
        not_told = at.desk.close(at.session, at.ticket(number), at.username, closing, at.now)
    typer.echo(f"{number} is closed.")
    warn_if_not_told(not_told)
