"""A chart as a picture, for slides and letters."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bot.paper import font_file, printable
from bot.reports.chart import LABELS, STEP, THICK, WIDTH, Chart
from bot.reports.document import Report, Section

SCALE = 3
MARGIN, HEAD, FOOT = 20, 62, 22
INK, GREY, ACCENT = "#0f172a", "#475569", "#0f8b8d"


def png_bytes(report: Report, section: Section, chart: Chart) -> bytes:
    """The same report gives the same bytes."""
    width, height = WIDTH + 2 * MARGIN, HEAD + len(chart.bars) * STEP + FOOT + MARGIN
    picture = Image.new("RGB", (width * SCALE, height * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    _text(draw, section.title, 15, (MARGIN, MARGIN), INK, "la", bold=True)
    _text(draw, section.sentence, 10, (MARGIN, MARGIN + 22), GREY, "la")
    left = MARGIN + LABELS
    for bar in chart.bars:
        top = HEAD + bar.y
        middle = top + THICK / 2
        _text(draw, bar.label, 11, (left - 8, middle), INK, "rm")
        if bar.width:
            box = (left * SCALE, top * SCALE, (left + bar.width) * SCALE, (top + THICK) * SCALE)
            draw.rounded_rectangle(box, radius=2 * SCALE, fill=ACCENT)
        _text(draw, bar.value, 11, (left + bar.width + 6, middle), INK, "lm")
    _text(draw, f"{report.institution} · {report.span}", 9, (MARGIN, height - MARGIN), GREY, "ls")
    made = BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def _text(
    draw: ImageDraw.ImageDraw, text: str, size: int, at: tuple[float, float], ink: str, anchor: str, *,
    bold: bool = False,
) -> None:  # fmt: skip
    """No wider than the picture."""
    font, text = ImageFont.truetype(font_file(bold), size * SCALE), " ".join(printable(text).split())[:200]
    while text and draw.textlength(text, font) > WIDTH * SCALE:
        text = f"{text[:-2].rstrip('… ')}…"
    draw.text((at[0] * SCALE, at[1] * SCALE), text, fill=ink, font=font, anchor=anchor)
