"""The page of clauses: what carries each out, by which rule, and which test holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.procedures import coverage
from bot.procedures.document import Document
from bot.procedures.versions import shipped


@pytest.mark.parametrize(
    ("name", "place", "rule"),
    [
        ("unej", "ladder", "{first: staf_humas, steps: [staf_humas, wakor, koordinator, ka_biro]}"),
        ("itb", "targets.resolution", "{within: 24h, clock: elapsed, warn: 2h, tell: [supervisor]}"),
        ("itb", "identity.check", "roster"),
        ("ppti", "units", "[jaringan, sistem, perangkat]"),
        ("ppti", "categories", "[jaringan, sistem, perangkat, lainnya]"),
        ("kominfo", "forms.plan", "{of: plan, fields: [expectation, plan]}"),
    ],
)
def test_a_rule_is_what_the_profile_says_without_names(name: str, place: str, rule: str) -> None:
    part = Document(shipped(name)).root().at(place)
    assert part is not None
    assert coverage.rule(part) == rule


def test_the_page_leads_from_the_clause_by_line_and_rule_to_the_test() -> None:
    [row] = [line for line in coverage.page().splitlines() if line.startswith("| unej-2 |")]
    _, _, _, line, rule, test, _ = row.split("|")
    assert line.strip().startswith("`ladder.steps.wakor` (line ")
    assert rule.strip().startswith("`ladder.steps.wakor: {role: wakor, within: 1h,")
    assert test.strip() == "`test_unej_2_deputy_answers_or_reports_within_one_hour`"


def test_the_check_names_a_clause_without_a_line_or_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert coverage.lacking() == []
    text = shipped("unej").read_text(encoding="utf-8")
    added = "clauses:\n  unej-8: {says: Sung., in: [ladder]}\n  unej-w.x: {says: Danced.}\n"
    (tmp_path / "unej.yml").write_text(text.replace("clauses:\n", added, 1), encoding="utf-8")
    monkeypatch.setattr(coverage, "SOPS", tmp_path)
    monkeypatch.setattr("sys.argv", ["coverage", "--check"])
    with pytest.raises(SystemExit) as ended:
        coverage.main()
    assert str(ended.value).splitlines() == [
        "unej-8: no test in tests/sops begins with test_unej_8_",
        "unej-w.x: no line of data/sops/unej.yml carries it out",
        "unej-w.x: no test in tests/sops begins with test_unej_w_x_",
    ]
