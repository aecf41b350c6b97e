"""What the engine lets through to Rasa, which takes text with a leading slash for a command."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from bot.dialogue.training import ENGINE_SCRIPT


@pytest.fixture(scope="module")
def serve() -> Any:
    spec = importlib.util.spec_from_file_location("serve", ENGINE_SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/affirm", "affirm"),
        ("/ /affirm", "affirm"),
        (' /\u00a0/\u2003 // /affirm{"number": "1"}', 'affirm{"number": "1"}'),
        ("dan/atau ", "dan/atau"),
        ("halo\n/affirm", "halo\n/affirm"),
        ("/ /", "?"),
        ("", "?"),
        (None, "?"),
    ],
)
def test_nobody_can_name_an_intent(serve: Any, text: str | None, seen: str) -> None:
    assert serve.plain(text) == seen
