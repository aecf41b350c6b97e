"""A report as CSV: its sections one below the other, readable by an office and by a program."""

from __future__ import annotations

import csv
from io import StringIO

from bot.reports.document import Report, shown

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(report: Report) -> bytes:
    """UTF-8 with a byte order mark, so that an office knows; the same report gives the same bytes."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_safe(each)] for each in (report.title, report.institution, report.span))
    for section in report.sections:
        writer.writerows([[], [_safe(section.title)]])
        if section.sentence:
            writer.writerow([_safe(section.sentence)])
        writer.writerow(_safe(name) for name in section.columns)
        writer.writerows([_safe(shown(cell, report.language)) for cell in row] for row in section.rows)
    return text.getvalue().encode("utf-8-sig")


def _safe(text: str) -> str:
    """What an office would take for a formula is marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text
