"""How alike a question is to a template's examples, and what that would be without one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp

from bot.knowledge import rehearsal
from bot.knowledge.classifier import Array
from bot.knowledge.learning import learn_from
from bot.knowledge.likeness import Rows, best_of_each, to_centre
from bot.knowledge.rehearsal import COMMON_BELIEF, Likeness, belief, choose_trial
from bot.knowledge.snapshot import TemplateWords

OWNERS = np.array([0, 0, 0, 2, 2, -1])
"""Three templates, of which the second has no example, and background."""


def unit(rows: npt.NDArray[np.floating[Any]]) -> Array:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def some_rows() -> tuple[sp.csr_matrix, Array]:
    chance = np.random.default_rng(5)
    return sp.csr_matrix(unit(chance.random((6, 8)))), unit(chance.normal(size=(6, 4)))


def cosine(question: Array, examples: Array) -> float:
    centre = examples.mean(axis=0)
    return float(question @ centre / np.linalg.norm(centre))


def test_likeness_to_the_centre_is_the_cosine_with_the_mean_example() -> None:
    words, voice = some_rows()
    rows = Rows(words, [voice], [3.0])
    likeness = rows.mixed(words, [voice])
    found = to_centre(likeness, OWNERS, rows.lengths(OWNERS, 3))
    together = np.hstack([np.sqrt(0.25) * words.toarray(), np.sqrt(0.75) * voice])
    for row, question in enumerate(together):
        assert found[row] == pytest.approx(
            [cosine(question, together[:3]), -1, cosine(question, together[3:5])], abs=1e-5
        )


def test_an_example_is_rehearsed_against_the_centre_of_the_others() -> None:
    words, voice = some_rows()
    rows, trial = Rows(words, [voice], [1.0]), np.arange(6)
    likeness = Likeness(trial, OWNERS, rows, rows.lengths(OWNERS, 3), words, [voice], [], (1.0,))
    together = np.hstack([words.toarray(), voice]) / np.sqrt(2)
    alone, nearest = likeness.seen(slice(0, 6), trial, OWNERS, whole=False)
    assert alone[0, 0] == pytest.approx(cosine(together[0], together[1:3]), abs=1e-5)
    assert alone[3, 2] == pytest.approx(cosine(together[3], together[4:5]), abs=1e-5)
    assert alone[5, 0] == pytest.approx(cosine(together[5], together[:3]), abs=1e-5)
    assert nearest[1][0, 0] == pytest.approx(max(voice[0] @ voice[1], voice[0] @ voice[2]), abs=1e-5)
    strange, nearest = likeness.seen(slice(0, 6), trial, OWNERS, whole=True)
    assert strange[0, 0] == nearest[0][0, 0] == -1
    assert strange[0, 2] == alone[0, 2]


def test_a_template_without_examples_is_like_nothing() -> None:
    assert best_of_each(np.ones((1, 6), np.float32), OWNERS, 3).tolist() == [[1, -1, 1]]


ASKED = np.repeat(np.arange(5), 40)
RIGHT = np.eye(5, dtype=np.float32)[ASKED]
UNSURE = 0.3 * RIGHT[:, ::-1] + 0.1 * RIGHT


@pytest.mark.parametrize(
    ("scores", "answers", "owners", "counts"),
    [
        (UNSURE, [RIGHT], ASKED, COMMON_BELIEF),  # it is enough
        (0.5 * UNSURE[:, ::-1] + 0.7 * UNSURE, [RIGHT], ASKED, COMMON_BELIEF),
        (0.1 * RIGHT, [RIGHT[:, ::-1]], ASKED, 0.0),  # answers mislead
        (RIGHT[:, ::-1], [RIGHT], ASKED, 1.2),  # only answers lead
        (RIGHT, [RIGHT], ASKED[:0], None),  # nobody asked
        (RIGHT, [], ASKED, 0.0),  # no voice to hear answers
    ],
)
def test_likeness_to_the_answers_counts_as_it_helps(
    scores: Array, answers: list[Array], owners: npt.NDArray[np.int64], counts: float | None
) -> None:
    assert belief(scores[: len(owners)], [answer[: len(owners)] for answer in answers], (1.0,), owners) == counts


def test_too_few_questions_leave_what_likeness_to_the_answers_counted() -> None:
    few = slice(0, 9)
    assert belief(RIGHT[few, ::-1], [RIGHT[few]], (1.0,), ASKED[few], otherwise=0.2) == 0.2


@pytest.mark.parametrize(("most", "most_scores"), [(5, 1000), (1000, 5 * 4)])
def test_of_a_large_base_whole_templates_are_rehearsed(
    monkeypatch: pytest.MonkeyPatch, most: int, most_scores: int
) -> None:
    """The last template has no question of its own."""
    monkeypatch.setattr(rehearsal, "MOST", most)
    monkeypatch.setattr(rehearsal, "MOST_SCORES", most_scores)
    questions = [("buka jam berapa", "kapan tutup"), ("di mana letaknya", "alamatnya"), ("berapa biaya", "mahal"), ()]
    texts = {f"t{at}": TemplateWords(f"Judul {at}", asked, "Jawaban.", "t") for at, asked in enumerate(questions)}
    learned = learn_from(texts, "id", frozenset())
    trial = choose_trial(learned)
    owners = learned.owners[trial]
    assert sorted(np.bincount(owners[owners >= 0], minlength=4).tolist()) == [0, 0, 2, 2]
    assert (owners < 0).sum() == (learned.owners < 0).sum()
