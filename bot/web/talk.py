"""A conversation as staff read it: what was said, by whom and why, what became of it, and what happened between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.model import ASSISTANT, Attachment, Choice, InboxMessage, OutboxMessage
from bot.conversation.picture import Piece, emphasised
from bot.conversation.resending import is_resent, is_whole
from bot.conversation.thread import labels_of
from bot.identity.model import Account
from bot.tickets.model import Forwarding, Ticket, TicketEvent
from bot.tickets.promises import SYSTEM

SHOWN = 60
"""Messages of each side at first: what fits many screens, and costs as much to show as the rest of the page."""
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
SOUNDS = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/aac"})
FILMS = frozenset({"video/mp4", "video/webm"})
SHOWN_AS = {"picture": PICTURES, "sound": SOUNDS, "film": FILMS}
"""What browsers show within a page."""
MOST_SHOWN = 2000
UNTOLD = ("message", "begun", "followed", "unfollowed", "closing planned")
"""What says nothing that is not said beside it."""
_ABOUT = {
    "categorised": "to", "assigned": "to", "forwarded": "unit", "unit late": "unit", "reminded": "unit",
    "unit mailed": "unit", "unit not mailed": "why", "linked": "ticket", "merged": "into", "macro": "title",
}  # fmt: skip
"""Kind of event → what of it is told beside its name."""
_WHO = ("from", "to", "released")
"""What of an event may be somebody of the staff."""
OTHERS_TOLD = ("opened", "closed", "withdrawn", "resolved", "reopened")
"""What is told of the person's other tickets in the same conversation."""


@dataclass(frozen=True, slots=True)
class File:
    """``address``: where it is shown. ``state``: pending, stored, refused, failed or removed; ``error`` says why in
    words."""

    address: str
    name: str
    kind: str
    media_type: str
    size: int | None
    state: str
    error: str | None

    @property
    def shown(self) -> str | None:
        """As what the conversation shows it: picture, sound or film; None: as a link alone."""
        return next((name for name, types in SHOWN_AS.items() if self.media_type in types), None)


@dataclass(frozen=True, slots=True)
class Said:
    """A message. ``side``: person, assistant, staff or system. ``state``: of ours queued, held, sending, sent,
    delivered, read or failed. ``template`` and ``score``: where an answer of the assistant's came from, and how sure it
    was. ``again``: it failed and may be sent once more; ``resent``: it was."""

    id: int
    side: str
    name: str
    at: datetime
    text: str
    state: str = ""
    error: str | None = None
    files: Sequence[File] = ()
    choices: Sequence[str] = ()
    chosen: bool = False
    edited: bool = False
    template: str | None = None
    score: float | None = None
    again: bool = False
    resent: bool = False
    happened: bool = False

    @property
    def pieces(self) -> Sequence[Piece]:
        """The text as its channel shows it: of ours, what stands between asterisks is bold."""
        return [Piece(self.text)] if self.side == "person" else list(emphasised(self.text))


@dataclass(frozen=True, slots=True)
class Happened:
    """A step of a ticket. ``number``: of another ticket than the one that is looked at, else None. ``files``: that came
    with it."""

    at: datetime
    kind: str
    name: str
    number: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    files: Sequence[File] = ()
    happened: bool = True

    @property
    def about(self) -> str | None:
        """Which category, unit, colleague or other ticket it is about; None where nothing is to be told beside it."""
        about = self.data.get(_ABOUT.get(self.kind, ""))
        return None if about == self.name else about


def talk(
    session: Session, ticket: Ticket, names: Mapping[str, str], *, limit: int = SHOWN
) -> tuple[list[Said | Happened], bool]:
    """At most the last ``limit`` messages each side said, from where on both sides are whole, with what happened since
    then; and whether there is more before. ``names``: staff's, by user name."""
    where = InboxMessage.conversation_id == ticket.conversation_id
    came = session.scalars(
        select(InboxMessage).where(where, InboxMessage.kind != "group").order_by(InboxMessage.id.desc()).limit(limit)
    ).all()
    went = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.conversation_id == ticket.conversation_id, OutboxMessage.status != "dropped")
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    ).all()
    begins = [_at(side[-1]) for side in (came, went) if len(side) == limit]
    since = max(begins, default=None)
    said = [*_incoming(session, came[::-1]), *_outgoing(session, went[::-1], names)]
    shown: list[Said | Happened] = [each for each in said if since is None or each.at >= since]
    return sorted([*shown, *_happened(session, ticket, names, since)], key=lambda each: each.at), bool(begins)


def _at(row: InboxMessage | OutboxMessage) -> datetime:
    return row.received_at if isinstance(row, InboxMessage) else row.sent_at or row.created_at


