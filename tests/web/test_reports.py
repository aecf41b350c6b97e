"""The supervisor's reports: the same on the page and in the files."""

from __future__ import annotations

import csv
import re
from html import unescape
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from PIL import Image

from bot.reports.chart import chart
from bot.reports.document import Report, Section
from bot.reports.making import Reporter
from bot.reports.periods import month
from bot.reports.png_file import png_bytes
from bot.reports.xlsx_file import HEAD
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits


@on_one_database
def test_the_page_and_the_file_show_the_same_figures(center: Center) -> None:
    for name in ("Budi", "Sari"):
        center.ticket(name)
    center.clock.advance(minutes=1)
    sri = center.browser("sri")
    name = f"{center.clock():%Y-%m}"
    page = sri.get(f"/console/reports?of={name}").text
    assert re.search(r"<td>Tickets opened</td><td class=\"figures\">2</td>", page)
    answer = sri.get(f"/console/reports/{name}/xlsx")
    assert answer.headers["content-disposition"] == f'attachment; filename="sapa-{name}.xlsx"'
    for sheet in load_workbook(BytesIO(answer.content)).worksheets:
        assert f"<h2>{sheet['A1'].value}</h2>" in unescape(page)
        for row in sheet.iter_rows(min_row=HEAD + 1, max_col=1):
            assert f"<td>{row[0].value}</td>" in unescape(page)
    lines = list(csv.reader(StringIO(sri.get(f"/console/reports/{name}/csv").content.decode("utf-8-sig"))))
    tables = page[page.index("<h2>Summary") : page.index("<h2>Balanced scorecard")]
    shown = [re.findall(r"<td[^>]*>(.*?)</td>", unescape(row)) for row in re.findall(r"<tr>(<td.*?)</tr>", tables)]
    assert ["Next response in time", "4 h 00 min", "0", "0", "0", "–"] in shown
    assert [row for row in shown if row not in lines] == []


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


def hours(center: Center) -> int:
    """The number of the section that draws the day's hours, after something came in."""
    center.ticket("Budi")
    center.clock.advance(minutes=1)
    report = Reporter(center.parts.promise.profile, center.parts.settings.timezone, "x", "en")
    with center.db.read() as session:
        sections = report.recap(session, month("2026-11"), center.clock(), title="month").sections
    return next(number for number, section in enumerate(sections) if len(section.rows) == 24)


@on_one_database
def test_a_chart_says_each_of_its_values_and_has_its_table_behind_it(center: Center) -> None:
    hours(center)
    page = unescape(center.browser("sri").get("/console/reports?of=2026-11").text)
    assert 'aria-label="10: Number 1, Share 100.0 %"><title>10: Number 1, Share 100.0 %</title>' in page
    chart = page[page.index('aria-label="00: Number 0') - 3000 :]
    assert chart.index("<details") < chart.index("<td>00</td>")
    assert "style=" not in page


@on_one_database
def test_a_chart_is_had_as_a_picture_and_as_figures(center: Center) -> None:
    number, sri = hours(center), center.browser("sri")
    picture = sri.get(f"/console/reports/2026-11/charts/{number}/png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"] == f'attachment; filename="sapa-2026-11-{number + 1}.png"'
    image = Image.open(BytesIO(picture.content))
    assert image.width > 1000
    assert image.height > 24 * 22
    assert len(image.getcolors(1_000_000) or ()) > 3
    figures = sri.get(f"/console/reports/2026-11/charts/{number}/csv").content.decode("utf-8-sig").splitlines()
    assert "10,1,100.0 %" in figures
    assert len(figures) == 3 + 3 + 1 + 24
    for nothing in (f"{number}/exe", "0/png", "999/csv"):
        assert sri.get(f"/console/reports/2026-11/charts/{nothing}").status_code == 404
    assert sri.get(f"/console/reports/2026-13/charts/{number}/png").status_code == 404


@on_one_database
def test_a_chart_of_nothing_is_not_drawn(center: Center) -> None:
    page = center.browser("sri").get("/console/reports?of=2025-12").text
    assert '<svg class="chart"' not in page
    assert "charts/" not in page


def test_a_picture_holds_whatever_people_call_their_categories() -> None:
    names = ["Keuangan " * 30, "财务处", "😭\u202e\n", "", "=1+1"]
    section = Section("By <category>" * 20, "x" * 500, ["Category", "Number"], [(name, 7) for name in names], bars=1)
    found = chart(section, "en")
    assert found is not None
    assert found.bars[0].label.endswith("…")
    assert png_bytes(Report("t", "s", "Universitas", "en"), section, found).startswith(b"\x89PNG")


@on_one_database
@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "id"])
def test_what_stands_beside_the_bars_stays_within_the_chart(center: Center, somebody: Open, language: str) -> None:
    hours(center)
    page = somebody("sri", "/console/reports?of=2026-11")
    page.evaluate(
        "language => fetch('/console/preferences', {method: 'POST', body: new URLSearchParams({language})})", language
    )
    page.reload()
    begins = page.locator("svg.chart text[text-anchor=end]").evaluate_all("all => all.map(each => each.getBBox().x)")
    assert len(begins) > 24
    assert min(begins) >= 0


@on_one_database
@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_values_are_read_by_mouse_and_keyboard(center: Center, somebody: Open, theme: str) -> None:
    hours(center)
    page = somebody("sri", "/console/reports?of=2026-11", DESKTOP, theme)
    axe(page)
    marks = page.locator("svg.chart").last.locator(".mark")
    tips = page.locator("svg.chart").last.locator(".tip")
    assert [tips.nth(number).is_visible() for number in (0, 1)] == [False, False]
    marks.nth(1).locator(".row").hover()
    assert [tips.nth(number).is_visible() for number in (0, 1)] == [False, True]
    page.mouse.move(0, 0)
    marks.first.focus()
    page.keyboard.press("ArrowDown")
    assert marks.nth(1).evaluate("mark => mark === document.activeElement")
    assert [tips.nth(number).is_visible() for number in (0, 1)] == [False, True]
    page.keyboard.press("ArrowUp")
    assert tips.first.is_visible()
    table = page.locator("details.behind").last
    assert not table.locator("table").is_visible()
    table.locator("summary").click()
    assert table.locator("table").is_visible()
    axe(page)
    with page.expect_download() as download:
        page.locator("a[href$='/png']").last.click()
    assert download.value.suggested_filename.endswith(".png")
    page.set_viewport_size(PHONE)
    fits(page)
    page = somebody("sri", "/console/reports", PHONE, theme)
    page.evaluate("document.cookie = 'sapa-language=id; path=/console'")
    page.reload()
    fits(page)
