"""What the API takes and gives. ``docs/api.md`` tells how to use it; ``openapi.json`` is made from these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.identity.tokens import Scope
from bot.knowledge.curating.life import State
from bot.tickets.lifecycle import Kind, Priority, Status

Channel = Annotated[str, Field(examples=["web", "telegram", "whatsapp", "phone"])]
Language = Literal["id", "en"]
WRITTEN = "What somebody wrote; null where the token lacks `texts:read`."
Written = Annotated[str | None, Field(description=WRITTEN)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
Username = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,63}$")]


class Me(BaseModel):
    """The token that asks."""

    name: str
    account: str = Field(description="The account that everything is done as.")
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None


class Handle(BaseModel):
    """An address of a person on a channel."""

    channel: Channel
    address: str
    display_name: str | None


class Person(BaseModel):
    """Somebody who writes to us. Name, e-mail and number are the roster's while a proof holds (`proven`); else what he
    told of himself, which nobody checked."""

    id: int
    kind: Literal["unknown", "guest", "student", "staff"]
    name: str | None
    email: str | None
    number: str | None
    stated_number: str | None = Field(description="As staff wrote it down; it proves nothing.")
    proven: bool
    locked_until: datetime | None = Field(description="No identity check before then.")
    blocked_at: datetime | None = Field(description="Since when the assistant does not answer him.")
    handles: list[Handle]
    created_at: datetime


class Conversation(BaseModel):
    """A person's one conversation on a channel."""

    id: int
    person_id: int
    channel: Channel
    language: str
    in_charge: str = Field(description="`assistant`, or the user name of who took over.")
    last_from_person: datetime | None
    unreachable_since: datetime | None
    created_at: datetime


class File(BaseModel):
    """A file that came or went with a message."""

    name: Written
    media_type: str | None
    size: int | None
    status: str


class Message(BaseModel):
    """Something that was said in a conversation. ``status``: of ours queued, held (until the person writes), sending,
    sent, delivered, read or failed; of the person's pending, done or failed."""

    id: str = Field(description="`in-…` from the person, `out-…` to him.")
    at: datetime
    by: Literal["person", "assistant", "staff", "system"]
    author: str | None = Field(description="The user name, where staff wrote it.")
    text: Written
    status: str
    error: str | None = Field(description="Why it did not go out, or not at the first try.")
    template: str | None = Field(description="The answer template it came from.")
    files: list[File]


class Ticket(BaseModel):
    """A matter that staff deal with. ``version`` rises with every change."""

    number: str = Field(examples=["CC-2026-000123"])
    status: Status
    kind: Kind
    priority: Priority
    category: str | None
    tags: list[str] | None = Field(description=WRITTEN)
    channel: Channel
    language: str
    identity: str = Field(description="proven, guest, unproven or locked.")
    subject: Written
    summary: Written
    solution: Written
    assignee: str | None
    unit: Written
    role: str | None = Field(description="Who of the procedure's ladder has to act.")
    person_id: int
    conversation_id: int
    version: int
    created_at: datetime
    due_at: datetime = Field(description="When a human's answer was promised.")
    resolved_at: datetime | None
    closed_at: datetime | None


class TicketEvent(BaseModel):
    """One change of a ticket; never changed afterwards."""

    id: int
    at: datetime
    actor: str = Field(description="`person`, `assistant`, `system`, `unit` or a user name.")
    kind: str
    data: dict[str, Any] = Field(description="From and to, and what else there is; texts only with `texts:read`.")


class Found(BaseModel):
    """A ticket that was found. ``excerpt``: the words around the hit, where a message or a note has it."""

    ticket: Ticket
    excerpt: str


class Results(BaseModel):
    """What a search found, what was written last first."""

    items: list[Found]


class Link(BaseModel):
    """A form or page that goes with an answer."""

    title: str
    url: str


class Words(BaseModel):
    """A template in one language."""

    title: str
    questions: list[str]
    answer: str
    attachments: list[Link] = []


class Wording(BaseModel):
    """One version of what a template says."""

    number: int
    state: State
    author: str
    written_at: datetime
    category: str
    audience: Literal["public", "student", "staff"]
    owner: str
    source: str
    valid_from: date | None
    valid_until: date | None
    buttons: list[str]
    words: dict[str, Words]


class Template(BaseModel):
    """An answer template: what is answered now, and what is being worked on."""

    id: str
    published: Wording | None
    open: Wording | None = Field(description="A draft, or what waits to be published.")


class Hit(BaseModel):
    """A template that may answer a question. ``score``: how likely it is the right one, 0 to 1."""

    template: str
    title: str
    category: str
    audience: str
    answer: str
    score: float
    language: str


class Decision(BaseModel):
    """What the assistant would do with a question: answer with the first hit, let the person choose, or hand over."""

    kind: Literal["answer", "choose", "hand_over"]
    hits: list[Hit]


Cell = str | int | float | None


class Section(BaseModel):
    """A table of a report. A number with a fraction is a share (0 to 1); times that something took are ISO 8601
    durations, moments are ISO 8601 in the institution's zone."""

    title: str
    sentence: str
    columns: list[str]
    rows: list[list[Cell]]


class Report(BaseModel):
    """Figures of a month or a week."""

    title: str
    span: str
    institution: str
    language: Language
    sections: list[Section]


class DutyException(BaseModel):
    """Days that are otherwise than the usual week. ``hours``: shifts of each of them; none: leave."""

    id: int
    first: date
    last: date
    hours: list[str]


class DutyPlan(BaseModel):
    """When somebody of the staff is planned to be on duty, by the institution's clock. ``week``: by day, the shifts
    that begin on it, as `08:00-12:00`. ``exceptions``: those that are not over. ``version``: of the week."""

    username: str
    week: dict[str, list[str]]
    exceptions: list[DutyException]
    version: int
    on_duty_since: datetime | None = Field(description="Null while he is away.")


class Webhook(BaseModel):
    """An address that is told of events. ``stopped_at``: since when the receiver wants nothing more (it said 410)."""

    id: int
    url: str
    events: list[str]
    texts: bool
    created_at: datetime
    created_by: str
    stopped_at: datetime | None


class MadeWebhook(Webhook):
    """A new webhook, with the secret by which its receiver knows that a delivery is ours."""

    secret: str


class Delivery(BaseModel):
    """Something that goes to a webhook. ``event_id``: null for a ping."""

    id: int
    event_id: int | None
    status: Literal["pending", "delivered", "dead"]
    attempts: int
    next_try_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    last_status: int | None
    last_error: str | None


class Happened(BaseModel):
    """What happened to a ticket, and the ticket as it is when this is sent. ``message``: what was said, where that is
    what happened."""

    event: TicketEvent
    ticket: Ticket
    message: Message | None


class Notification(BaseModel):
    """What a webhook gets. ``data``: null for a ping."""

    type: str = Field(examples=["ticket.closed"])
    timestamp: datetime = Field(description="When it happened.")
    data: Happened | None


class Given(BaseModel):
    """What a request brings; a field that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid")
