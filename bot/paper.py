"""PDF on A4, in a font that has the letters that people write."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from bot.config import ROOT

FONT = "DejaVu"
_FILES = {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}


class Paper(FPDF):
    """With ``FONT``, plain and bold. ``made_at``: what the file says of its making; the same contents with the same
    time are the same bytes."""

    def __init__(self, title: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        for style, name in _FILES.items():
            self.add_font(FONT, style, ROOT / "data" / "fonts" / name)
        self.set_title(title)
        self.set_creation_date(made_at)
        self.set_producer("Sapa")


def font_file(bold: bool) -> Path:
    """The file of that font."""
    return ROOT / "data" / "fonts" / _FILES["B" if bold else ""]


def printable(text: str) -> str:
    """``text`` composed, without signs that have no shape; lines are kept."""
    return "".join(sign for sign in unicodedata.normalize("NFC", text) if sign == "\n" or sign.isprintable())
