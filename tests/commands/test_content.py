"""Importing the roster and the templates: all or nothing, and every fault with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.config import ROOT
from bot.identity.model import RosterEntry
from bot.knowledge import store
from bot.storage.database import Database
from tests.commands.conftest import Said, Sapa

HEADER = "number,name,birth_date,kind,unit,email\n"
GOOD = "13526999,Budi Baru,2004-05-12,student,Informatika,budi@contoh.id\n"


def count(db: Database) -> tuple[int, int]:
    with db.read() as session:
        entries = session.scalar(select(func.count()).select_from(RosterEntry)) or 0
        return entries, len(store.load(session).templates)


def test_a_faulty_roster_names_every_line_and_imports_nothing(
    sapa: Sapa, tmp_path: Path, ticket: str, opened: Database
) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(HEADER + GOOD + "13526998,,12/05/2004,student,X,a@b.id\n13526999,Sri,2004-01-01,guest,X,a@b.id\n")
    before = count(opened)
    lines = sapa("roster", "import", str(file)).sentence().splitlines()
    assert len(lines) >= 4
    assert all(line.startswith((f"{file}:3: ", f"{file}:4: ")) for line in lines)
    assert count(opened) == before
    assert before[0] >= 50


def test_a_roster_that_is_not_there_is_told(sapa: Sapa, tmp_path: Path) -> None:
    assert sapa("roster", "import", str(tmp_path / "none.csv")).sentence() == (
        f"{tmp_path / 'none.csv'}:1: cannot be read (No such file or directory)"
    )


def test_a_good_roster_replaces_the_old_one(sapa: Sapa, tmp_path: Path, ticket: str, opened: Database) -> None:
    (tmp_path / "roster.csv").write_text(HEADER + GOOD)
    said = sapa("roster", "import", str(tmp_path / "roster.csv"))
    assert said.code == 0
    assert said.out.startswith("1 added, 0 changed, ")
    assert count(opened)[0] == 1


def test_faulty_templates_name_file_and_line_and_import_nothing(
    sapa: Sapa, tmp_path: Path, ticket: str, opened: Database
) -> None:
    folder = tmp_path / "knowledge" / "id"
    folder.mkdir(parents=True)
    good = (ROOT / "data" / "knowledge" / "id" / "akun.yml").read_text(encoding="utf-8")
    (folder / "akun.yml").write_text(good)
    (folder / "rusak.yml").write_text("category: Rusak\ntemplates:\n  - id: [\n")
    before = count(opened)
    sentence = sapa("knowledge", "import", str(tmp_path / "knowledge")).sentence()
    assert all(line.startswith(f"{folder}/") for line in sentence.splitlines())
    assert f"{folder / 'rusak.yml'}:" in sentence
    assert count(opened) == before


def test_a_folder_without_templates_is_told(sapa: Sapa, tmp_path: Path, ticket: str) -> None:
    assert str(tmp_path / "none") in sapa("knowledge", "import", str(tmp_path / "none")).sentence()


def test_what_was_exported_can_be_imported_and_changes_nothing(sapa: Sapa, tmp_path: Path, ticket: str) -> None:
    assert sapa("knowledge", "export", str(tmp_path / "out")).code == 0
    assert len(list((tmp_path / "out").rglob("*.yml"))) >= 20
    assert sapa("knowledge", "import", str(tmp_path / "out")).code == 0


def test_it_can_be_asked_what_it_would_answer(sapa: Sapa, ticket: str) -> None:
    said = sapa("knowledge", "ask", "ukt", "telat", "bayar", "gmn", EMBEDDINGS="no")
    assert said.code == 0
    assert said.out.startswith("answer\n")
    assert "ukt-telat-bayar" in said.out


def test_a_language_without_templates_is_refused(sapa: Sapa, ticket: str) -> None:
    assert sapa("knowledge", "ask", "--language", "de", "Studium").sentence() == "--language must be one of id, en."


def measured(sapa: Sapa, folder: Path, *more: str) -> Said:
    """``evaluate`` of a base with one template; one question ends in half an emoji."""
    (folder / "t").write_text('{"id": "ukt", "lang": "id", "questions": ["cara bayar ukt"], "answer": "Di bank."}')
    (folder / "q").write_text('{"text": "bayar ukt \\ud83d", "template": "ukt"}')
    return sapa("knowledge", "evaluate", "--templates", f"{folder / 't'}", "--questions", f"{folder / 'q'}",
                "--no-embeddings", *more)  # fmt: skip


def test_half_an_emoji_is_written_as_it_was_read(sapa: Sapa, tmp_path: Path) -> None:
    assert measured(sapa, tmp_path, "--json", f"{tmp_path / 'out'}").code == 0
    assert json.loads((tmp_path / "out").read_text(encoding="utf-8"))["questions"][0]["text"] == "bayar ukt \ud83d"


@pytest.mark.parametrize("option", ["--json", "--cache"])
def test_where_nothing_can_be_written_it_is_said_before_measuring(sapa: Sapa, tmp_path: Path, option: str) -> None:
    file = tmp_path / "none" / "out"
    assert measured(sapa, tmp_path, option, f"{file}").sentence().startswith(f"{file} cannot be written")
    assert "cannot be written" in measured(sapa, tmp_path, option, f"{tmp_path}").sentence()


def test_a_file_that_keeps_no_embeddings_is_not_written_over(sapa: Sapa, tmp_path: Path) -> None:
    base = tmp_path / "t"
    said = measured(sapa, tmp_path, "--cache", f"{base}").sentence()
    assert said == f"{base} is no file of embeddings; it is left as it is."
    assert base.read_text().startswith('{"id": "ukt"')


def test_it_tells_why_it_would_answer_so(sapa: Sapa, ticket: str) -> None:
    said = sapa("knowledge", "ask", "--explain", "ukt", "telat", "bayar", "gmn", EMBEDDINGS="no")
    assert said.code == 0
    for part in ("like: ", "for it: ", "read as: ukt telat bayar bagaimana", "an answer is given from "):
        assert part in said.out
