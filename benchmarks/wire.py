"""A small HTTP/1.1 client over kept connections: it must cost little, for it shares the cores with what it measures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any


class Connection:
    """One connection to a server on loopback, opened anew when it was lost. One request at a time."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the next request connects again."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """(status, body). Raises OSError or EOFError when the server is gone; the connection is closed then."""
        request = compose(method, path, self._host, body, headers or {})
        kept = self._writer is not None
        try:
            return await self._exchange(request)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.close()
            # Servers hang up on connections that were idle for a while, maybe at this very moment.
            if not kept or (isinstance(error, asyncio.IncompleteReadError) and error.partial):
                raise
            return await self._exchange(request)
        except BaseException:
            self.close()
            raise

    async def post_json(self, path: str, value: Any) -> Any:
        """The JSON answer to a JSON body. Raises RuntimeError when the server refuses."""
        body = json.dumps(value).encode()
        status, answer = await self.request("POST", path, body, {"Content-Type": "application/json"})
        if status != 200:
            raise RuntimeError(f"{path} answered {status}: {answer[:200]!r}")
        return json.loads(answer)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 22)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, length, closes = parse_head(head)
        body = await self._reader.readexactly(length)
        if closes:
            self.close()
        return status, body


def compose(method: str, path: str, host: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parse_head(head: bytes) -> tuple[int, int, bool]:
    """(status, length of the body, whether the server hangs up) of an answer's head. Raises ValueError for an answer
    without a length, which none of the servers here gives."""
    first, *rest = head.split(b"\r\n")
    length, closes = None, False
    for line in rest:
        name, _, value = line.partition(b":")
        match name.lower():
            case b"content-length":
                length = int(value)
            case b"connection":
                closes = value.strip().lower() == b"close"
    if length is None:
        raise ValueError("the answer has no length")
    return int(first.split(b" ", 2)[1]), length, closes


def get(port: int, path: str) -> tuple[int, bytes]:
    """(status, body) of one GET of its own. Raises OSError, EOFError or TimeoutError when nobody answers."""

    async def once() -> tuple[int, bytes]:
        async with Connection(port) as connection:
            return await connection.request("GET", path)

    return asyncio.run(asyncio.wait_for(once(), 30))