def everybody(session: Session) -> list[tuple[str, str, bool]]:
    """User name, name, and whether he works here still, of all staff by name."""
    wanted = select(Account.username, Account.name, Account.deactivated_at.is_(None))
    return [(row[0], row[1], row[2]) for row in session.execute(wanted.order_by(Account.name))]


def names_of(session: Session, usernames: Iterable[str]) -> dict[str, str]:
    """Staff's names by user name."""
    wanted = set(usernames)
    if not wanted:
        return {}
    rows = session.execute(select(Account.username, Account.name).where(Account.username.in_(wanted)))
    return {row[0]: row[1] for row in rows}


def _incoming(session: Session, rows: Sequence[InboxMessage]) -> list[Said]:
    labels = labels_of(session, rows)
    files: dict[int, list[File]] = {}
    for file in session.scalars(select(Attachment).where(Attachment.inbox_id.in_([row.id for row in rows]))):
        files.setdefault(file.inbox_id, []).append(_file(file))
    return [
        Said(
            row.id, "person", "", _at(row), row.text or labels.get(row.choice or "", ""),
            state=_state(row), files=files.get(row.id, ()),
            chosen=row.choice is not None, edited=row.edits is not None,
        )
        for row in rows
        if row.kind in ("message", "shared", "edited", "unreadable")
    ]  # fmt: skip


def _state(row: InboxMessage) -> str:
    return "unreadable" if row.kind == "unreadable" else "blocked" if row.handled_by == "blocked" else ""


def _file(file: Attachment) -> File:
    stored = file.status == "stored"
    size, media_type = (file.size, file.media_type) if stored else (file.claimed_size, file.claimed_type)
    address = f"/console/files/{file.id}"
    return File(address, file.filename or file.kind, file.kind, media_type or "", size, file.status, file.error)


def _outgoing(session: Session, rows: Sequence[OutboxMessage], names: Mapping[str, str]) -> list[Said]:
    choices: dict[int, list[str]] = {}
    offered = select(Choice).where(Choice.outbox_id.in_([row.id for row in rows])).order_by(Choice.position)
    for choice in session.scalars(offered):
        choices.setdefault(choice.outbox_id, []).append(choice.label)
    return [
        Said(
            row.id, row.author if row.author in (ASSISTANT, SYSTEM) else "staff", names.get(row.author, row.author),
            _at(row), row.text, state=row.status, error=row.last_error, files=_enclosed(row),
            choices=choices.get(row.id, ()), template=(row.origin or {}).get("template"),
            score=(row.origin or {}).get("score"), resent=is_resent(row.origin),
            again=row.status == "failed" and row.id not in choices and is_whole(row.origin)
            and not is_resent(row.origin),
        )
        for row in rows
    ]  # fmt: skip


def _enclosed(row: OutboxMessage) -> list[File]:
    return _files(f"/console/files/sent/{row.id}", row.origin)


def _files(address: str, origin: dict[str, Any] | None) -> list[File]:
    kept = [
        File(f"{address}/{index}", each.filename, "", each.media_type, each.size, "stored", None)
        for index, each in enumerate(enclosing.of(origin))
    ]
    return kept + [File("", name, "", "", None, "removed", None) for name in enclosing.removed(origin)]


def _happened(session: Session, ticket: Ticket, names: Mapping[str, str], since: datetime | None) -> list[Happened]:
    wanted = (
        select(TicketEvent, Ticket.number)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(Ticket.conversation_id == ticket.conversation_id, TicketEvent.kind.not_in(UNTOLD))
        .order_by(TicketEvent.id)
    )
    if since is not None:
        wanted = wanted.where(TicketEvent.at >= since)
    rows = session.execute(wanted).all()
    files = _returned(session, [event for event, _ in rows])
    return [
        Happened(
            event.at,
            event.kind,
            names.get(event.actor, event.actor),
            None if event.ticket_id == ticket.id else number,
            {key: _called(names, key, value) for key, value in _data(event).items()},
            files.get(event.id, ()),
        )
        for event, number in rows
        if event.ticket_id == ticket.id or event.kind in OTHERS_TOLD
    ]


def _returned(session: Session, events: Sequence[TicketEvent]) -> dict[int, list[File]]:
    """The files that came back from units, by the event with which they came."""
    came = {_data(each).get("forwarding"): each.id for each in events if each.kind == "taken back"}
    if not came:
        return {}
    wanted = select(Forwarding).where(Forwarding.id.in_([form for form in came if form]))
    return {
        came[form.id]: _files(f"/console/forwarding/{form.id}/files", form.enclosed)
        for form in session.scalars(wanted)
        if form.enclosed
    }


def _called(names: Mapping[str, str], key: str, value: Any) -> Any:
    return names.get(value, value) if key in _WHO and isinstance(value, str) else value


def _data(event: TicketEvent) -> dict[str, Any]:
    return event.data or {}
