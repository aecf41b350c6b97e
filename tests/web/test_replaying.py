"""The replay: what would change for people, side by side, before it is published."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest

from bot.knowledge.base import Knowledge
from bot.knowledge.content import Content
from bot.knowledge.curating import golden, publishing, trials
from bot.knowledge.curating.replays import FRESH, Replays
from bot.knowledge.snapshot import TemplateWords
from bot.knowledge.store import import_templates, load
from bot.storage.database import Database
from bot.web.pages import replaying
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.knowledge.curating.rows import ask
from tests.knowledge.sample import CAMPUS, template
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

HELIPAD = template(
    "helipad", "fasilitas",
    id=("Helipad", "Di mana helipad kampus?", "Apakah kampus punya helipad?", "Lokasi helipad kampus di mana ya"),
)  # fmt: skip


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Center:
    monkeypatch.setattr(replaying, "PATIENCE", 60)
    with db.write() as session:
        import_templates(session, CAMPUS, clock())
        snapshot = load(session)
    center = Center.of(db, clock, tmp_path, Knowledge.build(snapshot))
    center.works_with(four_eyes=False)
    with db.write() as session:
        for person in range(25):
            ask(session, person, f"helipad kampus di mana ya {'a' * (person + 1)}", now=clock())
        publishing.draft(session, Content.of(HELIPAD), "sri", clock())
    return center


def hand_in(center: Center) -> None:
    assert center.browser("sri").post("/console/knowledge/templates/helipad/submit").status_code == 303


@on_one_database
def test_each_changed_answer_stands_beside_the_old_one(center: Center) -> None:
    page = center.browser("sri").get("/console/knowledge/templates/helipad/replay").text
    assert "25 past questions: " in page
    row = page[page.index('<ol class="replayed">') : page.index("</li>")]
    before, after = row.split('<div class="side">')[1:]
    assert "better" in row
    assert "passed to a person" in before
    assert '<a href="/console/knowledge/templates/helipad"><b>Helipad</b></a>' in after
    assert "% sure" in after
    assert '<p class="said-words">Helipad: id.</p>' in after
    assert "still a draft" in page
    assert "/publish" not in page


@on_one_database
def test_changes_are_paged_and_filtered(center: Center) -> None:
    sri = center.browser("sri")

    def questions(query: str) -> list[str]:
        return re.findall(
            r'</span> <b>(.*?)</b> <span class="meta">',
            sri.get(f"/console/knowledge/templates/helipad/replay?{query}").text,
        )

    pages = [questions("page=1"), questions("page=2")]
    assert len(pages[0]) == replaying.A_PAGE
    assert len({*pages[0], *pages[1]}) == len(pages[0]) + len(pages[1]) > replaying.A_PAGE
    assert questions("judged=better") == pages[0]
    assert questions("judged=worse") == []
    assert questions("page=99") == pages[1]
    assert questions("judged=nonsense&page=x") == pages[0]


@on_one_database
def test_a_block_is_on_top_with_its_reason_and_publishing_needs_one(center: Center) -> None:
    with center.db.write() as session:
        golden.add(session, "helipad kampus di mana ya", "id", None, "sri", center.clock())
    hand_in(center)
    sri = center.browser("sri")
    page = sri.get("/console/knowledge/templates/helipad/replay").text
    assert (
        page.index("Publishing is blocked")
        < page.index("would no longer be left unanswered")
        < page.index("past questions")
    )
    refused = sri.post("/console/knowledge/templates/helipad/publish")
    assert refused.status_code == 409
    assert "would no longer be left unanswered" in refused.text
    told = "pertanyaan emas “helipad kampus di mana ya” akan dijawab, padahal tidak boleh"
    indonesian = center.browser("sri", "id").post("/console/knowledge/templates/helipad/publish").text
    assert f"<li>{told}</li>" in indonesian
    assert f"Penerbitan diblokir:\n{told}" in indonesian
    assert sri.post("/console/knowledge/templates/helipad/publish", despite="disengaja").status_code == 303
    assert "helipad" in {each.id for each in load_of(center)}


ASKED = "<i> helipad kampus di mana ya"
TOLD = [
    ("en", "although it was blocked, because", "the golden question “{}” would no longer be left unanswered"),
    ("id", "meski diblokir, karena", "pertanyaan emas “{}” akan dijawab, padahal tidak boleh"),
]


@on_one_database
@pytest.mark.parametrize(("language", "because", "block"), TOLD)
def test_the_history_tells_why_and_despite_of_what_it_was_published(
    center: Center, language: str, because: str, block: str
) -> None:
    with center.db.write() as session:
        golden.add(session, ASKED, "id", None, "sri", center.clock())
    hand_in(center)
    sri = center.browser("sri", language)
    forced = sri.post("/console/knowledge/templates/helipad/publish", despite="<b>disengaja</b> {why}")
    assert forced.status_code == 303
    page = sri.get("/console/knowledge/templates/helipad").text
    assert f"{because}: &lt;b&gt;disengaja&lt;/b&gt; {{why}}<br>{block.format(escape(ASKED))}</span>" in page


def load_of(center: Center) -> list[Content]:
    with center.db.read() as session:
        return [Content.of(each) for each in load(session).templates]


@on_one_database
def test_all_that_is_handed_in_is_replayed_and_published_at_once(center: Center) -> None:
    sri = center.browser("sri")
    nothing = sri.get("/console/knowledge/replay")
    assert nothing.status_code == 409
    assert 'class="button main" href="/console/knowledge"' in nothing.text
    hand_in(center)
    other = Content.of(CAMPUS.templates[0])
    words = {"id": TemplateWords("Ganti email", other.words["id"].questions, "Lewat portal.")}
    with center.db.write() as session:
        publishing.draft(session, replace(other, words=words), "sri", center.clock())
    assert sri.post("/console/knowledge/templates/email-ganti/submit").status_code == 303
    assert '"/console/knowledge/replay"' in sri.get("/console/knowledge").text
    assert "email-ganti, helipad" in sri.get("/console/knowledge/replay").text
    assert sri.post("/console/knowledge/publish").headers["location"] == "/console/knowledge"
    answers = {each.id: each.words["id"].answer for each in load_of(center)}
    assert (answers["helipad"], answers["email-ganti"]) == ("Helipad: id.", "Lewat portal.")


@on_one_database
def test_with_four_eyes_the_author_reads_it_and_somebody_else_publishes(center: Center) -> None:
    hand_in(center)
    center.works_with(four_eyes=True)
    sri, admin = center.browser("sri"), center.browser("admin")
    page = sri.get("/console/knowledge/templates/helipad/replay").text
    assert "Somebody else has to publish it." in page
    assert 'action="/console/knowledge/templates/helipad/publish"' not in page
    assert sri.post("/console/knowledge/templates/helipad/publish").status_code == 409
    assert admin.post("/console/knowledge/templates/helipad/publish").status_code == 303


@on_one_database
def test_a_long_replay_is_waited_for_in_the_page_and_runs_once(
    center: Center, somebody: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PATIENCE", 0.01)
    ran, go, real = [], threading.Event(), trials.Trial.run

    def slow(trial: trials.Trial, *args: object, **given: object) -> object:
        ran.append(1)
        go.wait(30)
        return real(trial, *args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(trials.Trial, "run", slow)
    page = somebody("sri", "/console/knowledge/templates/helipad/replay", DESKTOP)
    page.wait_for_selector("text=Asking the new base")
    go.set()
    page.wait_for_selector(".replayed")
    axe(page)
    fits(page)
    phone = somebody("sri", "/console/knowledge/templates/helipad/replay", PHONE)
    phone.wait_for_selector(".replayed")
    axe(phone)
    fits(phone)
    assert ran == [1]


def test_a_replay_is_kept_for_a_while_and_begun_anew_when_anything_of_it_changed(center: Center) -> None:
    replays, now = Replays(), center.clock()
    with center.db.read() as session:
        trial = trials.of_versions(session, ["helipad"], now)
    first = replays.of("a", lambda: trial, Knowledge.build, now)
    assert first.done.result(60).asked == 25
    assert replays.of("a", lambda: trial, Knowledge.build, now) is first
    assert replays.of("b", lambda: trial, Knowledge.build, now) is not first
    assert replays.of("a", lambda: trial, Knowledge.build, now + FRESH + timedelta(seconds=1)) is not first


def test_one_that_failed_is_begun_anew_and_others_are_not_held_up(center: Center) -> None:
    def broken(_snapshot: object) -> Knowledge:
        raise RuntimeError("broken")

    replays, now = Replays(), center.clock()
    with center.db.write() as session:
        golden.add(session, "helipad di mana", "id", "helipad", "sri", now)
    with center.db.read() as session:
        trial = trials.of_versions(session, ["helipad"], now)
    failed = replays.of("a", lambda: trial, broken, now)
    with pytest.raises(RuntimeError, match="broken"):
        failed.done.result(60)
    assert replays.of("a", lambda: trial, Knowledge.build, now).done.result(60).asked == 25
