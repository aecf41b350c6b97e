"""What a visitor may read of his own conversation, as the page gets it.

A message is ``{key, from, name, text, pieces, at, choices, live, files, sent}``. ``key`` is unique in the conversation
(``o12`` for outbox row 12, the page's own id for what the person wrote); ``from`` is you, assistant, staff or system;
``pieces``: what is shown of a text of ours, each ``[words, bold]``, null for one of the person's;
``at`` is ISO in UTC; ``sent`` is the id of the sending, which a reconnecting page gives back. Messages of ours appear
once they are sent: a queued one may still be withdrawn by a takeover.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.channels.webchat.files import Files
from bot.channels.webchat.parse import client_id
from bot.channels.webchat.visitor import CHANNEL
from bot.conversation import enclosing
from bot.conversation.model import ASSISTANT, Attachment, Choice, Conversation, InboxMessage, OutboxMessage
from bot.conversation.picture import emphasised
from bot.conversation.thread import labels_of
from bot.identity.model import Account, Handle
from bot.tickets.promises import SYSTEM

PAGE = 40
REPLAY = 200
SHOWN = ("sent", "delivered", "read")
Message = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A message's place in the conversation. ``side``: 0 = the person's, 1 = ours."""

    at: datetime
    side: int
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.side}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ValueError."""
        at, side, row = text.split("~")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not 2000 < moment.year < 9000 or not row.isdecimal() or len(row) > 9:
            raise ValueError("not a place")
        return cls(moment, int(side), int(row))


def conversation_of(session: Session, address: str) -> Conversation | None:
    """The conversation that is held with this very address; never that of another handle of the same person."""
    return session.scalars(
        select(Conversation)
        .join(Handle, Handle.person_id == Conversation.person_id)
        .where(
            Handle.channel == CHANNEL,
            Handle.address == address,
            Conversation.channel == CHANNEL,
            Conversation.address == address,
        )
    ).first()


def latest(session: Session, files: Files, address: str, before: Place | None) -> tuple[list[Message], Place | None]:
    """The last messages before a place, oldest first, and the place to go on from (None: that was all)."""
    conversation = conversation_of(session, address)
    if conversation is None:
        return [], None
    at = func.coalesce(OutboxMessage.sent_at, OutboxMessage.created_at)
    received = session.scalars(
        select(InboxMessage)
        .where(InboxMessage.conversation_id == conversation.id, InboxMessage.kind.in_(("message", "unreadable")))
        .where(*_before(InboxMessage.received_at, InboxMessage.id, 0, before))
        .order_by(InboxMessage.received_at.desc(), InboxMessage.id.desc())
        .limit(PAGE + 1)
    ).all()
    sent = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.conversation_id == conversation.id, OutboxMessage.status.in_(SHOWN))
        .where(*_before(at, OutboxMessage.id, 1, before))
        .order_by(at.desc(), OutboxMessage.id.desc())
        .limit(PAGE + 1)
    ).all()
    rows: list[tuple[Place, InboxMessage | OutboxMessage]] = [
        *((Place(row.received_at, 0, row.id), row) for row in received),
        *((Place(row.sent_at or row.created_at, 1, row.id), row) for row in sent),
    ]
    rows.sort(key=lambda pair: pair[0])
    kept = rows[-PAGE:]
    more = kept[0][0] if len(rows) > PAGE else None
    ours = [row for _, row in kept if isinstance(row, OutboxMessage)]
    theirs = [row for _, row in kept if isinstance(row, InboxMessage)]
    shown = {("o", row.id): m for row, m in zip(ours, outgoing(session, files, ours), strict=True)}
    shown |= {("i", row.id): m for row, m in zip(theirs, incoming(session, address, theirs), strict=True)}
    return [shown["o" if isinstance(row, OutboxMessage) else "i", row.id] for _, row in kept], more


def _before(at: Any, row_id: Any, side: int, place: Place | None) -> Iterable[ColumnElement[bool]]:
    if place is None:
        return
    if side == place.side:
        yield or_(at < place.at, and_(at == place.at, row_id < place.id))
    else:
        yield at <= place.at if side < place.side else at < place.at


def sent_after(session: Session, files: Files, address: str, after: str) -> list[Message] | None:
    """What was sent to the visitor from the id ``after`` on. None if it is too much to replay: read the history."""
    conversation = conversation_of(session, address)
    if conversation is None:
        return []
    rows = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.channel == CHANNEL,
            OutboxMessage.external_id >= after,
            OutboxMessage.conversation_id == conversation.id,
            OutboxMessage.status.in_(SHOWN),
        )
        .order_by(OutboxMessage.sent_at, OutboxMessage.id)
        .limit(REPLAY + 1)
    ).all()
    return outgoing(session, files, rows) if len(rows) <= REPLAY else None


def newly_sent(session: Session, since: str) -> Sequence[tuple[int, str]]:
    """(outbox id, address) of all that was sent to anybody on this channel from the id ``since`` on, in order."""
    return [
        (row[0], row[1])
        for row in session.execute(
            select(OutboxMessage.id, Conversation.address)
            .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
            .where(
                OutboxMessage.channel == CHANNEL,
                OutboxMessage.external_id >= since,
                OutboxMessage.status.in_(SHOWN),
            )
            .order_by(OutboxMessage.sent_at, OutboxMessage.id)
        )
    ]


def by_id(session: Session, files: Files, ids: Sequence[int]) -> dict[int, Message]:
    """Messages of ours by outbox id."""
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(ids))).all()
    return {row.id: message for row, message in zip(rows, outgoing(session, files, rows), strict=True)}


def outgoing(session: Session, files: Files, rows: Sequence[OutboxMessage]) -> list[Message]:
    """Messages of ours, in the order of ``rows``."""
    ids = [row.id for row in rows]
    choices: dict[int, list[Choice]] = {}
    for choice in session.scalars(select(Choice).where(Choice.outbox_id.in_(ids)).order_by(Choice.position)):
        choices.setdefault(choice.outbox_id, []).append(choice)
    pressed, last_word = _answers(session, rows)
    staff = {row.author for row in rows} - {ASSISTANT, SYSTEM}
    found = session.execute(select(Account.username, Account.name).where(Account.username.in_(staff))) if staff else ()
    names = {row[0]: row[1] for row in found}
    return [
        {
            "key": f"o{row.id}",
            "from": row.author if row.author in (ASSISTANT, SYSTEM) else "staff",
            "name": names.get(row.author),
            "text": row.text,
            "pieces": [[piece.text, bool(piece.styles)] for piece in emphasised(row.text)],
            "at": _iso(at := row.sent_at or row.created_at),
            "choices": [
                {"key": c.key, "label": c.label, "description": c.description, "chosen": c.key in pressed}
                for c in choices.get(row.id, ())
            ],
            "live": (spoke := last_word.get(row.conversation_id)) is None or at >= spoke,
            "files": _shown_files(files, row),
            "sent": row.external_id,
        }
        for row in rows
    ]


def _answers(session: Session, rows: Sequence[OutboxMessage]) -> tuple[set[str], dict[int, datetime]]:
    """The pressed choices of these messages' conversations, and when the person last wrote in each."""
    conversations = {row.conversation_id for row in rows}
    mine = InboxMessage.conversation_id.in_(conversations)
    offered = select(Choice.key).where(Choice.outbox_id.in_([row.id for row in rows]))
    pressed = session.scalars(select(InboxMessage.choice).where(mine, InboxMessage.choice.in_(offered)))
    last = session.execute(
        select(InboxMessage.conversation_id, func.max(InboxMessage.received_at))
        .where(mine)
        .group_by(InboxMessage.conversation_id)
    )
    return {key for key in pressed if key}, {row[0]: row[1] for row in last}


