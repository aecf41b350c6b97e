"""How alike questions are to examples, by words and by what each voice hears."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from bot.knowledge.classifier import Array, Indices, Owners
from bot.knowledge.learning import Meanings


def best_of_each(likeness: Array, owners: Owners, templates: int) -> Array:
    """The likeness to each template's nearest example (-1: it has none). ``likeness``: questions x examples, template
    by template; background is last and left out."""
    return _of_each(np.maximum, likeness, owners, templates)


def to_centre(likeness: Array, owners: Owners, lengths: Array) -> Array:
    """The likeness to the centre of each template's examples (-1: it has none). ``lengths``: what ``Rows.lengths``
    gave for them."""
    found = _of_each(np.add, likeness, owners, len(lengths)) / np.maximum(lengths, 1e-6)
    return np.asarray(np.where(lengths > 0, found, -1), dtype=np.float32)


def _of_each(gathered: np.ufunc, likeness: Array, owners: Owners, templates: int) -> Array:
    inside = owners[owners >= 0]
    found = np.full((len(likeness), templates), -1, np.float32)
    if len(inside):
        starts = np.flatnonzero(np.diff(inside, prepend=-1))
        found[:, inside[starts]] = gathered.reduceat(likeness[:, : len(inside)], starts, axis=1)
    return found


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

    @property
    def share(self) -> float:
        """Of words in how alike two texts are."""
        return float(self._shares[0])

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

    def lengths(self, owners: Owners, templates: int) -> Array:
        """How long each template's examples are together, added up as rows. ``owners``: of the examples."""
        inside = np.flatnonzero(owners >= 0)
        member = sp.csr_matrix((np.ones(len(inside), np.float32), (inside, owners[inside])), (len(owners), templates))
        squares = np.asarray((self.words @ member).power(2).sum(axis=0)).ravel() * self._shares[0]
        for voice, share in zip(self.voices, self._shares[1:], strict=True):
            squares += np.square(voice @ member).sum(axis=0) * share
        return np.asarray(np.sqrt(squares), dtype=np.float32)

    def heard(self, voices: list[Array]) -> Array:
        """What voices hear, side by side, so that products of two such rows are what ``mixed`` counts of it."""
        return np.hstack([np.sqrt(share) * own for own, share in zip(voices, self._shares[1:], strict=True)])
