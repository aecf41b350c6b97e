"""The real engine: it answers, it is mended when a part of it dies, and nothing of it is ever left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.config import ROOT
from bot.dialogue.process import EngineProcess
from bot.dialogue.training import ENGINE_PYTHON, ENGINE_SCRIPT, ensure_model
from tests.dialogue.a_turn import running
from tests.dialogue.processes import alive, group_of, wait_until
from tests.house import House
from tests.live import MODELS

pytestmark = pytest.mark.engine
BACK_WITHIN = 2.0
START_SECONDS = 120.0


def thanked(house: House, turn_id: str) -> tuple[dict[str, Any], list[str]]:
    """Somebody says thanks; the new state and what is answered."""
    engine = house.app.engine
    with running(turn_id):
        turn = engine.turn(turn_id, None, {"intent": "thank", "text": "makasih"}, patience=timedelta(seconds=10))
        state, replies = house.live.call(turn)
    return state, [reply["response"] for reply in replies]


def process(house: House) -> EngineProcess:
    return house.app.process


def test_a_turn_runs_through_rasa_and_our_actions_and_keeps_nothing(house: House) -> None:
    first = thanked(house, "t-1")
    assert first[1] == ["utter_thanks"]
    assert thanked(house, "t-1") == first
    assert set(first[0]) == {"slots", "loop"}


def test_a_text_cannot_name_an_intent(house: House) -> None:
    """Rasa takes ``/intent{"slot": …}`` for an order; a person's text never is one."""
    with running("t-2", "/thank"):
        answers = [
            house.live.call(house.app.engine.turn("t-2", None, {"text": text}, patience=timedelta(seconds=10)))
            for text in ('/inform{"number": "13526001"}', '//thank{"number": "13526001"}', " /thank")
        ]
    assert all("number" not in state["slots"] for state, _ in answers)


@pytest.mark.parametrize("authorization", [None, "Bearer wrong"])
def test_nobody_else_may_ask_a_worker(house: House, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    body = {"turn": "x", "state": None, "message": {"text": "halo"}}
    answer = httpx.post(f"http://127.0.0.1:{process(house).ports[0]}/turn", json=body, headers=headers)
    assert answer.status_code == 401


def test_a_killed_worker_is_replaced_at_once_on_the_same_port(house: House) -> None:
    engine = process(house)
    ports, [pid] = list(engine.ports), list(engine.pids)
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    assert thanked(house, "t-3")[1] == ["utter_thanks"]
    assert time.monotonic() - killed < BACK_WITHIN
    wait_until(lambda: engine.pids != [pid], BACK_WITHIN)
    assert engine.ports == ports
    assert engine.restarts == 0
    assert not alive(pid)


def test_a_killed_engine_is_started_again_and_leaves_nothing_behind(house: House) -> None:
    engine = process(house)
    pid, before = engine.pid, engine.restarts
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not engine.ports, 3)
    assert httpx.get(f"{house.live.url}/readyz").status_code == 503
    wait_until(lambda: group_of(pid) == [], 3)
    wait_until(lambda: bool(engine.ports), START_SECONDS)
    assert engine.restarts == before + 1
    assert thanked(house, "t-4")[1] == ["utter_thanks"]
    assert httpx.get(f"{house.live.url}/readyz").status_code == 200


def test_the_engines_log_holds_nothing_of_what_was_said(house: House) -> None:
    thanked(house, "t-5")
    log = process(house).settings.log_file.read_text(errors="replace")
    assert "makasih" not in log
    assert process(house).settings.secret not in log


HOST = """
import asyncio, json, sys
from pathlib import Path
from bot.dialogue.process import EngineProcess, EngineSettings
python, script, model, log = (Path(each) for each in sys.argv[1:])
settings = EngineSettings(python, script, model, 2, "http://127.0.0.1:9/engine/actions", log)
def told():
    print(json.dumps({"pid": engine.pid, "pids": engine.pids}), flush=True)
engine = EngineProcess(settings, told)
async def main():
    running = asyncio.create_task(engine.run())
    while engine.pid is None:
        await asyncio.sleep(0.01)
    told()
    await running
asyncio.run(main())
"""


@contextmanager
def hosted(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that runs an engine; it tells its processes on standard output."""
    model = ensure_model(MODELS, print)
    command = [sys.executable, "-c", HOST, ENGINE_PYTHON, ENGINE_SCRIPT, model, tmp_path / "engine.log"]
    with subprocess.Popen([str(each) for each in command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as host:
        try:
            yield host
        finally:
            host.kill()


def told(host: subprocess.Popen[str]) -> dict[str, Any]:
    assert host.stdout is not None
    found: dict[str, Any] = json.loads(host.stdout.readline())
    return found


@pytest.mark.parametrize("seconds", [0.0, 1.5, 5.0])
def test_no_engine_outlives_us_even_while_it_is_loading(tmp_path: Path, seconds: float) -> None:
    with hosted(tmp_path) as host:
        engine = told(host)["pid"]
        time.sleep(seconds)
        assert alive(engine)
        host.kill()
        # While a library is being loaded the engine hears of it a little later.
        wait_until(lambda: not alive(engine) and group_of(engine) == [], 3 if seconds == 0 else 8)


def test_no_engine_outlives_us_when_we_are_killed_without_warning(tmp_path: Path) -> None:
    with hosted(tmp_path) as host:
        engine = told(host)["pid"]
        ready = told(host)
        workers = ready["pids"]
        assert len(workers) == 2
        assert all(alive(pid) for pid in [engine, *workers])
        # One of them hangs, as it might.
        os.kill(workers[0], signal.SIGSTOP)
        host.kill()
        wait_until(lambda: not any(alive(pid) for pid in [engine, *workers]), 3)
    assert group_of(engine) == []
