"""How good a matcher is on questions whose answers are known: what ``sapa knowledge evaluate`` measures.

Files are JSON lines: templates ``{"id", "lang", "questions", "answer"}`` (``title`` may be there), questions and
calibration ``{"text", "template": id or null}``; null says that nothing in the base answers it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.errors import RefusedFile
from bot.knowledge.embedding import Embedder
from bot.knowledge.match import Match
from bot.knowledge.matcher import Matcher
from bot.knowledge.promise import CERTAINTY, WRONG_AT_MOST, Promise
from bot.knowledge.snapshot import TemplateWords
from bot.knowledge.traffic import Traffic

RECALLS = (0.5, 0.6, 0.7, 0.9)
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the template that answers it, None where none does."""

    text: str
    template: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question."""

    asked: Asked
    match: Match

    @property
    def best(self) -> str | None:
        return self.match.candidates[0].template_id if self.match.candidates else None

    @property
    def score(self) -> float:
        return self.match.candidates[0].score if self.match.candidates else 0.0

    @property
    def right(self) -> bool:
        return self.asked.template is not None and self.best == self.asked.template

    def as_json(self) -> dict[str, Any]:
        top = [{"id": near.template_id, "score": near.score} for near in self.match.candidates]
        return {"text": self.asked.text, "expected": self.asked.template, "top": top, "decision": self.match.kind}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcomes and their summary."""

    summary: Mapping[str, Any]
    outcomes: Sequence[Outcome]

    def as_json(self) -> dict[str, Any]:
        return {"summary": self.summary, "questions": [outcome.as_json() for outcome in self.outcomes]}


def evaluate(
    templates: Mapping[str, TemplateWords],
    language: str,
    questions: Sequence[Asked],
    calibration: Sequence[Asked] = (),
    embedder: Embedder | None = None,
    *,
    used: bool = True,
) -> Evaluation:
    """Fit the matcher, calibrate it where there are questions for it, and ask all ``questions``. ``used``: as it
    decides once it has heard such questions, of which nobody says what answers them; else as it decides when new.
    ``fit_seconds`` of the summary begin when the texts are embedded, which takes ``embed_seconds`` unless the embedder
    knows them."""
    started = time.perf_counter()
    if embedder is not None:
        embedder.learn(Matcher.hears(templates, language))
    embedded = time.perf_counter() - started
    started = time.perf_counter()
    matcher = Matcher(templates, language, embedder, real=[(asked.text, asked.template) for asked in calibration])
    fitted = time.perf_counter() - started
    if used and not matcher.confidence.by_real_questions:
        matcher = _having_heard(matcher, language, questions)
    started = time.perf_counter()
    outcomes = [Outcome(asked, matcher.rank(asked.text)) for asked in questions]
    took = (time.perf_counter() - started) / max(len(questions), 1)
    timing = {"ms_per_question": took * 1000, "fit_seconds": fitted, "embed_seconds": embedded}
    timing = {name: round(spent, 2) for name, spent in timing.items()}
    return Evaluation({**summarise(outcomes), **timing}, outcomes)


