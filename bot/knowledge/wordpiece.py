"""How BERT's uncased models read a text: as numbers of known words and pieces of words (WordPiece).

``wordpiece.txt`` is the vocabulary of ``bert-base-uncased`` (Apache-2.0), one piece a line. The library that does the
same, ``tokenizers``, brings ten packages with it.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

LONGEST_WORD = 100
"""Characters; a longer word is unknown."""


def numbers(text: str, most: int) -> list[int]:
    """``text`` between the marks of its beginning and end, at most ``most`` numbers in all."""
    known = _vocabulary()
    pieces = [number for word in _words(text) for number in _pieces(word, known)]
    return [known["[CLS]"], *pieces[: most - 2], known["[SEP]"]]


@cache
def _vocabulary() -> dict[str, int]:
    lines = files("bot.knowledge").joinpath("wordpiece.txt").read_text(encoding="utf-8").split("\n")
    return {piece: at for at, piece in enumerate(lines) if piece}


def _words(text: str) -> list[str]:
    """Small letters without accents; each mark of punctuation and each Chinese character is a word of its own."""
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(map(_spaced, plain)).split()


@cache
def _spaced(letter: str) -> str:
    kind = unicodedata.category(letter)
    if letter.isspace():
        return " "
    if kind == "Mn" or kind.startswith("C") or letter == "\ufffd":
        return ""
    alone = kind.startswith("P") or (letter.isascii() and kind.startswith("S")) or _is_chinese(ord(letter))
    return f" {letter} " if alone else letter


def _is_chinese(code: int) -> bool:
    return 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def _pieces(word: str, known: dict[str, int]) -> list[int]:
    """The longest known beginning, then of what is left; a word that cannot be put together is unknown as a whole."""
    found: list[int] = []
    start = 0
    while start < len(word) <= LONGEST_WORD:
        mark = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if mark + word[start:end] in known), None)
        if end is None:
            break
        found.append(known[mark + word[start:end]])
        start = end
    return found if start == len(word) else [known["[UNK]"]]
