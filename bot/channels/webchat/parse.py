"""What the page sends, made into ``Incoming``; pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from bot.channels.commands import typed_command
from bot.channels.webchat.visitor import CHANNEL
from bot.conversation.messages import AttachmentKind, AttachmentRef, Incoming

MAX_TEXT = 10_000
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_CHOICE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Unacceptable(Exception):
    """A request that the page would never make. ``code`` names the fault, ``status`` is the HTTP answer."""

    def __init__(self, code: str, status: int = 422) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


def external_id(address: str, client_id: str) -> str:
    """The message's id within the channel: two visitors may choose the same one."""
    return f"{address}:{client_id}"


def client_id(address: str, external: str) -> str | None:
    """The id that the page chose, or None where the message did not come from the page."""
    return external.removeprefix(f"{address}:") if external.startswith(f"{address}:") else None


def parse_message(body: Mapping[str, Any], address: str, now: datetime) -> Incoming:
    """``{"id": …, "text": …, "choice": …}``; text or choice must be there. Raises Unacceptable."""
    text, choice = body.get("text", ""), body.get("choice")
    if not isinstance(text, str):
        raise Unacceptable("text")
    if len(text) > MAX_TEXT:
        raise Unacceptable("too_long")
    if choice is not None and not (isinstance(choice, str) and _CHOICE.fullmatch(choice)):
        raise Unacceptable("choice")
    text = clean(text)
    if not text.strip() and choice is None:
        raise Unacceptable("empty")
    return Incoming(
        channel=CHANNEL,
        external_id=external_id(address, _checked_id(body.get("id"))),
        addresses=(address,),
        text=text,
        choice=choice,
        command=typed_command(text),
        sent_at=now,
    )


def parse_file(headers: Mapping[str, str], address: str, now: datetime) -> Incoming:
    """A file's headers: ``X-Message-Id``, ``X-Filename`` (percent-encoded) and ``Content-Type``. Its bytes are expected
    under ``ref`` (``incoming_name``). Raises Unacceptable."""
    external = external_id(address, _checked_id(headers.get("x-message-id")))
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()[:120]
    file = AttachmentRef(
        kind=_kind(media_type),
        ref=incoming_name(external),
        filename=_filename(headers.get("x-filename", "")),
        media_type=media_type or None,
    )
    return Incoming(channel=CHANNEL, external_id=external, addresses=(address,), attachments=(file,), sent_at=now)


def incoming_name(external: str) -> str:
    """The name under which a file waits to be fetched: the same at every try, so a retry leaves no second copy."""
    return hashlib.sha256(external.encode()).hexdigest()[:40]


def clean(text: str) -> str:
    """``text`` without what no database or terminal should see: control characters and halves of surrogate pairs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def _checked_id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Unacceptable("id")
    return value


def _filename(quoted: str) -> str | None:
    name = clean(unquote(quoted)).replace("\n", " ").replace("\t", " ")
    name = re.split(r"[/\\]", name)[-1].strip()
    if len(name) > 200:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[:180]}.{suffix}" if dot and len(suffix) <= 10 else name[:200]
    return name or None


def _kind(media_type: str) -> AttachmentKind:
    match media_type.partition("/")[0]:
        case "image":
            return "image"
        case "audio":
            return "audio"
        case "video":
            return "video"
    return "document"
