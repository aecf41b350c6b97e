"""The processes that are measured: ``sapa run``, the host of the null channel, and a fake of WhatsApp."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.wire import get
from bot.config import ROOT
from bot.errors import SapaError
from tests.channels.fake_whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, VERIFY_TOKEN

READY_SECONDS = 240
STOP_SECONDS = 20
WEBHOOK = "/channels/whatsapp"


def environment(folder: Path, *, whatsapp_url: str = "http://127.0.0.1:9", **settings: Any) -> dict[str, str]:
    """Settings of an application that lives in ``folder`` and is nobody else's; ``.env`` is overruled."""
    given = {
        "SAPA_DATA_DIR": folder,
        "SAPA_DATABASE_URL": f"sqlite:///{folder / 'sapa.db'}",
        "SAPA_HOST": "127.0.0.1",
        "SAPA_DEMO": "yes",
        "SAPA_LOG_LEVEL": "WARNING",
        "SAPA_PUBLIC_URL": "",
        "SAPA_TELEGRAM_TOKEN": "",
        "SAPA_WHATSAPP_TOKEN": TOKEN,
        "SAPA_WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "SAPA_WHATSAPP_APP_SECRET": APP_SECRET,
        "SAPA_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        "SAPA_WHATSAPP_API_URL": whatsapp_url,
        "SAPA_WHATSAPP_WINDOW_TEMPLATE": "",
    }
    given |= {f"SAPA_{name.upper()}": value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
    return kept | {name: str(value) for name, value in given.items()}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Sapa:
    """``sapa run`` on a data directory; may be started and killed again and again on the same port."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.port = folder, free_port()
        self._env = environment(folder, port=self.port, **settings)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    def start(self) -> None:
        """Start it; returns at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "run.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=ROOT, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait_ready(self) -> float:
        """Seconds until ``/readyz`` says 200. Raises SapaError."""
        began = time.monotonic()
        while time.monotonic() - began < READY_SECONDS:
            if self._process is None or self._process.poll() is not None:
                raise SapaError(f"sapa run ended; see {self.folder / 'run.log'}")
            try:
                if get(self.port, "/readyz")[0] == 200:
                    return time.monotonic() - began
            except (OSError, EOFError, TimeoutError):
                pass
            time.sleep(0.05)
        raise SapaError(f"sapa run was not ready in time; see {self.folder / 'run.log'}")

    def facts(self) -> dict[str, Any]:
        """What ``/readyz`` tells."""
        told: dict[str, Any] = json.loads(get(self.port, "/readyz")[1])
        return told

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ctrl-C."""
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGINT)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def engine_pid(self) -> int | None:
        """Rasa's parent process; None while there is none."""
        return next((pid for pid in machine.tree(self.pid) if "serve.py" in machine.command(pid)), None)

    def worker_pids(self) -> list[int]:
        """Rasa's workers."""
        engine = self.engine_pid()
        return machine.tree(engine)[1:] if engine else []


@contextmanager
def sapa(folder: Path, **settings: Any) -> Iterator[Sapa]:
    """``sapa run``, ready; stopped at the end."""
    application = Sapa(folder, **settings)
    application.start()
    try:
        application.wait_ready()
        yield application
    finally:
        application.stop()


@dataclass(frozen=True)
class Host:
    """A running ``benchmarks.host``."""

    pid: int
    port: int


@contextmanager
def host(folder: Path, *options: str, env: Mapping[str, str] | None = None, **settings: Any) -> Iterator[Host]:
    """The application in ``benchmarks.host``, ready; gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "host.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.host", "--data-dir", str(folder), *options],
            cwd=ROOT, env={**environment(folder, **settings), **(env or {})}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        told = child.stdout.readline() if child.stdout else ""
        if not told:
            raise SapaError(f"the benchmark's host ended; see {folder / 'host.log'}")
        yield Host(**json.loads(told))
    finally:
        child.communicate(timeout=STOP_SECONDS)


@dataclass(frozen=True)
class Fake:
    """A running fake of WhatsApp. ``url``: what ``SAPA_WHATSAPP_API_URL`` must be."""

    url: str
    port: int

    def sent(self, after: int = 0) -> list[dict[str, Any]]:
        """What was sent: id, address, payload and ``at`` (seconds of the monotonic clock)."""
        found: list[dict[str, Any]] = json.loads(get(self.port, f"/sent?after={after}")[1])
        return found


@contextmanager
def fake_whatsapp() -> Iterator[Fake]:
    """A fake of WhatsApp in a process of its own."""
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.channels.fake_whatsapp", "--port", str(port)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        told = child.stdout.readline() if child.stdout else ""
        if not told:
            raise SapaError("the fake of WhatsApp did not start")
        yield Fake(told.split()[0], port)
    finally:
        child.terminate()
        child.wait(STOP_SECONDS)
        if child.stdout:
            child.stdout.close()
