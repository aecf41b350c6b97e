"""How alike questions are to examples, by words and by what each voice hears."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from bot.knowledge.classifier import Array, Indices
from bot.knowledge.learning import Meanings


class Rows:
    """Some examples, laid out to be multiplied with questions: ``words`` and each of ``voices`` are columns."""

    def __init__(self, rows: sp.csr_matrix, voices: list[Array], weights: list[float]) -> None:
        self.words = rows.T.tocsr()
        self.voices: list[Array] = [np.ascontiguousarray(voice.T) for voice in voices]
        self._shares = np.array([1.0, *weights], np.float32) / np.float32(1 + sum(weights))

    @classmethod
    def of(cls, rows: sp.csr_matrix, meanings: Sequence[Meanings], chosen: Indices) -> Rows:
        """Those that are ``chosen`` of all examples."""
        voices = [meaning.examples[chosen] for meaning in meanings]
        return cls(rows[chosen], voices, [meaning.weight for meaning in meanings])

    def each(self, rows: sp.csr_matrix, voices: list[Array]) -> list[Array]:
        """Likeness by words, then by each voice: questions x examples."""
        by_words = np.asarray((rows @ self.words).toarray(), dtype=np.float32)
        return [by_words, *(own @ examples for own, examples in zip(voices, self.voices, strict=True))]

    def mixed(self, rows: sp.csr_matrix, voices: list[Array]) -> Array:
        """Likeness by all of them."""
        return self.together(self.each(rows, voices))

    def together(self, views: Sequence[Array]) -> Array:
        """The weighted mean of what ``each`` gave."""
        first, *rest = views
        found = first * self._shares[0]
        for view, share in zip(rest, self._shares[1:], strict=True):
            found += view * share
        return np.asarray(found, dtype=np.float32)

    def heard(self, voices: list[Array]) -> Array:
        """What voices hear, side by side, so that products of two such rows are what ``mixed`` counts of it."""
        return np.hstack([np.sqrt(share) * own for own, share in zip(voices, self._shares[1:], strict=True)])
