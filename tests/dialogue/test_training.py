"""The model is trained when what it is made of changed, and only then."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.dialogue import training
from bot.dialogue.training import INPUTS, KEEP, ensure_model, fingerprint
from bot.errors import SapaError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository with all that a model is made of."""
    made = tmp_path / "repository"
    for name in INPUTS:
        if "." in Path(name).name:
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_text(f"# {name}\n")
        else:
            (made / name).mkdir(parents=True)
            (made / name / "talk.yml").write_text(f"# talk of {name}\n")
            (made / name / "tickets.yml").write_text(f"# tickets of {name}\n")
    return made


FILES = [name if "." in Path(name).name else f"{name}/talk.yml" for name in INPUTS]


@pytest.mark.parametrize("name", FILES)
def test_it_changes_with_every_input(root: Path, name: str) -> None:
    before = fingerprint(root)
    (root / name).write_text((root / name).read_text() + "more\n")
    assert fingerprint(root) != before


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file more": lambda root: (root / "data/nlu/more.yml").write_text(""),
    "a file less": lambda root: (root / "data/rules/talk.yml").unlink(),
    "another name": lambda root: (root / "data/nlu/talk.yml").rename(root / "data/nlu/talks.yml"),
    "another folder": lambda root: (root / "data/nlu/talk.yml").rename(root / "data/rules/more.yml"),
    "two files' contents swapped": lambda root: (
        (root / "data/nlu/talk.yml").rename(root / "x"),
        (root / "data/nlu/tickets.yml").rename(root / "data/nlu/talk.yml"),
        (root / "x").rename(root / "data/nlu/tickets.yml"),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_changes_with_names_and_places(root: Path, change: Callable[[Path], object]) -> None:
    before = fingerprint(root)
    change(root)
    assert fingerprint(root) != before


def test_nothing_else_changes_it(root: Path, tmp_path: Path) -> None:
    before = fingerprint(root)
    os.utime(root / "domain.yml", (1, 1))
    (root / "domain.yml").chmod(0o600)
    (root / "README.md").write_text("x")
    (root / "data/knowledge").mkdir()
    (root / "data/knowledge/id.yml").write_text("x")
    (root / "data/nlu/.talk.yml.swp").write_text("x")
    (root / "data/nlu/notes.md").write_text("x")
    shutil.copytree(root, tmp_path / "elsewhere")
    assert fingerprint(root) == fingerprint(tmp_path / "elsewhere") == before


# Training, with a stand-in for Rasa.

TRAINS = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --out) out=$2 ;; --fixed-model-name) name=$2 ;; esac
    shift
done
echo trained >> "$out/../trained"
echo model > "$out/$name.tar.gz"
"""
FAILS = "#!/bin/sh\necho 'InvalidDomain: line 7 is wrong' >&2\nexit 1\n"


@pytest.fixture
def rasa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    program = tmp_path / "python"

    def becomes(script: str) -> None:
        program.write_text(script)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(training, "ENGINE_PYTHON", program)

    return becomes


def test_a_model_is_trained_once_for_the_same_inputs(root: Path, tmp_path: Path, rasa: Callable[[str], None]) -> None:
    rasa(TRAINS)
    told: list[str] = []
    models = tmp_path / "models"
    first = ensure_model(models, told.append, root)
    assert ensure_model(models, told.append, root) == first
    assert first.name == f"{fingerprint(root)}.tar.gz"
    assert (tmp_path / "trained").read_text().count("trained") == 1
    assert len(told) == 1
    (root / "domain.yml").write_text("other")
    assert ensure_model(models, told.append, root) != first
    assert (tmp_path / "trained").read_text().count("trained") == 2


def test_a_long_training_says_that_it_goes_on(
    root: Path, tmp_path: Path, rasa: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "TELLS_SECONDS", 0.1)
    rasa(TRAINS.replace("echo trained", "sleep 0.5\necho trained"))
    told: list[str] = []
    ensure_model(tmp_path / "models", told.append, root)
    assert any("still training" in line for line in told[1:])


def test_only_a_few_models_are_kept(root: Path, tmp_path: Path, rasa: Callable[[str], None]) -> None:
    rasa(TRAINS)
    models = tmp_path / "models"
    made = []
    for number in range(KEEP + 2):
        (root / "domain.yml").write_text(str(number))
        made.append(ensure_model(models, lambda _: None, root))
        os.utime(made[-1], (number, number))
    assert sorted(models.glob("*.gz")) == sorted(made[-KEEP:])


def test_a_training_that_fails_says_why_and_leaves_no_model(
    root: Path, tmp_path: Path, rasa: Callable[[str], None]
) -> None:
    rasa(FAILS)
    with pytest.raises(SapaError, match="line 7 is wrong"):
        ensure_model(tmp_path / "models", lambda _: None, root)
    assert list((tmp_path / "models").glob("*.gz")) == []


def test_without_rasas_environment_it_says_what_builds_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "ENGINE_PYTHON", tmp_path / "none")
    with pytest.raises(SapaError, match="make setup"):
        ensure_model(tmp_path / "models", lambda _: None, root)
