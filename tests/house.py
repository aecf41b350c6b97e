"""The whole house for end-to-end tests: real channels pointed at fakes, the real engine, and people who write."""

from __future__ import annotations

import itertools
import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import select

from bot.app import Application
from bot.conversation.model import Conversation, InboxMessage, OutboxMessage
from bot.dialogue.client import EngineClient
from bot.tickets.model import Ticket
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.fake_whatsapp import FakeWhatsApp, Stored, text_message, wrap
from tests.channels.telegram import updates
from tests.live import LiveApplication, demo_settings

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday 23 November 2026, 10:00 in Jakarta: when the house opens in these tests."""
PATIENCE = 20.0
T = TypeVar("T")
_NUMBERS = itertools.count(1)


class RunningClock:
    """Real time, moved to ``MONDAY``."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self) -> datetime:
        return MONDAY + timedelta(seconds=time.monotonic() - self._started)


def eventually(ask: Callable[[], T | None], seconds: float = PATIENCE, what: str = "it did not happen in time") -> T:
    """What ``ask`` gives as soon as it gives something. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while True:
        if found := ask():
            return found
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as the person has it. ``buttons``: keys by label. ``file``: name and bytes."""

    text: str
    buttons: dict[str, str]
    file: tuple[str, bytes] | None = None


class House:
    """``live`` and its fakes. ``app``: the application inside."""

    def __init__(
        self, live: LiveApplication, telegram: FakeTelegram, whatsapp: FakeWhatsApp, clock: RunningClock
    ) -> None:
        self.live, self.telegram, self.whatsapp, self.clock = live, telegram, whatsapp, clock
        self.stack = ExitStack()

    @property
    def app(self) -> Application:
        return self.live.app

    def conversation(self, address: str) -> int:
        """The conversation that is held with ``address``."""
        with self.app.db.read() as session:
            return session.scalars(select(Conversation.id).where(Conversation.address == address)).one()

    def inbox(self, address: str) -> list[InboxMessage]:
        with self.app.db.read() as session:
            rows = select(InboxMessage).join(Conversation).where(Conversation.address == address)
            return list(session.scalars(rows.order_by(InboxMessage.id)))

    def outbox(self, address: str) -> list[OutboxMessage]:
        with self.app.db.read() as session:
            rows = select(OutboxMessage).join(Conversation).where(Conversation.address == address)
            return list(session.scalars(rows.order_by(OutboxMessage.id)))

    def tickets(self, address: str) -> list[Ticket]:
        with self.app.db.read() as session:
            rows = select(Ticket).join(Conversation, Conversation.id == Ticket.conversation_id)
            return list(session.scalars(rows.where(Conversation.address == address).order_by(Ticket.id)))

    def at_desk(self, do: Callable[..., Any], number: str, *args: Any) -> None:
        """Have ``rina`` do something with the ticket: ``do`` is a method of the desk."""
        with self.app.db.write() as session:
            ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
            do(session, ticket, "rina", *args, self.clock())

    @contextmanager
    def engine_down(self) -> Iterator[None]:
        """No worker answers within the block."""
        client = self.app.engine
        assert isinstance(client, EngineClient)
        ports, client._ports = client._ports, list
        try:
            yield
        finally:
            client._ports = ports


