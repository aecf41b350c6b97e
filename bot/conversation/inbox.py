"""Intake: what channels received is in the database, once, before anybody is told that we have it.

Concurrent webhooks share a transaction (group commit): each waits for the commit that holds its events, so one disk
flush serves many, and a burst of single webhooks costs hardly more than a batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation import delivery, outbox
from bot.conversation.merge import merge_people
from bot.conversation.messages import Event, Ignored, Incoming, StatusUpdate, Typing
from bot.conversation.model import Attachment, Conversation, InboxMessage
from bot.conversation.pace import Pace
from bot.conversation.text import storable
from bot.conversation.writing import Writer
from bot.identity.people import Sender, resolve
from bot.metrics import EVENTS_IN
from bot.storage.database import Database
from bot.storage.signals import INBOX, OUTBOX, notify

MAX_GROUP = 1000
"""Events of one transaction; more wait for the next."""
MAX_TEXT = 20_000
"""Characters kept of one message; channels allow at most half of it."""
MAX_CLAIM = 2**31 - 1
"""The largest size of a file that the column holds; Telegram tells of files of 4 GB."""
BUSY_SECONDS = 0.02
"""When the last transaction ended so shortly ago, messages are coming in one after the other …"""
GATHER_SECONDS = 0.006
"""… and the next transaction waits so long for company. A lone message never waits."""
SILENT = timedelta(hours=1)
"""Shorter than any channel's window: where a person wrote since, nothing is held for him."""
_FIRST = datetime.min.replace(tzinfo=UTC)
_IN = cast(Table, InboxMessage.__table__)
_TALK = cast(Table, Conversation.__table__)

# Statements of every message are put together once: that costs more than running them.
_KNOWN_MESSAGES = select(_IN.c.external_id).where(
    _IN.c.channel == bindparam("channel"), _IN.c.external_id.in_(bindparam("ids", expanding=True))
)
_KNOWN_CONVERSATIONS = select(_TALK.c.person_id, _TALK.c.channel, _TALK.c.id, _TALK.c.last_from_person).where(
    _TALK.c.person_id.in_(bindparam("people", expanding=True))
)
_LATEST = (
    update(_TALK)
    .where(_TALK.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in ("address", "last_from_person", "unreachable_since")})
)


@dataclass(slots=True)
class _Waiting:
    events: Sequence[Event]
    stored: asyncio.Future[None]
    since: float
    commits_before: float


class Inbox:
    """The ``Intake`` of all channels. ``on_messages`` is called in the event loop when whoever it wakes can go on with
    what came in (see ``Writer``); ``on_files`` when messages with files are committed; ``on_typing`` at once when a
    person of that channel and address is writing."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        on_messages: Callable[[], None],
        write: Writer | None = None,
        on_files: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
        on_typing: Callable[[str, str], None] = lambda channel, address: None,
    ) -> None:
        self._on_typing = on_typing
        self._write = write or Writer(db)
        self._clock = clock
        self._on_messages, self._on_files = on_messages, on_files
        self._pace = pace or Pace(1)
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._stored = 0.0

    async def __call__(self, events: Sequence[Event]) -> None:
        """Returns when the events are committed; raises what the database raised."""
        for event in events:
            if isinstance(event, Typing):
                self._on_typing(event.channel, event.address)
                continue
            EVENTS_IN.labels(event.channel, event.kind if isinstance(event, Ignored) else _kind(event)).inc()
        kept = [event for event in events if not isinstance(event, Ignored | Typing)]
        if not kept:
            return
        loop = asyncio.get_running_loop()
        waiting = _Waiting(kept, loop.create_future(), loop.time(), self._write.commit_seconds)
        self._waiting.append(waiting)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await waiting.stored

    async def _flush(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            if clock() - self._stored < BUSY_SECONDS:
                # More is coming: what comes in a moment can share this transaction. What came in while the last one was
                # written has waited for company already.
                await asyncio.sleep(max(0.0, self._waiting[0].since + GATHER_SECONDS - clock()))
            group = self._next_group()
            try:
                await self._store([event for waiting in group for event in waiting.events])
            except Exception as error:
                await self._settle_failed(group, error)
            else:
                for waiting in group:
                    _settle(waiting, None)
            self._stored = clock()
            committing = self._write.commit_seconds - group[0].commits_before
            self._pace.stored(self._stored - group[0].since - committing, self._stored)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._waiting and (not group or size + len(self._waiting[0].events) <= MAX_GROUP):
            group.append(self._waiting.pop(0))
            size += len(group[-1].events)
        return group

    async def _settle_failed(self, group: list[_Waiting], error: Exception) -> None:
        """One caller's events must not fail another's: store each alone. But where the database is gone or busy for too
        long nobody's can be stored, and asking for each would make the last wait for all."""
        if len(group) == 1 or isinstance(error, OperationalError | TimeoutError):
            for waiting in group:
                _settle(waiting, error)
            return
        for waiting in group:
            try:
                await self._store(waiting.events)
            except Exception as own:
                _settle(waiting, own)
            else:
                _settle(waiting, None)

    async def _store(self, events: Sequence[Event]) -> None:
        # A webhook's sender waits for it: before any turn that is to be written.
        await self._write(lambda session: store(session, events, self._clock()), first=True, then=self._on_messages)
        if any(isinstance(event, Incoming) and event.attachments for event in events):
            self._on_files()


def _settle(waiting: _Waiting, error: Exception | None) -> None:
    # The caller may be gone (a client that hung up); its events are stored all the same.
    if waiting.stored.done():
        return
    if error is None:
        waiting.stored.set_result(None)
    else:
        waiting.stored.set_exception(error)


