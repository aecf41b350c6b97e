"""``/tickets``: what is done with them. The rules are those of the console: who has a ticket, where its life cycle is,
what a step needs. Everything is written down as done by the token's account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation.entering import Arrival, enter
from bot.conversation.handover import refuse_others
from bot.conversation.model import Conversation
from bot.tickets import forwarding, linking, notes, sorting, working
from bot.tickets.alarms import profile_of
from bot.tickets.lifecycle import Kind, Priority
from bot.tickets.model import Ticket
from bot.tickets.sorting import Sorting
from bot.tickets.working import Closing
from bot.web.api import shapes, telling
from bot.web.api.fields import clamped, plain
from bot.web.api.once import Change, TicketWriter
from bot.web.api.problems import documented
from bot.web.api.tickets import by_number

router = APIRouter(prefix="/tickets", tags=["tickets"], responses=documented(400, 401, 403, 409, 413, 422, 429))
AT = documented(404)
LONGEST = 20_000
Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Seen = Annotated[
    int | None,
    Field(ge=0, le=2**31 - 1, description="The `version` that you saw: refused where it was changed meanwhile."),
]
Step = Callable[[Session, Ticket], object]


class NewTicket(shapes.Given):
    """What arrived outside the chats. Whoever has that phone number or address already is the same person."""

    channel: shapes.Channel = Field(description="A desk channel of the procedure: phone, walk_in, letter, website …")
    text: Text = Field(description="What was said or written, in the person's words.")
    subject: Annotated[str, Field(max_length=200)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    phone: Annotated[str, Field(max_length=32)] | None = None
    account: Annotated[str, Field(max_length=200)] | None = Field(default=None, description="On a social network.")
    number: Annotated[str, Field(max_length=32)] | None = Field(default=None, description="Student or staff number.")
    birth_date: shapes.Day | None = None
    kind: Kind = "question"
    category: Name | None = None
    priority: Priority = "normal"
    language: shapes.Language = "id"
    received_at: AwareDatetime | None = None


class Reply(shapes.Given):
    """An answer to the person. ``then``: what the ticket does afterwards."""

    text: Text
    wait: bool = Field(default=False, description="The ticket then waits for the person.")


class Note(shapes.Given):
    """Something that only staff read; `@rina` tells her."""

    text: Annotated[str, Field(min_length=1, max_length=notes.NOTE_LENGTH)]


class Assignment(shapes.Given):
    """Who is to have the ticket."""

    to: shapes.Username
    version: Seen = None


class Sorted(shapes.Given):
    """What the ticket is; what is not given stays. ``tags``: all that it is to have."""

    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    kind: Kind | None = None
    priority: Priority | None = None
    category: Name | None = None
    tags: Annotated[list[Name], Field(max_length=50)] | None = None
    version: Seen = None


class Asked(shapes.Given):
    """What a unit has to answer."""

    unit: Name = Field(description="A unit's id in the procedure, its name, or another name.")
    asked: Text
    details: Annotated[str, Field(max_length=LONGEST)] | None = Field(
        default=None, description="What it must know; else what the ticket is about."
    )
    due_at: AwareDatetime | None = Field(default=None, description="Else as the procedure says of the unit.")


class Findings(shapes.Given):
    """What the unit found, or the plan brought."""

    findings: Annotated[str, Field(max_length=LONGEST)] = ""


class Ending(shapes.Given):
    """What closing needs and the ticket does not have yet."""

    category: Name | None = None
    solution: Text | None = None
    record: Text | None = None
    version: Seen = None


class Recorded(shapes.Given):
    """What is kept of the ticket."""

    record: Text


@router.post("", status_code=201, response_model=shapes.Ticket)
def create_ticket(change: TicketWriter, given: NewTicket) -> Response:
    """A ticket for what arrived by phone, letter, a form of yours. Scope `tickets:write`."""
    values: dict[str, Any] = given.model_dump()
    values = {name: plain(v) if isinstance(v, str) else v for name, v in values.items()}
    if given.received_at is not None:
        values["received_at"] = clamped(given.received_at)
    parts, caller = change.caller.parts, change.caller

    def work(session: Session) -> shapes.Ticket:
        ticket = enter(session, Arrival(**values), parts.promise, caller.username, caller.now)
        return telling.ticket(session, ticket, caller.texts)

    return change.once(work, 201)


@router.patch("/{number}", response_model=shapes.Ticket, responses=AT)
def sort_ticket(change: TicketWriter, number: str, given: Sorted) -> Response:
    """Subject, kind, priority, category and tags. Scope `tickets:write`."""
    tags = [plain(tag) for tag in given.tags] if given.tags is not None else None
    subject, category = (plain(text) if text else None for text in (given.subject, given.category))
    wanted = Sorting(subject, given.kind, given.priority, category, tags)
    who, now = change.caller.username, change.caller.now

    def do(session: Session, ticket: Ticket) -> None:
        _refuse_others(change, ticket)
        sorting.save(session, ticket, wanted, who, now, given.version)

    return take(change, number, do)


@router.post("/{number}/take", response_model=shapes.Ticket, responses=AT)
def take_ticket(change: TicketWriter, number: str) -> Response:
    """Take it over: the assistant falls silent in its conversation. Scope `tickets:write`."""
    desk, who, now = change.caller.parts.desk, change.caller.username, change.caller.now
    return take(change, number, lambda session, ticket: desk.take(session, ticket, who, now))


@router.post("/{number}/release", response_model=shapes.Ticket, responses=AT)
def release_ticket(change: TicketWriter, number: str) -> Response:
    """Give it back: the assistant answers again. Scope `tickets:write`."""
    desk, who, now = change.caller.parts.desk, change.caller.username, change.caller.now
    return take(change, number, lambda session, ticket: desk.release(session, ticket, who, now))


@router.post("/{number}/assign", response_model=shapes.Ticket, responses=AT)
def assign_ticket(change: TicketWriter, number: str, given: Assignment) -> Response:
    """Give it to a colleague; what others have only with the permission to assign. Scope `tickets:write`."""
    desk, who, now = change.caller.parts.desk, change.caller.username, change.caller.now

    def do(session: Session, ticket: Ticket) -> None:
        _refuse_others(change, ticket)
        desk.hand_on(session, ticket, given.to, who, now)

    return take(change, number, do, given.version)


@router.post("/{number}/replies", status_code=201, response_model=shapes.Ticket, responses=AT)
def reply_to_ticket(change: TicketWriter, number: str, given: Reply) -> Response:
    """Answer the person where he chats with us; takes the ticket first if nobody has it. Scope `tickets:write`."""
    desk, who, now = change.caller.parts.desk, change.caller.username, change.caller.now

    def do(session: Session, ticket: Ticket) -> None:
        desk.reply(session, ticket, who, plain(given.text), now)
        if given.wait and ticket.status == "open":
            working.wait(session, ticket, who, now)

    return take(change, number, do, status=201)


@router.post("/{number}/notes", status_code=201, response_model=shapes.Ticket, responses=AT)
def note_on_ticket(change: TicketWriter, number: str, given: Note) -> Response:
    """A note that the person never sees. Scope `tickets:write`."""
    who, now = change.caller.username, change.caller.now
    return take(change, number, lambda s, ticket: notes.add_note(s, ticket, plain(given.text), who, now), status=201)


@router.post("/{number}/wait", response_model=shapes.Ticket, responses=AT)
def wait_for_person(change: TicketWriter, number: str) -> Response:
    """The person has to answer. Scope `tickets:write`."""
    return _mine(change, number, lambda s, ticket: working.wait(s, ticket, change.caller.username, change.caller.now))


@router.post("/{number}/forward", response_model=shapes.Ticket, responses=AT)
def forward_ticket(change: TicketWriter, number: str, given: Asked) -> Response:
    """A unit has to say something about it. Scope `tickets:write`."""
    parts, who, now = change.caller.parts, change.caller.username, change.caller.now

    def do(session: Session, ticket: Ticket) -> None:
        unit, usual = forwarding.addressee(parts.promise, plain(given.unit), ticket.language, now)
        due_at = clamped(given.due_at) if given.due_at is not None else usual
        forwarding.send(session, ticket, unit, given.asked, due_at, who, now, given.details)

    return _mine(change, number, do)


@router.post("/{number}/take-back", response_model=shapes.Ticket, responses=AT)
def take_ticket_back(change: TicketWriter, number: str, given: Findings) -> Response:
    """The desk works on it again, after a unit or a plan. Scope `tickets:write`."""
    who, now = change.caller.username, change.caller.now
    return _mine(change, number, lambda s, ticket: working.take_back(s, ticket, given.findings, who, now))


@router.post("/{number}/close", response_model=shapes.Ticket, responses=AT)
def close_ticket(change: TicketWriter, number: str, given: Ending) -> Response:
    """Close it, with a category, a solution and a record; the person is told. Scope `tickets:write`."""
    desk, who, now = change.caller.parts.desk, change.caller.username, change.caller.now
    texts = {name: plain(value) if value else None for name, value in given.model_dump(exclude={"version"}).items()}

    def do(session: Session, ticket: Ticket) -> None:
        desk.close(session, ticket, who, Closing(**texts), now)

    return take(change, number, do, given.version)


@router.post("/{number}/record", response_model=shapes.Ticket, responses=AT)
def record_on_ticket(change: TicketWriter, number: str, given: Recorded) -> Response:
    """Add to what is kept of it, also after it was closed. Scope `tickets:write`."""
    who, now = change.caller.username, change.caller.now
    return take(change, number, lambda s, ticket: working.record(s, ticket, given.record, who, now))


@router.post("/{number}/reopen", response_model=shapes.Ticket, responses=AT)
def reopen_ticket(change: TicketWriter, number: str) -> Response:
    """Open it again; where the procedure does not allow that, the answer is a new ticket that is linked with it. Scope
    `tickets:write`."""
    promise, who, now = change.caller.parts.promise, change.caller.username, change.caller.now

    def do(session: Session, ticket: Ticket) -> Ticket:
        rule, due_at = profile_of(session, ticket, promise.profile).reopening, promise.due(now)
        return linking.take_up_again(session, ticket, rule, who, now, due_at, promise.zone)

    return take(change, number, do)


def _mine(change: Change, number: str, do: Step) -> Response:
    """A step for whoever has the ticket, or for anybody where nobody has."""

    def mine(session: Session, ticket: Ticket) -> None:
        refuse_others(ticket, change.caller.username)
        do(session, ticket)

    return take(change, number, mine)


def take(change: Change, number: str, do: Step, seen: int | None = None, *, status: int = 200) -> Response:
    """Take the step ``do`` and answer with the ticket, or with the one that it returns. ``seen``: the version that it
    rests on."""

    def work(session: Session) -> shapes.Ticket:
        found = by_number(session, number)
        # First the conversation, as everywhere, or two who lock both could wait for each other.
        session.get_one(Conversation, found.conversation_id, with_for_update=True)
        ticket = session.get_one(Ticket, found.id)
        if seen is not None:
            sorting.refuse_stale(session, ticket, seen)
        other = do(session, ticket)
        return telling.ticket(session, other if isinstance(other, Ticket) else ticket, change.caller.texts)

    return change.once(work, status)


def _refuse_others(change: Change, ticket: Ticket) -> None:
    if "assign" not in change.caller.granted:
        refuse_others(ticket, change.caller.username)
