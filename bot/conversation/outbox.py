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
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

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
        choices = session.scalars(select(Choice).where(Choice.outbox_id == head.id).order_by(Choice.position))
        buttons = tuple(Button(choice.key, choice.label, choice.description) for choice in choices)
        files = tuple(
            StoredFile(self._data_dir / file["path"], file["filename"], file["media_type"]) for file in head.files
        )
        return Outgoing(head.text, buttons, files)

    def _sent(self, head: Head, external_id: str | None, session: Session) -> bool:
        if external_id is not None:
            delivery.hold(session, self._channel.name, external_id)
        session.execute(
            _row(head).values(status="sent", sent_at=self._clock(), external_id=external_id, last_error=None)
        )
        if external_id is not None:
            delivery.catch_up(session, self._channel.name, external_id)
        more = select(OutboxMessage.id).where(
            OutboxMessage.conversation_id == head.conversation_id, OutboxMessage.status.in_(OPEN)
        )
        return session.scalar(more.limit(1)) is not None

    def _failed(self, head: Head, error: TransportError, session: Session) -> bool:
        SENT.labels(self._channel.name, fail(session, head, error, self._clock())).inc()
        return True


def heads(session: Session, channel: str, now: datetime, limit: int) -> list[Head]:
    """The first open message of each conversation, where it is due. A later one never overtakes it."""
    earlier = aliased(OutboxMessage)
    first = ~exists().where(
        earlier.conversation_id == OutboxMessage.conversation_id,
        earlier.id < OutboxMessage.id,
        earlier.status.in_(OPEN),
    )
    rows = session.execute(
        select(OutboxMessage, Conversation.address, Conversation.last_from_person)
        .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
        .where(
            OutboxMessage.channel == channel,
            OutboxMessage.status.in_(OPEN),
            due(now),
            first,
        )
        .order_by(OutboxMessage.id)
        .limit(limit)
    )
    return [
        Head(
            row.id, row.conversation_id, address, row.author, row.epoch, row.text, row.attempts, row.created_at,
            last_from_person, (row.origin or {}).get("files", ()),
        )
        for row, address, last_from_person in rows
    ]  # fmt: skip


def due(now: datetime) -> ColumnElement[bool]:
    """What may be sent now. What was never tried always may: a clock that was put back must not hold it."""
    return or_(OutboxMessage.next_try_at <= now, OutboxMessage.attempts == 0)


def claim(session: Session, head: Head, now: datetime) -> bool:
    """Take a message for sending. False when another has it, or when it is the assistant's and a human took over since
    it was written: then it is dropped. The database decides, at this moment."""
    epoch = select(Conversation.epoch).where(Conversation.id == head.conversation_id).scalar_subquery()
    mine = session.execute(
        _row(head)
        .where(
            OutboxMessage.status.in_(OPEN),
            due(now),
            or_(OutboxMessage.author != ASSISTANT, OutboxMessage.epoch == epoch),
        )
        .values(status="sending", attempts=OutboxMessage.attempts + 1, next_try_at=now + CLAIM)
        .returning(OutboxMessage.id)
    ).all()
    if not mine:
        stale = and_(OutboxMessage.author == ASSISTANT, OutboxMessage.epoch != epoch)
        session.execute(_row(head).where(OutboxMessage.status.in_(OPEN), stale).values(status="dropped"))
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