def incoming(session: Session, address: str, rows: Sequence[InboxMessage]) -> list[Message]:
    """Messages of the person, in the order of ``rows``; a pressed button reads as its label."""
    labels = labels_of(session, rows)
    files: dict[int, list[Message]] = {}
    for file in session.scalars(select(Attachment).where(Attachment.inbox_id.in_([row.id for row in rows]))):
        files.setdefault(file.inbox_id, []).append(_received_file(file))
    return [
        {
            "key": client_id(address, row.external_id) or f"i{row.id}",
            "from": "you",
            "name": None,
            "text": row.text or labels.get(row.choice or "", ""),
            "pieces": None,
            "at": _iso(row.received_at),
            "choices": [],
            "live": False,
            "files": files.get(row.id, []),
            "sent": None,
        }
        for row in rows
    ]


def _received_file(file: Attachment) -> Message:
    stored = file.status == "stored" and file.path is not None
    return {
        "url": f"chat/files/{file.id}" if stored else None,
        "name": file.filename,
        "type": (file.media_type if stored else file.claimed_type) or "",
        "size": file.size if stored else file.claimed_size,
        "state": file.status,
    }


def sent_files(files: Files, row: OutboxMessage) -> list[tuple[Path | None, str, str]]:
    """(path, file name, media type) of the files that went with a message; no path where one is gone."""
    return [
        (files.stored(file["path"]), file["filename"], file["media_type"])
        for file in (row.origin or {}).get("files", ())
    ]


def _shown_files(files: Files, row: OutboxMessage) -> list[Message]:
    gone = {"url": None, "type": "", "size": None, "state": "removed"}
    return [gone | {"name": name} for name in enclosing.removed(row.origin)] + [
        {
            "url": f"chat/files/o{row.id}-{index}" if path else None,
            "name": filename,
            "type": media_type,
            "size": path.stat().st_size if path else None,
            "state": "stored" if path else "failed",
        }
        for index, (path, filename, media_type) in enumerate(sent_files(files, row))
    ]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
