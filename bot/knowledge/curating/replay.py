"""Replay before publishing: what people asked is asked of the new base and of the published one.

Pure but for the learning of the new base, which takes as long as publishing it will.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.errors import Told, told
from bot.knowledge.base import Decision, Knowledge
from bot.knowledge.curating.asked import Question
from bot.knowledge.curating.colliding import colliding
from bot.knowledge.snapshot import Snapshot

RISE = 0.005
"""By how much the expected share of wrong answers may rise: what learning anew moves it by anyway."""
FEWEST_ANSWERS = 50
"""Answers from which on their expected share of wrong ones is judged."""
Learn = Callable[[Snapshot], Knowledge]
Judged = Literal["better", "other", "worse"]
JUDGEMENTS: tuple[Judged, ...] = ("better", "other", "worse")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision as people see it: ``templates`` holds the answer, or all that a choice offers. ``score``: how sure."""

    kind: str
    templates: tuple[str, ...]
    score: float

    @classmethod
    def of(cls, decision: Decision) -> Verdict:
        shown = {"answer": decision.hits[:1], "choose": decision.hits}.get(decision.kind, ())
        score = decision.hits[0].score if decision.hits else 0.0
        return cls(decision.kind, tuple(hit.template_id for hit in shown), score)

    @property
    def answer(self) -> str | None:
        return self.templates[0] if self.kind == "answer" else None

    def same(self, other: Verdict) -> bool:
        """Whether people would be told the same (the order of a choice aside)."""
        return self.kind == other.kind and sorted(self.templates) == sorted(other.templates)


@dataclass(frozen=True, slots=True)
class Change:
    """A question that would be answered otherwise."""

    question: Question
    before: Verdict
    after: Verdict
    judged: Judged


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden question; ``template_id`` None: nothing may answer it."""

    text: str
    language: str
    template_id: str | None

    def holds(self, verdict: Verdict) -> bool:
        return verdict.answer == self.template_id


@dataclass(frozen=True, slots=True)
class Replayed:
    """``base_version``: of the published base that it was compared with. ``versions``: template id to the number of the
    version that was tried. ``asked``: how many questions, and ``changes`` those of them that change, worst first.
    ``wrong_before`` and ``wrong_after``: expected share of wrong ones among the answers; None with too few answers.
    ``broken``: golden questions that do not hold in the new base. ``blocks``: why it must not be published."""

    base_version: int
    versions: Mapping[str, int]
    asked: int
    changes: tuple[Change, ...]
    wrong_before: float | None
    wrong_after: float | None
    broken: tuple[Golden, ...]
    blocks: tuple[str, ...]

    def overruled(self, reason: str) -> dict[str, Any] | None:
        """What is written down when it is published all the same, for this reason; None where nothing blocks.
        ``told``: the blocks' templates and values, so that they can be said in another language."""
        if not self.blocks:
            return None
        parts = [(each.template, dict(each.values)) for each in self.blocks if isinstance(each, Told)]
        return {"despite": reason, "blocks": list(self.blocks), "told": parts}

    def count(self, judged: Judged) -> int:
        """How many questions get better, other or worse, each as often as it was asked."""
        return sum(change.question.times for change in self.changes if change.judged == judged)


def replay(
    published: Snapshot,
    new: Snapshot,
    tried: Mapping[str, int],
    questions: Sequence[Question],
    golden: Sequence[Golden],
    *,
    base: Knowledge | None = None,
    learn: Learn | None = None,
) -> Replayed:
    """Ask everything of both bases. ``tried``: the templates that change, with the numbers of their versions.
    ``base``: what has learned ``published`` already, where there is one; not the one that answers people.
    ``learn``: makes the bases that golden questions are asked of, where those that answer people know more (the meaning
    of sentences) than there is time for with thousands of questions."""
    old = base if base is not None and base.version == published.version else Knowledge.build(published)
    fresh = Knowledge.build(new)
    before, after = ask_all(old, questions), ask_all(fresh, questions)
    changes = [
        Change(question, one, other, judge(question, one, other))
        for question, one, other in zip(questions, before, after, strict=True)
        if not one.same(other)
    ]
    if learn is not None and golden:
        old, fresh = learn(published), learn(new)
    broken = tuple(each for each in golden if not each.holds(_ask(fresh, each.text, each.language)))
    wrong = _expected_wrong(questions, before), _expected_wrong(questions, after)
    blocks = [*_lost(broken, old, tried), *colliding(new, set(tried)), *_risen(*wrong)]
    changes.sort(key=lambda change: (-JUDGEMENTS.index(change.judged), -change.question.times))
    asked = sum(question.times for question in questions)
    return Replayed(published.version, dict(tried), asked, tuple(changes), *wrong, broken, tuple(blocks))


def ask_all(base: Knowledge, questions: Iterable[Question | Golden]) -> list[Verdict]:
    """What ``base`` makes of each question."""
    decisions = base.search_all([(question.text, question.language) for question in questions])
    return [Verdict.of(decision) for decision in decisions]


def _ask(base: Knowledge, text: str, language: str) -> Verdict:
    return Verdict.of(base.search(text, language))


def judge(question: Question, before: Verdict, after: Verdict) -> Judged:
    """Whether a change is for the better, by what people said of the answers; where they said nothing, an answer is
    better than a choice, a choice better than none, and one answer as good as another."""
    if after.answer is not None and after.answer in question.helped:
        return "better"
    if before.answer is not None and before.answer in question.helped:
        return "worse"
    if after.answer is not None and after.answer in question.failed:
        return "worse"
    if before.answer is not None and before.answer in question.failed:
        return "better"
    rank = {"hand_over": 0, "choose": 1, "answer": 2}
    if before.kind == after.kind:
        return "other"
    return "better" if rank[after.kind] > rank[before.kind] else "worse"


def _expected_wrong(questions: Sequence[Question], verdicts: Sequence[Verdict]) -> float | None:
    answers = [(q.times, verdict) for q, verdict in zip(questions, verdicts, strict=True) if verdict.kind == "answer"]
    total = sum(times for times, _ in answers)
    if total < FEWEST_ANSWERS:
        return None
    return sum(times * (1 - verdict.score) for times, verdict in answers) / total


def _lost(broken: Sequence[Golden], old: Knowledge, tried: Mapping[str, int]) -> list[Told]:
    """Golden questions that this change breaks; one that was broken before blocks nobody else's templates."""
    held = [each.holds(_ask(old, each.text, each.language)) for each in broken]
    return [
        _breaks(each, before) for each, before in zip(broken, held, strict=True) if before or each.template_id in tried
    ]


def _breaks(golden: Golden, held: bool) -> Told:
    asked, wanted = golden.text, golden.template_id
    if not held:
        return told("the golden question “{question}” is not answered by {id}", question=asked, id=wanted)
    if not wanted:
        return told("the golden question “{question}” would no longer be left unanswered", question=asked)
    return told("the golden question “{question}” would no longer be answered by {id}", question=asked, id=wanted)


def _risen(before: float | None, after: float | None) -> list[Told]:
    if before is None or after is None or after <= before + RISE:
        return []
    return [
        told(
            "of the answers given, {after:.1%} are expected to be wrong instead of {before:.1%}",
            after=after, before=before,
        )
    ]  # fmt: skip
