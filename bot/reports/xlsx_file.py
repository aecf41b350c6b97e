"""A report as XLSX: a sheet a section, numbers as numbers, nothing that is ever run."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.reports.document import Cell, Report, Section, minutes

HEAD = 4
"""The row of a sheet's column names; above it: title, institution and span, sentence."""
LONGEST_CELL = 32_767
MOST_BARS = 30
_LONG_AGO = datetime(1980, 1, 1)  # noqa: DTZ001
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_WRITTEN = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def xlsx_bytes(report: Report) -> bytes:
    """The same report gives the same bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, section in enumerate(report.sections, 1):
        _sheet(book.create_sheet(_name(section.title, number)), report, section)
    packed = BytesIO()
    book.save(packed)
    return _timeless(packed)


def _sheet(sheet: Any, report: Report, section: Section) -> None:
    for line, words in enumerate((section.title, f"{report.institution}, {report.span}", section.sentence), 1):
        _put(sheet.cell(line, 1), words)
        sheet.cell(line, 1).alignment = Alignment(wrap_text=False)
    sheet["A1"].font = Font(bold=True, size=14)
    for column, name in enumerate(section.columns, 1):
        _put(sheet.cell(HEAD, column), name)
        sheet.cell(HEAD, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = _width(section, column - 1)
    for number, row in enumerate(section.rows, HEAD + 1):
        for column, cell in enumerate(row, 1):
            _put(sheet.cell(number, column), cell)
    sheet.freeze_panes = f"A{HEAD + 1}"
    if section.bars is not None and section.rows:
        _chart(sheet, section, section.bars)


def _put(cell: Any, value: Cell) -> None:
    if isinstance(value, str):
        value = _clean(value)
        cell.value = value[:LONGEST_CELL]
        # Text, whatever it begins with, also after somebody has edited it.
        cell.data_type, cell.quotePrefix = "s", value[:1] in ("=", "+", "-", "@")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    elif isinstance(value, timedelta):
        cell.value, cell.number_format = minutes(value) / 1440, "[h]:mm"
    elif isinstance(value, datetime):
        cell.value, cell.number_format = value.replace(tzinfo=None, microsecond=0), "yyyy-mm-dd hh:mm"
    elif isinstance(value, float):
        cell.value, cell.number_format = value, "0.0 %"
    else:
        cell.value = value


def _chart(sheet: Any, section: Section, column: int) -> None:
    last = HEAD + min(len(section.rows), MOST_BARS)
    chart = BarChart()
    chart.type, chart.legend, chart.title = "bar", None, _clean(section.title)
    chart.add_data(Reference(sheet, min_col=column + 1, min_row=HEAD, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=HEAD + 1, max_row=last))
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    sheet.add_chart(chart, f"{get_column_letter(len(section.columns) + 2)}{HEAD}")


def _width(section: Section, column: int) -> int:
    longest = max((len(str(row[column])) for row in section.rows if isinstance(row[column], str)), default=10)
    return max(12, min(60, longest + 2))


def _name(title: str, number: int) -> str:
    """At most 31 characters, none that a sheet's name may not have, and never twice."""
    return f"{number} {_NOT_IN_NAMES.sub(' ', _clean(title))}"[:31].rstrip()


def _clean(text: str) -> str:
    """Without the characters that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def _timeless(packed: BytesIO) -> bytes:
    """Without the moment at which it was written."""
    out = BytesIO()
    with zipfile.ZipFile(packed) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = _WRITTEN.sub(rb"\g<1>" + _LONG_AGO.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), content)
            part = zipfile.ZipInfo(name, _LONG_AGO.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(part, content)
    return out.getvalue()
