"""A channel and an engine that keep what they were given, and the core between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from starlette.routing import BaseRoute

from bot.config import ROOT
from bot.conversation.handover import Desk
from bot.conversation.inbox import Inbox
from bot.conversation.messages import AttachmentRef, Capabilities, Incoming, Intake, Outgoing, Rate
from bot.conversation.model import InboxMessage, OutboxMessage
from bot.conversation.sender import Sender
from bot.conversation.turn import turns
from bot.conversation.wording import Wording
from bot.conversation.worker import Worker
from bot.errors import EngineUnavailable, TransportError
from bot.identity.model import Account
from bot.knowledge.base import Knowledge
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import read_profile
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from tests.conftest import FakeClock

JAKARTA = ZoneInfo("Asia/Jakarta")


class FakeChannel:
    """Keeps what it was told to send; ``troubles`` meet the person ``a``, one a call."""

    name = "fake"

    def __init__(self, **capabilities: Any) -> None:
        given: dict[str, Any] = {"max_text": 1000, "max_choices": 3, "per_chat": Rate(1000, 1000)}
        given |= {"per_bot": Rate(1000, 1000)} | capabilities
        self.capabilities = Capabilities(**given)
        self.sent: list[tuple[str, Outgoing]] = []
        self.troubles: list[TransportError] = []
        self.files: dict[str, bytes | TransportError] = {}
        self.before_send: Callable[[], Awaitable[None]] | None = None

    async def send(self, address: str, message: Outgoing) -> str | None:
        if self.before_send:
            await self.before_send()
        if self.troubles and address == "a":
            raise self.troubles.pop(0)
        self.sent.append((address, message))
        return f"out-{len(self.sent)}"

    async def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        content = self.files[attachment.ref]
        if isinstance(content, TransportError):
            raise content
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    async def seen(self, address: str, external_id: str) -> None:
        """Nothing to show."""

    def routes(self, intake: Intake) -> list[BaseRoute]:
        return []

    async def run(self, intake: Intake) -> None:
        """Nothing to poll."""

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def texts(self) -> list[str]:
        return [message.text for _, message in self.sent]


class EchoEngine:
    """Counts turns in its state, and greets; down while ``down`` is set."""

    def __init__(self) -> None:
        self.calls: list[tuple[Mapping[str, Any] | None, Mapping[str, Any]]] = []
        self.down = False
        self.during: Callable[[str], None] | None = None
        self.reply: tuple[str, dict[str, Any]] = ("utter_echo", {})

    async def turn(
        self, turn_id: str, state: Mapping[str, Any] | None, message: Mapping[str, Any], *, patience: timedelta
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        self.calls.append((state, message))
        if self.down:
            raise EngineUnavailable("down")
        if self.during:
            self.during(turn_id)
        await asyncio.sleep(0)
        count = (state or {}).get("count", 0) + 1
        response, args = self.reply
        args = {"text": f"{count}: {message.get('text', '')}"} if response == "utter_echo" else args
        return {"count": count}, [{"response": response, "args": args}]


class Core:
    """Inbox, worker and outbox on one database."""

    def __init__(self, db: Database, clock: FakeClock, tmp_path: Path, **capabilities: Any) -> None:
        self.db, self.clock, self.tmp_path = db, clock, tmp_path
        self.channel, self.engine = FakeChannel(**capabilities), EchoEngine()
        real = Wording.load(ROOT / "domain.yml", JAKARTA)
        self.wording = Wording(
            {"utter_more_choices": [{"text": "…"}], **real._responses, "utter_echo": [{"text": "{text}"}]},
            JAKARTA,
            "Universitas Contoh",
        )
        profile = shipped("itb").read_text(encoding="utf-8")
        self.promise = ServicePromise(read_profile(profile, "itb.yml"), JAKARTA)
        with db.write() as session:
            put_into_use(session, "itb", profile, JAKARTA, "system", clock())
        self.desk = Desk(self.wording, {"fake": self.channel.capabilities})
        self.number = 0

    def worker(self) -> Worker:
        return Worker(
            self.db, self.clock, self.engine, {"fake": self.channel}, self.wording, Knowledge(), self.promise,
            institution="Universitas Contoh", proof_for=frozenset({"tickets"}), proof_lasts=timedelta(days=30),
            on_reply=lambda: None,
        )  # fmt: skip

    def incoming(self, text: str = "", *, who: str = "a", **values: Any) -> Incoming:
        self.number += 1
        given: dict[str, Any] = {"channel": "fake", "external_id": f"m{self.number}", "addresses": (who,), "text": text}
        return Incoming(**{**given, **values})

    def receive(self, *messages: Incoming) -> None:
        run(Inbox(self.db, self.clock, lambda: None)(messages))

    def answer(self) -> None:
        """Take all turns that wait."""
        run(_until(self.worker().run(), lambda: not self.inbox("pending")))

    def send(self) -> None:
        """Send all that may be sent now."""
        sender = Sender(self.db, self.clock, self.channel, self.tmp_path)
        run(_until(sender.run(), lambda: not self.busy()))

    def say(self, text: str, **values: Any) -> list[str]:
        """A whole round; what the person then sees in addition."""
        before = len(self.channel.sent)
        self.receive(self.incoming(text, **values))
        self.answer()
        self.send()
        return self.channel.texts[before:]

    def inbox(self, *states: str) -> list[InboxMessage]:
        with self.db.read() as session:
            rows = select(InboxMessage).order_by(InboxMessage.id)
            return [row for row in session.scalars(rows) if not states or row.status in states]

    def outbox(self, *states: str) -> list[OutboxMessage]:
        with self.db.read() as session:
            rows = select(OutboxMessage).order_by(OutboxMessage.id)
            return [row for row in session.scalars(rows) if not states or row.status in states]

    def busy(self) -> bool:
        """Whether something is being sent or may be sent now, behind nothing that may not."""
        blocked: set[int] = set()
        for row in self.outbox("queued", "sending"):
            due = row.next_try_at <= self.clock() and row.conversation_id not in blocked
            if row.status == "sending" or due:
                return True
            blocked.add(row.conversation_id)
        return False

    def agent(self, username: str) -> None:
        with self.db.write() as session:
            session.add(
                Account(username=username, name=username.title(), role="agent", password="-", created_at=self.clock())
            )


def run(what: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(what)


async def _until(part: Coroutine[Any, Any, None], done: Callable[[], bool]) -> None:
    task = asyncio.create_task(part)
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(done) and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    # Whatever was started last is let finish.
    await asyncio.sleep(0.05)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not turns._running


@pytest.fixture
def core(db: Database, clock: FakeClock, tmp_path: Path) -> Core:
    return Core(db, clock, tmp_path)
