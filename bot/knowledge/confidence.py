"""How likely a candidate is right, and from where on it is shown: learned from scores on questions that were left out.

A logistic regression over a few signs, pulled towards coefficients that hold for bases in general, so that a base of
five templates has a sensible confidence and one of five hundred has its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from bot.knowledge.promise import WRONG_AT_MOST, threshold

Numbers = npt.NDArray[np.float64]
Kind = Literal["answer", "choose", "hand_over"]
SIGNS = (
    "one", "score", "lead", "nearest", "known", "length", "single word", "two words",
    "centre", "first voice", "its nearest", "its answer", "second voice", "its nearest", "its answer",
)  # fmt: skip
GENERAL = np.array([-3.8, 4.4, 5.2, 1.6, 0.4, 0.7, 0, 0, 0, 0, 0, 0, 0, 0, 0])
"""Coefficients of ``SIGNS`` before anything is known of a base and where there are no voices."""
GENERAL_MEANT = np.array([-4.0, 2.4, 5.0, 1.4, 0, 0.6, 0.3, 0, 0, 0.7, 0.6, 1.0, 0.9, 0, 0])
"""The same where there are."""
OF_VOICES = 9
"""Where the signs of voices begin."""
PULL = 2.0
"""How strongly these hold: like so many questions for each coefficient."""
CHOICE_HOLDS = 0.6
"""Share of the choices offered that must hold the right template."""
WORTH_OFFERING = 0.15
"""A second and third template are offered when they are so likely, as a part of the first one's likelihood."""
CHOOSE_FROM, LOWEST_CHOICE = 0.5, 0.4
"""From which probability on a choice is offered where that cannot be learned, and at least where as many have an answer
as was rehearsed."""
UNPROVEN, UNPROVEN_MEANT, LOWEST, HIGHEST = 2.0, 1.0, 4.0, 0.04
"""An answer's threshold where a base is too small to prove one (by words alone, and with voices, which examples make
too sure of themselves: they are nearer to each other than questions are to them), and between which it is chosen: as
doubt, in limits."""
FEWEST = 20
"""Left-out questions that the threshold of a choice needs."""
FEWEST_RIGHT = 5
"""Right ones among the left-out questions, below which nothing is learned from them."""
FEWEST_REAL = 200
"""Real questions that thresholds are rather chosen by than by rehearsed ones."""
BESIDE_REAL = 0.3
"""How many questions all rehearsed ones count for beside each of so many real ones."""
UNHEARD = 0.5
"""How many questions are taken to have an answer until people were heard: rehearsals cannot know how much is asked that
is not there (docs/knowledge.md)."""
CANDIDATES = 10
"""Templates that are looked at closely."""
CHOICES = 3
"""Templates that are offered at most."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Of a set of questions: how many of them the best candidate is right for, and how many have an answer at all."""

    right: float
    answerable: float

    def where(self, answerable: float) -> Shares:
        """The same where so many have an answer."""
        return Shares(self.right * answerable / self.answerable, answerable)

    def within_reason(self) -> Shares:
        """Never none and never all: the next question may be another."""
        right, answerable = (min(max(share, 0.02), 0.98) for share in (self.right, self.answerable))
        return Shares(right, answerable)


