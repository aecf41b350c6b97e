"""A logistic regression beside the kernel, for bases with many examples of each template.

With a hundred examples a template it separates templates better than ridge regression, whose squares also punish what
is right by far; with ten it does not. So it is learned only where the classifier has to work with landmarks, and counts
as much as left-out questions say (docs/knowledge.md). What it would have said of an example that it had not known takes
a training of its own, for some examples or templates at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from bot.knowledge.classifier import NOTHING, Array, Examples, Owners, Trained

Mask = npt.NDArray[np.bool_]

FEWEST, MOST_WORK = 10, 4_000_000
"""Templates that it needs; examples times templates, with which its time grows: larger bases do without."""
DIMENSIONS = 300
"""Of words, reduced."""
WORDS_COUNT = 2.0
"""What they count here, beside what they count in how alike two texts are."""
LOOSENESS = 15.0
"""Inverse of the penalty on the squares of its weights."""
MOST_ROUNDS = 50
EXAMPLE_FOLDS, TEMPLATE_FOLDS = 3, 2
"""Parts of the trial that are left out together: some examples of each template; some whole templates."""
COUNTS, COMMON_COUNT = (0.0, 0.05, 0.1, 0.2, 0.4), 0.2
"""What its logarithmic odds may count beside the classifier's scores, and what left-out questions must disprove."""
DOUBT = 20
"""How many more of them must be right for each 1 that it is away from that."""
ABSENT = np.float32(-1e6)
"""The logarithmic odds of a template that nothing was learned of."""


@dataclass(frozen=True, slots=True)
class Regression:
    """``reduced``: words x dimensions; ``weights``: what voices hear and those x templates; ``shift``: of each
    template."""

    reduced: Array
    weights: Array
    shift: Array

    def scores(self, rows: sp.csr_matrix, heard: Array) -> Array:
        """What it adds to the classifier's scores: questions x templates. ``rows``: their words; ``heard``: what voices
        hear in them."""
        return np.asarray(np.hstack([heard, rows @ self.reduced]) @ self.weights + self.shift, dtype=np.float32)


def learn(
    rows: sp.csr_matrix, heard: Array, share: float, examples: Examples, trained: Trained
) -> tuple[Regression | None, Trained]:
    """Train it on all examples, and say what becomes of ``trained`` with it; None where it is of no use. ``share``: of
    words in how alike two texts are."""
    if examples.templates < FEWEST or len(examples.owners) * examples.templates > MOST_WORK:
        return None, trained
    reduced = np.float32(WORDS_COUNT * np.sqrt(share)) * _reduction(rows)
    features = np.hstack([heard, rows @ reduced]).astype(np.float32)
    left_out = _left_out(features, examples)
    count = _count(trained.left_out, left_out, examples.owners[examples.trial])
    if not count:
        return None, trained
    strange = left_out.copy()
    for known, asked in _templates_left_out(examples):
        strange[asked] = _scores(features[examples.trial[asked]], _fit(features, examples, known))
    weights, shift = _fit(features, examples, np.ones(len(features), np.bool_))
    both = replace(
        trained,
        left_out=_together(trained.left_out, left_out, count),
        strange=_together(trained.strange, strange, count),
    )
    return Regression(reduced, count * weights, count * shift), both


def _reduction(rows: sp.csr_matrix) -> Array:
    """Words x dimensions."""
    found = TruncatedSVD(min(DIMENSIONS, min(rows.shape) - 1), random_state=0).fit(rows).components_.T
    return np.asarray(found, dtype=np.float32)


def _fit(features: Array, examples: Examples, known: Mask) -> tuple[Array, Array]:
    """Weights and shifts, learned from the examples that are ``known``."""
    model = LogisticRegression(C=LOOSENESS, max_iter=MOST_ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is near enough by then
        model.fit(features[known], examples.owners[known], sample_weight=examples.weights[known])
    inside = model.classes_ >= 0
    weights = np.zeros((features.shape[1], examples.templates), np.float32)
    shift = np.full(examples.templates, ABSENT)
    weights[:, model.classes_[inside]] = model.coef_[inside].T
    shift[model.classes_[inside]] = model.intercept_[inside]
    return weights, shift


def _scores(features: Array, learned: tuple[Array, Array]) -> Array:
    weights, shift = learned
    return np.asarray(features @ weights + shift, dtype=np.float32)


def _left_out(features: Array, examples: Examples) -> Array:
    """What each example of the trial scores when it was not trained on, nor were some others of each template."""
    found = np.empty((len(examples.trial), examples.templates), np.float32)
    fold = np.arange(len(examples.trial)) % EXAMPLE_FOLDS
    for at in range(EXAMPLE_FOLDS):
        asked = examples.trial[fold == at]
        known = np.ones(len(features), np.bool_)
        known[asked] = False
        found[fold == at] = _scores(features[asked], _fit(features, examples, known))
    return found


def _templates_left_out(examples: Examples) -> Iterator[tuple[Mask, Mask]]:
    """Which examples are known, and which of the trial are asked."""
    owners: Owners = examples.owners[examples.trial]
    tried = np.unique(owners[owners >= 0])
    for at in range(TEMPLATE_FOLDS):
        away = tried[at::TEMPLATE_FOLDS]
        yield ~np.isin(examples.owners, away), np.isin(owners, away)


def _count(scores: Array, added: Array, owners: Owners) -> float:
    """Which of ``COUNTS`` finds the right template most often."""
    asked = owners >= 0
    right = [float(((scores[asked] + count * added[asked]).argmax(axis=1) == owners[asked]).mean()) for count in COUNTS]
    doubt = [abs(count - COMMON_COUNT) * DOUBT / max(asked.sum(), 1) for count in COUNTS]
    return COUNTS[int(np.argmax(np.subtract(right, doubt)))]


def _together(scores: Array, added: Array, count: float) -> Array:
    there = (scores > NOTHING) & (added > ABSENT / 2)
    return np.asarray(np.where(there, scores + count * added, NOTHING), dtype=np.float32)
