"""Many questions at once are answered as each of them alone."""

from __future__ import annotations

import pytest

from bot.knowledge.base import Knowledge
from bot.knowledge.snapshot import Snapshot
from tests.knowledge.sample import CAMPUS

ODD = ["", "???", "😭", "x" * 10_000, "kapan ya", "zzz qqq", "my password krs"]


@pytest.fixture(scope="module")
def base() -> Knowledge:
    return Knowledge.build(CAMPUS)


@pytest.mark.parametrize("language", ["id", "en", "fr"])
def test_many_at_once_are_answered_as_each_alone(base: Knowledge, language: str) -> None:
    texts = [
        text for each in CAMPUS.templates for words in each.words.values() for text in (*words.questions, words.title)
    ]
    asked = [(f"{text} ya min", language) for text in texts] + [(text, language) for text in (*texts, *ODD)]
    together = base.search_all(asked)
    for (text, _), found in zip(asked, together, strict=True):
        alone = base.search(text, language)
        assert (found.kind, [hit.template_id for hit in found.hits]) == (
            alone.kind,
            [h.template_id for h in alone.hits],
        )
        assert [hit.why for hit in found.hits] == [hit.why for hit in alone.hits]
        assert [hit.score for hit in found.hits] == pytest.approx([hit.score for hit in alone.hits], abs=2e-4)


def test_an_empty_base_hands_everything_over() -> None:
    assert [each.kind for each in Knowledge().search_all([("halo", "id"), ("", "en")])] == ["hand_over"] * 2
    assert Knowledge.build(Snapshot()).search_all([]) == []


def test_what_is_suggested_is_looked_for_once_and_follows_the_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    base = Knowledge.build(CAMPUS)
    question = CAMPUS.templates[0].words["id"].questions[0]
    found = base.suggest(question, "id")
    assert [hit.template_id for hit in found] == [
        hit.template_id for hit in base.search_all([(question, "id")])[0].hits
    ]
    with monkeypatch.context() as patch:
        patch.setattr(base, "search_all", lambda *_, **__: pytest.fail("it was looked for again"))
        assert base.suggest(question, "id") == found
    base.replace(Snapshot(CAMPUS.templates[1:]))
    assert CAMPUS.templates[0].id not in [hit.template_id for hit in base.suggest(question, "id")]
