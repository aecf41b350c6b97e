"""Canned replies and macros from the command line."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.config import ROOT
from bot.storage.database import Database
from bot.tickets.model import Ticket
from tests.commands.conftest import Sapa

DEMO = str(ROOT / "data" / "canned" / "demo.yml")


def test_canned_replies_are_imported_listed_exported_and_deleted(sapa: Sapa, ticket: str, tmp_path: Path) -> None:
    assert "minta-nim  Ask for the number  (system, " in sapa("canned", "list").out
    assert sapa("canned", "import", DEMO).out.startswith("4 canned replies and 2 macros")
    listed = sapa("canned", "list", "--language", "id").out.splitlines()
    assert listed[0].startswith("minta-nim  Minta NIM atau NIP  (")
    assert listed[-1].startswith("macro tanya-nim  Minta NIM lalu tunggu  (")
    assert "said by the macro tanya-nim" in sapa("canned", "delete", "minta-nim").sentence()
    assert sapa("canned", "delete", "tanya-nim", "--macro").out == "tanya-nim is deleted.\n"
    assert sapa("canned", "delete", "minta-nim").code == 0
    out = tmp_path / "out.yml"
    assert sapa("canned", "export", "--out", str(out)).code == 0
    assert out.read_text(encoding="utf-8") == sapa("canned", "export").out
    assert "minta-nim" not in sapa("canned", "export").out


def test_a_faulty_file_is_told_with_its_line(sapa: Sapa, ticket: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yml"
    path.write_text("replies:\n  - id: a\n    words:\n      id: {title: A, text: '{nmae}'}\n", encoding="utf-8")
    assert "c.yml:4: Text (Indonesian): there is no variable {nmae}" in sapa("canned", "import", str(path)).sentence()


def test_a_macro_is_taken_with_tickets_and_says_which_refused(sapa: Sapa, ticket: str, opened: Database) -> None:
    told = sapa("canned", "apply", "sampah", ticket, "CC-2026-000099")
    assert told.code == 1
    assert told.out.splitlines()[0] == f"{ticket}: done"
    assert "CC-2026-000099: There is no ticket" in told.out
    assert told.err.strip() == "sapa: 1 of 2 tickets were not changed."
    with opened.read() as session:
        assert session.scalars(select(Ticket.status)).one() == "closed"
    assert "There is no macro hilang" in sapa("canned", "apply", "hilang", ticket).sentence()
