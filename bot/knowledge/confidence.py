"""How likely a candidate is right, and from where on it is shown: learned from scores on questions that were left out.

A logistic regression over a few signs, pulled towards coefficients that hold for bases in general, so that a base of
five templates has a sensible confidence and one of five hundred has its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bot.knowledge.promise import WRONG_AT_MOST, threshold

Numbers = npt.NDArray[np.float64]
Kind = Literal["answer", "choose", "hand_over"]
SIGNS = (
    "one", "score", "lead", "nearest", "known", "length",
    "first voice", "its nearest", "its answer", "second voice", "its nearest", "its answer",
)  # fmt: skip
GENERAL = np.array([-3.8, 4.4, 5.2, 1.6, 0.4, 0.7, 0, 0, 0, 0, 0, 0])
"""Coefficients of ``SIGNS`` before anything is known of a base and where there are no voices."""
GENERAL_MEANT = np.array([-5.1, 2.8, 5.1, 1.2, 0, 1.2, 1.7, 1.9, 1.0, 1.0, 0, 0])
"""The same where there are."""
PULL = 2.0
"""How strongly these hold: like so many questions for each coefficient."""
CHOICE_HOLDS = 0.6
"""Share of the choices offered that must hold the right template."""
WORTH_OFFERING = 0.15
"""A second and third template are offered when they are so likely, as a part of the first one's likelihood."""
ANSWER_FROM, CHOOSE_FROM = 0.9, 0.5
"""Thresholds of a base too small to choose its own."""
FEWEST = 20
"""Left-out questions that the threshold of a choice needs."""
FEWEST_RIGHT = 5
"""Right ones among the left-out questions, below which nothing is learned from them."""
FEWEST_REAL = 200
"""Real questions that thresholds are rather chosen by than by rehearsed ones."""
LOWEST_ANSWER, HIGHEST_ANSWER, LOWEST_CHOICE = 0.5, 0.985, 0.25
"""Between these the thresholds are chosen, however good or bad the left-out questions went."""
CANDIDATES = 10
"""Templates that are looked at closely."""
CHOICES = 3
"""Templates that are offered at most."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Left-out questions. ``signs``: questions x candidates x signs, best candidate first; ``right``: questions x
    candidates, 1 where the candidate is right; ``weight``: how much each question counts."""

    signs: Numbers
    right: Numbers
    weight: Numbers


@dataclass(frozen=True, slots=True)
class Confidence:
    """Turns signs into probabilities and probabilities into a decision."""

    coefficients: Numbers
    answer_from: float = ANSWER_FROM
    choose_from: float = CHOOSE_FROM

    def probabilities(self, signs: Numbers) -> Numbers:
        """Of candidates (second axis from the end); those of one question add up to 1 at most."""
        each = _sigmoid(signs @ self.coefficients)
        return np.asarray(each / np.maximum(1.0, each.sum(axis=-1, keepdims=True)), dtype=np.float64)

    def decide(self, probabilities: Numbers) -> Kind:
        """About one question's candidates, best first."""
        if len(probabilities) and probabilities[0] >= self.answer_from:
            return "answer"
        if len(probabilities) and probabilities[offered(probabilities)].sum() >= self.choose_from:
            return "choose"
        return "hand_over"


def offered(probabilities: Numbers) -> npt.NDArray[np.bool_]:
    """Which candidates (last axis, best first) a choice would offer."""
    first = np.arange(probabilities.shape[-1]) < CHOICES
    return np.asarray((probabilities >= WORTH_OFFERING * probabilities[..., :1]) & first)


def learn(rehearsed: Trial, real: Trial | None = None) -> Confidence:
    """Fit the coefficients, then choose both thresholds: by real questions where there are enough of them."""
    together = rehearsed if real is None else _joined(rehearsed, real)
    if together.right.sum() < FEWEST_RIGHT:
        return Confidence(general(together))
    coefficients = _fit(together)
    trial = rehearsed if real is None or len(real.weight) < FEWEST_REAL else real
    probabilities, right = _judged(Confidence(coefficients), trial)
    answer_from = _answer_from(probabilities[:, 0], right[:, 0], trial.weight)
    asked = probabilities[:, 0] < answer_from
    shown = offered(probabilities[asked])
    together, held = (probabilities[asked] * shown).sum(1), (right[asked] * shown).sum(1)
    choose_from = _often_enough(together, held, trial.weight[asked], CHOICE_HOLDS, FEWEST)
    return Confidence(coefficients, answer_from, min(max(choose_from or CHOOSE_FROM, LOWEST_CHOICE), answer_from))


def general(trial: Trial) -> Numbers:
    """The coefficients before anything is known of a base, with voices or without."""
    return GENERAL_MEANT if trial.signs[..., len(GENERAL) // 2 :].any() else GENERAL


def _judged(sure: Confidence, trial: Trial) -> tuple[Numbers, Numbers]:
    """Probabilities and what was right, both with the most probable candidate first."""
    probabilities = sure.probabilities(trial.signs)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    return np.take_along_axis(probabilities, order, axis=1), np.take_along_axis(trial.right, order, axis=1)


def _joined(first: Trial, second: Trial) -> Trial:
    return Trial(
        np.concatenate([first.signs, second.signs]),
        np.concatenate([first.right, second.right]),
        np.concatenate([first.weight, second.weight]),
    )


def _fit(trial: Trial) -> Numbers:
    """Newton's method; the penalty keeps the matrix regular."""
    signs, right = trial.signs.reshape(-1, len(SIGNS)), trial.right.ravel()
    weight = np.repeat(trial.weight, trial.signs.shape[1])
    start = general(trial)
    beta = start.copy()
    for _ in range(25):
        guess = _sigmoid(signs @ beta)
        slope = signs.T @ (weight * (right - guess)) - PULL * (beta - start)
        curve = (signs * (weight * guess * (1 - guess))[:, None]).T @ signs + PULL * np.eye(len(beta))
        step = np.linalg.solve(curve, slope)
        beta += np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-6:
            break
    return beta


def _answer_from(best: Numbers, right: Numbers, weight: Numbers) -> float:
    """By the promise where the base is large enough to prove it; else where left-out questions kept it, and no bolder
    than by default."""
    proven = threshold(best, right, weight)
    if proven is not None:
        return min(max(proven, LOWEST_ANSWER), HIGHEST_ANSWER)
    careful = _often_enough(best, right, weight, 1 - WRONG_AT_MOST, FEWEST)
    return ANSWER_FROM if careful is None else min(max(careful, ANSWER_FROM), HIGHEST_ANSWER)


def _often_enough(sure: Numbers, right: Numbers, weight: Numbers, share: float, fewest: int) -> float | None:
    """The lowest probability from which on at least ``share`` are right; None when none reaches that with ``fewest``
    questions."""
    order = np.argsort(-sure)
    total, good = np.cumsum(weight[order]), np.cumsum((weight * right)[order])
    enough = (np.arange(len(order)) + 1 >= fewest) & (good / total >= share)
    return float(sure[order][np.flatnonzero(enough)[-1]]) if enough.any() else None


def _sigmoid(value: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))), dtype=np.float64)