def _having_heard(matcher: Matcher, language: str, questions: Sequence[Asked]) -> Matcher:
    traffic = Traffic()
    for asked in questions:
        traffic.note(language, matcher.rank(asked.text).raw)
    shares = traffic.shares(language, matcher.confidence.rehearsed)
    return matcher if shares is None else matcher.believing(shares)


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures; those that need answerable or unanswerable questions are None where there are none."""
    known = [outcome for outcome in outcomes if outcome.asked.template is not None]
    strange = [outcome for outcome in outcomes if outcome.asked.template is None]
    answers = [outcome for outcome in outcomes if outcome.match.kind == "answer"]
    wrong = sum(not outcome.right for outcome in answers)
    promise = Promise(WRONG_AT_MOST, CERTAINTY, len(answers), wrong)
    accuracy = _mean([outcome.right for outcome in known])
    return {
        "questions": len(outcomes),
        "in_scope_accuracy": accuracy,
        "p_at_1": accuracy,
        "r_at_3": _mean([_within(outcome, 3) for outcome in known]),
        "auroc": _auroc(_scores(known), _scores(strange)),
        "in_scope_at_oos_recall": {str(recall): _at_recall(known, strange, recall) for recall in RECALLS},
        "mcc_best": _best_mcc(outcomes),
        "answered": len(answers),
        "answered_wrong": wrong,
        "coverage": _mean([outcome.right and outcome.match.kind == "answer" for outcome in known]),
        "promise": {
            "limit": promise.limit,
            "certainty": promise.certainty,
            "wrong_rate": round(promise.rate, 4),
            "kept": promise.kept,
            "proven": promise.proven,
        },
    }


def read_templates_jsonl(path: Path) -> tuple[dict[str, TemplateWords], str]:
    """The templates by id, and their language. Raises RefusedFile with every fault."""
    faults: list[str] = []
    found: dict[str, TemplateWords] = {}
    languages: dict[str, None] = {}
    for place, row in _rows(path, faults):
        questions, key = row.get("questions"), row.get("id")
        if key is None or key == "":
            faults.append(f"{place}: id is missing")
        elif not isinstance(key, str):
            faults.append(f"{place}: id is not a text")
        elif key in found:
            faults.append(f"{place}: id {key} is there twice")
        elif not isinstance(questions, list) or not all(isinstance(text, str) for text in questions):
            faults.append(f"{place}: questions is not a list of texts")
        else:
            found[key] = TemplateWords(
                str(row.get("title") or ""), tuple(questions), str(row.get("answer") or ""), place
            )
            languages[str(row.get("lang") or "id")] = None
    if len(languages) > 1:
        faults.append(f"{path}:1: has templates in several languages ({', '.join(languages)}); evaluate one at a time")
    if not found and not faults:
        faults.append(f"{path}:1: there are no templates here")
    if faults:
        raise RefusedFile(faults)
    return found, next(iter(languages))


def read_questions(path: Path, templates: Mapping[str, TemplateWords]) -> list[Asked]:
    """Raises RefusedFile with every fault, such as a template that is not among ``templates``."""
    faults: list[str] = []
    found: list[Asked] = []
    for place, row in _rows(path, faults):
        text, template = row.get("text"), row.get("template")
        if not isinstance(text, str):
            faults.append(f"{place}: text is missing")
        elif template is not None and not isinstance(template, str):
            faults.append(f"{place}: template is neither a text nor null")
        elif template is not None and template not in templates:
            faults.append(f"{place}: there is no template {template}")
        else:
            found.append(Asked(text, template))
    if faults:
        raise RefusedFile(faults)
    return found


def _rows(path: Path, faults: list[str]) -> list[tuple[str, dict[str, Any]]]:
    try:
        # Other ends of lines than these may stand within a JSON text.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path}:1: cannot be read: {error}")
        return []
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            faults.append(f"{path}:{number}: is no JSON: {getattr(error, 'msg', error)}")
            continue
        if isinstance(row, dict):
            found.append((f"{path}:{number}", row))
        else:
            faults.append(f"{path}:{number}: is no JSON object")
    return found


def _within(outcome: Outcome, rank: int) -> bool:
    return outcome.asked.template in [near.template_id for near in outcome.match.candidates[:rank]]


def _scores(outcomes: Sequence[Outcome]) -> Numbers:
    return np.array([outcome.score for outcome in outcomes])


def _mean(values: Sequence[bool]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _auroc(known: Numbers, strange: Numbers) -> float | None:
    """How often an answerable question has the higher score; equal ones count half."""
    if not len(known) or not len(strange):
        return None
    lower = np.searchsorted(np.sort(strange), known, "left")
    same = np.searchsorted(np.sort(strange), known, "right")
    return round(float((lower + same).mean() / 2 / len(strange)), 4)


def _at_recall(known: Sequence[Outcome], strange: Sequence[Outcome], recall: float) -> float | None:
    """Share of answerable questions that are right and above the lowest threshold that refuses ``recall`` of the
    unanswerable ones."""
    if not strange:
        return None
    refused = np.sort(_scores(strange))[int(np.ceil(recall * len(strange))) - 1]
    return _mean([outcome.right and outcome.score > refused for outcome in known])


def _best_mcc(outcomes: Sequence[Outcome]) -> float | None:
    """Matthews' correlation over all templates and "none", at the threshold where it is highest."""
    if not outcomes:
        return None
    names: dict[str | None, int] = {None: 0}
    for outcome in outcomes:
        names.setdefault(outcome.asked.template, len(names))
        names.setdefault(outcome.best, len(names))
    truth = np.array([names[outcome.asked.template] for outcome in outcomes])
    said, score = np.array([names[outcome.best] for outcome in outcomes]), _scores(outcomes)
    thresholds = np.unique(np.quantile(score, np.linspace(0, 1, 201)))
    return round(max(_mcc(truth, np.where(score >= least, said, 0), len(names)) for least in thresholds), 4)


def _mcc(truth: npt.NDArray[np.int64], said: npt.NDArray[np.int64], count: int) -> float:
    """Gorodkin's form for several classes."""
    total, right = float(len(truth)), float((truth == said).sum())
    true, told = np.bincount(truth, minlength=count).astype(float), np.bincount(said, minlength=count).astype(float)
    spread = np.sqrt((total**2 - told @ told) * (total**2 - true @ true))
    return float((right * total - true @ told) / spread) if spread else 0.0
