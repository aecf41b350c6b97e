"""Takes turns: one conversation at a time and in order, many conversations at once.

A conversation is claimed in the database for a while (a lease), so several processes can work on one inbox; a worker
that dies loses its leases to the others when they run out.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, cast

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, func, or_, select, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation import fallback
from bot.conversation.language import detect
from bot.conversation.messages import Channel
from bot.conversation.model import PENDING, Conversation, InboxMessage
from bot.conversation.pace import Pace
from bot.conversation.speaker import Handling, handling
from bot.conversation.taking import Outcome, Prepared, Reply, TakenOver, commit, give_up, more_waits, postpone, prepare
from bot.conversation.turn import Turn, turns
from bot.conversation.wording import Wording
from bot.conversation.writing import Writer
from bot.errors import EngineUnavailable
from bot.knowledge.base import Knowledge
from bot.metrics import TURN_SECONDS, TURNS
from bot.procedures.hours import ServicePromise
from bot.storage.database import Database

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Conversations that are being answered at the same time in one process, at most."""
LEASE = timedelta(seconds=30)
SWEEP_SECONDS = 1.0
"""How often the database is asked without having been told: for messages that another process took in."""
MAX_ATTEMPTS = 3
PATIENCE = timedelta(seconds=4)
"""How long a message waits for an engine before the person is told (the promise is 5 s, with the sending)."""
TROUBLE_SECONDS = 1.0
"""The pause after the database failed us, or a conversation's work broke."""
START_PATIENCE = timedelta(seconds=60)
"""The same for messages that were waiting already when this process started: their engine is being loaded."""

_IN = cast(Table, InboxMessage.__table__)
_TALK = cast(Table, Conversation.__table__)