EVEN = Shares(0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Trial:
    """Left-out questions. ``signs``: questions x candidates x signs, best candidate first; ``right``: questions x
    candidates, 1 where the candidate is right; ``weight``: how much each question counts."""

    signs: Numbers
    right: Numbers
    weight: Numbers


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a trial's questions. ``probabilities``: as they were learned, best candidate first, before
    anything is known of what people ask; ``right``: of the candidates in this order."""

    probabilities: Numbers
    right: Numbers
    weight: Numbers

    @classmethod
    def of(cls, trial: Trial, coefficients: Numbers) -> Judged:
        probabilities = _probabilities(trial.signs, coefficients)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        probabilities, right = (np.take_along_axis(part, order, axis=1) for part in (probabilities, trial.right))
        return cls(probabilities, right, trial.weight)

    @property
    def answerable(self) -> Numbers:
        return np.asarray(self.right.sum(1), dtype=np.float64)

    @property
    def shares(self) -> Shares:
        total = self.weight.sum()
        return Shares(
            float(self.weight @ self.right[:, 0] / total), float(self.weight @ self.answerable / total)
        ).within_reason()


@dataclass(frozen=True, slots=True)
class Confidence:
    """Turns signs into probabilities and probabilities into a decision. ``coefficients``: of ``SIGNS``, for the best
    candidate and for the others; one row for all of them where only fragments were right, as in a base with one example
    a template. ``rehearsed``: what it was learned from; ``shares``: what people ask."""

    coefficients: Numbers
    judged: Judged | None = None
    rehearsed: Shares = EVEN
    shares: Shares = EVEN
    limits: tuple[float, ...] = (WRONG_AT_MOST,)
    answer_from: tuple[float, ...] = (1 - UNPROVEN * WRONG_AT_MOST,)
    choose_from: float = CHOOSE_FROM
    by_real_questions: bool = False

    def rehearsed_probabilities(self, signs: Numbers) -> Numbers:
        """Of candidates (second axis from the end), as if people asked what was rehearsed; those of one question add up
        to 1 at most."""
        return _probabilities(signs, self.coefficients)

    def probabilities(self, signs: Numbers) -> Numbers:
        """The same for what people ask."""
        return self._as_asked(self.rehearsed_probabilities(signs))

    def decide(self, probabilities: Numbers, limit: float = WRONG_AT_MOST) -> Kind:
        """About one question's candidates, best first. ``limit``: share of wrong answers that is accepted."""
        if len(probabilities) and probabilities[0] >= self.answers_from(limit):
            return "answer"
        if len(probabilities) and probabilities[offered(probabilities)].sum() >= self.choose_from:
            return "choose"
        return "hand_over"

    def answers_from(self, limit: float = WRONG_AT_MOST) -> float:
        """The probability from which on an answer is given where ``limit`` is accepted."""
        return self.answer_from[self.limits.index(limit)]

    def believing(self, shares: Shares, limits: tuple[float, ...] | None = None) -> Confidence:
        """The same where people ask this: all thresholds are chosen anew, on left-out questions that count as if they
        were asked in this proportion."""
        limits = limits or self.limits
        if self.judged is None:
            return replace(self, limits=limits, answer_from=tuple(1 - self._unproven * limit for limit in limits))
        other, judged = replace(self, shares=shares.within_reason(), limits=limits), self.judged
        asked, tried = other.shares.answerable, judged.shares.answerable
        known = judged.answerable
        weight = judged.weight * (known * asked / tried + (1 - known) * (1 - asked) / (1 - tried))
        probabilities = other._as_asked(judged.probabilities)
        answer_from = tuple(
            other._answer_from(probabilities[:, 0], judged.right[:, 0], weight, limit) for limit in limits
        )
        open_ = probabilities[:, 0] < max(answer_from)
        shown = offered(probabilities[open_])
        sure, held = (probabilities[open_] * shown).sum(1), (judged.right[open_] * shown).sum(1)
        choose = _often_enough(sure, held, weight[open_], CHOICE_HOLDS, FEWEST)
        # Where fewer have an answer than was rehearsed, all probabilities are smaller, and those of choices with them.
        lowest = LOWEST_CHOICE * min(1.0, asked / self.rehearsed.answerable)
        choose_from = min(max(choose or CHOOSE_FROM, lowest), *answer_from)
        return replace(other, answer_from=answer_from, choose_from=choose_from)

    def _answer_from(self, best: Numbers, right: Numbers, weight: Numbers, limit: float) -> float:
        """By the promise where it can be proven; where real questions do not prove it, hardly ever."""
        proven = threshold(best, right, weight, limit)
        if proven is None:
            return 1 - (HIGHEST if self.by_real_questions else self._unproven) * limit
        return min(max(proven, 1 - LOWEST * limit), 1 - HIGHEST * limit)

    @property
    def _unproven(self) -> float:
        return UNPROVEN_MEANT if self.coefficients[:, OF_VOICES:].any() else UNPROVEN

    def _as_asked(self, probabilities: Numbers) -> Numbers:
        """Bayes' rule, once for how many questions have an answer and once for how often the best candidate is right;
        the more careful of the two counts. The order of candidates stays."""
        some = probabilities.sum(axis=-1, keepdims=True)
        best = probabilities.max(axis=-1, keepdims=True)
        answered = _odds(self.shares.answerable, self.rehearsed.answerable)
        right = _odds(self.shares.right, self.rehearsed.right)
        factor = answered / (some * answered + 1 - some)
        factor = np.minimum(factor, right / (best * right + 1 - best))
        return np.asarray(probabilities * factor, dtype=np.float64)


def _odds(now: float, before: float) -> float:
    return now / (1 - now) * (1 - before) / before


def offered(probabilities: Numbers) -> npt.NDArray[np.bool_]:
    """Which candidates (last axis, best first) a choice would offer."""
    first = np.arange(probabilities.shape[-1]) < CHOICES
    return np.asarray((probabilities >= WORTH_OFFERING * probabilities[..., :1]) & first)


def learn(rehearsed: Trial, real: Trial | None = None, limits: tuple[float, ...] = (WRONG_AT_MOST,)) -> Confidence:
    """Fit the coefficients, then choose all thresholds: by real questions where there are enough of them."""
    by_real_questions = real is not None and len(real.weight) >= FEWEST_REAL
    together = rehearsed
    if real is not None:
        beside = _counting(rehearsed, BESIDE_REAL * len(real.weight)) if by_real_questions else rehearsed
        together = _joined(beside, real)
    if together.right.sum() < FEWEST_RIGHT:
        return Confidence(general(together)[None]).believing(EVEN, limits)
    coefficients = _fit(together, general(together))[None]
    if np.count_nonzero(together.right == 1) >= FEWEST_RIGHT:
        coefficients = np.stack([_fit(_first(together), coefficients[0]), coefficients[0]])
    judged = Judged.of(real if real is not None and by_real_questions else rehearsed, coefficients)
    shares = Judged.of(together, coefficients).shares
    learned = Confidence(coefficients, judged, shares, shares, by_real_questions=by_real_questions)
    return learned.believing(judged.shares if by_real_questions else judged.shares.where(UNHEARD), limits)


def general(trial: Trial) -> Numbers:
    """The coefficients before anything is known of a base, with voices or without."""
    return GENERAL_MEANT if trial.signs[..., OF_VOICES:].any() else GENERAL


def _probabilities(signs: Numbers, coefficients: Numbers) -> Numbers:
    """With coefficients of its own the best candidate by score is the likeliest one, and so on: which one is best the
    score knows better, since it was learned for just that."""
    if len(coefficients) == 1:
        each = _sigmoid(signs @ coefficients[0])
    else:
        value = signs @ coefficients[1]
        value[..., 0] = signs[..., 0, :] @ coefficients[0]
        each = -np.sort(-_sigmoid(value), axis=-1)
    return np.asarray(each / np.maximum(1.0, each.sum(axis=-1, keepdims=True)), dtype=np.float64)


def _counting(trial: Trial, most: float) -> Trial:
    """The same, as ``most`` questions at most."""
    return Trial(trial.signs, trial.right, trial.weight * min(1.0, most / max(trial.weight.sum(), 1.0)))


def _joined(first: Trial, second: Trial) -> Trial:
    return Trial(
        np.concatenate([first.signs, second.signs]),
        np.concatenate([first.right, second.right]),
        np.concatenate([first.weight, second.weight]),
    )


def _first(trial: Trial) -> Trial:
    """Of the best candidates alone."""
    return Trial(trial.signs[:, :1], trial.right[:, :1], trial.weight)


def _fit(trial: Trial, start: Numbers) -> Numbers:
    """Newton's method, each step halved until it gains something; the penalty keeps the matrix regular."""
    signs, right = trial.signs.reshape(-1, len(SIGNS)), trial.right.ravel()
    weight = np.repeat(trial.weight, trial.signs.shape[1])

    def loss(beta: Numbers) -> float:
        value = signs @ beta
        return float(weight @ (np.logaddexp(0, value) - right * value) + PULL / 2 * (beta - start) @ (beta - start))

    beta, now = start.copy(), loss(start)
    for _ in range(25):
        guess = _sigmoid(signs @ beta)
        slope = signs.T @ (weight * (right - guess)) - PULL * (beta - start)
        curve = (signs * (weight * guess * (1 - guess))[:, None]).T @ signs + PULL * np.eye(len(beta))
        step = np.linalg.solve(curve, slope)
        while (after := loss(beta + step)) > now and np.abs(step).max() > 1e-6:
            step /= 2
        beta, gained, now = beta + step, now - after, after
        if gained < 1e-6 * now:
            break
    return beta


def _often_enough(sure: Numbers, right: Numbers, weight: Numbers, share: float, fewest: int) -> float | None:
    """The lowest probability from which on at least ``share`` are right; None when none reaches that with ``fewest``
    questions."""
    order = np.argsort(-sure)
    total, good = np.cumsum(weight[order]), np.cumsum((weight * right)[order])
    enough = (np.arange(len(order)) + 1 >= fewest) & (good / total >= share)
    return float(sure[order][np.flatnonzero(enough)[-1]]) if enough.any() else None


def _sigmoid(value: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))), dtype=np.float64)
