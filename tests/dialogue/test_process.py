"""Following the child, with a small stand-in for the engine: start, end, nonsense, pauses, nothing left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.dialogue import process
from bot.dialogue.process import EngineProcess, EngineSettings
from tests.dialogue.processes import alive, group_of, until

HEAD = """
import json, os, signal, sys, time
settings = json.loads(sys.stdin.readline())
open({log!r}, "a").write("started\\n")
def tell(**event):
    sys.stdout.write(json.dumps(event) + "\\n"); sys.stdout.flush()
"""
READY = "tell(event='ready', ports=[40001], pids=[os.getpid()])\n"
UNTIL_CLOSED = "\nsys.stdin.readline()\n"


def engine(folder: Path, script: str, **changes: Any) -> EngineProcess:
    log = folder / "starts"
    log.touch()
    file = folder / "engine.py"
    file.write_text(HEAD.format(log=str(log)) + script)
    given: dict[str, Any] = {"python": Path(sys.executable), "script": file, "model": folder / "model", "workers": 1}
    given |= {"action_url": "http://127.0.0.1:9/", "log_file": folder / "log" / "engine.log"} | changes
    return EngineProcess(EngineSettings(**given))


def following(child: EngineProcess, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        task = asyncio.create_task(child.run())
        try:
            await work()
            assert not task.done(), "following the engine ended"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def starts(folder: Path) -> int:
    return (folder / "starts").read_text().count("started")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "BACKOFF_SECONDS", (0.05, 0.1, 0.2, 0.4))
    monkeypatch.setattr(process, "END_SECONDS", 0.5)


def test_its_ports_are_known_when_it_says_so_and_it_gets_its_settings(tmp_path: Path) -> None:
    told: list[list[int]] = []
    script = "open(settings['model'], 'w').write(json.dumps(settings))\n" + READY + UNTIL_CLOSED
    child = engine(tmp_path, script)
    child._on_change = lambda: told.append(list(child.ports))

    async def work() -> None:
        await until(lambda: bool(child.ports), 10)
        assert child.ports == [40001]
        assert child.pids == [child.pid]

    following(child, work)
    assert told == [[40001], []]
    assert (child.ports, child.pids, child.pid) == ([], [], None)
    assert child.settings.secret in (tmp_path / "model").read_text()


def test_its_secret_is_on_no_command_line_and_in_no_environment(tmp_path: Path) -> None:
    child = engine(tmp_path, READY + UNTIL_CLOSED)

    async def work() -> None:
        await until(lambda: bool(child.ports), 10)
        shown = [
            await asyncio.to_thread(Path(f"/proc/{child.pid}/{name}").read_bytes) for name in ("cmdline", "environ")
        ]
        assert child.settings.secret.encode() not in b"".join(shown)

    following(child, work)
    assert child.settings.secret not in repr(child.settings)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "script",
    ["", "sys.exit(3)", "print('no json', flush=True); time.sleep(60)", "print('[]', flush=True); time.sleep(60)",
     "tell(event='ready'); time.sleep(60)", "tell(event='worker', index=5, pid=1); time.sleep(60)",
     "print('x' * 200000, flush=True); time.sleep(60)"],
)  # fmt: skip
def test_one_that_ends_at_once_or_talks_nonsense_is_started_again_with_growing_pauses(
    tmp_path: Path, script: str, caplog: pytest.LogCaptureFixture
) -> None:
    child = engine(tmp_path, script)

    async def work() -> None:
        await until(lambda: starts(tmp_path) >= 3, 20)

    with caplog.at_level(logging.ERROR):
        following(child, work)
    pauses = [record.args[0] for record in caplog.records if "started again" in record.msg and record.args]  # type: ignore[index]
    assert pauses[:2] == [0.1, 0.2]
    assert child.restarts >= 2


@pytest.mark.usefixtures("quick")
def test_a_program_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    child = engine(tmp_path, READY, python=tmp_path / "no-python")

    async def work() -> None:
        await until(lambda: child.restarts >= 2, 10)
        (tmp_path / "no-python").symlink_to(sys.executable)
        await until(lambda: bool(child.ports), 10)

    following(child, work)


@pytest.mark.usefixtures("quick")
def test_one_that_was_ready_is_started_again_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    child = engine(tmp_path, READY + UNTIL_CLOSED)

    async def work() -> None:
        await until(lambda: bool(child.ports), 10)
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: not child.ports, 5)
        await until(lambda: bool(child.ports), 10)
        assert child.pid != first

    with caplog.at_level(logging.ERROR):
        following(child, work)
    pauses = [record.args[0] for record in caplog.records if "started again" in record.msg and record.args]  # type: ignore[index]
    assert pauses == [0.05]


@pytest.mark.usefixtures("quick")
def test_one_that_does_not_get_ready_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    child = engine(tmp_path, "time.sleep(60)")

    async def work() -> None:
        await until(lambda: child.pid is not None, 5)
        first = child.pid
        assert first is not None
        await until(lambda: starts(tmp_path) >= 2, 10)
        assert not alive(first)

    following(child, work)


@pytest.mark.usefixtures("quick")
def test_one_that_does_not_listen_is_killed_with_all_that_it_made(tmp_path: Path) -> None:
    script = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n[os.fork() for _ in range(2)]\n" + READY + "time.sleep(60)\n"
    )
    child = engine(tmp_path, script)
    seen: list[int] = []

    async def work() -> None:
        await until(lambda: bool(child.ports), 10)
        assert child.pid is not None
        seen.append(child.pid)
        await until(lambda: len(group_of(seen[0])) == 4, 5)

    following(child, work)
    assert group_of(seen[0]) == []


@pytest.mark.usefixtures("quick")
def test_a_worker_that_was_replaced_is_known_by_its_new_number(tmp_path: Path) -> None:
    child = engine(tmp_path, READY + "time.sleep(0.2)\ntell(event='worker', index=0, pid=4711)" + UNTIL_CLOSED)

    async def work() -> None:
        await until(lambda: child.pids == [4711], 10)
        assert child.ports == [40001]

    following(child, work)


HUNG = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
def worker():
    pid = os.fork()
    if not pid:
        while True:
            time.sleep(60)
    return pid
pid = worker()
tell(event='ready', ports=[listener.getsockname()[1]], pids=[pid])
os.wait()
tell(event='worker', index=0, pid=worker())
"""


@pytest.mark.usefixtures("quick")
def test_a_worker_that_hangs_is_ended_so_that_it_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WATCH_SECONDS", 0.2)
    child = engine(tmp_path, HUNG + UNTIL_CLOSED)

    async def work() -> None:
        await until(lambda: bool(child.ports), 10)
        first = child.pids[0]
        await until(lambda: child.pids != [first], 10)
        assert not alive(first)

    following(child, work)
