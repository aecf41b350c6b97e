"""Rasa as our child: started, watched, started again with growing pauses, and never left behind.

The child ends when its standard input closes, which the system does for us however this process ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
START_SECONDS = 180
"""How long loading may take before it counts as hung. Measured: 20 s on two cores, several times that on a busy one."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the child needs. ``python``: of Rasa's environment. ``action_url``: our route for actions."""

    python: Path
    script: Path
    model: Path
    workers: int
    action_url: str
    log_file: Path
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class EngineProcess:
    """Keeps the child running. ``ports``: of the workers that answer, empty while there are none."""

    def __init__(self, settings: EngineSettings, on_change: Callable[[], None] = lambda: None) -> None:
        self.settings = settings
        self.ports: list[int] = []
        self.pids: list[int] = []
        self.pid: int | None = None
        self.restarts = 0
        self._on_change = on_change

    async def run(self) -> None:
        """Until cancelled; then the child is gone as well."""
        failures = 0
        while True:
            ready = await self._once()
            failures = 0 if ready else failures + 1
            self.restarts += 1
            pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
            log.error("the dialogue engine ended; it is started again in %.1f s (see %s)", pause, self._log_name())
            await asyncio.sleep(pause)

    async def _once(self) -> bool:
        """Start the child and follow it to its end. True when it had been ready."""
        settings = self.settings
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        with settings.log_file.open("ab") as errors:
            child = await asyncio.create_subprocess_exec(
                str(settings.python), str(settings.script),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors, start_new_session=True,
            )  # fmt: skip
        self.pid = child.pid
        try:
            return await self._follow(child)
        finally:
            self.ports, self.pids, self.pid = [], [], None
            self._on_change()
            await _end(child)

    async def _follow(self, child: asyncio.subprocess.Process) -> bool:
        settings = self.settings
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("the engine has no pipes")
        start = {
            "model": str(settings.model),
            "workers": settings.workers,
            "secret": settings.secret,
            "action_url": settings.action_url,
        }
        child.stdin.write((json.dumps(start) + "\n").encode())
        ready = False
        while True:
            try:
                line = await asyncio.wait_for(child.stdout.readline(), None if ready else START_SECONDS)
            except TimeoutError:
                log.error("the dialogue engine did not start within %d s", START_SECONDS)
                return False
            if not line:
                return ready
            event = json.loads(line)
            if event["event"] == "ready":
                ready, self.ports, self.pids = True, event["ports"], event["pids"]
            elif event["event"] == "worker":
                self.pids[event["index"]] = event["pid"]
                log.warning("a dialogue engine worker ended and was replaced")
            self._on_change()

    def _log_name(self) -> str:
        return self.settings.log_file.name


async def _end(child: asyncio.subprocess.Process) -> None:
    """Close the child's standard input, which ends it and its workers; insist if it does not listen."""
    if child.stdin is not None:
        child.stdin.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(child.wait(), 3)
        return
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()
