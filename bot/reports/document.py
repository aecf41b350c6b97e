"""A report as values: sections with a sentence and a table. What is shown in one kind of file is shown in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.reports.words import word

Cell = str | int | float | timedelta | datetime | None
"""A float is a share (0 to 1); a datetime is local; None: there is none."""


@dataclass(frozen=True, slots=True)
class Section:
    """``sentence`` says what the table shows. ``bars``: the column that a chart is drawn of, None for no chart."""

    title: str
    sentence: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    bars: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """``language``: id or en; words in it are in that language already."""

    title: str
    span: str
    institution: str
    language: str
    sections: Sequence[Section] = field(default_factory=tuple)


def shown(cell: Cell, language: str) -> str:
    """A cell as text: ``1.234``, ``91,3 %``, ``2 j 05 mnt``, ``23-11-2026 08:12``, ``–``."""
    if cell is None:
        return "–"
    if isinstance(cell, timedelta):
        return _duration(cell, language)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}" if language == "en" else f"{cell:%d-%m-%Y %H:%M}"
    if isinstance(cell, float):
        return _local(f"{100 * cell:.1f} %", language)
    if isinstance(cell, int):
        return _local(f"{cell:,}", language)
    return cell


def minutes(time: timedelta) -> int:
    """Whole ones, halves up."""
    return int(time.total_seconds() / 60 + 0.5)


def _duration(time: timedelta, language: str) -> str:
    hours, left = divmod(minutes(time), 60)
    unit = f"{left:02d} {word('minutes', language)}" if hours else f"{left} {word('minutes', language)}"
    return f"{_local(f'{hours:,}', language)} {word('hours', language)} {unit}" if hours else unit


def _local(number: str, language: str) -> str:
    """Indonesian has points between thousands and a comma before decimals."""
    return number if language == "en" else number.translate(str.maketrans(",.", ".,"))
