"""The engine's short ways give what Rasa's own give."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.config import ROOT
from bot.dialogue.training import ENGINE_PYTHON, ensure_model
from tests.live import MODELS

pytestmark = pytest.mark.engine
SCRIPT = Path(__file__).parent / "understood_alike.py"
ODD = [
    "?",
    "🙏🙏",
    "a",
    "x" * 9000,
    "13526001",
    "<b>halo</b>",
    "ya " * 400,
    "كيف الحال",
    "kata-yang-tidak-dikenal qwxz",
]


def examples() -> list[str]:
    """Every ninth line of the training data."""
    found: list[str] = []
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for part in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [line.removeprefix("- ").strip() for line in str(part.get("examples", "")).splitlines()]
    return [line for line in found if line][::9]


def test_texts_are_understood_as_rasa_itself_understands_them() -> None:
    lines = [*examples(), *ODD]
    done = subprocess.run(
        [ENGINE_PYTHON, SCRIPT, ensure_model(MODELS, print)],
        input="\n".join(lines), capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["lines"] == len(lines) > 100
    assert told["shortened"]
    assert told["different"] == []
