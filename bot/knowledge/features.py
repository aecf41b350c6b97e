"""Texts as rows of numbers: word and character TF-IDF.

Written here and not taken from scikit-learn because of one difference that abstention lives on: what the base has never
seen still counts in a row's length. A question of which one word is known is then far from every example, where
scikit-learn would drop the unknown words and call it a perfect match.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

Words = tuple[str, ...]
WORD_SHARE = 0.5
"""Share of a row's squared length that words have; characters have the rest."""
CHARACTERS = (2, 3, 4)
BIGRAM_WEIGHT = 0.6


def word_terms(words: Words) -> Counter[str]:
    """Words and pairs of neighbours."""
    return Counter((*words, *(f"{first} {second}" for first, second in pairwise(words))))


def character_terms(words: Words) -> Counter[str]:
    """Pieces of each word, its edges marked."""
    padded = [f" {word} " for word in words]
    return Counter(
        word[at : at + length] for word in padded for length in CHARACTERS for at in range(len(word) - length + 1)
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """One kind of term: its columns and weights. ``unseen``: the weight of a term that is in no example."""

    columns: dict[str, int]
    weights: list[float]
    unseen: float
    share: float

    @classmethod
    def fit(cls, texts: Iterable[Counter[str]], offset: int, share: float) -> _Block:
        """``texts``: the terms of each, asked for one at a time, since together they would not fit into memory."""
        documents: Counter[str] = Counter()
        total = 1
        for terms in texts:
            documents.update(iter(terms))
            total += 1
        columns = {term: offset + at for at, term in enumerate(documents)}
        weights = [math.log(total / (count + 1)) + 1 for count in documents.values()]
        return cls(columns, weights, math.log(total) + 1, share)

    def row(self, counted: Counter[str], offset: int) -> tuple[list[int], list[float]]:
        columns, values, square = [], [], 0.0
        for term, count in counted.items():
            column = self.columns.get(term)
            weight = self.unseen if column is None else self.weights[column - offset]
            value = weight * (1 + math.log(count)) * (BIGRAM_WEIGHT if " " in term[1:-1] else 1.0)
            square += value * value
            if column is not None:
                columns.append(column)
                values.append(value)
        scale = math.sqrt(self.share / square) if square else 0.0
        return columns, [value * scale for value in values]


class Features:
    """The vocabulary of a base. Rows have length 1 at most, less when a text holds what no example has."""

    def __init__(self, word_block: _Block, character_block: _Block) -> None:
        self._words, self._characters = word_block, character_block
        self._split = len(word_block.columns)
        self.width = self._split + len(character_block.columns)

    @classmethod
    def fit(cls, texts: Sequence[Words]) -> Features:
        """Learn the terms and their weights from ``texts``."""
        word_block = _Block.fit((word_terms(text) for text in texts), 0, WORD_SHARE)
        split = len(word_block.columns)
        return cls(word_block, _Block.fit((character_terms(text) for text in texts), split, 1 - WORD_SHARE))

    def rows(self, texts: Iterable[Words]) -> sp.csr_matrix:
        """One row a text."""
        columns, values = array("i"), array("f")  # a list of so many numbers takes eight times as much
        ends = [0]
        for text in texts:
            for block, terms, offset in (
                (self._words, word_terms(text), 0),
                (self._characters, character_terms(text), self._split),
            ):
                more_columns, more_values = block.row(terms, offset)
                columns.extend(more_columns)
                values.extend(more_values)
            ends.append(len(columns))
        shape = (len(ends) - 1, self.width)
        return sp.csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), ends), shape=shape)

    def weight(self, word: str) -> float:
        """How telling a word is; the most telling are those never seen."""
        column = self._words.columns.get(word)
        return self._words.unseen if column is None else self._words.weights[column]

    def knows(self, word: str) -> bool:
        return word in self._words.columns
