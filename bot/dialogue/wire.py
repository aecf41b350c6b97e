"""Calls to our own engine over connections that are kept: a general HTTP client costs as much as a tenth of a turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

MAX_ANSWER = 4_000_000
"""Bytes of an answer; a state and its replies are some kilobytes."""


class Refused(ValueError):
    """The worker answered, but not with 200."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def exchange(self, request: bytes) -> tuple[int, bytes, bool]:
        """(status, body, whether the connection may be used again)."""
        self.writer.write(request)
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise ValueError("the head of the answer is too long") from error
        status, length, keeps = parse_head(head)
        return status, await self.reader.readexactly(length), keeps


class Wire:
    """JSON over HTTP/1.1 to loopback. ``secret`` goes with every call."""

    def __init__(self, secret: str) -> None:
        self._authorization = f"Bearer {secret}"
        self._kept: dict[int, list[_Connection]] = {}

    async def post(self, port: int, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON of the answer. Raises OSError or EOFError when nobody answers, ValueError (Refused among them) when
        the answer is wrong."""
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self._authorization}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        status, answer = await self._send(port, head.encode() + content)
        if status != 200:
            raise Refused(status)
        return json.loads(answer)

    async def _send(self, port: int, request: bytes) -> tuple[int, bytes]:
        kept = self._kept.setdefault(port, [])
        while kept:
            connection = kept.pop()
            # What the worker closed meanwhile is left. One that dies now is the caller's: the turn may have begun.
            if not connection.reader.at_eof():
                return await self._exchange(port, connection, request)
            connection.writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MAX_ANSWER)
        return await self._exchange(port, _Connection(reader, writer), request)

    async def _exchange(self, port: int, connection: _Connection, request: bytes) -> tuple[int, bytes]:
        keeps = False
        try:
            status, answer, keeps = await connection.exchange(request)
        finally:
            # Also when the caller gave up: an answer that comes later must not be taken for the next one's.
            if keeps:
                self._kept.setdefault(port, []).append(connection)
            else:
                connection.writer.close()
        return status, answer

    def close(self) -> None:
        """Hang up."""
        for connections in self._kept.values():
            for connection in connections:
                connection.writer.close()
        self._kept.clear()


def parse_head(head: bytes) -> tuple[int, int, bool]:
    """(status, length of the body, whether the connection may be used again). Raises ValueError."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status, *_ = first.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    length = int(fields["content-length"]) if "content-length" in fields else -1
    if version != "HTTP/1.1" or not 0 <= length <= MAX_ANSWER:
        raise ValueError("this is no answer of an engine's worker")
    return int(status), length, fields.get("connection", "").lower() != "close"
