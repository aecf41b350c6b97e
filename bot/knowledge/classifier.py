"""Linear classifiers, one score a template, by ridge regression.

Why this one: it is as good as a linear SVM on short texts, and what it would have said of an example it had not been
trained on, alone or together with its whole template, follows from the same inverse without training again (Cook's
leave-one-out identity). So confidence can be calibrated on honest scores at the price of one matrix inverse.

The kernel of a text with some examples, the landmarks, serves as its features (Nyström): with all examples as landmarks
this is kernel ridge regression exactly, and with a part of them a base of 50,000 examples stays within bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri
from threadpoolctl import threadpool_limits

Array = npt.NDArray[np.float32]
Owners = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int64]
RIDGE = 0.2
PAIRS = 0.6
"""Share of the squared likeness in the kernel: it rewards what two texts have in common together."""
_JITTER = 1e-3
CHUNK = 2000
"""Examples that are worked on at once, for the sake of memory."""
LANDMARK_WORK = 1.8e11
"""Examples times the square of the landmarks: what the classifier's time grows with. Of 50,000 examples 1,900 are
landmarks, of 11,000 the most."""
MOST_LANDMARKS = 4000
MOST_NEAREST = 10_000
"""Examples that the nearest one is looked for among; of a larger base, the first ones of each template."""
NOTHING = np.float32(-1)
"""The score of a template that is thought away."""


@cache
def one_thread() -> None:
    """Let this process's linear algebra use one thread: a question's products are small, and threads that wait for each
    other make it five times slower on a busy machine (7 ms instead of 1.3 at 500 templates)."""
    threadpool_limits(1, user_api="blas")


def kernel_of(likeness: Array) -> Array:
    """What the classifier sees of how alike texts are (-1 to 1)."""
    return np.asarray((1 - PAIRS) * likeness + PAIRS * likeness * np.abs(likeness), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Examples:
    """The owners (index of a template, -1 for background that belongs to none) and weights of examples, and
    ``trial``: the examples whose left-out scores are wanted."""

    owners: Owners
    weights: Array
    templates: int
    trial: Indices


@dataclass(frozen=True, slots=True)
class Trained:
    """``weights``: features x templates; a text's scores are its features times these. ``left_out``: what each example
    of the trial scores when it alone was not trained on. ``strange``: what it scores when its whole template was not,
    as for a question that nothing answers; its own template has ``NOTHING``."""

    weights: Array
    left_out: Array
    strange: Array


def train(features: Callable[[slice], Array], examples: Examples, ridge: float = RIDGE) -> Trained:
    """``features``: one row an example, of a part of them; all at once would not fit into memory."""
    owners, weights = examples.owners, examples.weights
    width = features(slice(0, 1)).shape[1]
    gram, sums = np.zeros((width, width)), np.zeros((width, examples.templates), np.float32)
    # Examples of whole templates are left out together, so that these rows are wanted again.
    kept = np.flatnonzero(np.isin(owners, owners[examples.trial]))
    rows = np.empty((len(kept), width), np.float32)
    for start in range(0, len(owners), CHUNK):
        chunk = slice(start, start + CHUNK)
        part = features(chunk)
        here = slice(*np.searchsorted(kept, (start, start + CHUNK)))
        rows[here] = part[kept[here] - start]
        weighted = part * weights[chunk, None]
        gram += part.T @ weighted
        own = np.flatnonzero(owners[chunk] >= 0)
        np.add.at(sums.T, owners[chunk][own], weighted[own])
    gram[np.diag_indices_from(gram)] += ridge
    inverse = _inverse(gram).astype(np.float32)
    del gram
    coefficients: Array = inverse @ sums
    left_out: Array = rows[np.searchsorted(kept, examples.trial)] @ coefficients
    strange = left_out.copy()
    spread: Array = rows @ inverse if len(examples.trial) > len(rows) // 2 else np.empty((0, 0), np.float32)
    for template in np.unique(owners[examples.trial]):
        asked = np.flatnonzero(owners[examples.trial] == template)
        block = np.flatnonzero(owners == template) if template >= 0 else examples.trial[asked]
        at = np.searchsorted(kept, block)
        part = spread[at] if len(spread) else rows[at] @ inverse
        hat = part @ (rows[at] * weights[block, None]).T
        _leave_out(hat, rows[at] @ coefficients, (asked, block), int(template), examples, left_out, strange)
    return Trained(coefficients, left_out, strange)


def _inverse(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of a symmetric positive definite matrix, in its place: beside a second one of 4,000 rows it would take 400 MB."""
    root, _ = cho_factor(matrix.T, lower=True, overwrite_a=True)
    inverse, failed = dpotri(root, lower=1, overwrite_c=1)
    if failed:
        raise ArithmeticError("the matrix has no inverse")
    for at in range(len(inverse)):  # only the lower triangle was filled
        inverse[at, at + 1 :] = inverse[at + 1 :, at]
    return np.asarray(inverse, dtype=np.float64)


