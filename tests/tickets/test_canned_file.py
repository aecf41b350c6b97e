"""Canned replies and macros as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import ROOT
from bot.errors import RefusedFile
from bot.storage.database import Database
from bot.tickets.canned import Canned, all_replies
from bot.tickets.canned_file import export_canned, import_canned
from bot.tickets.macros import Macro, Steps, all_macros
from tests.conftest import FakeClock
from tests.tickets.test_canned import KNOWN

DEMO = ROOT / "data" / "canned" / "demo.yml"
FAULTY = """\
replies:
  - id: salam
    words:
      id:
        title: Salam
        text: |
          Halo {name},
          tiket {tiket}
      en: {title: "", text: "Hi {nmae}"}
  - id: salam
    category: tak-ada
    words: {}
  - id: kurang
    word: {}
macros:
  - id: m
    title: {id: M}
    reply: hilang
    priority: asap
    tags: x
  - id: kosong
    title: {fr: M}
"""


def test_what_is_written_is_read_as_it_was(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    with db.write() as session:
        assert import_canned(session, DEMO, KNOWN, "sri", clock()) == (4, 2)
        text, files = export_canned(session)
        assert files == {}
        before = [Canned.of(row) for row in all_replies(session)], [Macro.of(row) for row in all_macros(session)]
    again = tmp_path / "again.yml"
    again.write_text(text, encoding="utf-8")
    with db.write() as session:
        import_canned(session, again, KNOWN, "admin", clock.advance(hours=1))
        after = [Canned.of(row) for row in all_replies(session)], [Macro.of(row) for row in all_macros(session)]
        assert after == before
        assert {row.changed_by for row in all_replies(session)} == {"sri"}
        assert export_canned(session)[0] == text
    assert (
        Macro("sampah", {"id": "Tutup sebagai spam", "en": "Close as spam"}, None, Steps(tags=["spam"], then="spam"))
        in after[1]
    )


def test_a_faulty_file_is_refused_whole_with_the_line_of_every_fault(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    path = tmp_path / "c.yml"
    path.write_text(FAULTY, encoding="utf-8")
    with db.write() as session:
        with pytest.raises(RefusedFile) as refused:
            import_canned(session, path, KNOWN, "sri", clock())
        assert (all_replies(session), all_macros(session)) == ([], [])
    told = [fault.removeprefix(f"{path}:").partition(": ")[::2] for fault in refused.value.faults]
    expected = [
        ("8", "no variable {tiket}"), ("9", "no variable {nmae}"), ("9", "Title (English): is empty"),
        ("10", "salam is already used in line 2"), ("11", "there is no tak-ada"), ("12", "needs a title and a text"),
        ("13", "lacks words"), ("13", "needs a title and a text"), ("14", "unknown key 'word'"),
        ("18", "there is no hilang"), ("19", "asap is none of"), ("20", "must be a list"),
        ("21", "does nothing"), ("22", "Title: is empty"), ("22", "unknown key 'fr'"),
    ]  # fmt: skip
    assert [line for line, _ in told] == [line for line, _ in expected]
    for line, what in expected:
        assert any(what in said for where, said in told if where == line), what


@pytest.mark.parametrize(
    "text", ["", "[]", "replies: {}", "replies: [salam]", "nix: 1", "macros: [{id: [], title: 1}]"]
)
def test_what_is_no_such_file_is_refused(db: Database, clock: FakeClock, tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yml"
    path.write_text(text, encoding="utf-8")
    with db.write() as session, pytest.raises(RefusedFile, match=r"c\.yml:1: "):
        import_canned(session, path, KNOWN, "sri", clock())
