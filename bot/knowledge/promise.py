"""Risk control: from which confidence on at most so many answers are wrong, with so much certainty (Clopper-Pearson).

Questions may count differently; what they are worth together is their effective number (Kish)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

Numbers = npt.NDArray[np.float64]
WRONG_AT_MOST = 0.05
"""Share of wrong ones among the answers given."""
CERTAINTY = 0.95
STEPS = 200
"""Thresholds that are tried."""


def at_most(wrong: float, answered: float, certainty: float = CERTAINTY) -> float:
    """The largest share of wrong answers that fits with ``wrong`` of ``answered`` at this certainty; 1 for none."""
    if answered <= wrong:
        return 1.0
    return float(betaincinv(wrong + 1, answered - wrong, certainty))


def at_least(wrong: float, answered: float, certainty: float = CERTAINTY) -> float:
    """The smallest such share."""
    if wrong <= 0:
        return 0.0
    return float(betaincinv(wrong, answered - wrong + 1, 1 - certainty))


@dataclass(frozen=True, slots=True)
class Promise:
    """``kept`` says that what was seen does not contradict "at most ``limit`` wrong": even the smallest share that fits
    is within it. ``proven``: even the largest share that fits is."""

    limit: float
    certainty: float
    answered: int
    wrong: int

    @property
    def rate(self) -> float:
        return self.wrong / self.answered if self.answered else 0.0

    @property
    def kept(self) -> bool:
        return at_least(self.wrong, self.answered, self.certainty) <= self.limit

    @property
    def proven(self) -> bool:
        return at_most(self.wrong, self.answered, self.certainty) <= self.limit


def threshold(sure: Numbers, right: Numbers, weight: Numbers, limit: float = WRONG_AT_MOST) -> float | None:
    """The lowest confidence from which on at most ``limit`` of the answers are wrong with ``CERTAINTY``; None when no
    confidence is enough. Thresholds are tried from the strictest on and the first failure that lasts ends it, so that
    trying many costs nothing (fixed sequence testing)."""
    order = np.argsort(-sure, kind="stable")
    total, good, square = (np.cumsum(values[order]) for values in (weight, weight * right, weight**2))
    found = None
    failures = 0
    for at in np.unique(np.linspace(0, len(order) - 1, min(STEPS, len(order))).astype(int)) if len(order) else ():
        answers = total[at] ** 2 / square[at]
        if at_most((1 - good[at] / total[at]) * answers, answers) <= limit:
            found, failures = float(sure[order][at]), 0
        elif found is not None:
            failures += 1
            if failures == _PATIENCE:
                break
    return found


_PATIENCE = 3
