"""Canned replies and macros from the command line."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.config import ROOT
from bot.storage.database import Database
from bot.tickets.model import Ticket
from tests.commands.conftest import Sapa
from tests.conversation.test_enclosing import PNG, on_disk

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


WITH_FILE = """\
replies:
  - id: peta
    files: [files/denah.png]
    words:
      id: {title: Denah, text: "Ini denahnya, {name}."}
"""


def test_a_canned_reply_takes_its_files_along_and_brings_them_beside_what_is_exported(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "denah.png").write_bytes(PNG)
    (folder / "peta.yml").write_text(WITH_FILE, encoding="utf-8")
    assert sapa("canned", "import", str(folder / "peta.yml")).out.startswith("1 canned replies")
    kept = on_disk(tmp_path / "data")
    assert sapa("canned", "import", str(folder / "peta.yml")).code == 0
    assert on_disk(tmp_path / "data") == kept, "what has not changed is not kept twice"
    assert "1 files go with the canned replies" in sapa("canned", "export").sentence()
    out = tmp_path / "out" / "all.yml"
    out.parent.mkdir()
    assert sapa("canned", "export", "--out", str(out)).out == f"{out} is written, with 1 files beside it.\n"
    assert (out.parent / "files" / "peta" / "denah.png").read_bytes() == PNG
    assert sapa("canned", "import", str(out)).code == 0
    assert on_disk(tmp_path / "data") == kept
    assert sapa("reply", ticket, "--canned", "peta", "Lantai", "dua.").out == "Queued.\n"
    shown = sapa("show", ticket).out
    assert "Ini denahnya" in shown
    assert shown.count("[denah.png]") == 1
    assert "Lantai dua." in shown
    assert "no canned reply hilang" in sapa("reply", ticket, "--canned", "hilang").sentence()


def test_a_file_that_cannot_be_taken_is_told_with_its_line_and_nothing_is_kept(
    sapa: Sapa, ticket: str, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "files").mkdir(parents=True)
    (tmp_path / "outside.txt").write_text("rahasia")
    (folder / "files" / "denah.png").write_bytes(PNG)
    (folder / "files" / "laman.html").write_bytes(b"<html><script>alert(1)</script></html>")
    path = folder / "peta.yml"
    for name, told in (
        ("files/hilang.png", "Files: there is no file files/hilang.png in this folder"),
        ("../outside.txt", "Files: there is no file ../outside.txt in this folder"),
        ("files/laman.html", "laman.html is not a kind of file that can be sent"),
    ):
        path.write_text(WITH_FILE.replace("[files/denah.png]", f"[files/denah.png, {name}]"), encoding="utf-8")
        assert f"peta.yml:3: {told}" in sapa("canned", "import", str(path)).sentence()
    assert on_disk(tmp_path / "data") == []
    assert "peta" not in sapa("canned", "list").out


def test_canned_replies_are_kept_by_who_may_curate(sapa: Sapa, ticket: str) -> None:
    assert "rina has no role that may curate" in sapa("canned", "import", DEMO, "--as", "rina").sentence()
    assert "rina has no role that may curate" in sapa("canned", "delete", "minta-nim", "--as", "rina").sentence()
    assert sapa("canned", "import", DEMO, "--as", "sri").code == 0