def _kind(event: Incoming | StatusUpdate) -> str:
    return event.kind if isinstance(event, Incoming) else f"status_{event.state}"


def store(session: Session, events: Sequence[Event], now: datetime) -> int:
    """Write what is new of ``events``; returns how many messages were. Repeated ones change nothing."""
    messages = _new_messages(session, [event for event in events if isinstance(event, Incoming)])
    conversations = _conversations(session, messages, now) if messages else []
    _insert_messages(session, messages, conversations, now)
    if messages:
        notify(session, INBOX)
    delivery.apply(session, [event for event in events if isinstance(event, StatusUpdate)], now)
    return len(messages)


def _new_messages(session: Session, messages: Sequence[Incoming]) -> list[Incoming]:
    """Without repetitions, in the order in which they were sent."""
    unique: dict[tuple[str, str], Incoming] = {}
    for message in messages:
        unique.setdefault((message.channel, message.external_id), message)
    wanted: dict[str, set[str]] = {}
    for channel, external_id in unique:
        wanted.setdefault(channel, set()).add(external_id)
    for channel, ids in wanted.items():
        for external_id in session.scalars(_KNOWN_MESSAGES, {"channel": channel, "ids": list(ids)}):
            del unique[channel, external_id]
    return sorted(unique.values(), key=lambda message: message.sent_at or _FIRST)


def _conversations(session: Session, messages: Sequence[Incoming], now: datetime) -> list[int]:
    """The conversation of each message; new ones are opened, and the person's latest sign of life is noted."""
    people = resolve(session, [_sender(message) for message in messages], now)
    for person in people:
        for loser in person.merged_from:
            merge_people(session, winner=person.person_id, loser=loser)
    keys = [(person.person_id, message.channel) for person, message in zip(people, messages, strict=True)]
    known, silent = _known_conversations(session, keys, now)
    if silent and outbox.release(session, sorted(silent), now):
        notify(session, OUTBOX)
    opened = {
        key: {"person_id": key[0], "channel": key[1], "address": message.addresses[0], "created_at": now}
        for key, message in zip(keys, messages, strict=True)
        if key not in known
    }
    if opened:
        _insert_unless_there(session, _TALK, list(opened.values()), ["person_id", "channel"])
        known, _ = _known_conversations(session, keys, now)
    latest = {
        known[key]: {
            "b_id": known[key],
            "address": message.addresses[0],
            "last_from_person": now,
            "unreachable_since": now if message.kind == "unreachable" else None,
        }
        for key, message in zip(keys, messages, strict=True)
    }
    # Always in the same order, so that two processes cannot wait for each other.
    session.connection().execute(_LATEST, [latest[conversation] for conversation in sorted(latest)])
    return [known[key] for key in keys]


def _sender(message: Incoming) -> Sender:
    return Sender(message.channel, message.addresses, message.display_name and storable(message.display_name))


def _known_conversations(
    session: Session, keys: Sequence[tuple[int, str]], now: datetime
) -> tuple[dict[tuple[int, str], int], set[int]]:
    """By person and channel; and those of them in which nobody has written for a while."""
    rows = session.execute(_KNOWN_CONVERSATIONS, {"people": list({person for person, _ in keys})}).all()
    known = {(row.person_id, row.channel): row.id for row in rows}
    wanted = {known[key] for key in keys if key in known}
    long_ago = now - SILENT
    return known, {row.id for row in rows if row.id in wanted and (row.last_from_person or _FIRST) < long_ago}


def _insert_messages(session: Session, messages: list[Incoming], conversations: list[int], now: datetime) -> None:
    if not messages:
        return
    rows = [
        {
            "conversation_id": conversation,
            "channel": message.channel,
            "external_id": message.external_id,
            "kind": message.kind,
            "text": storable(message.text)[:MAX_TEXT],
            "choice": message.choice and storable(message.choice)[:64],
            "command": message.command,
            "edits": message.edits,
            "sent_at": message.sent_at,
            "received_at": now,
            "status": "done" if message.kind in ("unreachable", "reachable") else "pending",
            "attempts": 0,
        }
        for message, conversation in zip(messages, conversations, strict=True)
    ]
    _insert_unless_there(session, _IN, rows, ["channel", "external_id"])
    for message in messages:
        if message.attachments:
            _insert_attachments(session, message, now)


def _insert_attachments(session: Session, message: Incoming, now: datetime) -> None:
    inbox_id = session.scalars(
        select(InboxMessage.id).where(
            InboxMessage.channel == message.channel, InboxMessage.external_id == message.external_id
        )
    ).one()
    if session.scalar(select(Attachment.id).where(Attachment.inbox_id == inbox_id).limit(1)):
        return
    rows = [
        {
            "inbox_id": inbox_id,
            "kind": attachment.kind,
            "ref": storable(attachment.ref),
            "filename": attachment.filename and storable(attachment.filename)[-255:],
            "claimed_type": attachment.media_type and storable(attachment.media_type)[:120],
            "claimed_size": attachment.size and min(attachment.size, MAX_CLAIM),
            "status": "pending",
            "attempts": 0,
            "next_try_at": now,
        }
        for attachment in message.attachments
    ]
    session.execute(insert(Attachment), rows)


def _insert_unless_there(session: Session, table: Table, rows: list[dict[str, Any]], unique: list[str]) -> None:
    # Another process may be storing the same at this moment; whoever comes first wins, nobody fails.
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(table).on_conflict_do_nothing(index_elements=unique), rows)
