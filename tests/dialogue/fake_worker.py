"""A dialogue engine's worker as the client sees it, with scripted behaviour."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import deque
from types import TracebackType
from typing import Any

from tests.channels.telegram.http_server import Call, LoopbackServer, Reply

SECRET = "engine-secret"
GOOD: dict[str, Any] = {"state": {"slots": {"n": 1}}, "replies": [{"response": "utter_thanks", "args": {}}]}


class FakeWorker:
    """``script``: what becomes of the next calls (``hang``, a status, or a body), then all are answered well."""

    def __init__(self, *script: str | int | bytes) -> None:
        self.script: deque[str | int | bytes] = deque(script)
        self.calls: list[dict[str, Any]] = []
        self.secrets: list[str] = []
        self._server = LoopbackServer(self._handle)

    def __enter__(self) -> FakeWorker:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def port(self) -> int:
        return self._server.port

    async def _handle(self, call: Call) -> Reply:
        self.calls.append(json.loads(call.body))
        self.secrets.append(call.headers.get("authorization", ""))
        what = self.script.popleft() if self.script else 200
        if what == "hang":
            await asyncio.sleep(60)
        if isinstance(what, bytes):
            return Reply(what)
        return Reply(json.dumps(GOOD).encode(), int(what))


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
