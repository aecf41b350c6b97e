"""The same numbers in every kind of file, the same bytes each time, and nothing that is run."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from bot.reports.csv_file import csv_bytes
from bot.reports.document import Cell, Report, Section, shown
from bot.reports.pdf_file import pdf_bytes
from bot.reports.xlsx_file import HEAD, xlsx_bytes

CELLS: list[Cell] = ["Keuangan", 1234, 0.9126, timedelta(hours=26, minutes=5), None]
HOSTILE = '=HYPERLINK("http://jahat.example","klik")'


def a_report(*rows: Sequence[Cell], language: str = "id") -> Report:
    columns = [f"Kolom {number}" for number in range(max(len(row) for row in rows))]
    section = Section("Ringkasan: a/b?", "Satu kalimat.", columns, rows, bars=1 if len(columns) > 1 else None)
    return Report("Laporan bulanan", "November 2026", "Universitas Contoh", language, [section])


def in_csv(report: Report) -> list[list[str]]:
    rows = list(csv.reader(StringIO(csv_bytes(report).decode("utf-8-sig"))))
    return rows[rows.index(list(report.sections[0].columns)) + 1 :]


def in_xlsx(report: Report) -> list[list[str]]:
    """The cells as an office shows them in that language."""
    sheet = load_workbook(BytesIO(xlsx_bytes(report))).worksheets[0]
    found = []
    for row in sheet.iter_rows(min_row=HEAD + 1):
        cells: list[Any] = [
            timedelta(days=cell.value)
            if cell.number_format == "[h]:mm" and isinstance(cell.value, float)
            else float(cell.value)
            if "%" in cell.number_format and isinstance(cell.value, int)
            else cell.value
            for cell in row
        ]
        found.append([shown(cell, report.language) for cell in cells])
    return found


def in_pdf(report: Report) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf_bytes(report))).pages)
    return " ".join(text.split())


@pytest.mark.parametrize("language", ["id", "en"])
def test_all_files_show_the_same_numbers(language: str) -> None:
    report = a_report(CELLS, ["Akademik", 7, None, timedelta(minutes=59), "x"], language=language)
    expected = [[shown(cell, language) for cell in row] for row in report.sections[0].rows]
    assert in_csv(report) == expected
    assert in_xlsx(report) == expected
    printed = in_pdf(report)
    for row in expected:
        for cell in row:
            assert cell in printed


@pytest.mark.parametrize(
    ("language", "expected"),
    [("id", ["1.234", "91,3 %", "26 j 05 mnt"]), ("en", ["1,234", "91.3 %", "26 h 05 min"])],
)
def test_numbers_are_written_as_the_language_does(language: str, expected: list[str]) -> None:
    assert [shown(cell, language) for cell in CELLS[1:4]] == expected


def test_a_second_run_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    report = a_report(CELLS)
    before = csv_bytes(report), xlsx_bytes(report), pdf_bytes(report)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: datetime(2033, 5, 18).timetuple())  # noqa: DTZ001
    assert (csv_bytes(report), xlsx_bytes(report), pdf_bytes(report)) == before


def test_a_workbook_does_not_tell_when_it_was_written() -> None:
    core = ZipFile(BytesIO(xlsx_bytes(a_report(CELLS)))).read("docProps/core.xml")
    assert re.findall(rb"<dcterms:\w+[^>]*>(\d+)", core) == [b"1980", b"1980"]


def test_what_people_typed_is_never_a_formula() -> None:
    report = a_report([HOSTILE, 1], ["+62 812", 2], ["@di", 3], ["-1", 4])
    assert [row[0][0] for row in in_csv(report)] == ["'"] * 4
    sheet = load_workbook(BytesIO(xlsx_bytes(report))).worksheets[0]
    for row in sheet.iter_rows(min_row=HEAD + 1):
        assert row[0].data_type == "s"
        assert row[0].quotePrefix
    assert HOSTILE.replace(" ", "")[:20] in in_pdf(report).replace(" ", "")


@pytest.mark.parametrize("text", ["\x00\x07 nol", "😀 Русский العربية 漢字", "x" * 40_000, "satu\ndua", "<b>&amp;"])
def test_every_text_can_be_written(text: str) -> None:
    report = a_report([text, 1])
    assert csv_bytes(report)
    assert load_workbook(BytesIO(xlsx_bytes(report))).worksheets[0].cell(HEAD + 1, 1).data_type == "s"
    assert PdfReader(BytesIO(pdf_bytes(report))).pages


def test_a_long_table_goes_on_over_pages_under_its_heading() -> None:
    report = a_report(*((f"Baris {number}", number) for number in range(200)))
    pages = PdfReader(BytesIO(pdf_bytes(report))).pages
    assert len(pages) > 3
    assert all("Kolom 0" in page.extract_text() for page in pages[1:])
    assert "Baris 199" in pages[-1].extract_text()


def test_titles_names_and_sentences_are_no_formulas_either_and_can_be_written() -> None:
    hostile = f"{HOSTILE}\x01"
    section = Section(hostile, hostile, [hostile, hostile], [["a", 1]], bars=1)
    report = Report(hostile, "=1+1", hostile, "id", [section])
    sheet = load_workbook(BytesIO(xlsx_bytes(report))).worksheets[0]
    written = [sheet.cell(row, 1) for row in range(1, HEAD + 1)]
    assert [cell.data_type for cell in written] == ["s"] * HEAD
    assert [str(cell.value).startswith("=") and cell.quotePrefix for cell in written] == [True] * HEAD
    cells = [cell for row in csv.reader(StringIO(csv_bytes(report).decode("utf-8-sig"))) for cell in row]
    assert [cell for cell in cells if cell.startswith("=")] == []
    assert sum(cell.startswith("'=") for cell in cells) == 7
    assert PdfReader(BytesIO(pdf_bytes(report))).pages


def test_in_print_what_is_not_known_stands_where_its_numbers_would() -> None:
    def ends(report: Report) -> float:
        found: list[float] = []

        def look(text: str, _cm: object, matrix: Sequence[float], _font: object, _size: object) -> None:
            if text.strip() == "\u2013":
                found.append(matrix[4])

        for page in PdfReader(BytesIO(pdf_bytes(report))).pages:
            page.extract_text(visitor_text=look)
        return found[0]

    alone, beside = a_report(["Puas", 0, None]), a_report(["Puas", 0, None], ["Lainnya", 3, 0.5])
    assert abs(ends(alone) - ends(beside)) < 12