def _free(now: BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(_TALK.c.lease_until.is_(None), _TALK.c.lease_until < now)


# Statements of every turn are put together once: that costs more than running them.
# Who waits longest first.
_WAITING = (
    select(_IN.c.conversation_id)
    .join(_TALK, _TALK.c.id == _IN.c.conversation_id)
    .where(
        _IN.c.status == PENDING,
        # By the message's, SQLite would look at all messages of the channel.
        _TALK.c.channel.in_(bindparam("channels", expanding=True)),
        _free(bindparam("now")),
    )
    .group_by(_IN.c.conversation_id)
    .order_by(func.min(_IN.c.id))
    .limit(bindparam("room"))
)
# Locked in one order and never waited for: who takes messages in locks conversations as well.
_LOCK = (
    select(_TALK.c.id)
    .where(_TALK.c.id.in_(bindparam("ids", expanding=True)), _free(bindparam("now")))
    .order_by(_TALK.c.id)
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(_TALK)
    .where(_TALK.c.id.in_(bindparam("ids", expanding=True)))
    .values(lease_owner=bindparam("b_owner"), lease_until=bindparam("b_until"))
)
_RELEASE = (
    update(_TALK)
    .where(_TALK.c.id == bindparam("b_id"), _TALK.c.lease_owner == bindparam("b_owner"))
    .values(lease_owner=None, lease_until=None)
)


class Engine(Protocol):
    """The dialogue engine as a pure function."""

    async def turn(
        self, turn_id: str, state: Mapping[str, Any] | None, message: Mapping[str, Any], *, patience: timedelta
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """(new state, replies as ``{"response", "args"}``). Raises EngineUnavailable after ``patience``."""
        ...


class Worker:
    """Give it an engine and let ``run`` go on; call ``wake`` when something has come in."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        engine: Engine,
        channels: Mapping[str, Channel],
        wording: Wording,
        knowledge: Knowledge,
        promise: ServicePromise,
        *,
        institution: str,
        proof_for: frozenset[str],
        proof_lasts: timedelta,
        on_reply: Callable[[], None],
        write: Writer | None = None,
        variables: Mapping[str, str] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._db, self._clock, self._engine, self._channels = db, clock, engine, channels
        self._wording, self._knowledge, self._promise = wording, knowledge, promise
        self._institution, self._proof_for, self._proof_lasts = institution, proof_for, proof_lasts
        self._on_reply, self._variables, self._pace = on_reply, variables or {}, pace or Pace(AT_ONCE)
        self._write, self._owner, self._started = write or Writer(db), uuid.uuid4().hex, clock()
        self._awake, self._running = asyncio.Event(), set[asyncio.Task[None]]()
        self._more_may_wait = False

    def wake(self) -> None:
        """Something may have come in. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled; turns that are going on are then left, to be taken again by whoever comes next."""
        try:
            while True:
                self._awake.clear()
                for conversation_id, prepared in await self._claimed():
                    task = asyncio.create_task(self._converse(conversation_id, prepared))
                    self._running.add(task)
                    task.add_done_callback(self._finished)
                with suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_SECONDS):
                        await self._awake.wait()
        finally:
            for task in self._running:
                task.cancel()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        failed = not task.cancelled() and task.exception() is not None
        if failed:
            log.error("a conversation's work stopped: %s", type(task.exception()).__name__, exc_info=task.exception())
        if failed or self._more_may_wait:
            self.wake()

    async def _claimed(self) -> list[tuple[int, Prepared | None]]:
        room = self._pace.limit(time.monotonic()) - len(self._running)
        # More than there was room for may wait, and how much room there is changes.
        self._more_may_wait = True
        try:
            claimed = await self._write(partial(self._claim, room)) if room > 0 else []
            self._more_may_wait = len(claimed) >= room
            return claimed
        except SQLAlchemyError as error:
            log.error("no work can be taken up: %s", type(error).__name__)
            await asyncio.sleep(TROUBLE_SECONDS)
            return []

    def _claim(self, room: int, session: Session) -> list[tuple[int, Prepared | None]]:
        """Conversations that are ours now, with their first message; None where it could not be read."""
        now = self._clock()
        waiting = session.scalars(_WAITING, {"channels": list(self._channels), "now": now, "room": room}).all()
        if not waiting:
            return []
        claimed = set(session.scalars(_LOCK, {"ids": waiting, "now": now}))
        lease = {"b_owner": self._owner, "b_until": now + LEASE}
        session.execute(_CLAIM, {"ids": list(claimed), **lease})
        return [(each, _prepared(session, each, now)) for each in waiting if each in claimed]

    async def _converse(self, conversation_id: int, prepared: Prepared | None) -> None:
        """Take the conversation's turns until nothing waits."""
        released = False
        try:
            prepared = prepared or await asyncio.to_thread(self._prepare, conversation_id)
            while prepared is not None:
                released = await self._take(prepared)
                prepared = None if released else await asyncio.to_thread(self._prepare, conversation_id)
        except Exception:
            # Given back at once it would be taken up again at once, and fail again.
            await asyncio.sleep(TROUBLE_SECONDS)
            raise
        finally:
            if not released:
                await asyncio.shield(self._write(partial(self._release, conversation_id)))

    def _prepare(self, conversation_id: int) -> Prepared | None:
        now = self._clock()
        renew = (
            update(Conversation)
            .where(Conversation.id == conversation_id, Conversation.lease_owner == self._owner)
            .values(lease_until=now + LEASE)
            .execution_options(synchronize_session=False)
            .returning(Conversation.id)
        )
        with self._db.read() as session:
            lease = session.scalars(
                select(Conversation.lease_until).where(
                    Conversation.id == conversation_id, Conversation.lease_owner == self._owner
                )
            ).one_or_none()
            prepared = prepare(session, conversation_id, now) if lease is not None else None
        if prepared is None or lease is None or lease - now > LEASE / 2:
            return prepared
        with self._db.write() as session:
            return prepared if session.scalars(renew).all() else None

    def _release(self, conversation_id: int, session: Session) -> None:
        session.execute(_RELEASE, {"b_id": conversation_id, "b_owner": self._owner})

    async def _take(self, prepared: Prepared) -> bool:
        """Take one turn. True when nothing waits in the conversation any more, and it was released."""
        with TURN_SECONDS.time():
            decided = handling(prepared.situation)
            try:
                outcome = await self._outcome(prepared, decided)
                done, released = await self._write(partial(self._commit, prepared, outcome), then=self._on_reply)
            except TakenOver:
                return False
            except Exception as error:
                log.exception("turn of message %s failed", prepared.inbox_id)
                await self._after_failure(prepared, error)
                return False
        if done:
            TURNS.labels(outcome.handled_by).inc()
        return released

    async def _after_failure(self, prepared: Prepared, error: Exception) -> None:
        if prepared.attempts + 1 < MAX_ATTEMPTS:
            await self._write(lambda session: postpone(session, prepared.inbox_id))
            await asyncio.sleep(0.2 * 4**prepared.attempts)
            return
        # It will not succeed: a human must see it, and the conversation must go on.
        outcome = fallback.outcome(prepared, self._promise, self._clock(), reason=type(error).__name__)
        try:
            await self._write(partial(self._commit, prepared, outcome), then=self._on_reply)
        except (TakenOver, OperationalError):
            return
        except Exception as last:
            log.critical("message %s cannot even become a ticket: %s", prepared.inbox_id, type(last).__name__)
            await self._write(lambda session: give_up(session, prepared.inbox_id, self._clock()))

    def _commit(self, prepared: Prepared, outcome: Outcome, session: Session) -> tuple[bool, bool]:
        """Whether the turn was written, and whether the conversation was released because nothing more waits."""
        capabilities = self._channels[prepared.channel].capabilities
        limits = capabilities.max_text, capabilities.max_choices
        done = commit(session, prepared, outcome, self._wording, *limits, self._clock())
        session.flush()
        if more_waits(session, prepared.conversation_id):
            return done, False
        self._release(prepared.conversation_id, session)
        return done, True

    async def _outcome(self, prepared: Prepared, decided: Handling) -> Outcome:
        notices = [Reply(decided.notice)] if decided.notice else []
        if decided.message is None:
            author = "assistant" if decided.by == "assistant" else "system"
            return Outcome(decided.by, notices, author=author)
        channel = self._channels[prepared.channel]
        seen = asyncio.create_task(channel.seen(prepared.address, prepared.external_id))
        try:
            return await self._ask_engine(prepared, decided.message)
        except EngineUnavailable as error:
            return fallback.outcome(prepared, self._promise, self._clock(), reason=str(error))
        finally:
            seen.add_done_callback(_ignore)

    async def _ask_engine(self, prepared: Prepared, message: Mapping[str, Any]) -> Outcome:
        turn = self._turn(prepared)
        turns.begin(turn)
        try:
            state, said = await self._engine.turn(turn.id, prepared.state, message, patience=self._patience(prepared))
        finally:
            turn = turns.end(turn)
        replies = [Reply(reply["response"], reply["args"]) for reply in said]
        return Outcome("assistant", replies, turn.effects, state, keep_state=False, language=turn.language)

    def _patience(self, prepared: Prepared) -> timedelta:
        now = self._clock()
        if prepared.received_at < self._started:
            return min(START_PATIENCE, max(timedelta(seconds=1), self._started + START_PATIENCE - now))
        # A clock that was put back must not make it longer.
        return min(PATIENCE, max(timedelta(seconds=1), prepared.received_at + PATIENCE - now))

    def _turn(self, prepared: Prepared) -> Turn:
        return Turn(
            id=f"{prepared.inbox_id}-{uuid.uuid4().hex[:8]}",
            now=self._clock(),
            inbox_id=prepared.inbox_id,
            conversation_id=prepared.conversation_id,
            channel=prepared.channel,
            text=prepared.text,
            language=_language(prepared),
            choice=prepared.choice,
            command=prepared.situation.command,
            files=prepared.situation.files,
            first_contact=prepared.first_contact,
            repeats=prepared.repeats,
            person=prepared.person,
            knowledge=self._knowledge,
            promise=self._promise,
            institution=self._institution,
            proof_for=self._proof_for,
            proof_lasts=self._proof_lasts,
            read=partial(self._db.read),
            variables=self._variables,
        )


def _language(prepared: Prepared) -> str:
    if prepared.choice is not None or prepared.situation.command is not None:
        return prepared.language
    return detect(prepared.text, prepared.language)


def _prepared(session: Session, conversation_id: int, now: datetime) -> Prepared | None:
    """The conversation's first message. What cannot be read must not keep others from being taken up: it is read again
    by itself, and fails there."""
    try:
        return prepare(session, conversation_id, now)
    except Exception as error:
        log.error("conversation %s cannot be read: %s", conversation_id, type(error).__name__)
        return None


def free_leases(session: Session) -> None:
    """Let go of what a worker that is gone had claimed. Only where no other worker can be running."""
    session.execute(update(Conversation).values(lease_owner=None, lease_until=None))


def _ignore(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()
