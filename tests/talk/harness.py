"""A person who talks to the assistant, through the real engine."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from starlette.routing import BaseRoute

from bot.conversation.messages import (
    AttachmentRef,
    Capabilities,
    Command,
    Incoming,
    IncomingKind,
    Intake,
    Outgoing,
    Rate,
)
from bot.conversation.model import Choice, Conversation, InboxMessage, OutboxMessage
from bot.tickets.model import Ticket
from tests.live import LiveApplication

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday 23 November 2026, 10:00 in Jakarta."""
TURN_SECONDS = 20
_NUMBERS = itertools.count(1)


class TalkClock:
    """A clock that each talk sets anew."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


class TalkChannel:
    """Takes everything; what was said is read from the outbox."""

    name = "talk"
    capabilities = Capabilities(max_text=4000, max_choices=10, per_chat=Rate(1e6, 1000), per_bot=Rate(1e6, 1000))

    async def send(self, address: str, message: Outgoing) -> str | None:
        return f"talk-{next(_NUMBERS)}"

    async def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        yield b"catatan"

    async def seen(self, address: str, external_id: str) -> None:
        """Nothing to show."""

    def routes(self, intake: Intake) -> list[BaseRoute]:
        return []

    async def run(self, intake: Intake) -> None:
        """Nothing to poll."""

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant said: the response's name, its words, and the labels of its buttons."""

    response: str
    text: str
    labels: tuple[str, ...]


class Talk:
    """One person's conversation; a new person each. ``clock`` is shared and starts on MONDAY."""

    def __init__(self, live: LiveApplication, clock: TalkClock) -> None:
        self.live, self.clock = live, clock
        clock.now = MONDAY
        self.address = f"person-{next(_NUMBERS)}"
        self._seen = 0
        self._keys: dict[str, str] = {}
        with live.app.db.read() as session:
            self._seen = session.scalar(select(func.max(OutboxMessage.id))) or 0

    def say(self, text: str) -> list[Reply]:
        """Write ``text``; what is answered."""
        return self._send(text=text)

    def press(self, label: str) -> list[Reply]:
        """Press the button that was offered last under this label; KeyError if none was."""
        return self._send(choice=self._keys[label], text=label)

    def command(self, command: Command) -> list[Reply]:
        """Send a command of the channel's menu."""
        return self._send(command=command, text=f"/{command}")

    def file(self, text: str = "") -> list[Reply]:
        """Send a file, perhaps with words."""
        return self._send(text=text, attachments=(AttachmentRef("document", "ref", filename="catatan.txt"),))

    def share(self, line: str) -> list[Reply]:
        """Send a place or a contact card, which the channel tells in a line."""
        return self._send(kind="shared", text=line)

    def resolve(self, solution: str) -> list[Reply]:
        """Staff resolve this person's newest ticket; what he is told then."""
        with self.live.app.db.write() as session:
            ticket = session.get_one(Ticket, self.tickets()[-1].id)
            assert self.live.app.desk.resolve(session, ticket, "rina", solution, self.clock()) is None
        return self._new_replies()

    def advance(self, **delta: float) -> None:
        """Let time go by."""
        self.clock.now += timedelta(**delta)

    def tickets(self) -> list[Ticket]:
        """This person's tickets, oldest first."""
        with self.live.app.db.read() as session:
            return list(
                session.scalars(
                    select(Ticket)
                    .join(Conversation, Conversation.id == Ticket.conversation_id)
                    .where(Conversation.address == self.address)
                    .order_by(Ticket.id)
                )
            )

    def _send(
        self,
        *,
        kind: IncomingKind = "message",
        text: str = "",
        choice: str | None = None,
        command: Command | None = None,
        attachments: tuple[AttachmentRef, ...] = (),
    ) -> list[Reply]:
        # Nobody writes twice in one second; time also has to pass for limits that count messages.
        self.clock.now += timedelta(seconds=5)
        message = Incoming(
            channel="talk",
            external_id=f"in-{next(_NUMBERS)}",
            addresses=(self.address,),
            kind=kind,
            text=text,
            choice=choice,
            command=command,
            attachments=attachments,
        )
        self.live.call(self.live.app.inbox([message]))
        return self._wait(message.external_id)

    def _wait(self, external_id: str) -> list[Reply]:
        deadline = time.monotonic() + TURN_SECONDS
        while time.monotonic() < deadline:
            with self.live.app.db.read() as session:
                status = session.scalar(select(InboxMessage.status).where(InboxMessage.external_id == external_id))
                if status == "done":
                    return self._new_replies()
            time.sleep(0.005)
        raise AssertionError("no answer came")

    def _new_replies(self) -> list[Reply]:
        replies = []
        with self.live.app.db.read() as session:
            rows = session.scalars(
                select(OutboxMessage)
                .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
                .where(OutboxMessage.id > self._seen, Conversation.address == self.address)
                .order_by(OutboxMessage.id)
            ).all()
            for row in rows:
                choices = session.scalars(
                    select(Choice).where(Choice.outbox_id == row.id).order_by(Choice.position)
                ).all()
                self._keys.update({choice.label: choice.key for choice in choices})
                response = (row.origin or {}).get("response", "")
                replies.append(Reply(response, row.text, tuple(choice.label for choice in choices)))
                self._seen = row.id
        return replies
