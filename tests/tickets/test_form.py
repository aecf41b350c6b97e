"""Forms on paper."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfReader

from bot.tickets.form import page

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
WRITTEN = "“Wi-Fi” – Ćirić, Nguyễn, Łódź… 5 ≤ 7 → ya\x07"


def printed(text: str) -> bytes:
    return page("Universitas Contoh", "Formulir", [("Perihal", text), ("Temuan", "")], AT)


def test_what_people_write_is_printed_in_their_letters() -> None:
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(printed(WRITTEN))).pages)
    assert WRITTEN.removesuffix("\x07") in text
    assert "Temuan" in text


def test_the_same_values_give_the_same_bytes() -> None:
    assert printed(WRITTEN) == printed(WRITTEN)
