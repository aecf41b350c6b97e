"""A linear classifier, one score a template, by ridge regression in its dual form.

Why this one: it is as good as a linear SVM on short texts, it keeps the examples (so it can show the nearest ones), and
what it would have said of an example it had not been trained on, alone or together with its whole template, follows
from the same inverse without training again (Cook's leave-one-out identity). So confidence can be calibrated on honest
scores at the price of one matrix inverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
RIDGE = 0.35
PAIRS = 0.4
"""Share of the squared likeness in the kernel: it rewards what two texts have in common together."""


def kernel_of(likeness: Array) -> Array:
    """What the classifier sees of how alike texts are (0 to 1)."""
    return np.asarray((1 - PAIRS) * likeness + PAIRS * likeness * likeness, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Trained:
    """``weights``: examples x templates; a question's scores are its kernel with the examples times these.
    ``left_out``: what each example scores when it alone was not trained on. ``strange``: what it scores when its whole
    template was not, as for a question that nothing answers (its own template's column means nothing there)."""

    weights: Array
    left_out: Array
    strange: Array


def train(kernel: Array, owners: npt.NDArray[np.int64], templates: int, example_weights: Array) -> Trained:
    """``kernel``: of each example with each. ``owners``: the template of each example, -1 for background that
    belongs to none. ``example_weights``: how much each example counts."""
    count = len(owners)
    targets = np.zeros((count, templates), np.float32)
    own = owners >= 0
    targets[own, owners[own]] = 1
    ridge = np.diag(RIDGE / example_weights.astype(np.float64))
    inverse: Array = np.linalg.inv(kernel.astype(np.float64) + ridge).astype(np.float32)
    weights: Array = inverse @ targets
    left_out: Array = targets - weights / np.diag(inverse)[:, None]
    strange: Array = left_out.copy()
    for template in range(templates):
        block = np.flatnonzero(owners == template)
        part = inverse[np.ix_(block, block)].astype(np.float64)
        strange[block] = targets[block] - np.linalg.solve(part, weights[block].astype(np.float64)).astype(np.float32)
    return Trained(weights, left_out, strange)
