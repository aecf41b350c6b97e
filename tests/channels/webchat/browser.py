"""A browser as far as the server can tell: it keeps cookies. Also a real server on loopback, for streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

ORIGIN = "http://care.example"
on_one_database = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
"""For tests whose subject is not the database."""


class Browser:
    """Synchronous requests to an application in this process. A fault of the application is its answer 500."""

    def __init__(self, app: Starlette, origin: str = ORIGIN) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.origin = origin
        self.cookies = httpx.Cookies()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url=self.origin, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        return asyncio.run(go())

    def history(self, before: str | None = None) -> dict[str, Any]:
        answer = self.get("/chat/history", params={"before": before} if before else {})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.history()["messages"]
        return messages

    def say(self, text: str, own_id: str = "m1", choice: str | None = None) -> httpx.Response:
        return self.post("/chat/messages", json={"id": own_id, "text": text, "choice": choice})


async def in_pieces(content: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@dataclass
class Stream:
    """The events that a page has received so far."""

    events: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    status: int = 0

    def names(self) -> list[str]:
        return [name for name, _, _ in self.events]

    def texts(self) -> list[str]:
        return [data["text"] for name, _, data in self.events if name == "message"]

    def last_id(self) -> str:
        return [id for _, id, _ in self.events if id][-1]


def wait_for(condition: Any, seconds: float = 5.0) -> None:
    """Fails when ``condition()`` has not become true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The application on a real server; gives its origin."""
    config = uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def opened(origin: str, cookie: str, *, query: str = "", headers: dict[str, str] | None = None) -> Iterator[Stream]:
    """An open page: reads the stream of events in a thread of its own, and hangs up at the end of the block."""
    stream = Stream()
    ready = threading.Event()
    hang_up: list[Callable[[], object]] = []

    async def read() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        hang_up.append(lambda: loop.call_soon_threadsafe(task.cancel))
        sent = {"Cookie": f"sapa={cookie}", **(headers or {})}
        async with (
            httpx.AsyncClient(base_url=origin, timeout=30) as client,
            client.stream("GET", f"/chat/events{query}", headers=sent) as answer,
        ):
            stream.status = answer.status_code
            await _read_events(answer.aiter_lines(), stream, ready)

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
            asyncio.run(read())
        ready.set()
        stream.ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield stream
    finally:
        with contextlib.suppress(RuntimeError):  # The stream, and its loop with it, may have ended by itself.
            hang_up[0]()
        thread.join(5)


async def _read_events(lines: AsyncIterator[str], stream: Stream, ready: threading.Event) -> None:
    fields: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "data" in fields:
            stream.events.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
        ready.set()
        fields = {}
