"""``sapa report``: a file, and one line about it."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from bot.commands import report
from bot.reports.recaps import announce
from bot.storage.database import Database
from tests.commands.conftest import NOW, Sapa


def test_the_monthly_report_is_written_as_asked(
    sapa: Sapa, ticket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "utc_now", lambda: NOW + timedelta(days=1))
    for kind in ("pdf", "xlsx", "csv"):
        out = tmp_path / f"recap.{kind}"
        said = sapa("report", "monthly", "2026-11", "--format", kind, "--out", str(out), "--language", "en")
        assert (said.code, said.err) == (0, "")
        assert str(out) in said.out
    assert "Monthly report" in PdfReader(tmp_path / "recap.pdf").pages[0].extract_text()
    summary = load_workbook(BytesIO((tmp_path / "recap.xlsx").read_bytes())).worksheets[0]
    assert [cell.value for cell in summary[5]] == ["Tickets opened", 1]
    assert "Tickets opened,1\r\n" in (tmp_path / "recap.csv").read_bytes().decode()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("weekly", "2026-W48"), "Laporan mingguan"),
        (("unfinished",), "CC-2026-000001"),
        (("archive", "2026-11"), "ukt saya salah {ticket} <b>"),
        (("register", "tickets", "2026-11"), "CC-2026-000001"),
        (("tags",), "keuangan"),
        (("replies",), "ukt"),
    ],
)
def test_every_list_can_be_had(
    sapa: Sapa, ticket: str, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    out = tmp_path / "list.csv"
    said = sapa("report", *arguments, "--format", "csv", "--out", str(out))
    assert said.code == 0, said.err
    assert expected in out.read_bytes().decode("utf-8-sig")


def test_a_report_is_by_the_profile_in_use_not_by_the_settings(sapa: Sapa, ticket: str, tmp_path: Path) -> None:
    sapa("profile", "use", "unair")
    out = tmp_path / "list.csv"
    assert sapa("report", "register", "k_xpresi", "2026-11", "--format", "csv", "--out", str(out)).code == 0
    assert sapa("profile", "use", "itb").code == 0
    assert sapa("report", "register", "k_xpresi", "2026-11").code == 1


def test_a_recap_is_told_of_and_written(sapa: Sapa, ticket: str, opened: Database, tmp_path: Path) -> None:
    assert sapa("report", "recaps", "--as", "sri").out == "No recap was made yet.\n"
    with opened.write() as session:
        announce(session, NOW)
    assert "monthly          2026-10-01  Laporan Care Center" in sapa("report", "recaps", "--as", "sri").out
    out = tmp_path / "recap.csv"
    assert sapa("report", "recap", "unfinished", "2026-11-23", "--format", "csv", "--out", str(out)).code == 0
    assert ticket in out.read_bytes().decode("utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("monthly", "November"), "is no month"),
        (("recap", "paper", "2026-11-23"), "no recap"),
        (("weekly", "2026-W60"), "is no week"),
        (("register", "k_xpresi", "2026-11"), "no register"),
        (("tags", "--out", "/nowhere/at/all.pdf"), "cannot be written"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_sentence(
    sapa: Sapa, ticket: str, arguments: tuple[str, ...], expected: str
) -> None:
    assert expected in sapa("report", *arguments).sentence()
