"""Stock Rasa as ``pip install`` gives it, with its REST channel and its own action server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.wire import get
from bot.config import ROOT
from bot.dialogue.training import QUIET
from bot.errors import SapaError

STOCK = ROOT / "var" / "bench" / "stock"
REQUIREMENTS = ("rasa==3.6.21", "setuptools<81")
"""setuptools: Rasa imports pkg_resources, which newer ones no longer have; nothing else is pinned."""
START_SECONDS = 240


def build() -> Path:
    """The environment's Python; made at the first call (2.5 GB). Raises SapaError."""
    python, done = STOCK / "bin" / "python", STOCK / ".done"
    if done.exists() and done.read_text(encoding="utf-8") == str(REQUIREMENTS):
        return python
    uv = find_uv()
    env = {**os.environ, "VIRTUAL_ENV": str(STOCK)}
    for command in (["venv", "--clear", "--python", "3.10", str(STOCK)], ["pip", "install", *REQUIREMENTS]):
        made = subprocess.run([uv, "--quiet", *command], env=env, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise SapaError(f"Stock Rasa's environment could not be built:\n{made.stderr[-2000:]}")
    done.write_text(str(REQUIREMENTS), encoding="utf-8")
    return python


def versions(python: Path) -> dict[str, str]:
    """Versions of the libraries that matter."""
    names = ("rasa", "rasa-sdk", "jsonschema", "sanic", "tensorflow")
    code = f"import json, importlib.metadata as m; print(json.dumps({{n: m.version(n) for n in {names!r}}}))"
    told = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(told.stdout)
    return found


@contextmanager
def running(model: Path, recording: Path, folder: Path) -> Iterator[int]:
    """``rasa run`` and ``rasa run actions`` with the stand-in actions; gives the port of the REST channel.

    ``folder`` takes their settings and logs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python, port, action_port = build(), _free_port(), _free_port()
    (folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    (folder / "endpoints.yml").write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{action_port}/webhook\n", encoding="utf-8"
    )
    shutil.copy(Path(__file__).parent / "stock" / "actions.py", folder / "actions.py")
    env = {**os.environ, **QUIET, "SAPA_BENCH_RECORDING": str(recording), "SANIC_HOST": "127.0.0.1"}
    rasa = [str(python), "-W", "ignore", "-m", "rasa", "run"]
    with ExitStack() as stack:
        actions = stack.enter_context(
            _process([*rasa, "actions", "--actions", "actions", "--port", str(action_port), "--quiet"], folder, env)
        )
        server = stack.enter_context(
            _process(
                [*rasa, "--model", str(model), "--credentials", "credentials.yml", "--endpoints", "endpoints.yml",
                 "--interface", "127.0.0.1", "--port", str(port), "--quiet"], folder, env,
            )
        )  # fmt: skip
        _wait(actions, action_port, "/health")
        _wait(server, port, "/")
        yield port


@contextmanager
def _process(command: list[str], folder: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(child: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            get(port, path)
        except (OSError, EOFError, TimeoutError):
            time.sleep(0.25)
        else:
            return
    raise SapaError("Stock Rasa did not start; its log is beside its settings.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def find_uv() -> str:
    """Where ``tools/setup`` found or put it."""
    found = shutil.which("uv")
    if found is None and (ROOT / ".tools" / "uv" / "bin" / "uv").exists():
        found = str(ROOT / ".tools" / "uv" / "bin" / "uv")
    if found is None:
        raise SapaError("uv is needed to build stock Rasa; `make setup` gets it.")
    return found
