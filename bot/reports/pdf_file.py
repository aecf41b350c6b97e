"""A report as PDF, for printing: tables, and bars where a picture says more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from bot.paper import FONT, Paper, printable
from bot.reports.chart import drawn
from bot.reports.document import Report, Section, shown

MARGIN = 16
ACCENT = (15, 118, 110)
GREY = (100, 116, 139)
PALE = (241, 245, 249)
BAR, STEP = 3.2, 5.2
LONGEST_CELL = 600
"""Characters of a cell that are printed; files for an office have all of them."""
LONGEST_LABEL = 120
"""Characters beside a bar: more than ever fit."""
_NO_TIME = datetime(1980, 1, 1, tzinfo=UTC)


class _Paper(Paper):
    """A4 with the title at the foot of every page."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.title, _NO_TIME)
        self._foot = f"{report.title} · {report.institution} · {report.span}"
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN + 4)
        self.set_lang(report.language)

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.set_font(FONT, "", 7)
        self.set_text_color(*GREY)
        self.cell(0, 4, self._foot)
        self.cell(0, 4, str(self.page_no()), align="R")

    def line_of(self, text: str, size: float, *, bold: bool = False, grey: bool = False) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*(GREY if grey else (15, 23, 42)))
        self.multi_cell(0, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def pdf_bytes(report: Report) -> bytes:
    """The same report gives the same bytes."""
    paper = _Paper(report)
    paper.add_page()
    paper.line_of(report.title, 18, bold=True)
    paper.line_of(f"{report.institution} · {report.span}", 10, grey=True)
    for section in report.sections:
        _section(paper, report.language, section)
    return bytes(paper.output())


def _section(paper: _Paper, language: str, section: Section) -> None:
    paper.ln(6)
    bars = len(drawn(section)) * STEP if section.bars is not None else 0
    if paper.get_y() + 45 + bars > paper.h - MARGIN and paper.get_y() > 2 * MARGIN:
        # A heading stays with what it is of.
        paper.add_page()
    paper.line_of(section.title, 12, bold=True)
    if section.sentence:
        paper.line_of(section.sentence, 9, grey=True)
    paper.ln(1.5)
    if section.bars is not None:
        _bars(paper, section, section.bars)
    if section.rows:
        _table(paper, language, section)


def _bars(paper: _Paper, section: Section, column: int) -> None:
    rows = drawn(section)
    values = [value if isinstance(value := row[column], int) else 0 for row in rows]
    most = max(values, default=0)
    if not most:
        return
    left, width = paper.l_margin + 58, paper.epw - 58 - 16
    for row, value in zip(rows, values, strict=True):
        top = paper.get_y()
        paper.set_font(FONT, "", 7.5)
        paper.set_text_color(51, 65, 85)
        paper.set_xy(paper.l_margin, top)
        paper.cell(56, BAR, _fitting(paper, str(row[0]), 55), align="R")
        paper.set_fill_color(*ACCENT)
        paper.rect(left, top + 0.2, max(0.3, width * value / most), BAR, style="F")
        paper.set_xy(left + width * value / most + 1, top)
        paper.cell(14, BAR, str(value))
        paper.set_xy(paper.l_margin, top + STEP)
    paper.ln(2)


def _fitting(paper: _Paper, text: str, width: float) -> str:
    # Measuring takes as long as the text is.
    text = text[:LONGEST_LABEL]
    while text and paper.get_string_width(text) > width:
        text = text[:-2].rstrip("… ") + "…" if len(text) > 2 else ""
    return text


def _table(paper: _Paper, language: str, section: Section) -> None:
    rows = [[_printable(shown(cell, language)) for cell in row] for row in section.rows]
    paper.set_font(FONT, "", 7.5)
    paper.set_text_color(15, 23, 42)
    paper.set_draw_color(203, 213, 225)
    paper.set_fill_color(255, 255, 255)
    heading = FontFace(emphasis="BOLD", color=(15, 23, 42), fill_color=PALE)
    with paper.table(
        borders_layout="HORIZONTAL_LINES", line_height=4, padding=0.8, headings_style=heading,
        text_align=_sides(section), col_widths=_widths(section.columns, rows),
    ) as table:  # fmt: skip
        for row in [list(section.columns), *rows]:
            table.row(row)


def _sides(section: Section) -> tuple[str, ...]:
    """Texts to the left, numbers to the right, also where none is known yet."""

    def side(at: int) -> str:
        cells = [row[at] for row in section.rows]
        texts = all(isinstance(cell, str | None) for cell in cells) and any(isinstance(cell, str) for cell in cells)
        return "LEFT" if texts or at == 0 else "RIGHT"

    return tuple(side(at) for at in range(len(section.columns)))


def _printable(text: str) -> str:
    kept = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    return printable(kept)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Relative: by what usually stands in a column, none so narrow that a word breaks."""
    longest = [max([len(name), *(min(len(row[at]), 60) for row in rows)]) for at, name in enumerate(columns)]
    return [max(8, length) for length in longest]
