"""The regression beside the classifier, on clusters that are small enough to foresee."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from bot.knowledge import regression
from bot.knowledge.classifier import NOTHING, Array, Examples, Trained
from bot.knowledge.regression import Regression

TEMPLATES, EACH, BACKGROUND, WIDTH = 12, 20, 10, 16
OWNERS = np.append(np.repeat(np.arange(TEMPLATES), EACH), np.full(BACKGROUND, -1))
ASKED = OWNERS >= 0
EXAMPLES = Examples(OWNERS, np.ones(len(OWNERS), np.float32), TEMPLATES, np.arange(len(OWNERS)))
WORDS = sp.csr_matrix(np.eye(len(OWNERS), dtype=np.float32))
NOTHING_KNOWN = np.zeros((len(OWNERS), TEMPLATES), np.float32)


def _clusters(spread: float) -> Array:
    chance = np.random.default_rng(3)
    centres = chance.normal(size=(TEMPLATES + 1, WIDTH))
    return np.asarray(centres[OWNERS] + spread * chance.normal(size=(len(OWNERS), WIDTH)), dtype=np.float32)


def _learn(heard: Array, scores: Array = NOTHING_KNOWN) -> tuple[Regression | None, Trained]:
    strange = scores.copy()
    strange[ASKED, OWNERS[ASKED]] = NOTHING
    return regression.learn(WORDS, heard, 0.2, EXAMPLES, Trained(NOTHING_KNOWN, scores, strange))


def _right(scores: Array) -> float:
    return float((scores[ASKED].argmax(axis=1) == OWNERS[ASKED]).mean())


def test_it_finds_templates_where_the_classifier_finds_none() -> None:
    heard = _clusters(spread=0.3)
    found, both = _learn(heard)
    assert found is not None
    assert _right(found.scores(WORDS, heard)) == 1
    assert _right(both.left_out) > 0.95


def test_what_it_says_of_an_example_it_had_not_known_is_not_what_it_learned() -> None:
    """Much of what is heard can only be learned by heart."""
    by_heart = np.random.default_rng(5).normal(size=(len(OWNERS), 400)).astype(np.float32)
    heard = np.hstack([_clusters(spread=0.8), by_heart])
    found, both = _learn(heard)
    assert found is not None
    assert _right(found.scores(WORDS, heard)) == 1
    assert 0.3 < _right(both.left_out) < 0.7


def test_without_its_template_an_example_is_taken_for_another_one() -> None:
    _, both = _learn(_clusters(spread=0.3))
    assert (both.strange[ASKED, OWNERS[ASKED]] == NOTHING).all()
    assert (both.strange[ASKED].max(axis=1) > NOTHING).all()
    assert np.isfinite(both.strange).all()


def test_a_classifier_that_does_better_alone_is_left_alone() -> None:
    scores = NOTHING_KNOWN.copy()
    scores[ASKED, OWNERS[ASKED]] = 0.05
    found, both = _learn(np.random.default_rng(7).normal(size=(len(OWNERS), WIDTH)).astype(np.float32), scores)
    assert found is None
    assert both.left_out is scores


@pytest.mark.parametrize("bound", ["FEWEST", "MOST_WORK"])
def test_bases_that_are_too_small_or_too_large_do_without(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(regression, bound, {"FEWEST": TEMPLATES + 1, "MOST_WORK": len(OWNERS) * TEMPLATES - 1}[bound])
    assert _learn(_clusters(spread=0.3))[0] is None


def test_a_template_whose_only_example_is_left_out_is_not_found() -> None:
    owners = OWNERS.copy()
    owners[OWNERS == 4] = -1
    owners[np.flatnonzero(OWNERS == 4)[0]] = 4
    alone = Examples(owners, EXAMPLES.weights, TEMPLATES, EXAMPLES.trial)
    trained = Trained(NOTHING_KNOWN, NOTHING_KNOWN, NOTHING_KNOWN)
    _, both = regression.learn(WORDS, _clusters(spread=0.3), 0.2, alone, trained)
    assert both.left_out[np.flatnonzero(owners == 4)[0], 4] == NOTHING
