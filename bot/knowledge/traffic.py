"""How many of people's questions have an answer here: learned from what they ask, though nobody says which.

A promise about the answers given depends on it: where two questions in three have no answer, the same confidence is
wrong far more often. The share is the one under which the confidences that were seen are likeliest (label shift,
estimated by expectation maximisation: Saerens, Latinne & Decaestecker 2002, Neural Computation 14).
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.knowledge.confidence import UNHEARD, Shares

FEWEST = 50
"""Questions of a language below which its share is not known."""
MOST = 2000
"""Of more questions the last ones count: what people ask changes with the season."""
PRIOR = 50
"""Questions that what is taken until people were heard counts as."""
LEAST = 0.2
"""Share of questions with an answer below which none is believed. What is found is too low where people ask otherwise
than examples do (.11 where .28 had an answer), and whoever floods with nonsense must not silence the service."""
NOTICED = 0.02
"""A change of the share that thresholds are chosen anew for."""


def share_of(seen: Sequence[float], rehearsed: float, taken: float) -> float:
    """The share of questions for which something holds. ``seen``: how likely it holds for each, as learned where it did
    for a share of ``rehearsed``; ``taken``: the share it is taken to hold for where few were seen."""
    probability = np.clip(np.asarray(seen, dtype=np.float64), 1e-4, 1 - 1e-4)
    odds = probability / (1 - probability) * (1 - rehearsed) / rehearsed
    share = taken
    for _ in range(100):
        belief = odds * share / (1 - share)
        share = float((belief / (1 + belief)).sum() + PRIOR * taken) / (len(odds) + PRIOR)
    return share


class Traffic:
    """The confidences seen, by language. May be called from any thread. ``file``: keeps them between runs."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen: dict[str, deque[tuple[float, float]]] = {}
        self._lock = threading.Lock()
        if file is not None:
            self._load(file)

    def note(self, language: str, raw: tuple[float, float]) -> None:
        """A question was asked. ``raw``: how likely its best candidate is right, and any, as it was rehearsed."""
        with self._lock:
            self._seen.setdefault(language, deque(maxlen=MOST)).append(raw)

    def shares(self, language: str, rehearsed: Shares) -> Shares | None:
        """What people ask; None as long as they asked too little."""
        with self._lock:
            seen = list(self._seen.get(language, ()))
        if len(seen) < FEWEST:
            return None
        best, any_ = zip(*seen, strict=True)
        taken = rehearsed.where(UNHEARD)
        found = Shares(
            share_of(best, rehearsed.right, taken.right), share_of(any_, rehearsed.answerable, taken.answerable)
        )
        return found.where(max(found.answerable, LEAST))

    def save(self) -> None:
        """Write all to the file, if there is one."""
        if self._file is None:
            return
        with self._lock:
            seen = {
                language: [[round(best, 4), round(any_, 4)] for best, any_ in values]
                for language, values in self._seen.items()
            }
        new = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        new.write_text(json.dumps(seen), encoding="ascii")
        new.replace(self._file)

    def _load(self, file: Path) -> None:
        """What cannot be read is learned anew."""
        try:
            found = json.loads(file.read_text(encoding="ascii"))
            self._seen = {
                str(language): deque(((float(best), float(any_)) for best, any_ in values), MOST)
                for language, values in found.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            self._seen = {}
