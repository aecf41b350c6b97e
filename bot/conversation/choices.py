"""Choices that are typed instead of pressed: the number of a button, or its label."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_NUMBER = re.compile(r"(?:no(?:mor)?\.?|number|nr\.?|pilihan|opsi|yang|yg|ke-?)?\s*(\d{1,2})\s*[.)]?", re.IGNORECASE)


def typed_choice(text: str, labels: Sequence[str]) -> int | None:
    """The position in ``labels`` (those last offered, in order) that ``text`` names; None when it names none."""
    folded = _fold(text)
    for position, label in enumerate(labels):
        if folded and folded == _fold(label):
            return position
    number = _NUMBER.fullmatch(text.strip())
    if number and 1 <= int(number[1]) <= len(labels):
        return int(number[1]) - 1
    return None


def _fold(text: str) -> str:
    kept = (c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(kept).split())
