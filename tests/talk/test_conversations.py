"""Conversations as people have them, through the real engine; see ``script.py`` for the files' lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.talk.harness import Talk
from tests.talk.script import play, steps

FOLDER = Path(__file__).parent
FILES = sorted(path for folder in ("happy", "repair", "refusal") for path in (FOLDER / folder).glob("*.txt"))


@pytest.mark.engine
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_conversation(path: Path, talks: Callable[[], Talk]) -> None:
    differences = list(play(talks(), path))
    assert not differences, "\n".join(differences)


def test_every_kind_has_conversations_in_both_languages() -> None:
    for kind in ("happy", "repair", "refusal"):
        names = [path.stem for path in FILES if path.parent.name == kind]
        assert sum(name.endswith("_id") for name in names) >= 5, kind
        assert sum(name.endswith("_en") for name in names) >= 3, kind


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_conversations_say_what_is_answered(path: Path) -> None:
    script = steps(path)
    assert any(step.replies for step in script)
