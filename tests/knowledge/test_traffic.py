"""How many questions have an answer is learned from the questions, and moves the thresholds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.knowledge.confidence import EVEN, FEWEST_REAL, LOWEST_CHOICE, SIGNS, UNHEARD, Confidence, Shares, Trial, learn
from bot.knowledge.matcher import Matcher
from bot.knowledge.promise import WRONG_AT_MOST
from bot.knowledge.traffic import FEWEST, LEAST, MOST, Traffic, share_of
from tests.knowledge.sample import CAMPUS

LIMITS = (0.02, 0.05, 0.2)


def seen(share: float, count: int = 4000) -> list[float]:
    """Calibrated confidences of questions of which half had an answer when rehearsed, and ``share`` has one now."""
    chance = np.random.default_rng(1)
    found: list[float] = []
    while len(found) < count:
        sure = float(chance.random())
        right = chance.random() < sure
        if chance.random() < (share if right else 1 - share):
            found.append(sure)
    return found


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5, 0.7, 0.9])
def test_the_share_of_questions_with_an_answer_is_found_in_the_confidences_alone(share: float) -> None:
    assert share_of(seen(share), 0.5, 0.5) == pytest.approx(share, abs=0.06)


def test_few_questions_hardly_move_what_is_taken_until_people_are_heard() -> None:
    few, many = (share_of(seen(0.9, count), 0.5, 0.2) for count in (5, 2000))
    assert few == pytest.approx(0.2, abs=0.1)
    assert many == pytest.approx(0.9, abs=0.1)


def test_until_people_are_heard_every_second_question_is_taken_to_have_an_answer() -> None:
    confidence = Matcher(CAMPUS.in_language("id"), "id").confidence
    assert confidence.rehearsed.answerable > 0.5
    assert confidence.shares.answerable == UNHEARD
    assert confidence.shares.right == pytest.approx(
        confidence.rehearsed.right * UNHEARD / confidence.rehearsed.answerable
    )


def test_real_questions_say_themselves_how_many_have_an_answer() -> None:
    chance = np.random.default_rng(4)
    texts = CAMPUS.in_language("id")
    asked = [(question, key) for key, words in texts.items() for question in words.questions]
    real = [asked[at] for at in chance.integers(len(asked), size=FEWEST_REAL)] + [("harga emas hari ini", None)] * 20
    confidence = Matcher(texts, "id", real=real).confidence
    assert confidence.shares.answerable > UNHEARD


def test_nothing_is_concluded_from_few_questions() -> None:
    traffic = Traffic()
    for _ in range(FEWEST - 1):
        traffic.note("id", (0.01, 0.02))
    assert traffic.shares("id", EVEN) is None
    traffic.note("id", (0.01, 0.02))
    assert (traffic.shares("id", EVEN) or EVEN).right < 0.3
    assert traffic.shares("en", EVEN) is None


def test_a_flood_of_nonsense_does_not_silence_the_service() -> None:
    traffic = Traffic()
    for _ in range(MOST):
        traffic.note("id", (0.0, 0.0))
    shares = traffic.shares("id", Shares(0.5, 0.6))
    assert shares is not None
    assert shares.answerable == LEAST
    assert shares.right < LEAST


def test_what_was_heard_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "traffic.json"
    traffic = Traffic(file)
    for sure in seen(0.8, FEWEST):
        traffic.note("id", (sure, sure))
    traffic.save()
    before, after = traffic.shares("id", EVEN), Traffic(file).shares("id", EVEN)
    assert before is not None
    assert after is not None
    assert after.right == pytest.approx(before.right, abs=1e-3)


@pytest.mark.parametrize("content", ["", "[]", '{"id": 5}', '{"id": ["x"]}', '{"id": [1]}', "{"])
def test_a_broken_file_of_traffic_is_heard_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "traffic.json"
    file.write_text(content)
    assert Traffic(file).shares("id", EVEN) is None


def a_confidence() -> Confidence:
    chance = np.random.default_rng(2)
    score = chance.random(3000)
    signs = np.zeros((3000, 1, len(SIGNS)))
    signs[:, 0, 0] = 1
    signs[:, 0, 1] = signs[:, 0, 2] = score
    right = (chance.random(3000) < score).astype(np.float64)[:, None]
    return learn(Trial(signs, right, np.ones(3000)), limits=LIMITS)


def test_where_fewer_questions_have_an_answer_fewer_are_answered() -> None:
    confidence = a_confidence()
    signs = np.zeros((1, 1, len(SIGNS)))
    signs[..., 0], signs[..., 1:3] = 1, 0.8
    often, seldom = (confidence.believing(Shares(share, share)).probabilities(signs)[0, 0] for share in (0.9, 0.1))
    assert seldom < confidence.probabilities(signs)[0, 0] < often


def test_where_fewer_questions_have_an_answer_choices_are_offered_from_less_confidence_on() -> None:
    rehearsed = a_confidence()
    often, seldom = (rehearsed.believing(Shares(share, share)).choose_from for share in (0.9, 0.4))
    assert seldom < LOWEST_CHOICE <= often


def test_a_stricter_limit_asks_for_more_confidence() -> None:
    thresholds = a_confidence().answer_from
    assert list(thresholds) == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == len(LIMITS)


def test_the_order_of_candidates_stays_whatever_people_ask() -> None:
    chance = np.random.default_rng(3)
    signs = chance.random((50, 4, len(SIGNS))) * 2
    for share in (0.03, 0.5, 0.97):
        confidence = a_confidence().believing(Shares(share, share))
        before, after = confidence.rehearsed_probabilities(signs), confidence.probabilities(signs)
        assert (np.argsort(before, axis=1, kind="stable") == np.argsort(after, axis=1, kind="stable")).all()
        assert after.sum(axis=1).max() <= 1 + 1e-9


def test_a_category_has_a_limit_of_its_own() -> None:
    texts = CAMPUS.in_language("id")
    strict = Matcher(texts, "id", limits=dict.fromkeys(texts, 0.005))
    asked = "saya terlambat bayar ukt bagaimana"
    assert strict.confidence.limits == (0.005, WRONG_AT_MOST)
    assert strict.rank(asked).candidates == Matcher(texts, "id").rank(asked).candidates
    assert Matcher(texts, "id").rank(asked).kind == "answer"
    assert strict.rank(asked).kind != "answer"
