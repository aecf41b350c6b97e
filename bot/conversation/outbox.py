"""Sends what is in the outbox: in order per conversation, as fast as the channel allows, and never the assistant's
words after a human took over.

A row is claimed (``sending``) in one transaction, sent, and marked in another. A crash between the channel's answer and
the mark sends that one message again: channels have no idempotency key, so this window cannot be closed, only kept to
one call.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Table,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation import delivery
from bot.conversation.buckets import Buckets
from bot.conversation.messages import Button, Capabilities, Channel, Outgoing, StoredFile
from bot.conversation.model import ASSISTANT, OPEN, Choice, Conversation, OutboxMessage
from bot.conversation.writing import Writer
from bot.errors import TransportError
from bot.metrics import SENT
from bot.storage.database import Database

log = logging.getLogger(__name__)

AT_ONCE = 32
CLAIM = timedelta(seconds=60)
"""When a claim lapses and the row may be sent by another; longer than any channel's timeout."""
SWEEP_SECONDS = 1.0
FINISH_SECONDS = 3.0
"""How long stopping waits for messages that are being sent."""
TROUBLE_SECONDS = 1.0
"""The pause after the database failed us."""
GIVE_UP = timedelta(hours=24)

_OUT = cast(Table, OutboxMessage.__table__)
_TALK = cast(Table, Conversation.__table__)
_CHOICE = cast(Table, Choice.__table__)


def _open(table: FromClause) -> ColumnElement[bool]:
    return table.c.status.in_(OPEN)


def _due(now: BindParameter[datetime]) -> ColumnElement[bool]:
    """What may be sent now. What was never tried always may: a clock that was put back must not hold it."""
    return or_(_OUT.c.next_try_at <= now, _OUT.c.attempts == 0)


# Statements of every message are put together once: that costs more than running them.
_EARLIER = _OUT.alias()
_EPOCH = select(_TALK.c.epoch).where(_TALK.c.id == _OUT.c.conversation_id).scalar_subquery()
_HEADS = (
    select(
        *(_OUT.c[name] for name in ("id", "conversation_id", "author", "epoch", "text", "attempts", "created_at")),
        _OUT.c.origin, _TALK.c.address, _TALK.c.last_from_person,
    )
    .join(_TALK, _TALK.c.id == _OUT.c.conversation_id)
    .where(
        _OUT.c.channel == bindparam("channel"),
        _open(_OUT),
        _due(bindparam("now")),
        ~exists().where(
            _EARLIER.c.conversation_id == _OUT.c.conversation_id, _EARLIER.c.id < _OUT.c.id, _open(_EARLIER)
        ),
    )
    .order_by(_OUT.c.id)
    .limit(bindparam("limit"))
)  # fmt: skip
_CLAIM = (
    update(_OUT)
    .where(
        _OUT.c.id == bindparam("b_id"),
        _open(_OUT),
        _due(bindparam("b_now")),
        or_(_OUT.c.author != ASSISTANT, _OUT.c.epoch == _EPOCH),
    )
    .values(status="sending", attempts=_OUT.c.attempts + 1, next_try_at=bindparam("b_until"))
    .returning(_OUT.c.id)
)
_DROP = (
    update(_OUT)
    .where(_OUT.c.id == bindparam("b_id"), _open(_OUT), _OUT.c.author == ASSISTANT, _OUT.c.epoch != _EPOCH)
    .values(status="dropped")
)
_MARK = (
    update(_OUT)
    .where(_OUT.c.id == bindparam("b_id"))
    .values(status="sent", sent_at=bindparam("b_at"), external_id=bindparam("b_external"), last_error=None)
)
_BUTTONS = (
    select(_CHOICE.c.key, _CHOICE.c.label, _CHOICE.c.description)
    .where(_CHOICE.c.outbox_id == bindparam("outbox"))
    .order_by(_CHOICE.c.position)
)
_MORE = select(_OUT.c.id).where(_OUT.c.conversation_id == bindparam("conversation"), _open(_OUT)).limit(1)


