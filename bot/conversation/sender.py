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
from collections.abc import Callable, Set
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation import outbox
from bot.conversation.buckets import Buckets
from bot.conversation.messages import Channel, Outgoing
from bot.conversation.outbox import Head
from bot.conversation.writing import Writer
from bot.errors import TransportError
from bot.metrics import SENT
from bot.storage.database import Database

log = logging.getLogger(__name__)

AT_ONCE = 32
SWEEP_SECONDS = 1.0
RENEW_SECONDS = outbox.CLAIM.total_seconds() / 4
"""How often the claim on a message that is still being sent is renewed: several may fail."""
FINISH_SECONDS = 3.0
"""How long stopping waits for messages that are being sent."""
TROUBLE_SECONDS = 1.0
"""The pause after the database failed us."""


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
        for head in self._heads(session, now):
            if head.conversation_id in busy or len(claimed) + len(busy) >= AT_ONCE:
                continue
            if outbox.waits_for_person(session, head, self._channel.capabilities, now):
                outbox.hold(session, head)
                pause = 0.0
                continue
            key = str(head.conversation_id)
            wait = max(self._per_chat.wait(key, moment), self._per_bot.wait("", moment))
            if wait > 0:
                pause = min(pause, wait)
            elif outbox.claim(session, head, now):
                self._per_chat.take(key, moment)
                self._per_bot.take("", moment)
                claimed.append((head, outbox.message(session, head, self._data_dir)))
        return claimed, pause

    def _heads(self, session: Session, now: datetime) -> list[Head]:
        found = outbox.heads(session, self._channel.name, now, 4 * AT_ONCE)
        if all(now - head.created_at <= outbox.GIVE_UP for head in found):
            return found
        dead = outbox.give_up_old(session, self._channel.name, now)
        log.warning("channel %s: %s messages waited for too long and are not sent", self._channel.name, dead)
        SENT.labels(self._channel.name, "dead").inc(dead)
        return outbox.heads(session, self._channel.name, now, 4 * AT_ONCE)

    async def _send(self, head: Head, message: Outgoing) -> bool:
        """Whether something else may be there to be sent in this conversation."""
        renewing = asyncio.create_task(self._renew(head))
        try:
            return await self._send_claimed(head, message)
        finally:
            renewing.cancel()

    async def _renew(self, head: Head) -> None:
        """Keep the claim for as long as the channel takes: a long upload must not be sent by another as well."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._write(lambda session: outbox.renew(session, head, self._clock()))
            except SQLAlchemyError as error:
                log.error("the claim on message %s cannot be renewed: %s", head.id, type(error).__name__)

    async def _send_claimed(self, head: Head, message: Outgoing) -> bool:
        try:
            message = outbox.in_window(message, head, self._channel.capabilities, self._clock())
            external_id = await self._channel.send(head.address, message)
        except TransportError as error:
            return await self._note(self._failed, head, error)
        except Exception as error:
            log.exception("channel %s broke while sending", self._channel.name)
            reason = TransportError(f"internal: {type(error).__name__}", permanent=False)
            return await self._note(self._failed, head, reason)
        SENT.labels(self._channel.name, "template" if message.template else "sent").inc()
        return await self._note(self._held if message.template else self._sent, head, external_id)

    async def _note(self, mark: Callable[[Head, Any, Session], bool], head: Head, what: Any) -> bool:
        """Write down what became of a message, however long that takes: forgotten, it would be sent once more."""
        while True:
            try:
                return await self._write(partial(mark, head, what))
            except SQLAlchemyError as error:
                log.error("what became of message %s cannot be noted: %s", head.id, type(error).__name__)
                await asyncio.sleep(TROUBLE_SECONDS)

    def _sent(self, head: Head, external_id: str | None, session: Session) -> bool:
        return outbox.sent(session, head, self._channel.name, external_id, self._clock())

    def _held(self, head: Head, _external_id: str | None, session: Session) -> bool:
        outbox.hold(session, head)
        return True

    def _failed(self, head: Head, error: TransportError, session: Session) -> bool:
        SENT.labels(self._channel.name, outbox.fail(session, head, error, self._clock())).inc()
        return True
