"""Risk control and the figures of an evaluation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.commands.content import knowledge
from bot.errors import RefusedFile
from bot.knowledge.evaluation import Asked, evaluate, read_questions, read_templates_jsonl
from bot.knowledge.promise import Promise, at_least, at_most, threshold
from tests.knowledge.sample import CAMPUS


@pytest.mark.parametrize(("wrong", "answered", "most"), [(0, 59, 0.0495), (0, 10, 0.2589), (5, 100, 0.1023)])
def test_the_largest_share_that_fits_is_clopper_and_pearsons(wrong: int, answered: int, most: float) -> None:
    assert at_most(wrong, answered) == pytest.approx(most, abs=5e-4)
    assert at_least(answered - wrong, answered) == pytest.approx(1 - most, abs=5e-4)


def test_nothing_is_promised_of_nothing() -> None:
    assert at_most(0, 0) == 1
    assert Promise(0.05, 0.95, 0, 0).kept
    assert not Promise(0.05, 0.95, 0, 0).proven


def test_the_threshold_is_where_the_promise_is_proven() -> None:
    sure = np.linspace(0, 1, 2000)
    right = (np.random.default_rng(0).random(2000) < sure).astype(float)
    found = threshold(sure, right, np.ones(2000))
    assert found is not None
    kept = sure >= found
    assert at_most(float((1 - right[kept]).sum()), float(kept.sum())) <= 0.05
    assert threshold(sure[:40], np.ones(40), np.ones(40)) is None


def test_an_evaluation_says_what_the_matcher_would_have_done() -> None:
    questions = [
        Asked("cara bayar ukt", "ukt-bayar"),
        Asked("Kapan jadwal wisuda tahun ini?", "wisuda-jadwal"),
        Asked("cara memasak rendang", None),
    ]
    found = evaluate(CAMPUS.in_language("id"), "id", questions).as_json()
    assert found["summary"]["in_scope_accuracy"] == 1
    assert found["summary"]["auroc"] == 1
    assert found["summary"]["in_scope_at_oos_recall"] == {"0.5": 1.0, "0.6": 1.0, "0.7": 1.0, "0.9": 1.0}
    assert found["summary"]["promise"]["kept"]
    assert [row["expected"] for row in found["questions"]] == ["ukt-bayar", "wisuda-jadwal", None]
    assert found["questions"][1]["decision"] == "answer"
    assert found["questions"][1]["top"][0]["id"] == "wisuda-jadwal"


def test_the_command_writes_summary_and_questions(tmp_path: Path) -> None:
    templates = [
        {"id": key, "lang": "id", "questions": words.questions, "answer": words.answer}
        for key, words in CAMPUS.in_language("id").items()
    ]
    asked = [{"text": "cara bayar ukt", "template": "ukt-bayar"}, {"text": "resep rendang", "template": None}]
    for name, rows in (("t", templates), ("q", asked)):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    done = CliRunner().invoke(
        knowledge,
        ["evaluate", "--templates", f"{tmp_path / 't'}", "--questions", f"{tmp_path / 'q'}", "--calibration",
         f"{tmp_path / 'q'}", "--json", f"{tmp_path / 'out'}", "--no-embeddings"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out").read_text())
    assert found["summary"]["questions"] == len(found["questions"]) == 2
    assert set(found["questions"][0]) == {"text", "expected", "top", "decision"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": "a", "questions": ["x"]}\n{"id": "a", "questions": []}', "t:2: id a is there twice"),
        ("{", "t:1: is no JSON"),
        ("[]", "t:1: is no JSON object"),
        ('{"questions": []}', "t:1: id is missing"),
        ('{"id": 0, "questions": []}', "t:1: id is not a text"),
        ("[" * 100_000, "t:1: is no JSON"),
        ('{"id": ' + "9" * 5000 + "}", "t:1: is no JSON"),
        ('{"id": "a", "questions": "x"}', "t:1: questions is not a list"),
        ("", "there are no templates here"),
    ],
)
def test_a_broken_base_is_refused_with_its_place(tmp_path: Path, line: str, fault: str) -> None:
    (tmp_path / "t").write_text(line)
    with pytest.raises(RefusedFile) as refused:
        read_templates_jsonl(tmp_path / "t")
    assert any(fault in found for found in refused.value.faults)


def test_a_question_of_an_unknown_template_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q").write_text('{"text": "x", "template": "nowhere"}')
    with pytest.raises(RefusedFile) as refused:
        read_questions(tmp_path / "q", CAMPUS.in_language("id"))
    assert "q:1: there is no template nowhere" in refused.value.faults[0]


@pytest.mark.parametrize("template", ['["a"]', "{}", "5", "true"])
def test_a_template_that_is_no_text_is_refused(tmp_path: Path, template: str) -> None:
    (tmp_path / "q").write_text(f'{{"text": "x", "template": {template}}}')
    with pytest.raises(RefusedFile, match="q:1: template is neither a text nor null"):
        read_questions(tmp_path / "q", CAMPUS.in_language("id"))


def test_texts_may_hold_other_ends_of_lines_and_files_begin_with_a_mark(tmp_path: Path) -> None:
    said = ["satu\u2028dua\u2029tiga\u0085empat", "lima\x0benam"]
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in said]
    (tmp_path / "q").write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    assert [asked.text for asked in read_questions(tmp_path / "q", CAMPUS.in_language("id"))] == said
