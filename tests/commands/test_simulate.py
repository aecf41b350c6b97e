"""``sapa simulate`` from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.tickets import firing
from tests.commands.conftest import Sapa


def test_it_writes_the_recap_and_the_promises_and_leaves_the_institutions_data_alone(
    sapa: Sapa, tmp_path: Path
) -> None:
    said = sapa(
        "simulate", "--profile", "kominfo", "--people", "40", "--out", str(tmp_path / "out"), "--language", "en"
    )
    assert said.code == 0, said.err
    assert said.out.startswith("kominfo, 40 people, ")
    assert "Differences from the ledger: 0." in said.out
    assert "First response" in said.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "promises.pdf", "promises.xlsx", "recap.pdf", "recap.xlsx", "steps.csv",
    ]  # fmt: skip
    assert not (tmp_path / "data").exists()


def test_it_ends_with_1_when_the_ledger_says_otherwise(
    sapa: Sapa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firing, "_holding", lambda session, profile, roles: [])
    database = f"sqlite:///{tmp_path / 'kept.db'}"
    said = sapa(
        "simulate", "--people", "160", "--out", str(tmp_path / "out"), "--language", "en", "--database", database
    )
    assert said.code == 1
    assert "expected, not done" in said.out
    assert (tmp_path / "kept.db").exists()
    assert "in use already" in sapa("simulate", "--people", "1", "--database", database).sentence()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--profile", "oxford"], "itb, kominfo, ppti, unair, unej"),
        (["--month", "November"], "write it as 2026-11"),
        (["--database", "mysql://localhost/sapa"], "sqlite:///path or postgresql://"),
    ],
)
def test_what_cannot_be_simulated_is_told_in_a_sentence(sapa: Sapa, arguments: list[str], told: str) -> None:
    assert told in sapa("simulate", *arguments).sentence()
