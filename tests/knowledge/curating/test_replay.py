"""Replay: who would get another answer, and what keeps a template from being published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.knowledge import store, versions
from bot.knowledge.base import Decision, Hit, Knowledge
from bot.knowledge.checks import Rules
from bot.knowledge.content import Content
from bot.knowledge.curating import golden, publishing, replay, trials
from bot.knowledge.curating.asked import Question
from bot.knowledge.curating.colliding import colliding
from bot.knowledge.curating.replay import Golden, Verdict, judge
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW, ask
from tests.knowledge.sample import CAMPUS, template

RULES = Rules(NOW.date())
PARKING = Content.of(
    template(
        "parkir",
        id=(
            "Parkir",
            "Di mana tempat parkir mahasiswa?",
            "parkir motor di mana",
            "apakah parkir kampus gratis",
            "jam buka tempat parkir",
        ),
    )
)
UKT = Content.of(next(each for each in CAMPUS.templates if each.id == "ukt-bayar"))

A, B, NONE = Verdict("answer", ("a",), 0.95), Verdict("answer", ("b",), 0.9), Verdict("hand_over", (), 0.1)
CHOICE = Verdict("choose", ("a", "b"), 0.5)
JUDGED = [
    ("an answer where there was none", A, {}, NONE, A, "better"),
    ("a choice where there was none", A, {}, NONE, CHOICE, "better"),
    ("none where there was an answer", A, {}, A, NONE, "worse"),
    ("another answer", A, {}, A, B, "other"),
    ("another answer than the one that helped", A, {"helped": {"a"}}, A, B, "worse"),
    ("the answer that helped before", A, {"helped": {"b"}}, A, B, "better"),
    ("no longer the answer that did not help", A, {"failed": {"a"}}, A, NONE, "better"),
    ("again the answer that did not help", A, {"failed": {"b"}}, NONE, B, "worse"),
]


@pytest.mark.parametrize(
    ("said", "before", "after", "judged"),
    [(row[2], row[3], row[4], row[5]) for row in JUDGED],
    ids=[row[0] for row in JUDGED],
)
def test_a_change_is_judged_by_what_people_said(
    said: dict[str, set[str]], before: Verdict, after: Verdict, judged: str
) -> None:
    assert judge(Question("q", "id", **said), before, after) == judged  # type: ignore[arg-type]


def test_the_order_of_a_choice_is_no_change() -> None:
    assert CHOICE.same(replace(CHOICE, templates=("b", "a")))
    assert not CHOICE.same(A)


@pytest.fixture
def base(db: Database) -> Database:
    with db.write() as session:
        store.import_templates(session, CAMPUS, NOW)
        ask(session, 1, "parkir motor mahasiswa di mana ya", ticket=True)
        ask(session, 2, "parkir motor mahasiswa di mana ya")
        ask(session, 1, "bagaimana cara mengisi krs")
    return db


def test_a_new_template_is_tried_on_all_that_people_asked(base: Database) -> None:
    with base.write() as session:
        publishing.draft(session, PARKING, "rina", NOW)
        publishing.submit(session, "parkir", "rina", NOW, RULES)
        golden.add(session, "bagaimana cara mengisi krs?", "id", "krs-isi", "rina", NOW)
        trial = trials.of_versions(session, (), NOW)
    report = trial.run()
    assert (report.base_version, report.versions, report.asked, report.blocks) == (1, {"parkir": 1}, 3, ())
    [change] = report.changes
    assert (change.before.kind, change.after.answer, change.judged) == ("hand_over", "parkir", "better")
    assert (change.question.times, len(change.question.people), report.count("better")) == (2, 2, 2)
    with base.write() as session:
        publishing.publish(session, report, "dewi", NOW, RULES, four_eyes=True)
        assert versions.version(session) == 2


def test_a_golden_question_that_breaks_blocks_and_one_that_was_broken_before_does_not() -> None:
    without = Snapshot(tuple(each for each in CAMPUS.templates if each.id != "krs-isi"))
    wanted = [
        Golden("Bagaimana cara mengisi KRS?", "id", "krs-isi"),
        Golden("Bagaimana cara membayar UKT?", "id", None),
        Golden("Kapan jadwal wisuda tahun ini?", "id", "wisuda-jadwal"),
    ]
    report = replay.replay(CAMPUS, without, {}, [], wanted)
    assert report.broken == tuple(wanted[:2])
    assert report.blocks == (
        "the golden question “Bagaimana cara mengisi KRS?” would no longer be answered by krs-isi",
    )


def test_a_golden_question_that_never_held_is_not_said_to_be_lost() -> None:
    wanted = [Golden("resep rendang padang", "id", "krs-isi")]
    assert replay.replay(CAMPUS, CAMPUS, {"krs-isi": 2}, [], wanted).blocks == (
        "the golden question “resep rendang padang” is not answered by krs-isi",
    )


def test_golden_questions_are_asked_of_the_base_that_knows_most() -> None:
    wanted = [Golden("sesuatu yang tidak dikenal kata-katanya", "id", "a")]
    assert replay.replay(CAMPUS, CAMPUS, {"a": 1}, [], wanted).blocks
    assert replay.replay(CAMPUS, CAMPUS, {"a": 1}, [], wanted, learn=lambda _: Known(0.95, 0)).blocks == ()


def test_an_example_that_means_what_anothers_means_is_a_collision() -> None:
    twin = Content.of(template("bayaran", id=("Bayaran", "gmn cara membayar UKT", "uang kuliah naik")))
    new = Snapshot((*CAMPUS.templates, twin))
    assert colliding(new, {"bayaran"}) == [
        "“gmn cara membayar UKT” of bayaran asks the same as “Bagaimana cara membayar UKT?” of ukt-bayar"
    ]
    assert colliding(new, set()) == []


class Known(Knowledge):
    """Answers everything with one template, this sure."""

    def __init__(self, score: float, version: int) -> None:
        super().__init__()
        self._score, self._number = score, version

    @property
    def version(self) -> int:
        return self._number

    def search(self, text: str, language: str, *, limit: int = 3, audience: str | None = None) -> Decision:
        return Decision("answer", (Hit("a", "A", "umum", "public", "-", self._score),))

    def search_all(self, asked: Sequence[tuple[str, str]], *, limit: int = 3) -> list[Decision]:
        return [self.search(*each) for each in asked]


RISES = [(0.97, 0.968, 60, False), (0.97, 0.96, 60, True), (0.97, 0.5, 40, False), (0.5, 0.97, 60, False)]


@pytest.mark.parametrize(("before", "after", "times", "blocked"), RISES)
def test_a_rise_of_the_expected_wrong_rate_blocks_where_there_are_enough_answers(
    monkeypatch: pytest.MonkeyPatch, before: float, after: float, times: int, blocked: bool
) -> None:
    monkeypatch.setattr(Knowledge, "build", lambda snapshot: Known(after, 0))
    questions = [Question("q", "id", times=times)]
    report = replay.replay(Snapshot(version=7), Snapshot(), {}, questions, [], base=Known(before, 7))
    assert bool(report.blocks) is blocked
    assert all("are expected to be wrong instead of 3.0%" in reason for reason in report.blocks)
