"""A section's bars as numbers and words, for the page, the PDF and the picture to draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.reports.document import Cell, Section, shown

MOST_BARS = 14
WIDTH, LABELS, VALUES, STEP, THICK = 420, 176, 44, 22, 13
"""How wide a chart is, its labels and its values; from one bar to the next, and how thick it is."""
_LABEL, _LINE = 24, 66
"""Characters that fit."""


@dataclass(frozen=True, slots=True)
class Bar:
    """``y``: its top. ``label``: shortened; ``told``: all that the table says of it, ``short`` of that what fits."""

    y: int
    width: float
    label: str
    value: str
    told: str
    short: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``height``: with a line for words below the bars."""

    height: int
    bars: Sequence[Bar]


def drawn(section: Section) -> Sequence[Sequence[Cell]]:
    """The rows of which bars are drawn: of a day's hours all, of anything else the first."""
    return section.rows if len(section.rows) == 24 else section.rows[:MOST_BARS]


def chart(section: Section, language: str) -> Chart | None:
    """None where there is nothing to draw."""
    if section.bars is None:
        return None
    rows = drawn(section)
    values = [value if isinstance(value := row[section.bars], int) else 0 for row in rows]
    most = max(values, default=0)
    if not most:
        return None
    bars = []
    for number, (row, value) in enumerate(zip(rows, values, strict=True)):
        label = shown(row[0], language)
        rest = zip(section.columns[1:], row[1:], strict=True)
        told = f"{label}: {', '.join(f'{name} {shown(cell, language)}' for name, cell in rest if cell is not None)}"
        width = max(1.0, (WIDTH - LABELS - VALUES) * value / most) if value else 0.0
        bars.append(Bar(number * STEP, width, _cut(label, _LABEL), shown(value, language), told, _cut(told, _LINE)))
    return Chart(len(rows) * STEP + 20, bars)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
