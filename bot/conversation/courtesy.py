"""Whether a message asks for nothing: a thank-you after an answer, or a nod. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

_MOST_WORDS = 12


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Those that say it, and those that may stand beside them."""
    read: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return frozenset(read["thanks"] + read["nods"]), frozenset(read["beside"])


def asks_for_nothing(text: str) -> bool:
    """``Terima kasih banyak, Kak 🙏`` does; whatever holds a word of another kind, a digit or a question mark does
    not, nor does a bare yes: that may answer a question of ours."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = re.findall(r"[^\W_]+", plain)
    if "?" in plain or not 0 < len(words) <= _MOST_WORDS:
        return False
    saying, beside = _words()
    return not saying.isdisjoint(words) and saying | beside >= set(words)
