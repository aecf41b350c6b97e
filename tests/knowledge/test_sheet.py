"""Templates as CSV and XLSX."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.errors import RefusedFile
from bot.knowledge.content import Attachment, Content
from bot.knowledge.normalise import plain
from bot.knowledge.sheet import COLUMNS, read_sheet, write_sheet
from bot.knowledge.snapshot import Snapshot, TemplateWords
from tests.knowledge.sample import CAMPUS

FULL = replace(
    Content.of(CAMPUS.templates[1]),
    buttons=("ukt-bayar", "sandi-portal"),
    attachments={"id": (Attachment("Formulir | A", "https://contoh.ac.id/a?b=1"),)},
    valid_from=date(2026, 7, 1),
    valid_until=date(2026, 8, 31),
)
ALL = Snapshot((Content.of(CAMPUS.templates[0]), FULL, *map(Content.of, CAMPUS.templates[2:])), CAMPUS.categories)
HEADER = "id,language,category,title,audience,owner,source,questions,answer,valid_from,attachments\n"
ROW = "ukt,id,keuangan,Bayar UKT,public,Biro,SK 1,Cara bayar UKT?,Di bank.,,\n"


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_what_was_written_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    write_sheet(tmp_path / name, ALL)
    assert read_sheet(tmp_path / name) == ALL


line = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20)
clean = st.one_of(
    line, line.map(lambda text: "=" + text), line.map(lambda text: "'" + text), line.map(lambda t: "@" + t)
)
clean = clean.map(lambda text: " ".join(text.split())).filter(plain)


@settings(max_examples=60)
@given(title=clean, questions=st.lists(clean, min_size=1, unique_by=plain), answer=st.lists(clean, min_size=1))
def test_any_text_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, title: str, questions: list[str], answer: list[str]
) -> None:
    words = {"id": TemplateWords(title, tuple(questions), "\n".join(answer))}
    snapshot = Snapshot((Content("a", "b", "staff", title, title, words),), {"b": {"id": title}})
    folder = tmp_path_factory.mktemp("sheets")
    for name in ("a.csv", "a.xlsx"):
        write_sheet(folder / name, snapshot)
        assert read_sheet(folder / name) == snapshot


FORMULA = '=HYPERLINK("http://x","y")'


def test_no_cell_becomes_a_formula(tmp_path: Path) -> None:
    words = {"id": TemplateWords("+1", (FORMULA,), "@SUM(A1)")}
    snapshot = Snapshot((Content("a", "b", "staff", "-2", "=1+1", words),))
    write_sheet(tmp_path / "a.csv", snapshot)
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[1] == ('a,id,b,,\'+1,staff,\'-2,\'=1+1,"\'=HYPERLINK(""http://x"",""y"")",\'@SUM(A1),,,,')
    write_sheet(tmp_path / "a.xlsx", snapshot)
    cells = list(load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows())[1]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert [cell.quotePrefix for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))] == [True] * 5


def faults_of(path: Path) -> list[str]:
    with pytest.raises(RefusedFile) as refused:
        read_sheet(path)
    return [fault.removeprefix(f"{path}:") for fault in refused.value.faults]


FAULTS: list[tuple[str, str | bytes, str]] = [
    ("a broken encoding", (HEADER + ROW).encode() + b"\n\xe9", "4: is not UTF-8 text"),
    ("a missing column", HEADER.replace("owner,", "") + ROW, "1: the column owner is missing"),
    ("an unknown column", HEADER.replace("owner,", "owner,pemilik,"), "1: unknown column pemilik; there are id,"),
    ("a column twice", HEADER.replace("owner,", "owner,owner,"), "1: the column owner stands there twice"),
    ("another language", HEADER + ROW.replace(",id,", ",fr,"), "2:language: must be one of id, en"),
    ("an id twice", HEADER + ROW + ROW, "3:id: id ukt is already used in row 2"),
    (
        "two audiences",
        HEADER + ROW + ROW.replace(",id,", ",en,").replace("public", "staff"),
        "3:audience: is not the same as in {path}:2:audience",
    ),
    ("a date in another form", HEADER + ROW.replace(",,\n", ",31/08/2026,\n"), "2:valid_from: must be a date like"),
    ("an attachment without address", HEADER + ROW.replace(",,\n", ",,Form\n"), "2:attachments: an attachment is a li"),
    ("too many cells", HEADER + ROW.replace("\n", ",x,y\n"), "2: has 13 cells, more than there are columns"),
    ("an open quote", HEADER + '"', "2: is not CSV"),
    ("no templates", HEADER, "1: there are no templates here"),
    ("nothing", "", "1: the column id is missing"),
]


@pytest.mark.parametrize(("text", "fault"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_fault_is_told_with_row_and_column(tmp_path: Path, text: str | bytes, fault: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = faults_of(path)
    assert any(each.startswith(fault.format(path=path)) for each in found), found


def test_an_office_of_another_country_separates_by_semicolons(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text((HEADER + ROW).replace(",", ";"))
    [template] = read_sheet(tmp_path / "a.csv").templates
    assert template.words["id"].answer == "Di bank."
    assert Content.of(template).place(("id", "answer")) == f"{tmp_path}/a.csv:2:answer"


def test_a_workbook_may_hold_dates_and_numbers_but_no_formulas(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([*COLUMNS, None])
    values = dict(zip(COLUMNS, [""] * len(COLUMNS), strict=True)) | {
        "id": "ukt", "language": "id", "category": "keuangan", "title": 2026, "audience": "public", "owner": "Biro",
        "source": "SK", "questions": "Bayar?", "answer": "Ya", "valid_from": date(2026, 7, 1),
    }  # fmt: skip
    sheet.append(list(values.values()))
    book.save(tmp_path / "a.xlsx")
    [template] = read_sheet(tmp_path / "a.xlsx").templates
    assert (template.words["id"].title, Content.of(template).valid_from) == ("2026", date(2026, 7, 1))
    sheet["B2"] = "=1+1"
    book.save(tmp_path / "a.xlsx")
    assert faults_of(tmp_path / "a.xlsx") == ["2:B: is a formula; write what it says"]
    sheet["B2"], sheet["F2"] = "id", "#REF!"
    book.save(tmp_path / "a.xlsx")
    assert faults_of(tmp_path / "a.xlsx") == ["2:F: is an error of the office (#REF!); write what it should say"]


def test_a_workbook_that_begins_with_an_empty_chart_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.create_chartsheet("Chart", 0)
    book.save(tmp_path / "a.xlsx")
    assert len(faults_of(tmp_path / "a.xlsx")) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"id,language\n"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    assert faults_of(tmp_path / "a.xlsx") == ["1: is no XLSX file"]
    assert "cannot be read" in faults_of(tmp_path / "none.xlsx")[0]
    assert "cannot be read" in faults_of(tmp_path / "none.csv")[0]


def test_what_an_office_would_cut_off_is_not_written(tmp_path: Path) -> None:
    words = {"id": TemplateWords("A", tuple(f"{n} " + "x" * 290 for n in range(200)), "B")}
    with pytest.raises(RefusedFile, match=r"export to CSV or YAML instead"):
        write_sheet(tmp_path / "a.xlsx", Snapshot((Content("a", "b", "staff", "c", "d", words),)))
    assert not (tmp_path / "a.xlsx").exists()