def backoff(attempts: int) -> timedelta:
    """The wait after the ``attempts``-th failure: 1, 2, 4 … seconds, at most 5 minutes."""
    return timedelta(seconds=min(300.0, 2.0 ** min(attempts - 1, 9)))


@dataclass(frozen=True, slots=True)
class Head:
    """The first unsent message of a conversation."""

    id: int
    conversation_id: int
    address: str
    author: str
    epoch: int
    text: str
    attempts: int
    created_at: datetime
    last_from_person: datetime | None
    files: Sequence[Mapping[str, Any]]


class Sender:
    """The outbox of one channel."""

    def __init__(
        self, db: Database, clock: Clock, channel: Channel, data_dir: Path, write: Writer | None = None
    ) -> None:
        self._clock, self._channel, self._data_dir = clock, channel, data_dir
        self._write = write or Writer(db)
        capabilities = channel.capabilities
        self._per_chat, self._per_bot = Buckets(capabilities.per_chat), Buckets(capabilities.per_bot)
        self._awake = asyncio.Event()
        self._running: dict[int, asyncio.Task[bool]] = {}

    def wake(self) -> None:
        """Something may be there to be sent. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._awake.clear()
                try:
                    pause = await self._send_due()
                except SQLAlchemyError as error:
                    log.error("channel %s cannot send: %s", self._channel.name, type(error).__name__)
                    await asyncio.sleep(TROUBLE_SECONDS)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._awake.wait()
        finally:
            await self._finish()

    async def _finish(self) -> None:
        """Let what is being sent be sent and noted: cut off, it would be sent once more after the next start."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=FINISH_SECONDS)
        for task in list(self._running.values()):
            task.cancel()

    async def _send_due(self) -> float:
        """Start sending what may be sent; returns the seconds after which to look again."""
        busy = frozenset(self._running)
        if len(busy) >= AT_ONCE:
            return SWEEP_SECONDS
        claimed, pause = await self._write(partial(self._claim, busy))
        for head, message in claimed:
            task = asyncio.create_task(self._send(head, message))
            self._running[head.conversation_id] = task
            task.add_done_callback(self._finished(head.conversation_id))
        return pause

    def _finished(self, conversation_id: int) -> Callable[[asyncio.Task[bool]], None]:
        def done(task: asyncio.Task[bool]) -> None:
            was_full = len(self._running) >= AT_ONCE
            self._running.pop(conversation_id, None)
            if task.cancelled():
                return
            if (error := task.exception()) is not None:
                log.error("sending stopped: %s", type(error).__name__, exc_info=error)
            if was_full or error is not None or task.result():
                self.wake()

        return done

    def _claim(self, busy: Set[int], session: Session) -> tuple[list[tuple[Head, Outgoing]], float]:
        """What is to be sent now, and after how many seconds there may be more."""
        pause, now, moment = SWEEP_SECONDS, self._clock(), time.monotonic()
        claimed: list[tuple[Head, Outgoing]] = []
        for head in heads(session, self._channel.name, now, 4 * AT_ONCE):
            if head.conversation_id in busy or len(claimed) + len(busy) >= AT_ONCE:
                continue
            key = str(head.conversation_id)
            wait = max(self._per_chat.wait(key, moment), self._per_bot.wait("", moment))
            if wait > 0:
                pause = min(pause, wait)
            elif claim(session, head, now):
                self._per_chat.take(key, moment)
                self._per_bot.take("", moment)
                claimed.append((head, self._message(session, head)))
        return claimed, pause

    async def _send(self, head: Head, message: Outgoing) -> bool:
        """Whether something else may be there to be sent in this conversation."""
        capabilities = self._channel.capabilities
        try:
            external_id = await self._channel.send(head.address, in_window(message, head, capabilities, self._clock()))
        except TransportError as error:
            return await self._note(self._failed, head, error)
        except Exception as error:
            log.exception("channel %s broke while sending", self._channel.name)
            reason = TransportError(f"internal: {type(error).__name__}", permanent=False)
            return await self._note(self._failed, head, reason)
        else:
            SENT.labels(self._channel.name, "sent").inc()
            return await self._note(self._sent, head, external_id)

    async def _note(self, mark: Callable[[Head, Any, Session], bool], head: Head, what: Any) -> bool:
        """Write down what became of a message, however long that takes: forgotten, it would be sent once more."""
        while True:
            try:
                return await self._write(partial(mark, head, what))
            except SQLAlchemyError as error:
                log.error("what became of message %s cannot be noted: %s", head.id, type(error).__name__)
                await asyncio.sleep(TROUBLE_SECONDS)

    def _message(self, session: Session, head: Head) -> Outgoing:
        choices = session.execute(_BUTTONS, {"outbox": head.id})
        buttons = tuple(Button(key, label, description) for key, label, description in choices)
        files = tuple(
            StoredFile(self._data_dir / file["path"], file["filename"], file["media_type"]) for file in head.files
        )
        return Outgoing(head.text, buttons, files)

    def _sent(self, head: Head, external_id: str | None, session: Session) -> bool:
        if external_id is not None:
            delivery.hold(session, self._channel.name, external_id)
        session.execute(_MARK, {"b_id": head.id, "b_at": self._clock(), "b_external": external_id})
        if external_id is not None:
            delivery.catch_up(session, self._channel.name, external_id)
        return session.scalar(_MORE, {"conversation": head.conversation_id}) is not None

    def _failed(self, head: Head, error: TransportError, session: Session) -> bool:
        SENT.labels(self._channel.name, fail(session, head, error, self._clock())).inc()
        return True


