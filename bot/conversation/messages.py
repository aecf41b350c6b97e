"""Values that cross the edge between the channels and the core. Channels parse into these once and send from these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from starlette.routing import BaseRoute

AttachmentKind = Literal["image", "audio", "voice", "video", "document", "sticker"]
IncomingKind = Literal["message", "shared", "edited", "unreadable", "group", "unreachable", "reachable"]
"""``message``: text, choice, command or files. ``shared``: a place or a contact card; ``text`` is a line that tells
staff of it, not words of the person. ``edited``: a new wording of an earlier message, in ``text``.
``unreadable``: the person sent something that no channel code can read; he is told so. ``group``: written in a group,
declined there. ``unreachable``/``reachable``: the person blocked or unblocked us; nothing is answered."""
Command = Literal["start", "help", "ticket", "cancel", "language", "privacy"]
DeliveryState = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True)
class AttachmentRef:
    """A file that came with a message, as its channel names it. ``media_type``, ``size`` (bytes) and ``filename`` are
    claims of the sender: never believed, only used to refuse early."""

    kind: AttachmentKind
    ref: str
    filename: str | None = None
    media_type: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person did, parsed.

    ``external_id``: unique within the channel; the second arrival of the same one is dropped.
    ``addresses``: the person's handles on the channel, the one to key him by first (WhatsApp: business-scoped id, then
    phone). ``choice``: the opaque key of a pressed button. ``sent_at``: the channel's time, aware; orders a batch.
    ``edits``: for ``edited``, the external id of the message that is replaced.
    """

    channel: str
    external_id: str
    addresses: tuple[str, ...]
    kind: IncomingKind = "message"
    text: str = ""
    choice: str | None = None
    command: Command | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    sent_at: datetime | None = None
    display_name: str | None = None
    edits: str | None = None


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What became of a message that we sent; ``external_id`` is the one that ``Channel.send`` returned."""

    channel: str
    external_id: str
    state: DeliveryState
    at: datetime
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An update that nobody needs to answer; counted under its ``kind``."""

    channel: str
    kind: str


@dataclass(frozen=True, slots=True)
class Typing:
    """The person behind ``address`` is writing to us. Told to who looks at the conversation now, and never kept."""

    channel: str
    address: str


Event = Incoming | StatusUpdate | Ignored | Typing


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. ``key`` is opaque and short (16 ASCII characters): what it means is looked up on our side."""

    key: str
    label: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the data directory; ``media_type`` was sniffed."""

    path: Path
    filename: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to a person. ``text`` is plain, already within the channel's ``max_text``; words between asterisks in
    it are bold (``picture.emphasised``), and a channel that has other markup must escape it. ``template``: name of an
    approved WhatsApp template to send instead, outside the window. ``language``: of the conversation (id, en), for what
    a channel says of its own."""

    text: str
    buttons: tuple[Button, ...] = ()
    files: tuple[StoredFile, ...] = ()
    template: str | None = None
    language: str = "id"


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: ``per_second`` tokens flow in, at most ``burst`` are kept."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class FileRules:
    """What files a channel carries to a person. ``max_bytes``: of one. ``max_caption``: characters of a text that goes
    in one message with a file, counted in UTF-16. ``media_types``: those carried; None = all that are kept.
    ``bare``: those that no text goes with."""

    max_bytes: int
    max_caption: int
    media_types: frozenset[str] | None = None
    bare: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, so that the core never asks for its name.

    ``max_text``: characters of one message. ``max_choices``: buttons and list rows of one message, more are paged.
    ``window``: free text may be sent only so long after the person's last message; None = always.
    ``window_template``: the approved template that is sent outside the window, if one is configured.
    ``files``: which files it carries to people; None = none.
    """

    max_text: int
    max_choices: int
    per_chat: Rate
    per_bot: Rate
    window: timedelta | None = None
    window_template: str | None = None
    files: FileRules | None = None


class Intake(Protocol):
    """Hands events to the core. Returns after the commit: only then may a webhook be answered 200."""

    async def __call__(self, events: Sequence[Event]) -> None: ...


@runtime_checkable
class Listens(Protocol):
    """A channel that sees by itself whether messages come in."""

    @property
    def last_error(self) -> str | None:
        """What keeps them from coming in now, in a sentence without secrets."""
        ...


class Channel(Protocol):
    """What a channel folder offers. One folder, one line in ``channels/registry.py``."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def send(self, address: str, message: Outgoing) -> str | None:
        """Send and return the channel's id of the message. Raises TransportError."""
        ...

    def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        """The bytes of a file that a person sent, in chunks. Raises TransportError."""
        ...

    async def seen(self, address: str, external_id: str) -> None:
        """Mark as read and show that we are writing. Best effort: never raises."""
        ...

    def routes(self, intake: Intake) -> list[BaseRoute]:
        """HTTP routes of the channel (webhooks); empty where it polls."""
        ...

    async def run(self, intake: Intake) -> None:
        """What has to go on while the application runs (register the webhook, poll); returns when there is no more
        to do, is cancelled at the end."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
