"""Imports point one way, and importing a module does nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels.registry import CHANNELS
from bot.config import ROOT
from tests.structure.source import Module, modules

# From the kernel up: a module imports its own room and lower floors.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("bot.errors", "bot.clock", "bot.mail", "bot.metrics", "bot.oidc", "bot.yaml_faults"),
    ("bot.config", "bot.storage"),
    ("bot.paper",),
    ("bot.identity", "bot.knowledge", "bot.procedures"),
    ("bot.webhooks",),
    ("bot.tickets",),
    ("bot.conversation",),
    ("bot.reports",),
    ("bot.dialogue", "bot.channels", "bot.web"),
    ("bot.simulation",),
    ("bot.app", "bot.demo", "bot.serving"),
    ("bot.commands", "bot.__main__"),
)
EDGES = FLOORS[8]
CORE = ("bot.identity", "bot.knowledge", "bot.procedures", "bot.tickets", "bot.conversation", "bot.errors", "bot.clock")
EXCEPTIONS = {
    # Collects every mapped class, so that one import fills the metadata; only migrations and tests import it.
    "bot.storage.models",
    "bot.storage.migrations.env",
}


def room(name: str) -> str | None:
    """The room that a module is in: ``bot.tickets`` for ``bot.tickets.model``; None for what is not of bot."""
    return next((each for floor in FLOORS for each in floor if name == each or name.startswith(f"{each}.")), None)


def floor_of(name: str) -> int:
    return next(height for height, floor in enumerate(FLOORS) if name in floor)


BOT = modules("bot")


def test_every_module_is_in_a_room() -> None:
    assert [module.name for module in BOT if room(module.name) is None and module.name != "bot"] == []
    assert {room(module.name) for module in BOT} - {None} == {each for floor in FLOORS for each in floor}


@pytest.mark.parametrize("module", BOT, ids=lambda module: module.name)
def test_imports_point_one_way(module: Module) -> None:
    here = room(module.name)
    if here is None or module.name in EXCEPTIONS:
        return
    wrong = []
    for name in module.imports():
        there = room(name)
        if there is not None and there != here and floor_of(there) >= floor_of(here):
            # The kernel's and the top's single files may use each other; rooms of one floor may not.
            if floor_of(there) == floor_of(here) and floor_of(here) in (0, len(FLOORS) - 2, len(FLOORS) - 1):
                continue
            wrong.append(name)
    assert wrong == []


def test_the_exceptions_are_there_and_only_migrations_use_them() -> None:
    assert {module.name for module in BOT} >= EXCEPTIONS
    users = {module.name for module in BOT if "bot.storage.models" in set(module.imports())}
    assert users == {"bot.storage.migrations.env"}


def test_a_channel_knows_no_other_channel() -> None:
    looked_at = 0
    folders = {path.name for path in (ROOT / "bot" / "channels").iterdir() if (path / "__init__.py").exists()}
    assert len(folders) >= 4
    for module in BOT:
        parts = module.name.split(".")
        if parts[:2] != ["bot", "channels"] or len(parts) < 3 or parts[2] not in folders:
            continue
        looked_at += 1
        others = {f"bot.channels.{folder}" for folder in folders - {parts[2]}} | {"bot.channels.registry"}
        assert not [name for name in module.imports() if any(f"{name}.".startswith(f"{o}.") for o in others)]
    assert looked_at > 10


def test_a_channel_is_a_folder_and_a_line_of_the_registry() -> None:
    for name, folder in {name: {"web": "webchat"}.get(name, name) for name in CHANNELS}.items():
        assert (ROOT / "bot" / "channels" / folder / "README.md").exists(), name


@pytest.mark.parametrize("module", modules("actions"), ids=lambda module: module.name)
def test_actions_import_the_core_only(module: Module) -> None:
    wrong = [
        name
        for name in module.imports()
        if name.startswith("bot") and not any(f"{name}.".startswith(f"{each}.") for each in CORE)
    ]
    assert wrong == []
    outside = {name.split(".")[0] for name in module.imports()} - {"bot", "actions"} - set(sys.stdlib_module_names)
    assert outside <= {"rasa_sdk", "sqlalchemy"}


def test_nothing_of_ours_imports_rasa_or_the_actions() -> None:
    looked_at = modules("bot", "actions")
    assert len(looked_at) > 100
    importers = [(m.name, name) for m in looked_at for name in m.imports() if name.split(".")[0] == "rasa"]
    assert importers == []
    assert [m.name for m in BOT for name in m.imports() if name.split(".")[0] == "actions"] == []


SPY = """
import json, os, sys, threading
root = sys.argv[1] + os.sep
ours = (root + "bot" + os.sep, root + "actions" + os.sep)
seen = []
WAYS = {"string", "frozen os", "frozen _collections_abc", "frozen codecs", "pathlib.py", "socket.py", "tempfile.py",
        "shutil.py", "_local.py"}

def mine(depth):
    # Whose code it is: the innermost frame that is not this spy's, nor the library's way to a file or a variable.
    frame = sys._getframe(depth)
    while frame is not None and os.path.basename(frame.f_code.co_filename.strip("<>")) in WAYS:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(ours)

def hook(event, args):
    if event == "open":
        path, mode, flags = args
        writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & (os.O_WRONLY | os.O_RDWR)
        importing = str(path).endswith((".py", ".pyc"))
        if writes and str(path) != os.devnull or not importing and mine(2):
            seen.append(["open", str(path)])
    elif event in ("socket.bind", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork", "os.mkdir",
                   "os.remove", "os.rename", "os.putenv", "sqlite3.connect"):
        if event != "os.putenv" or mine(2):
            seen.append([event, str(args)[:200]])
    elif event == "socket.__new__" and mine(2):
        seen.append([event, ""])

plain = os._Environ.__getitem__
def watched(self, key):
    if mine(2):
        seen.append(["environment", str(key)])
    return plain(self, key)
os._Environ.__getitem__ = watched
sys.addaudithook(hook)
import importlib
for name in sys.argv[2:]:
    importlib.import_module(name)
more = [thread.name for thread in threading.enumerate()][1:]
print(json.dumps({"seen": seen, "threads": more}))
"""


def test_importing_a_module_touches_no_file_socket_or_setting() -> None:
    names = [
        module.name
        for module in modules("bot", "actions")
        # Alembic runs these as scripts.
        if not module.name.startswith("bot.storage.migrations.") and module.name != "bot.__main__"
    ]
    assert len(names) > 100
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-c", SPY, str(ROOT), *names],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["seen"] == []
    assert told["threads"] == []


def test_the_spy_sees_what_it_is_there_for(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__init__.py").write_text(
        "import os, pathlib, socket\n"
        "os.environ.get('HOME')\n"
        "pathlib.Path(__file__).with_suffix('.txt').write_text('')\n"
        "socket.socket().close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", SPY, str(tmp_path), "bot"],
        cwd=str(tmp_path), env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {kind for kind, _ in json.loads(done.stdout)["seen"]} == {"environment", "open", "socket.__new__"}