def _leave_out(
    hat: Array, scores: Array, rows: tuple[Indices, Indices], template: int, examples: Examples, one: Array, all_: Array
) -> None:
    """Fill in the trial's rows of one template. ``hat``: how much each example of the block moves each one's scores."""
    asked, block = rows
    within = np.searchsorted(block, examples.trial[asked])
    own = np.diag(hat)[within]
    fitted = scores[within]
    if template >= 0:
        fitted = fitted.copy()
        fitted[:, template] -= own
    one[asked] = fitted / np.maximum(1 - own, 1e-3)[:, None]
    if template < 0:
        all_[asked] = one[asked]
        return
    rest = np.eye(len(block)) - hat.astype(np.float64)
    all_[asked] = np.linalg.solve(rest, scores.astype(np.float64))[within].astype(np.float32)
    all_[asked, template] = NOTHING


@dataclass(frozen=True, slots=True)
class Landmarks:
    """``chosen``: which examples. ``root``: the lower triangular root of their kernel."""

    chosen: Indices
    root: npt.NDArray[np.float64]

    @classmethod
    def of(cls, chosen: Indices, kernel: Array) -> Landmarks:
        """``kernel``: of the chosen examples with each other."""
        exact = kernel.astype(np.float64)
        exact[np.diag_indices_from(exact)] += _JITTER
        # A squared likeness of centred rows need not be positive definite; a little more on the diagonal makes it so.
        for extra in (0.0, 0.01, 0.1, 1.0):
            try:
                return cls(chosen, cholesky(exact + extra * np.eye(len(exact)), lower=True))
            except np.linalg.LinAlgError:
                continue
        raise ArithmeticError("the kernel of the landmarks is no kernel")

    def features(self, kernel: Array) -> Array:
        """``kernel``: of texts with the landmarks."""
        return np.asarray(solve_triangular(self.root, kernel.T, lower=True).T, dtype=np.float32)

    def on_kernel(self, weights: Array) -> Array:
        """Weights on features, turned into weights on the kernel itself."""
        return np.asarray(solve_triangular(self.root, weights, lower=True, trans="T"), dtype=np.float32)


def landmarks_among(owners: Owners) -> Indices:
    """The landmarks of so many examples."""
    return _first_of_each(owners, min(MOST_LANDMARKS, int(math.sqrt(LANDMARK_WORK / max(len(owners), 1)))))


def nearest_among(owners: Owners) -> Indices:
    """The examples that the nearest one is looked for among; background, which is last, is among them."""
    return np.append(_first_of_each(owners[owners >= 0], MOST_NEAREST), np.flatnonzero(owners < 0))


def _first_of_each(owners: Owners, most: int) -> Indices:
    """At most ``most`` examples: each template's first, then each one's second, and so on."""
    if len(owners) <= most:
        return np.arange(len(owners))
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], owners[order])
    rank = np.empty(len(owners), np.int64)
    rank[order] = np.arange(len(owners)) - starts
    return np.sort(np.argsort(rank, kind="stable")[:most])
