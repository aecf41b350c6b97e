"""Forms as PDF, to print or to send: the same values give the same bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.tickets.model import Forwarding, Ticket

BLANK_LINES = 5
"""Room to write by hand, where there is no answer yet."""
_SIZE = 11
_LINE = 0.55
"""Millimetres of a line for each point of the letters' size."""


def forwarding_pdf(ticket: Ticket, form: Forwarding, institution: str, zone: ZoneInfo) -> bytes:
    """The forwarding form in the ticket's language. What the built-in fonts have no letter for is shown as ``?``."""
    language = "en" if ticket.language == "en" else "id"
    labels = _labels()[language]

    def moment(at: datetime | None) -> str:
        return format_datetime(at.astimezone(zone), "d MMMM y HH:mm zzz", locale=language) if at else "-"

    rows = (
        ("number", ticket.number), ("subject", ticket.subject), ("unit", form.unit), ("from", form.sent_by),
        ("sent", moment(form.sent_at)), ("due", moment(form.due_at)), ("asked", form.asked),
        ("details", form.details), ("findings", form.findings), ("solution", form.solution),
        ("by", form.answered_by and f"{form.answered_by}, {moment(form.answered_at)}"),
    )  # fmt: skip
    made_at = form.answered_at or form.sent_at
    return page(institution, labels["title"], [(labels[key], value or "") for key, value in rows], made_at)


def page(institution: str, title: str, rows: Sequence[tuple[str, str]], made_at: datetime) -> bytes:
    """A form of labelled texts; an empty text leaves room to write. ``made_at``: what the file says of its making."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(made_at)
    pdf.set_title(_printable(title))
    pdf.set_auto_page_break(True, margin=20)
    pdf.add_page()

    def write(text: str, size: int = _SIZE, style: Literal["", "B"] = "", border: Literal[0, 1] = 0) -> None:
        pdf.set_font("Helvetica", style=style, size=size)
        pdf.multi_cell(0, size * _LINE, text, border=border, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    write(_printable(institution))
    write(_printable(title), 16, "B")
    for label, text in rows:
        write(_printable(label), style="B")
        write(_printable(text) or "\n" * BLANK_LINES, border=1)
        pdf.ln(2)
    return bytes(pdf.output())


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return read


def _printable(text: str) -> str:
    """``text`` in the letters of the built-in fonts (Latin-1)."""
    kept = unicodedata.normalize("NFC", text).replace("–", "-").replace("—", "-").replace("…", "...")
    kept = kept.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    return (
        "".join(c for c in kept if c == "\n" or not unicodedata.category(c).startswith("C"))
        .encode("latin-1", "replace")
        .decode("latin-1")
    )
