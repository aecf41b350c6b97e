"""``/conversations``: who talks with us where, and what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.model import ASSISTANT, Attachment, Conversation, InboxMessage, OutboxMessage
from bot.conversation.thread import labels_of
from bot.tickets.promises import SYSTEM
from bot.web.api import shapes
from bot.web.api.door import ConversationReader
from bot.web.api.fields import plain
from bot.web.api.paging import USUAL, Cursor, Limit, Page, cut, only, place
from bot.web.api.problems import documented, invalid, not_found

router = APIRouter(prefix="/conversations", tags=["conversations"], responses=documented(401, 403, 422, 429))
SAID = ("message", "shared", "edited", "unreadable")
"""Kinds of inbox messages that are said; the others are what channels tell."""
ConversationId = Annotated[shapes.Id, Path()]


@router.get("", response_model=Page[shapes.Conversation])
def list_conversations(
    caller: ConversationReader,
    person: shapes.Id | None = None,
    channel: Annotated[str | None, Query(max_length=32)] = None,
    in_charge: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[shapes.Conversation]:
    """Conversations, the newest first. Scope `conversations:read`."""
    wanted = select(Conversation).order_by(Conversation.id.desc()).limit(limit + 1)
    if person is not None:
        wanted = wanted.where(Conversation.person_id == person)
    if channel is not None:
        wanted = wanted.where(Conversation.channel == plain(channel))
    if in_charge is not None:
        wanted = wanted.where(Conversation.in_charge == plain(in_charge))
    if (before := only(cursor)) is not None:
        wanted = wanted.where(Conversation.id < before)
    with caller.parts.db.read() as session:
        found, following = cut(session.scalars(wanted).all(), limit, lambda row: (row.id,))
    return Page(items=[_conversation(row) for row in found], next=following)


@router.get("/{id}", response_model=shapes.Conversation, responses=documented(404))
def get_conversation(caller: ConversationReader, id: ConversationId) -> shapes.Conversation:
    """A conversation. Scope `conversations:read`."""
    with caller.parts.db.read() as session:
        return _conversation(_found(session, id))


@router.get("/{id}/messages", response_model=Page[shapes.Message], responses=documented(404))
def list_messages(
    caller: ConversationReader,
    id: ConversationId,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[shapes.Message]:
    """What was said, the newest first. Scope `conversations:read`; the words need `texts:read`."""
    key = place(cursor, str, str, int)
    with caller.parts.db.read() as session:
        _found(session, id)
        came = select(InboxMessage).where(InboxMessage.conversation_id == id, InboxMessage.kind.in_(SAID))
        went = select(OutboxMessage).where(OutboxMessage.conversation_id == id, OutboxMessage.status != "dropped")
        incoming = session.scalars(_older(came, InboxMessage.received_at, InboxMessage.id, "in", key, limit)).all()
        outgoing = session.scalars(_older(went, OutboxMessage.created_at, OutboxMessage.id, "out", key, limit)).all()
        told = [*_incoming(session, incoming, caller.texts), *(_outgoing(row, caller.texts) for row in outgoing)]
    told.sort(key=_place, reverse=True)
    found, following = cut(told, limit, lambda said: (said.at.isoformat(), *_place(said)[1:]))
    return Page(items=list(found), next=following)


def message_of(session: Session, data: Mapping[str, Any], texts: bool) -> shapes.Message | None:
    """The message that a ticket's event names in its data; None where it names none."""
    if (inbox_id := data.get("inbox_id")) is not None and (came := session.get(InboxMessage, inbox_id)) is not None:
        [told] = _incoming(session, [came], texts)
        return told
    went = session.get(OutboxMessage, data["outbox_id"]) if data.get("outbox_id") is not None else None
    return _outgoing(went, texts) if went is not None else None


def _older(
    wanted: Select[Any], at: Any, number: Any, side: str, key: tuple[int | str, ...] | None, limit: int
) -> Select[Any]:
    """``wanted``, the newest first, behind ``key``: when it was, on which side, with which number."""
    if key is not None:
        wanted = wanted.where(_behind(at, number, side, key))
    return wanted.order_by(at.desc(), number.desc()).limit(limit + 1)


def _behind(at: Any, number: Any, side: str, key: tuple[int | str, ...]) -> ColumnElement[bool]:
    try:
        when = datetime.fromisoformat(str(key[0]))
        if when.tzinfo is None:
            raise ValueError
    except ValueError:
        raise invalid("query.cursor", "this is no cursor of this list") from None
    if side == key[1]:
        return or_(at < when, and_(at == when, number < key[2]))
    older: ColumnElement[bool] = at <= when if side < str(key[1]) else at < when
    return older


def _place(said: shapes.Message) -> tuple[datetime, str, int]:
    side, _, number = said.id.partition("-")
    return said.at, side, int(number)


def _found(session: Session, conversation_id: int) -> Conversation:
    row = session.get(Conversation, conversation_id)
    if row is None:
        raise not_found("conversation")
    return row


def _conversation(row: Conversation) -> shapes.Conversation:
    return shapes.Conversation(
        id=row.id, person_id=row.person_id, channel=row.channel, language=row.language, in_charge=row.in_charge,
        last_from_person=row.last_from_person, unreachable_since=row.unreachable_since, created_at=row.created_at,
    )  # fmt: skip


def _incoming(session: Session, rows: Sequence[InboxMessage], texts: bool) -> list[shapes.Message]:
    labels = labels_of(session, rows)
    files: dict[int, list[shapes.File]] = {}
    for file in session.scalars(select(Attachment).where(Attachment.inbox_id.in_([row.id for row in rows]))):
        name = file.filename if texts else None
        told = shapes.File(name=name, media_type=file.media_type, size=file.size, status=file.status)
        files.setdefault(file.inbox_id, []).append(told)
    return [
        shapes.Message(
            id=f"in-{row.id}", at=row.received_at, by="person", author=None,
            text=(row.text or labels.get(row.choice or "", "")) if texts else None, status=row.status, error=None,
            template=None, files=files.get(row.id, []),
        )
        for row in rows
    ]  # fmt: skip


def _outgoing(row: OutboxMessage, texts: bool) -> shapes.Message:
    staff = row.author not in (ASSISTANT, SYSTEM)
    return shapes.Message(
        id=f"out-{row.id}", at=row.created_at,
        by="staff" if staff else "assistant" if row.author == ASSISTANT else "system",
        author=row.author if staff else None, text=row.text if texts else None, status=row.status,
        error=row.last_error, template=(row.origin or {}).get("template"),
        files=[
            shapes.File(name=file.filename if texts else None, media_type=file.media_type, size=file.size,
                        status="stored")
            for file in enclosing.of(row.origin)
        ] + [
            shapes.File(name=name if texts else None, media_type=None, size=None, status="removed")
            for name in enclosing.removed(row.origin)
        ],
    )  # fmt: skip
