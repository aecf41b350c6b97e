"""The dialogue model: trained when what it is made of changed, and only then."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bot.config import ROOT
from bot.errors import SapaError

INPUTS = ("domain.yml", "config.yml", "engine/uv.lock", "data/nlu", "data/rules", "data/stories")
DATA = ("data/nlu", "data/rules", "data/stories")
ENGINE_PYTHON = ROOT / "engine" / ".venv" / "bin" / "python"
ENGINE_SCRIPT = ROOT / "engine" / "serve.py"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore", "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
         "RASA_TELEMETRY_ENABLED": "false"}  # fmt: skip
TELLS_SECONDS = 15
"""So often whoever waits for a training hears that it goes on."""
KEEP = 3
"""Models that are kept; older ones are deleted."""


def fingerprint(root: Path) -> str:
    """A digest of everything the model is made of."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = root / name
        for file in sorted(path.rglob("*.yml")) if path.is_dir() else [path]:
            digest.update(f"{file.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def ensure_model(models: Path, tell: Callable[[str], None], root: Path = ROOT) -> Path:
    """The path of the model for the present inputs; trains it first if there is none. Raises SapaError."""
    model = models / f"{fingerprint(root)}.tar.gz"
    if model.exists():
        return model
    refuse_without_engine()
    models.mkdir(parents=True, exist_ok=True)
    # Of several processes that want the same model one trains it; the others wait and find it there.
    with (models / "training.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not model.exists():
            tell("Training the dialogue model (one to two minutes) …")
            _train(model, root, tell)
    for old in sorted(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEEP]:
        old.unlink()
    return model


def refuse_without_engine() -> None:
    """Raises SapaError when Rasa's environment is not there."""
    if not ENGINE_PYTHON.exists():
        raise SapaError("Rasa's environment (engine/.venv) is missing; `make setup` builds it.")


def _train(model: Path, root: Path, tell: Callable[[str], None]) -> None:
    # Rasa takes a dot in the name for the beginning of an ending.
    part = f"part-{os.getpid()}"
    command = [
        str(ENGINE_PYTHON), "-W", "ignore", "-m", "rasa", "train", "--quiet",
        "--config", "config.yml", "--domain", "domain.yml",
        "--data", *(name for name in DATA if (root / name).exists()),
        "--out", str(model.parent), "--fixed-model-name", part,
    ]  # fmt: skip
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603
        command, cwd=root, env={**os.environ, **QUIET}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as training:  # fmt: skip
        try:
            output = _output(training, lambda: tell(f"… still training ({time.monotonic() - began:.0f} s)"))
        except BaseException:
            training.kill()
            raise
    made = model.parent / f"{part}.tar.gz"
    if training.returncode != 0 or not made.exists():
        raise SapaError(f"Training the dialogue model failed:\n{output[-2000:]}")
    # Renamed at the end: a training that was killed leaves no half model behind.
    made.replace(model)


def _output(process: subprocess.Popen[str], still_running: Callable[[], None]) -> str:
    """What the process said until it ended; ``still_running`` is called meanwhile."""
    while True:
        try:
            return process.communicate(timeout=TELLS_SECONDS)[0]
        except subprocess.TimeoutExpired:
            still_running()
