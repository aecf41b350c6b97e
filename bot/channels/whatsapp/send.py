"""The calls of Meta's Graph API that we need, over aiohttp: every message makes two, and httpx takes several times its
processor time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, FormData, TCPConnector
from yarl import URL

from bot.channels.whatsapp.compose import Payload
from bot.channels.whatsapp.faults import refusal
from bot.channels.whatsapp.shapes import identifier, mapping, sequence
from bot.config import WhatsApp
from bot.conversation.messages import StoredFile
from bot.errors import TransportError

MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024
CONNECTIONS = 100
TIMEOUT = ClientTimeout(total=None, sock_connect=5, sock_read=15)
MEDIA_TIMEOUT = ClientTimeout(total=None, sock_connect=5, sock_read=60)
SEEN_TIMEOUT = ClientTimeout(total=5)
FAULTS = (ClientError, TimeoutError, OSError)

_SIZES = {"image": 5 * MEGABYTE, "audio": 16 * MEGABYTE, "video": 16 * MEGABYTE, "document": 100 * MEGABYTE}
_KINDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "video/mp4": "video",
    "video/3gpp": "video",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
CARRIED = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        f"{_OFFICE}wordprocessingml.document",
        f"{_OFFICE}spreadsheetml.sheet",
        f"{_OFFICE}presentationml.presentation",
        "text/plain",
        "image/webp",
        *_KINDS,
    }
)
"""Types of files that WhatsApp takes, one way or another."""
SOUNDS = frozenset(media_type for media_type, kind in _KINDS.items() if kind == "audio")
MAX_FILE = _SIZES["document"]


def kind_of(media_type: str, size: int) -> str:
    """How WhatsApp carries a file of that sniffed type and size (bytes). Raises TransportError for one it does not.

    A picture, sound or film that is too big for its kind goes as a document.
    """
    kind = _KINDS.get(media_type, "document")
    if size > _SIZES[kind]:
        kind = "document"
    if media_type not in CARRIED and not media_type.startswith("text/"):
        raise TransportError(f"WhatsApp does not carry files of the type {media_type}", permanent=True)
    if size > _SIZES[kind]:
        raise TransportError("The file is over the 100 MB that WhatsApp carries", permanent=True)
    return kind


class GraphApi:
    """Meta's API for one phone number, used from one event loop. All calls but ``mark_read`` raise TransportError."""

    def __init__(self, settings: WhatsApp) -> None:
        self._base = settings.api_url
        self._number = quote(settings.phone_number_id, safe="")
        self._token = settings.token
        self._opened: ClientSession | None = None
        self._closed = False

    @property
    def _http(self) -> ClientSession:
        """Opened at the first call: it belongs to the loop that runs then. Raises TransportError after ``close``."""
        if self._closed:
            raise TransportError("The channel is closed", permanent=False)
        if self._opened is None:
            self._opened = ClientSession(
                headers={"Authorization": f"Bearer {self._token}"},
                connector=TCPConnector(limit=CONNECTIONS),
                cookie_jar=DummyCookieJar(),
                trust_env=True,
            )
        return self._opened

    async def post_message(self, payload: Payload) -> str | None:
        """Send and return Meta's id of the message; None when it was taken but the answer cannot be read."""
        answer = await self._call("POST", f"{self._number}/messages", json=payload)
        for message in sequence(answer.get("messages")):
            return identifier(mapping(message).get("id")) or None
        return None

    async def mark_read(self, message_id: str) -> None:
        """Show the person that his message was read and that we are writing. Best effort."""
        payload = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
            "typing_indicator": {"type": "text"},
        }
        with suppress(TransportError):
            await self._call("POST", f"{self._number}/messages", json=payload, timeout=SEEN_TIMEOUT)

    async def upload(self, file: StoredFile) -> tuple[str, str]:
        """Hand over a file; how it is to be sent (image, audio, video, document) and its media id."""
        try:
            kind = kind_of(file.media_type, await asyncio.to_thread(_size, file.path))
            handle = await asyncio.to_thread(file.path.open, "rb")
        except OSError as error:
            raise TransportError("The file is no longer there", permanent=True) from error
        # Meta has a list of exact types; every plain text is one of them only under this name.
        media_type = "text/plain" if file.media_type.startswith("text/") else file.media_type
        with handle:
            form = FormData({"messaging_product": "whatsapp", "type": media_type})
            form.add_field("file", handle, filename=file.filename, content_type=media_type)
            answer = await self._call("POST", f"{self._number}/media", data=form, timeout=MEDIA_TIMEOUT)
        media_id = identifier(answer.get("id"))
        if not media_id:
            raise TransportError("WhatsApp took the file but gave no id for it", permanent=False)
        return kind, media_id

    async def download(self, media_id: str, limit: int) -> AsyncIterator[bytes]:
        """The bytes of a file that a person sent, at most ``limit`` of them. Meta keeps it for 7 days."""
        media = await self._call("GET", quote(media_id, safe=""), params={"phone_number_id": self._number})
        url, size = media.get("url"), identifier(media.get("file_size"), limit=15)
        if not isinstance(url, str) or not self._trusted(url):
            raise TransportError("WhatsApp gave no address for the file", permanent=False)
        if size.isdecimal() and int(size) > limit:
            raise _too_large(limit)
        try:
            # The address is signed: not one of its characters may be written differently.
            async with self._http.get(URL(url, encoded=True), timeout=MEDIA_TIMEOUT) as response:
                if not response.ok:
                    raise await _no_file(response)
                taken = 0
                async for chunk in response.content.iter_chunked(CHUNK):
                    taken += len(chunk)
                    if taken > limit:
                        raise _too_large(limit)
                    yield chunk
        except FAULTS as error:
            raise TransportError(f"The file did not come through ({type(error).__name__})", permanent=False) from error

    async def close(self) -> None:
        self._closed = True
        if self._opened is not None:
            await self._opened.close()

    def _trusted(self, url: str) -> bool:
        """The token goes with the request: only over TLS, or to the very server that we were told to use."""
        try:
            there, here = urlsplit(url), urlsplit(self._base)
        except ValueError:
            return False
        return there.scheme == "https" or (there.scheme, there.netloc) == (here.scheme, here.netloc)

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """``request``: as aiohttp's."""
        url = URL(f"{self._base}/{path}", encoded=True)
        request.setdefault("timeout", TIMEOUT)
        try:
            async with self._http.request(method, url, allow_redirects=False, **request) as response:
                answer = _json(await response.read())
        except FAULTS as error:
            raise TransportError(f"WhatsApp did not answer ({type(error).__name__})", permanent=False) from error
        if not 200 <= response.status < 300:
            raise refusal(response.status, answer, response.headers.get("retry-after"))
        return mapping(answer)


def _size(path: Path) -> int:
    return path.stat().st_size


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


async def _no_file(response: ClientResponse) -> TransportError:
    """The address lives five minutes; a 404 means that a new one must be asked for, so it is worth another try."""
    if response.status == HTTPStatus.NOT_FOUND:
        return TransportError("The file's address has expired", permanent=False)
    return refusal(response.status, _json(await response.read()), response.headers.get("retry-after"))


def _too_large(limit: int) -> TransportError:
    return TransportError(f"The file is over {limit / MEGABYTE:.0f} MB", permanent=True)
