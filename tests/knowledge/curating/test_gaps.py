"""Gaps: found, named, ranked, and turned into drafts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import NotAllowed
from bot.knowledge import store, versions
from bot.knowledge.base import Decision
from bot.knowledge.content import Content
from bot.knowledge.curating import gaps, publishing
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW, ask, hit
from tests.knowledge.sample import CAMPUS

HELIPAD = ("helipad kampus di mana", "di mana helipad kampus ya", "helipad kampus dmn min", "lokasi helipad kampus")
CAT = ("boleh bawa kucing ke asrama", "asrama boleh bawa kucing ga")


def asked(db: Database) -> None:
    with db.write() as session:
        store.import_templates(session, CAMPUS, NOW)
        for person, text in enumerate(HELIPAD):
            ask(session, person, text)
        near = Decision("choose", (hit("krs-isi", 0.4), hit("ukt-bayar", 0.3)))
        for person, text in enumerate(CAT):
            ask(session, person, text, near)
        ask(session, 1, "boleh bawa kucing ke asrama", near)
        ask(session, 1, "halo min")
        ask(session, 1, "cara isi krs", Decision("answer", (hit("krs-isi"),)), helped=True)
        ask(session, 2, "denda ukt", Decision("answer", (hit("krs-isi"),)), helped=False)
        ask(session, 3, "denda ukt", now=NOW - timedelta(days=200))


def test_unanswered_questions_of_several_people_are_put_together(db: Database) -> None:
    asked(db)
    with db.read() as session:
        found = gaps.find(session, NOW, months=2)
        lonely = gaps.find(session, NOW, months=2, least_people=1)
    assert [(gap.typical in HELIPAD, gap.people, gap.people_per_month, gap.times) for gap in found] == [
        (True, 4, 2.0, 4),
        (False, 2, 1.0, 3),
    ]
    assert {question.text for question in found[0].questions} == set(HELIPAD)
    assert (found[1].typical in CAT, found[1].nearest) == (True, "krs-isi")
    assert [gap.typical for gap in lonely[2:]] == ["denda ukt"]


def test_a_gap_becomes_a_draft_with_a_humans_reply_as_its_answer(db: Database) -> None:
    asked(db)
    with db.write() as session:
        gap = gaps.find(session, NOW)[0]
        replies = {gap.inbox_ids[1]: "  Helipad ada di atap Gedung A. "}
        row = gaps.draft_of(session, gap, "rina", NOW, replies)
        content = versions.content_of(row)
        assert (row.state, content.category, content.audience) == ("draft", "umum", "public")
        assert set(content.words["id"].questions) == set(HELIPAD)
        assert content.words["id"].answer == "Helipad ada di atap Gedung A."
        assert 0 < len(content.words["id"].title) <= 20


def test_a_gap_that_has_a_draft_says_which_and_gets_no_second_one(db: Database) -> None:
    asked(db)
    with db.write() as session:
        found = gaps.find(session, NOW)
        assert gaps.drafts(session, found) == [None, None]
        row = gaps.draft_of(session, found[0], "rina", NOW)
        assert gaps.drafts(session, found) == [row.template_id, None]
        with pytest.raises(NotAllowed, match=f"The gap has a draft already: {row.template_id}"):
            gaps.draft_of(session, found[0], "sri", NOW)
        content = versions.content_of(row)
        words = replace(content.words["id"], questions=("sesuatu yang lain",))
        publishing.draft(session, replace(content, words={"id": words}), "rina", NOW)
        again = gaps.draft_of(session, found[0], "rina", NOW)
        assert (again.template_id, again.number) == (f"{row.template_id}-2", 1)
        assert versions.content_of(again).words["id"].answer == ""


def test_what_a_published_template_asks_already_makes_its_next_draft_no_draft_of_the_gap(db: Database) -> None:
    asked(db)
    with db.write() as session:
        live = Content.of(next(each for each in CAMPUS.templates if each.id == "krs-isi"))
        ask(session, 4, live.words["id"].questions[0])
        ask(session, 5, live.words["id"].questions[0])
        publishing.draft(session, live, "rina", NOW)
        found = gaps.find(session, NOW)
        assert live.words["id"].questions[0] in {q.text for gap in found for q in gap.questions}
        assert not any(gaps.drafts(session, found))


def test_a_draft_takes_after_the_nearest_template(db: Database) -> None:
    asked(db)
    with db.write() as session:
        content = versions.content_of(gaps.draft_of(session, gaps.find(session, NOW)[1], "rina", NOW))
        assert (content.category, content.owner) == ("akademik", "Pusat Layanan")


def test_what_has_no_words_is_no_gap() -> None:
    assert gaps.group([]) == []
