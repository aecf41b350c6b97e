"""Each channel with its other side: what the contract suite writes from and reads at. A new channel is a class here and
a line in ``RIGS``."""

from __future__ import annotations

import asyncio
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import httpx
from starlette.applications import Starlette

from bot.channels.telegram import TelegramChannel
from bot.channels.terminal import TerminalChannel
from bot.channels.webchat import WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.conversation.messages import AttachmentRef, Channel, Event, Incoming, Outgoing, StoredFile
from bot.storage.database import Database
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.fake_whatsapp import FakeWhatsApp, Stored, text_message, wrap
from tests.channels.telegram import updates
from tests.channels.webchat.browser import Browser
from tests.channels.webchat.stand_in import StandIn
from tests.conftest import FakeClock, make_tables

LIMIT = 4000
"""Bytes of a webhook's body."""
DATE = 1_795_402_800
PHONE = "6281200000001"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the person has it. ``keys``: of the buttons, empty where the channel shows numbers instead."""

    text: str
    labels: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class Rig(ABC):
    """A channel and a person on its other side.

    ``address``: the person's. ``redelivers``: the same thing may be delivered twice. ``posts``: it takes things in over
    HTTP. ``carries_files``: people can send files.
    """

    address: str
    channel: Channel
    redelivers: ClassVar[bool] = True
    posts: ClassVar[bool] = True
    carries_files: ClassVar[bool] = True

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.folder, self.clock = folder, clock
        self.taken: list[Event] = []
        self.stack = ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.channel.close())
        self.stack.close()

    async def __call__(self, events: Sequence[Event]) -> None:
        self.taken += events

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(what)

    def incoming(self) -> list[Incoming]:
        return [event for event in self.taken if isinstance(event, Incoming)]

    def send(self, message: Outgoing) -> str | None:
        return self.run(self.channel.send(self.address, message))

    def fetch(self, attachment: AttachmentRef) -> bytes:
        async def whole() -> bytes:
            return b"".join([chunk async for chunk in self.channel.fetch(attachment)])

        return self.run(whole())

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Deliver ``body`` to the channel's route; the status of the answer."""

        async def deliver() -> int:
            transport = httpx.ASGITransport(Starlette(routes=self.channel.routes(self)), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://care.example") as client:
                return (await client.post(path, content=body, headers=headers)).status_code

        return self.run(deliver())

    @abstractmethod
    def write(self, text: str, number: int = 1) -> None:
        """The person writes; the same number is the same delivery again."""

    @abstractmethod
    def press(self, key: str, label: str, position: int) -> None:
        """The person presses a button, or does what stands for it."""

    @abstractmethod
    def arrived(self) -> Arrived:
        """The last message that the person got."""

    @abstractmethod
    def arrived_file(self) -> tuple[str, str, bytes]:
        """Of the last message that the person got: its text, and the file's name and bytes."""

    @abstractmethod
    def trouble(self, *, permanent: bool) -> Outgoing | None:
        """Have the next sending fail; the message to send, None where the channel cannot fail so."""

    @abstractmethod
    def deliver(self, body: bytes, *, genuine: bool = True) -> int:
        """Post a body with or without what proves that the peer sent it."""

    @abstractmethod
    def upload(self, content: bytes) -> AttachmentRef:
        """The person sends a file; as the channel names it."""


class TelegramRig(Rig):
    address = "777"

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        super().__init__(folder, clock)
        self.fake = self.stack.enter_context(FakeTelegram())
        self.channel = TelegramChannel(
            self.fake.settings("s3cret"), public_url="https://care.example.ac.id", max_body=LIMIT
        )

    def write(self, text: str, number: int = 1) -> None:
        assert self.deliver(json.dumps(updates.text(text, number, chat=777)).encode()) == 200

    def press(self, key: str, label: str, position: int) -> None:
        assert self.deliver(json.dumps(updates.press(key, "q1", chat=777, label=label)).encode()) == 200

    def arrived(self) -> Arrived:
        buttons = [button for row in self.fake.sent[-1].buttons for button in row]
        return Arrived(self.fake.sent[-1].marked, tuple(b[0] for b in buttons), tuple(b[1] for b in buttons))

    def arrived_file(self) -> tuple[str, str, bytes]:
        sent = self.fake.sent[-1]
        return sent.marked, sent.filename or "", sent.content

    def trouble(self, *, permanent: bool) -> Outgoing | None:
        if permanent:
            self.fake.blocked.add(777)
        else:
            self.fake.trouble("sendMessage", status=502, description="Bad Gateway")
        return Outgoing("halo")

    def deliver(self, body: bytes, *, genuine: bool = True) -> int:
        secret = "s3cret" if genuine else "guessed"
        return self.post("/channels/telegram", body, {"X-Telegram-Bot-Api-Secret-Token": secret})

    def upload(self, content: bytes) -> AttachmentRef:
        self.fake.files["F1"] = content
        return AttachmentRef("document", "F1")


class WhatsAppRig(Rig):
    address = PHONE

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        super().__init__(folder, clock)
        self.fake = self.stack.enter_context(FakeWhatsApp())
        self.channel = WhatsAppChannel(self.fake.settings, max_body=LIMIT)

    def write(self, text: str, number: int = 1) -> None:
        assert self._webhook(text_message(f"wamid.{number}", PHONE, text, DATE)) == 200

    def press(self, key: str, label: str, position: int) -> None:
        reply = {"type": "button_reply", "button_reply": {"id": key, "title": label}}
        message = {"from": PHONE, "id": "wamid.9", "timestamp": str(DATE), "type": "interactive", "interactive": reply}
        assert self._webhook(message) == 200

    def arrived(self) -> Arrived:
        assert self.fake.refused == []
        sent = self.fake.sent[-1]
        if sent.payload["type"] != "interactive":
            return Arrived(sent.text)
        action = sent.payload["interactive"]["action"]
        if "buttons" in action:
            pairs = [(each["reply"]["title"], each["reply"]["id"]) for each in action["buttons"]]
        else:
            pairs = [(row["title"], row["id"]) for section in action["sections"] for row in section["rows"]]
        return Arrived(sent.text, tuple(label for label, _ in pairs), tuple(key for _, key in pairs))

    def arrived_file(self) -> tuple[str, str, bytes]:
        assert self.fake.refused == []
        sent = self.fake.sent[-1]
        media = sent.payload[sent.payload["type"]]
        uploaded = self.fake.uploads[media["id"]]
        return sent.text, media.get("filename", uploaded.filename), uploaded.content

    def trouble(self, *, permanent: bool) -> Outgoing | None:
        self.fake.fail(131026 if permanent else 131016)
        return Outgoing("halo")

    def deliver(self, body: bytes, *, genuine: bool = True) -> int:
        headers = self.fake.sign(body) if genuine else self.fake.sign(body + b" ")
        return self.post("/channels/whatsapp", body, headers)

    def upload(self, content: bytes) -> AttachmentRef:
        self.fake.media["4711"] = Stored(content, "image/png")
        return AttachmentRef("image", "4711")

    def _webhook(self, message: dict[str, Any]) -> int:
        return self.deliver(json.dumps(wrap(message)).encode())


class WebRig(Rig):
    def __init__(self, folder: Path, clock: FakeClock) -> None:
        super().__init__(folder, clock)
        self.db = make_tables(Database(f"sqlite:///{folder / 'web.db'}"))
        self.stack.callback(self.db.close)
        self.core = StandIn(self.db, folder / "data", clock)
        self.web = WebChatChannel(
            self.db, institution="Universitas Contoh", data_dir=folder / "data", clock=clock, max_body=LIMIT,
            max_attachment=100_000,
        )  # fmt: skip
        self.channel = self.web
        self.browser = Browser(Starlette(routes=self.web.routes(self)))
        self.browser.get("/")
        self.browser.say("halo", "first")
        [first] = self.incoming()
        self.address = first.addresses[0]
        self.taken.clear()

    async def __call__(self, events: Sequence[Event]) -> None:
        await super().__call__(events)
        await self.core(events)

    def write(self, text: str, number: int = 1) -> None:
        assert self.browser.say(text, f"m{number}").status_code == 202

    def press(self, key: str, label: str, position: int) -> None:
        assert self.browser.say(label, "p1", choice=key).status_code == 202

    def send(self, message: Outgoing) -> str | None:
        """The page shows what the outbox says was sent, so the message goes the way of the outbox."""
        choices = [(button.key, button.label) for button in message.buttons]
        row = self.core.queue(self.address, message.text, choices=choices, files=message.files)
        sent = super().send(message)
        self.core.mark_sent(row, sent)
        return sent

    def arrived(self) -> Arrived:
        message = self.browser.messages()[-1]
        choices = message["choices"]
        return Arrived(message["text"], tuple(c["label"] for c in choices), tuple(c["key"] for c in choices))

    def arrived_file(self) -> tuple[str, str, bytes]:
        message = self.browser.messages()[-1]
        [file] = message["files"]
        return message["text"], file["name"], self.browser.get(f"/{file['url']}").content

    def trouble(self, *, permanent: bool) -> Outgoing | None:
        gone = StoredFile(self.folder / "data" / "gone", "surat.pdf", "application/pdf")
        return Outgoing("Ini suratnya.", files=(gone,)) if permanent else None

    def deliver(self, body: bytes, *, genuine: bool = True) -> int:
        headers = {"Content-Type": "application/json", "Origin": self.browser.origin if genuine else "https://evil.id"}
        return self.browser.post("/chat/messages", content=body, headers=headers).status_code

    def upload(self, content: bytes) -> AttachmentRef:
        self.browser.post("/chat/files", content=content, headers={"X-Message-Id": "f1", "X-Filename": "a.pdf"})
        return self.incoming()[-1].attachments[0]


class _Lines(io.StringIO):
    """A terminal at which lines are typed while it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.typed: list[str] = []

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        return self.typed.pop(0) if self.typed else ""


class TerminalRig(Rig):
    redelivers = posts = carries_files = False

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        super().__init__(folder, clock)
        self.stdin, self.stdout = _Lines(), io.StringIO()
        terminal = TerminalChannel(stdin=self.stdin, stdout=self.stdout, user="budi", clock=clock)
        self.channel, self.address = terminal, terminal.address

    def write(self, text: str, number: int = 1) -> None:
        self.stdin.typed.append(f"{text}\n")
        self.run(self.channel.run(self))

    def press(self, key: str, label: str, position: int) -> None:
        self.write(str(position + 1))

    def arrived(self) -> Arrived:
        lines = self.stdout.getvalue().removesuffix("\n").split("\n  ")
        text, *choices = lines
        return Arrived(text, tuple(choice.partition(". ")[2] for choice in choices))

    def arrived_file(self) -> tuple[str, str, bytes]:
        raise AssertionError("a terminal carries no files")

    def trouble(self, *, permanent: bool) -> Outgoing | None:
        if not permanent:
            return None
        self.stdout.close()
        return Outgoing("halo")

    def deliver(self, body: bytes, *, genuine: bool = True) -> int:
        raise AssertionError("a terminal takes nothing in over HTTP")

    def upload(self, content: bytes) -> AttachmentRef:
        return AttachmentRef("document", "none")


RIGS: dict[str, type[Rig]] = {
    "telegram": TelegramRig,
    "whatsapp": WhatsAppRig,
    "web": WebRig,
    "terminal": TerminalRig,
}
