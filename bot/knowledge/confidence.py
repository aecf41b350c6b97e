"""How likely a candidate is right, and from where on it is shown: learned from scores on questions that were left out.

A logistic regression over a few signs, pulled towards coefficients that hold for bases in general, so that a base of
five templates has a sensible confidence and one of five hundred has its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Kind = Literal["answer", "choose", "hand_over"]
SIGNS = ("one", "score", "lead", "nearest", "known", "length")
GENERAL = np.array([-3.8, 4.4, 5.2, 1.6, 0.4, 0.7])
"""Coefficients of ``SIGNS`` before anything is known of a base."""
PULL = 2.0
"""How strongly ``GENERAL`` holds: like so many questions for each coefficient."""
WRONG_AT_MOST = 0.05
"""Share of wrong ones among the answers given."""
CHOICE_HOLDS = 0.6
"""Share of the choices offered that must hold the right template."""
WORTH_OFFERING = 0.15
"""A second and third template are offered when they are so likely, as a part of the first one's likelihood."""
ANSWER_FROM, CHOOSE_FROM = 0.9, 0.5
"""Thresholds of a base too small to choose its own."""
FEWEST, FEWEST_BOLD = 20, 100
"""Answers among the left-out questions that a threshold needs: few to be stricter than the default, many to be bolder.
"""
LOWEST_ANSWER, HIGHEST_ANSWER, LOWEST_CHOICE = 0.5, 0.97, 0.4
"""Between these the thresholds are chosen, however good or bad the left-out questions went."""
CANDIDATES = 3


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
    return np.asarray(probabilities >= WORTH_OFFERING * probabilities[..., :1])


def learn(trial: Trial) -> Confidence:
    """Fit the coefficients, then choose both thresholds."""
    signs = trial.signs.reshape(-1, len(SIGNS))
    weight = np.repeat(trial.weight, trial.signs.shape[1])
    coefficients = _fit(signs, trial.right.ravel(), weight)
    sure = Confidence(coefficients)
    probabilities = sure.probabilities(trial.signs)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    probabilities = np.take_along_axis(probabilities, order, axis=1)
    right = np.take_along_axis(trial.right, order, axis=1)
    answer_from = _answer_from(probabilities[:, 0], right[:, 0], trial.weight)
    asked = probabilities[:, 0] < answer_from
    shown = offered(probabilities[asked])
    together, held = (probabilities[asked] * shown).sum(1), (right[asked] * shown).sum(1)
    choose_from = _threshold(together, held, trial.weight[asked], CHOICE_HOLDS, FEWEST)
    return Confidence(coefficients, answer_from, min(max(choose_from or CHOOSE_FROM, LOWEST_CHOICE), answer_from))


def _fit(signs: Numbers, right: Numbers, weight: Numbers) -> Numbers:
    """Newton's method; the penalty keeps the matrix regular."""
    beta = GENERAL.copy()
    for _ in range(25):
        guess = _sigmoid(signs @ beta)
        slope = signs.T @ (weight * (right - guess)) - PULL * (beta - GENERAL)
        curve = (signs * (weight * guess * (1 - guess))[:, None]).T @ signs + PULL * np.eye(len(beta))
        step = np.linalg.solve(curve, slope)
        beta += np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-6:
            break
    return beta


def _answer_from(best: Numbers, right: Numbers, weight: Numbers) -> float:
    bold = _threshold(best, right, weight, 1 - WRONG_AT_MOST, FEWEST_BOLD)
    if bold is not None and bold < ANSWER_FROM:
        return max(bold, LOWEST_ANSWER)
    careful = _threshold(best, right, weight, 1 - WRONG_AT_MOST, FEWEST)
    return ANSWER_FROM if careful is None else min(max(careful, ANSWER_FROM), HIGHEST_ANSWER)


def _threshold(sure: Numbers, right: Numbers, weight: Numbers, share: float, fewest: int) -> float | None:
    """The lowest probability from which on at least ``share`` are right; None when none reaches that with ``fewest``
    questions."""
    order = np.argsort(-sure)
    total, good = np.cumsum(weight[order]), np.cumsum((weight * right)[order])
    enough = (np.arange(len(order)) + 1 >= fewest) & (good / total >= share)
    return float(sure[order][np.flatnonzero(enough)[-1]]) if enough.any() else None


def _sigmoid(value: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))), dtype=np.float64)
