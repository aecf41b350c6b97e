"""Finding a template, or none, in a small base of both languages."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge import store
from bot.knowledge.background import DISTRACTORS, EVERYDAY
from bot.knowledge.base import Category, Decision, Knowledge
from bot.knowledge.confidence import SIGNS, Confidence, Numbers, Trial, learn
from bot.knowledge.matcher import Matcher
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.knowledge.sample import CAMPUS, template

CAMPUS_KNOWLEDGE = Knowledge.build(CAMPUS)


def ask(text: str, language: str = "id") -> Decision:
    return CAMPUS_KNOWLEDGE.search(text, language)


def _numbers(values: object) -> Numbers:
    return np.asarray(values, dtype=np.float64)


def best(decision: Decision) -> str | None:
    return decision.hits[0].template_id if decision.hits else None


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("id", "Bagaimana cara membayar UKT?", "ukt-bayar"),
        ("id", "min mau nanya dong, ukt telat bayar gmn ya??", "ukt-bayar"),
        ("id", "lupa pasword portal", "sandi-portal"),
        ("id", "lupa kt sandi portal mahasisw", "sandi-portal"),
        ("id", "Assalamualaikum kak, mohon info jadwal wisuda", "wisuda-jadwal"),
        ("id", "klo telat isi krs gmn kak", "krs-isi"),
        ("id", "wisudaaa kapaaan", "wisuda-jadwal"),
        ("en", "i forgot my pasword", "sandi-portal"),
        ("en", "hi, how do i pay the tuition fee please?", "ukt-bayar"),
    ],
)
def test_a_question_as_people_type_it_is_answered(language: str, text: str, expected: str) -> None:
    decision = ask(text, language)
    assert (decision.kind, best(decision)) == ("answer", expected)
    assert decision.hits[0].score >= 0.7
    assert decision.hits[0].why


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("id", text) for text in DISTRACTORS["id"] + EVERYDAY["id"]),
        *(("en", text) for text in DISTRACTORS["en"] + EVERYDAY["en"]),
        ("id", "apakah kampus punya asrama putri"),
        ("id", "siapa nama rektor"),
        ("id", "qwerty asdf zxcv"),
        ("id", "12345678"),
        ("en", "is there a swimming pool on campus"),
        ("id", "где находится библиотека"),
        ("id", "図書館はどこですか"),
    ],
)
def test_what_no_template_answers_is_not_answered(language: str, text: str) -> None:
    assert ask(text, language).kind != "answer"


def test_greetings_and_small_talk_are_handed_over() -> None:
    taken = [text for language, texts in DISTRACTORS.items() for text in texts if ask(text, language).kind == "answer"]
    assert taken == []
    assert ask("halo min, selamat pagi") == Decision("hand_over")


def test_two_near_answers_become_a_choice() -> None:
    decision = ask("batas akhirnya kapan ya")
    assert decision.kind == "choose"
    assert {hit.template_id for hit in decision.hits} == {"ukt-bayar", "krs-isi"}


def test_a_question_that_stands_in_two_templates_once_written_out_is_a_choice() -> None:
    twins = Snapshot(
        (
            template("a", id=("Satu", "gmn cara bayar ukt", "bayar ukt lewat bank")),
            template("b", id=("Dua", "bagaimana cara bayar ukt", "bayar ukt lewat kantor pos")),
        )
    )
    decision = Knowledge.build(twins).search("bagaimana cara bayar ukt", "id")
    assert (decision.kind, {hit.template_id for hit in decision.hits}) == ("choose", {"a", "b"})


def test_english_typed_in_an_indonesian_conversation_is_understood_and_answered_in_indonesian() -> None:
    decision = ask("how do I choose my courses for this semester?", "id")
    assert (decision.kind, best(decision)) == ("answer", "krs-isi")
    assert (decision.hits[0].language, decision.hits[0].answer) == ("id", "Isi KRS: id.")


def test_a_template_without_the_conversations_language_is_given_in_the_one_it_has() -> None:
    decision = ask("kapan jadwal wisuda tahun ini", "en")
    assert (decision.kind, best(decision), decision.hits[0].language) == ("answer", "wisuda-jadwal", "id")


def test_at_most_limit_hits_come_back() -> None:
    assert len(CAMPUS_KNOWLEDGE.search("kapan batas akhir", "id", limit=1).hits) <= 1


def test_an_empty_base_hands_everything_over() -> None:
    for knowledge in (Knowledge(), Knowledge.build(Snapshot())):
        assert knowledge.search("Bagaimana cara membayar UKT?", "id") == Decision("hand_over")
        assert knowledge.get("ukt-bayar", "id") is None
        assert knowledge.categories("id") == ()


def test_a_base_of_one_template_answers_its_question_and_nothing_else() -> None:
    knowledge = Knowledge.build(
        Snapshot((template("a", id=("Bayar UKT", "Bagaimana cara membayar UKT?")),)), embeddings=False
    )
    assert knowledge.search("cara membayar ukt", "id").kind == "answer"
    assert knowledge.search("cara memasak rendang", "id").kind == "hand_over"


@given(st.text(max_size=300) | st.sampled_from(["", " ", "😭" * 50, "a" * 10_000, "ukt " * 2_500, "\0", "'; DROP--"]))
def test_any_text_gets_a_decision(text: str) -> None:
    for language in ("id", "en", "xx"):
        decision = ask(text, language)
        scores = [hit.score for hit in decision.hits]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert decision.kind == "hand_over" or scores


def test_what_counted_is_told_word_for_word() -> None:
    why = CAMPUS_KNOWLEDGE.explain("min ukt telat byr gmn ya", "id")
    assert why is not None
    assert why.read_as == ("ukt", "telat", "bayar", "bagaimana")
    assert why.match == CAMPUS_KNOWLEDGE._learned.matchers["id"].match("min ukt telat byr gmn ya")
    assert {"ukt", "byr"} <= {word for word, worth in why.counted["ukt-bayar"] if worth > 0}
    assert 0 < why.choose_from <= why.answer_from < 1
    assert CAMPUS_KNOWLEDGE.explain("", "id") is not None
    assert CAMPUS_KNOWLEDGE.explain("ukt", "xx") is None


def test_who_has_proven_what_he_is_is_not_offered_what_is_for_others() -> None:
    base = Snapshot(
        (
            template(
                "cuti-mahasiswa", audience="student", id=("Cuti", "cara mengajukan cuti", "cuti kuliah satu semester")
            ),
            template("cuti-pegawai", audience="staff", id=("Cuti kerja", "cara mengajukan cuti", "sisa cuti tahunan")),
        )
    )
    knowledge = Knowledge.build(base)
    asked = "cara mengajukan cuti"
    assert len(knowledge.search(asked, "id").hits) == 2
    for audience, expected in (("student", "cuti-mahasiswa"), ("staff", "cuti-pegawai")):
        decision = knowledge.search(asked, "id", audience=audience)
        assert (decision.kind, [hit.template_id for hit in decision.hits]) == ("choose", [expected])


def test_get_and_categories_speak_the_language_that_is_asked_for() -> None:
    hit = CAMPUS_KNOWLEDGE.get("sandi-portal", "en")
    assert hit is not None
    assert (hit.title, hit.audience, hit.category, hit.score) == ("Reset password", "student", "akun", 1.0)
    assert CAMPUS_KNOWLEDGE.categories("en") == (
        Category("akun", "Accounts"),
        Category("keuangan", "Fees"),
        Category("akademik", "Study"),
    )


def test_a_change_in_the_database_is_learned_once(db: Database) -> None:
    knowledge = Knowledge(embeddings=False)
    assert not knowledge.reload_if_changed(db)
    with db.write() as session:
        store.import_templates(session, CAMPUS, datetime(2026, 11, 23, tzinfo=UTC))
    assert knowledge.reload_if_changed(db)
    assert not knowledge.reload_if_changed(db)
    assert (knowledge.version, knowledge.search("cara bayar ukt", "id").kind) == (1, "answer")


def test_questions_are_answered_while_a_new_base_is_learned() -> None:
    knowledge = Knowledge.build(CAMPUS)
    learning = threading.Thread(target=knowledge.replace, args=(CAMPUS,))
    learning.start()
    asked = 0
    while learning.is_alive():
        assert knowledge.search("bagaimana cara membayar ukt", "id").kind == "answer"
        asked += 1
    learning.join()
    assert asked > 0


def test_a_question_takes_milliseconds() -> None:
    matcher = Matcher(CAMPUS.in_language("id"), "id")
    started = time.perf_counter()
    for number in range(50):
        matcher.match(f"min mau nanya dong, ukt telat bayar gmn ya?? {number}")
    assert (time.perf_counter() - started) / 50 < 0.02


def test_the_threshold_keeps_wrong_answers_within_the_promise() -> None:
    """Questions whose score says how often they are right: the threshold lies where one in twenty is wrong."""
    score = [at / 5000 for at in range(5000)]
    signs = [[[1, value, value, value, 1, 1] + [0] * (len(SIGNS) - 6)] for value in score]
    right = [[float((at * 7919) % 5000 / 5000 < value)] for at, value in enumerate(score)]
    learned = learn(Trial(*map(_numbers, (signs, right, [1.0] * 5000))))
    sure = learned.probabilities(_numbers(signs))[:, 0]
    answered = [right[at][0] for at in range(5000) if sure[at] >= learned.answer_from[0]]
    assert len(answered) > 20
    assert sum(answered) / len(answered) >= 0.95


def test_candidates_of_one_question_never_add_up_to_more_than_certain() -> None:
    sure = Confidence(_numbers([[10.0] + [0] * (len(SIGNS) - 1)])).probabilities(_numbers([[[1] * len(SIGNS)] * 3]))
    assert sure.sum() == pytest.approx(1)


def test_the_template_with_the_best_score_is_the_likeliest_one() -> None:
    chance = np.random.default_rng(4)
    signs = chance.normal(size=(200, 5, len(SIGNS)))
    sure = Confidence(chance.normal(size=(2, len(SIGNS)))).probabilities(signs)
    assert (np.diff(sure, axis=1) <= 0).all()


def test_enough_real_questions_outweigh_what_was_rehearsed() -> None:
    """Rehearsals say that the best candidate is always right, real questions that it is in one of two."""
    same = _numbers([[1, 0.5, 0.5, 0.5, 1, 1] + [0] * (len(SIGNS) - 6)])
    always = Trial(np.repeat(same[None], 4000, axis=0), np.ones((4000, 1)), np.ones(4000))
    half = Trial(np.repeat(same[None], 400, axis=0), np.arange(400.0)[:, None] % 2, np.ones(400))
    few = Trial(half.signs[:50], half.right[:50], half.weight[:50])
    sure, unsure = (learn(always, real).rehearsed_probabilities(same[None])[0, 0] for real in (few, half))
    assert sure > 0.95
    assert 0.5 < unsure < 0.7
