"""Tables in XLSX files: texts in, texts out; nothing in them is ever run."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from bot.errors import RefusedFile, Told, at, told

MOST_BYTES = 50_000_000
"""Of a workbook once it is unpacked."""
MOST_ROWS = 50_000
LONGEST_CELL = 32_767
"""What an office keeps of a cell; more would be cut off in silence."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    SyntaxError,
    EOFError,
)
"""What the library raises of a file that is no workbook, or a damaged one; its pages are read late."""
_WIDTHS = {"questions": 60, "answer": 80}


def read_workbook(path: Path, faults: list[Told]) -> list[list[str]]:
    """The first sheet's cells as texts. Formulas are faults: what they would say is not known here."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_BYTES:
                what = told("is larger than {most} MB when unpacked", most=MOST_BYTES // 1_000_000)
                faults.append(at(f"{path}:1", what))
                return []
        book = load_workbook(path, read_only=True)
    except OSError as error:
        why = error.strerror or told("no XLSX file")
        faults.append(at(f"{path}:1", told("cannot be read ({why})", why=why)))
        return []
    except _BROKEN:
        faults.append(at(f"{path}:1", told("is no XLSX file")))
        return []
    found: list[list[str]] = []
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(max_row=MOST_ROWS + 1), 1):
            if number > MOST_ROWS:
                faults.append(at(f"{path}:{number}", told("has more than {most} rows", most=MOST_ROWS)))
                break
            faults += [at(f"{path}:{number}:{column}", what) for column, what in _no_texts(row)]
            found.append([_text(cell.value) for cell in row])
    except _BROKEN:
        faults.append(at(f"{path}:{len(found) + 1}", told("is damaged; nothing can be read from here on")))
    finally:
        book.close()
    return [_without_empty_end(row) for row in found]


def write_workbook(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """One sheet, a heading that stays in sight. Raises RefusedFile where a text is too long for a cell."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "templates"
    faults: list[Told] = []
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if len(value) > LONGEST_CELL:
                what = told("has a text of {n} characters; export to CSV or YAML instead", n=len(value))
                faults.append(at(f"{path}:{number}", what))
                continue
            cell = sheet.cell(number, column)
            cell.value = value
            # Text, whatever it begins with, also after somebody has edited it.
            cell.data_type, cell.quotePrefix = "s", value[:1] in ("=", "+", "-", "@")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
                sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(value, 20)
    if faults:
        raise RefusedFile(faults)
    sheet.freeze_panes = "B2"
    book.save(path)


def _no_texts(row: Iterable[Any]) -> Iterator[tuple[str, Told]]:
    """The cells whose text only an office knows, by column."""
    for cell in row:
        if cell.data_type == "f":
            yield cell.column_letter, told("is a formula; write what it says")
        elif cell.data_type == "e":
            yield (
                cell.column_letter,
                told("is an error of the office ({what}); write what it should say", what=cell.value),
            )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _without_empty_end(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row
