"""The HTTP server that an application runs under, and its loop."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Coroutine
from typing import Any

import uvicorn

from bot.app import Application

STOP_SECONDS = 3
SWITCH_SECONDS = 0.0005
"""How long a thread may go on before another one has its turn. A statement gives its turn away, so that each of a
transaction's would wait for the loop as long as this: with Python's own 5 ms, that is most of what came in waits for.
What it gives on a busy machine was not beyond the noise (docs/benchmarks.md)."""


class _Server(uvicorn.Server):
    """Ends sending and then the channels' open streams first: the server would wait for them until its patience is
    over, and a message that a closing channel cuts off is sent twice."""

    def __init__(self, config: uvicorn.Config, app: Application) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._app.stop_sending()
        await self._app.live.close()
        for channel in self._app.channels.values():
            await channel.close()
        await super().shutdown(sockets)


def run_on_loop(main: Coroutine[Any, Any, None]) -> None:
    """``asyncio.run`` on the faster loop, where there is one."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(main)


def server(app: Application, sock: socket.socket) -> uvicorn.Server:
    """The HTTP server on a socket that is bound already."""
    config = uvicorn.Config(
        app.asgi(),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        h11_max_incomplete_event_size=64_000,
    )
    return _Server(config, app)
