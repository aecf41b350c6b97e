"""The whole application with the real dialogue engine, running in a thread of the test process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.app import Application
from bot.clock import Clock
from bot.config import ROOT, Settings, load
from bot.conversation.messages import Channel
from bot.demo import first_start
from bot.dialogue.training import ensure_model
from bot.serving import server
from bot.storage.database import Database
from bot.storage.migrate import migrate

MODELS = ROOT / "var" / "models"
START_SECONDS = 120


def free_socket() -> socket.socket:
    """A listening socket on any port of loopback."""
    return socket.create_server(("127.0.0.1", 0), backlog=512)


def demo_settings(data_dir: Path, **changes: Any) -> Settings:
    """Settings as a newcomer has them, in a folder of the test's own. Sentence embeddings take half a minute."""
    return replace(load({"SAPA_DATA_DIR": str(data_dir), "SAPA_EMBEDDINGS": "no"}), **changes)


class LiveApplication:
    """Use as a context: the engine is ready inside. ``url``: of its HTTP side."""

    def __init__(
        self, settings: Settings, clock: Clock, channels: Mapping[str, Channel] | None = None, *, first: bool = True
    ) -> None:
        self._sock = free_socket()
        port = self._sock.getsockname()[1]
        self.settings = replace(settings, host="127.0.0.1", port=port)
        self.url = f"http://127.0.0.1:{port}"
        self._clock, self._channels, self._first = clock, channels, first
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._broken: BaseException | None = None
        self.app: Application
        self.loop: asyncio.AbstractEventLoop

    def __enter__(self) -> LiveApplication:
        model = ensure_model(MODELS, print)
        db = Database(self.settings.database_url)
        migrate(db)
        self.accounts = first_start(db, demo=True, now=self._clock()) if self._first else []
        db.close()
        self.app = Application(self.settings, model=model, channels=self._channels, clock=self._clock)
        self._thread.start()
        if not self._ready.wait(START_SECONDS) or self._broken:
            raise RuntimeError("the application did not start") from self._broken
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.loop.call_soon_threadsafe(setattr, self._http, "should_exit", True)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the application did not stop"

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._broken = error
            self._ready.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._http = server(self.app, self._sock)
        serving = asyncio.create_task(self._http.serve(sockets=[self._sock]))
        ready = asyncio.create_task(self.app.ready())
        await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
        self._ready.set()
        await serving
        ready.cancel()

    def call(self, what: Any) -> Any:
        """Run a coroutine in the application's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(30)
