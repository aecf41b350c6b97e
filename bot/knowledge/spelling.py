"""Typing errors, mended against the words that the base knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4
LONG = 8
"""From this length on a word may hold two errors."""
MOST = 12
"""Words of one text that are looked up: nobody mends a page of gibberish."""


class Speller:
    """Knows ``vocabulary`` (to be mended into) and ``accepted`` (right as they are)."""

    def __init__(self, vocabulary: Iterable[str], accepted: Collection[str]) -> None:
        self._known = frozenset(vocabulary) | frozenset(accepted)
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(set(vocabulary)):
            if word.isalpha() and len(word) >= SHORTEST:
                self._by_letter.setdefault(word[0], []).append(word)

    def mend(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """``words`` with the unknown ones replaced by the one known word that is nearest, where there is one: same
        first letter, one error (two in long words; swapped neighbours are one). Numbers and codes stay."""
        tries = 0
        mended = []
        for word in words:
            if tries < MOST and len(word) >= SHORTEST and word.isalpha() and word not in self._known:
                tries += 1
                word = self._nearest(word)
            mended.append(word)
        return tuple(mended)

    def _nearest(self, word: str) -> str:
        errors = 2 if len(word) >= LONG else 1
        near = process.extract(
            word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=errors, limit=2
        )
        if not near or (len(near) > 1 and near[1][1] == near[0][1]):
            return word
        return str(near[0][0])