def heads(session: Session, channel: str, now: datetime, limit: int) -> list[Head]:
    """The first open message of each conversation, where it is due. A later one never overtakes it."""
    rows = session.execute(_HEADS, {"channel": channel, "now": now, "limit": limit})
    return [
        Head(
            row.id, row.conversation_id, row.address, row.author, row.epoch, row.text, row.attempts, row.created_at,
            row.last_from_person, (row.origin or {}).get("files", ()),
        )
        for row in rows
    ]  # fmt: skip


def claim(session: Session, head: Head, now: datetime) -> bool:
    """Take a message for sending. False when another has it, or when it is the assistant's and a human took over since
    it was written: then it is dropped. The database decides, at this moment."""
    mine = session.execute(_CLAIM, {"b_id": head.id, "b_now": now, "b_until": now + CLAIM}).all()
    if not mine:
        session.execute(_DROP, {"b_id": head.id})
    return bool(mine)


def fail(session: Session, head: Head, error: TransportError, now: datetime) -> str:
    """Note a failure: try again later, or give the message up (a dead letter, with the reason). Returns which."""
    reason = f"{error.code}: {error.reason}" if error.code else error.reason
    over = error.permanent or now - head.created_at > GIVE_UP
    wait = max(backoff(head.attempts + 1), timedelta(seconds=error.retry_after or 0))
    values = {"status": "failed"} if over else {"status": "queued", "next_try_at": now + wait}
    session.execute(_row(head).values(last_error=reason, **values))
    if error.unreachable:
        session.execute(
            update(Conversation)
            .where(Conversation.id == head.conversation_id)
            .values(unreachable_since=now)
            .execution_options(synchronize_session=False)
        )
    return "dead" if over else "retried"


def in_window(message: Outgoing, head: Head, capabilities: Capabilities, now: datetime) -> Outgoing:
    """The message as it may be sent now. Outside the channel's window that is the approved template, where there is
    one. Raises TransportError where there is none."""
    if capabilities.window is None:
        return message
    if head.last_from_person is not None and now - head.last_from_person < capabilities.window:
        return message
    if capabilities.window_template is not None:
        return Outgoing(message.text, template=capabilities.window_template)
    hours = int(capabilities.window.total_seconds() // 3600)
    raise TransportError(
        f"the person last wrote more than {hours} hours ago; the channel allows no free text until he writes again",
        permanent=True,
        code="window",
    )


def free_claims(session: Session, now: datetime) -> None:
    """Send at once what a sender that is gone had claimed. Only where no other sender can be running."""
    session.execute(update(OutboxMessage).where(OutboxMessage.status == "sending").values(next_try_at=now))


def _row(head: Head) -> Any:
    return update(OutboxMessage).where(OutboxMessage.id == head.id).execution_options(synchronize_session=False)
