"""Rasa as our child: started, watched, started again with growing pauses, and never left behind.

The child ends when its standard input closes, which the system does for us however this process ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
START_SECONDS = 180
"""How long loading may take before it counts as hung. Measured: 20 s on two cores, several times that on a busy one."""
END_SECONDS = 3.0
WATCH_SECONDS = 5.0
"""How often each worker is asked whether it is alive, and how long it may take to say so."""
HUNG_AFTER = 2
"""So many questions without an answer, one after the other, and a worker is killed: it is replaced then."""


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
            try:
                ready = await self._once()
            except (OSError, ValueError, LookupError, TypeError) as error:
                # It could not be started, or it says what an engine does not say.
                log.error("the dialogue engine could not be followed: %s", type(error).__name__)
                ready = False
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
        watching = asyncio.create_task(self._watch())
        try:
            return await self._follow(child)
        finally:
            watching.cancel()
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
                async with asyncio.timeout(None if ready else START_SECONDS):
                    line = await child.stdout.readline()
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

    async def _watch(self) -> None:
        """Kill workers that hang; one that ends is replaced by the child itself."""
        silent: dict[int, int] = {}
        async with httpx.AsyncClient(timeout=WATCH_SECONDS, trust_env=False) as http:
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                workers = list(zip(self.pids, self.ports, strict=False))
                answered = await asyncio.gather(*(_answers(http, port) for _, port in workers))
                for (pid, _), alive in zip(workers, answered, strict=True):
                    silent[pid] = 0 if alive else silent.get(pid, 0) + 1
                    if silent[pid] >= HUNG_AFTER and pid in self.pids:
                        log.error("a dialogue engine worker hangs and is ended")
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                        del silent[pid]

    def _log_name(self) -> str:
        return self.settings.log_file.name


async def _answers(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/")).is_success
    except httpx.HTTPError:
        return False


async def _end(child: asyncio.subprocess.Process) -> None:
    """Close the child's standard input, which ends it and its workers; insist if it does not listen."""
    if child.stdin is not None:
        child.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await child.wait()
    # A worker that hangs does not notice that its parent is gone. The child leads its own group.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    if child.stdout is not None:
        # Its end is only noticed when all that it said has been read.
        await child.stdout.read()
    await child.wait()
