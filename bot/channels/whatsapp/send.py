"""The calls of Meta's Graph API that we need, over httpx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from bot.channels.whatsapp.compose import Payload
from bot.channels.whatsapp.faults import refusal
from bot.channels.whatsapp.shapes import identifier, mapping, sequence
from bot.config import WhatsApp
from bot.conversation.messages import StoredFile
from bot.errors import TransportError

MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024
TIMEOUT = httpx.Timeout(15, connect=5)
MEDIA_TIMEOUT = httpx.Timeout(60, connect=5)
SEEN_TIMEOUT = httpx.Timeout(5)

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
_DOCUMENTS = frozenset(
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


def kind_of(media_type: str, size: int) -> str:
    """How WhatsApp carries a file of that sniffed type and size (bytes). Raises TransportError for one it does not.

    A picture, sound or film that is too big for its kind goes as a document.
    """
    kind = _KINDS.get(media_type, "document")
    if size > _SIZES[kind]:
        kind = "document"
    if media_type not in _DOCUMENTS and not media_type.startswith("text/"):
        raise TransportError(f"WhatsApp does not carry files of the type {media_type}", permanent=True)
    if size > _SIZES[kind]:
        raise TransportError("The file is over the 100 MB that WhatsApp carries", permanent=True)
    return kind


class GraphApi:
    """Meta's API for one phone number. All calls but ``mark_read`` raise TransportError."""

    def __init__(self, settings: WhatsApp) -> None:
        self._base = settings.api_url
        self._number = quote(settings.phone_number_id, safe="")
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {settings.token}"},
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
        )

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
        if self._http.is_closed:
            return
        try:
            await self._http.post(f"{self._base}/{self._number}/messages", json=payload, timeout=SEEN_TIMEOUT)
        except httpx.HTTPError:
            return

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
            answer = await self._call(
                "POST",
                f"{self._number}/media",
                data={"messaging_product": "whatsapp", "type": media_type},
                files={"file": (file.filename, handle, media_type)},
                timeout=MEDIA_TIMEOUT,
            )
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
            async with self._http.stream("GET", url, timeout=MEDIA_TIMEOUT, follow_redirects=True) as response:
                if not response.is_success:
                    raise await _no_file(response)
                taken = 0
                async for chunk in response.aiter_bytes(CHUNK):
                    taken += len(chunk)
                    if taken > limit:
                        raise _too_large(limit)
                    yield chunk
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransportError(f"The file did not come through ({type(error).__name__})", permanent=False) from error

    async def close(self) -> None:
        await self._http.aclose()

    def _trusted(self, url: str) -> bool:
        """The token goes with the request: only over TLS, or to the very server that we were told to use."""
        try:
            there, here = urlsplit(url), urlsplit(self._base)
        except ValueError:
            return False
        return there.scheme == "https" or (there.scheme, there.netloc) == (here.scheme, here.netloc)

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, f"{self._base}/{path}", **request)
        except httpx.HTTPError as error:
            raise TransportError(f"WhatsApp did not answer ({type(error).__name__})", permanent=False) from error
        answer = _json(response)
        if not response.is_success:
            raise refusal(response.status_code, answer, response.headers.get("retry-after"))
        return mapping(answer)


def _size(path: Path) -> int:
    return path.stat().st_size


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


async def _no_file(response: httpx.Response) -> TransportError:
    """The address lives five minutes; a 404 means that a new one must be asked for, so it is worth another try."""
    await response.aread()
    if response.status_code == httpx.codes.NOT_FOUND:
        return TransportError("The file's address has expired", permanent=False)
    return refusal(response.status_code, _json(response), response.headers.get("retry-after"))


def _too_large(limit: int) -> TransportError:
    return TransportError(f"The file is over {limit / MEGABYTE:.0f} MB", permanent=True)
