"""Cutting long texts into messages, and what of a text can be kept."""

from __future__ import annotations

import re

_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))


def storable(text: str) -> str:
    """``text`` as every database can keep it: no NUL, no halves of surrogate pairs (both may come in JSON)."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\0", "")


def split_text(text: str, limit: int) -> list[str]:
    """``text`` in pieces of at most ``limit`` characters, cut at a paragraph, else a line, a sentence, a word; nothing
    but white space at the cuts is lost. At least one piece."""
    rest, pieces = text.strip(), []
    while len(rest) > limit:
        cut, resume = _cut(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[resume:].lstrip()
    return [*pieces, rest] if rest or not pieces else pieces


def _cut(text: str, limit: int) -> tuple[int, int]:
    for pattern in _BREAKS:
        ends = [(m.start(), m.end()) for m in pattern.finditer(text[: limit + 1]) if m.start() > limit // 3]
        if ends:
            return ends[-1]
    return limit, limit