class Someone(ABC):
    """A person on a channel. ``address``: his handle there."""

    address: str

    def __init__(self, house: House) -> None:
        self.house = house
        self._read = 0

    @abstractmethod
    def says(self, text: str) -> None: ...

    @abstractmethod
    def pushes(self, key: str, label: str) -> None: ...

    @abstractmethod
    def messages(self) -> list[Heard]:
        """All that he was sent so far."""

    def presses(self, label: str) -> None:
        """Press the button of that label that was offered last."""
        offered = [heard.buttons for heard in self.messages() if label in heard.buttons]
        assert offered, f"no button {label}; was told {[heard.text for heard in self.messages()]}"
        self.pushes(offered[-1][label], label)

    def hears(self, pattern: str, seconds: float = PATIENCE) -> Heard:
        """Wait for a message, after those that were waited for already, whose words match."""

        def look() -> Heard | None:
            for number, heard in enumerate(self.messages()[self._read :], self._read + 1):
                if re.search(pattern, heard.text):
                    self._read = number
                    return heard
            return None

        what = f"{pattern!r} was not heard"
        try:
            return eventually(look, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{what}, but {[m.text for m in self.messages()[self._read :]]}") from error

    def is_dealt_with(self, messages: int = 1) -> list[InboxMessage]:
        """Wait until at least so many of his messages came in, none waits any more, and every answer is sent."""

        def look() -> list[InboxMessage] | None:
            rows = self.house.inbox(self.address)
            sent = all(row.status in ("sent", "delivered", "read") for row in self.house.outbox(self.address))
            return rows if len(rows) >= messages and sent and all(row.status == "done" for row in rows) else None

        return eventually(look, what="something still waits")


class OnTelegram(Someone):
    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.chat = 7000 + next(_NUMBERS)
        self.address = str(self.chat)

    def says(self, text: str) -> None:
        self.house.telegram.say(self.chat, text)

    def pushes(self, key: str, label: str) -> None:
        self.house.telegram.push(updates.press(key, f"q{next(_NUMBERS)}", chat=self.chat, label=label))

    def sends_photo(self, content: bytes, caption: str) -> None:
        number = next(_NUMBERS)
        self.house.telegram.files[f"P{number}"] = content
        photo = [{"file_id": f"P{number}", "file_unique_id": f"u{number}", "width": 90, "height": 90}]
        message = updates.message(90_000 + number, chat=self.chat, photo=photo, caption=caption)
        self.house.telegram.push(updates.update(message=message))

    def messages(self) -> list[Heard]:
        mine = [sent for sent in list(self.house.telegram.sent) if sent.chat_id == self.chat]
        return [
            Heard(
                sent.text,
                {label: key for row in sent.buttons for label, key in row},
                (sent.filename, sent.content) if sent.filename else None,
            )
            for sent in mine
        ]


class OnWhatsApp(Someone):
    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.address = f"62812{next(_NUMBERS):08d}"

    def says(self, text: str) -> None:
        self.delivers(self.written(text))

    def written(self, text: str) -> dict[str, Any]:
        """A text as it stands in a webhook."""
        seconds = int(self.house.clock().timestamp())
        return text_message(f"wamid.{self.address}.{next(_NUMBERS)}", self.address, text, seconds)

    def delivers(self, *messages: dict[str, Any], times: int = 1) -> None:
        body = json.dumps(wrap(*messages)).encode()
        for _ in range(times):
            url = f"{self.house.live.url}/channels/whatsapp"
            answer = httpx.post(url, content=body, headers=self.house.whatsapp.sign(body), timeout=10)
            assert answer.status_code == 200

    def pushes(self, key: str, label: str) -> None:
        reply = {"type": "button_reply", "button_reply": {"id": key, "title": label}}
        self.delivers({**self.written(""), "type": "interactive", "interactive": reply})

    def sends_photo(self, content: bytes, caption: str) -> None:
        media = str(555_000 + next(_NUMBERS))
        self.house.whatsapp.media[media] = Stored(content, "image/png")
        image = {"id": media, "mime_type": "image/png", "caption": caption}
        self.delivers({**self.written(""), "type": "image", "image": image})

    def messages(self) -> list[Heard]:
        heard = []
        for sent in list(self.house.whatsapp.sent):
            if sent.address == self.address:
                heard.append(Heard(sent.text, _buttons(sent.payload), self._file(sent.payload)))
        return heard

    def _file(self, payload: dict[str, Any]) -> tuple[str, bytes] | None:
        document = payload.get("document")
        return (document["filename"], self.house.whatsapp.uploads[document["id"]].content) if document else None


def _buttons(payload: dict[str, Any]) -> dict[str, str]:
    action = payload.get("interactive", {}).get("action", {})
    pressed = {each["reply"]["title"]: each["reply"]["id"] for each in action.get("buttons", ())}
    listed = {row["title"]: row["id"] for section in action.get("sections", ()) for row in section["rows"]}
    return pressed | listed


class OnTheWeb(Someone):
    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.page = house.stack.enter_context(httpx.Client(base_url=house.live.url, timeout=10))
        assert self.page.get("/").status_code == 200
        self.address = ""

    def says(self, text: str) -> None:
        self._post(text, None)

    def pushes(self, key: str, label: str) -> None:
        self._post(label, key)

    def sends_photo(self, content: bytes, caption: str) -> None:
        headers = {"X-Message-Id": f"f{next(_NUMBERS)}", "X-Filename": "foto.png", "Content-Type": "image/png"}
        assert self.page.post("/chat/files", content=content, headers=headers).status_code == 202
        self.says(caption)

    def messages(self) -> list[Heard]:
        told = self.page.get("/chat/history").json()["messages"]
        return [
            Heard(m["text"], {c["label"]: c["key"] for c in m["choices"]}, self._file(m["files"]))
            for m in told
            if m["from"] != "you"
        ]

    def _file(self, files: list[dict[str, Any]]) -> tuple[str, bytes] | None:
        return (files[0]["name"], self.page.get(f"/{files[0]['url']}").content) if files else None

    def _post(self, text: str, choice: str | None) -> None:
        body = {"id": f"m{next(_NUMBERS)}", "text": text, "choice": choice}
        assert self.page.post("/chat/messages", json=body).status_code == 202
        if not self.address:
            with self.house.app.db.read() as session:
                row = select(InboxMessage).where(InboxMessage.external_id.endswith(f":{body['id']}"))
                found = session.scalars(row).one()
                self.address = session.get_one(Conversation, found.conversation_id).address


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """The house, with the demo content, its engine ready."""
    clock = RunningClock()
    with FakeTelegram() as telegram, FakeWhatsApp() as whatsapp:
        settings = demo_settings(folder, telegram=telegram.settings(), whatsapp=whatsapp.settings)
        with LiveApplication(settings, clock) as live:
            house = House(live, telegram, whatsapp, clock)
            with house.stack:
                yield house
        assert whatsapp.refused == []
