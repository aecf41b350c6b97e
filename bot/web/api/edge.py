"""What holds for every request of the API before anything reads it: how large it may be, which headers go back."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.api.problems import Refused, answer

HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
LARGEST = 1_000_000
"""Bytes of a body; the longest text that anything takes is a small part of it."""


class Edge:
    """Around the whole API."""

    def __init__(self, app: ASGIApp, uploads: re.Pattern[str], largest_file: int) -> None:
        """``uploads``: how addresses end that take a file, of at most ``largest_file`` bytes."""
        self._app, self._uploads, self._largest_file = app, uploads, largest_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told, size = Headers(scope=scope).get("content-length", "0"), 0
        largest = self._largest(scope)
        if not told.isdecimal() or int(told) > largest:
            refused = Refused(413, "too-large", f"A body has at most {largest} bytes.")
            await answer(refused)(scope, receive, _headed(send))
            return

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > largest:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, _headed(send))

    def _largest(self, scope: Scope) -> int:
        takes_files = scope["method"] == "POST" and self._uploads.search(scope["path"])
        return max(LARGEST, self._largest_file) if takes_files else LARGEST


def _headed(send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return headed
