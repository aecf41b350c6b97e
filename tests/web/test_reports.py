"""The supervisor's reports: the same on the page and in the files."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from openpyxl import load_workbook

from bot.reports.xlsx_file import HEAD
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center


@on_one_database
def test_the_page_and_the_file_show_the_same_figures(center: Center) -> None:
    for name in ("Budi", "Sari"):
        center.ticket(name)
    center.clock.advance(minutes=1)
    sri = center.browser("sri")
    month = f"{center.clock():%Y-%m}"
    page = sri.get(f"/console/reports?of={month}").text
    assert re.search(r"<td>Tickets opened</td><td class=\"figures\">2</td>", page)
    answer = sri.get(f"/console/reports/{month}/xlsx")
    assert answer.headers["content-disposition"] == f'attachment; filename="sapa-{month}.xlsx"'
    for sheet in load_workbook(BytesIO(answer.content)).worksheets:
        assert f"<h2>{sheet['A1'].value}</h2>" in unescape(page)
        for row in sheet.iter_rows(min_row=HEAD + 1, max_col=1):
            assert f"<td>{row[0].value}</td>" in unescape(page)


@on_one_database
@pytest.mark.parametrize(
    ("kind", "begins"), [("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbfWeekly report")]
)
def test_a_week_can_be_had_in_every_format(center: Center, kind: str, begins: bytes) -> None:
    answer = center.browser("sri").get(f"/console/reports/2026-W47/{kind}")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)


@on_one_database
@pytest.mark.parametrize("address", ["2026-13/pdf", "2026-11/exe", "nix/csv"])
def test_what_is_no_report_is_not_found(center: Center, address: str) -> None:
    assert center.browser("sri").get(f"/console/reports/{address}").status_code == 404


@on_one_database
def test_one_goes_back_and_forth_but_not_into_the_future(center: Center) -> None:
    sri = center.browser("sri")
    now = sri.get("/console/reports").text
    assert 'rel="prev"' in now
    assert 'rel="next"' not in now
    past = sri.get("/console/reports?of=2025-12").text
    assert "of=2025-11" in past
    assert "of=2026-01" in past
    assert "1 December 2025 to 31 December 2025" in past
