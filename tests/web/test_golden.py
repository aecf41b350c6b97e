"""Golden questions in the console: kept, shown as they stand, asked no more; and the versions of a template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.knowledge.base import Decision, Knowledge
from bot.knowledge.store import import_templates, load
from bot.storage.database import Database
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.knowledge.curating.rows import ask, hit
from tests.knowledge.sample import CAMPUS
from tests.web.desk import Center
from tests.web.test_knowledge import saved, state_of
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

GOLDEN = "/console/knowledge/golden"
UKT = "/console/knowledge/templates/ukt-bayar"


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path) -> Center:
    with db.write() as session:
        import_templates(session, CAMPUS, clock())
        snapshot = load(session)
    center = Center.of(db, clock, tmp_path, Knowledge.build(snapshot))
    center.works_with(four_eyes=False)
    return center


def test_a_golden_question_shows_whether_it_holds_and_what_is_said_instead(center: Center) -> None:
    sri = center.browser("sri")
    assert sri.post(GOLDEN, text="Bagaimana cara membayar UKT?", language="id", template="ukt-bayar").status_code == 303
    assert sri.post(GOLDEN, text="Bagaimana cara mengisi KRS?", language="id", template="ukt-bayar").status_code == 303
    assert sri.post(GOLDEN, text="resep rendang padang", language="id", template="").status_code == 303
    page = sri.get(GOLDEN).text
    rows = re.findall(r"</svg>(Holds|Broken)</span>.*?<b lang=\"id\">(.*?)</b>", page, re.DOTALL)
    assert dict(map(reversed, rows)) == {
        "Bagaimana cara membayar UKT?": "Holds", "Bagaimana cara mengisi KRS?": "Broken",
        "resep rendang padang": "Holds",
    }  # fmt: skip
    assert "Broken: 1." in page
    assert "Now: Course selection" in page
    assert "Golden questions that expect this answer: 2" in sri.get(UKT).text


def test_a_broken_golden_question_holds_back_only_the_template_that_it_names(center: Center) -> None:
    sri = center.browser("sri")
    sri.post(GOLDEN, text="resep rendang padang", language="id", template="ukt-bayar")
    assert "other templates are not held back." in sri.get(GOLDEN).text
    assert "template lain tidak terhalang." in center.browser("sri", "id").get(GOLDEN).text
    for template, status in (("krs-isi", 303), ("ukt-bayar", 409)):
        assert saved(sri, template, **{"answer-id": "Lewat portal.", "then": "submit"}).status_code == 303
        assert sri.post(f"/console/knowledge/templates/{template}/publish").status_code == status


def test_the_same_question_again_expects_something_else_and_a_removed_one_is_gone(center: Center) -> None:
    sri = center.browser("sri")
    for template in ("ukt-bayar", "krs-isi"):
        sri.post(GOLDEN, text="Cara isi KRS", language="id", template=template)
    page = sri.get(GOLDEN).text
    assert page.count('<b lang="id">Cara isi KRS</b>') == 1
    [address] = re.findall(r'action="(/console/knowledge/golden/\d+/remove)"', page)
    assert sri.post(address).status_code == 303
    assert "None yet" in sri.get(GOLDEN).text
    assert sri.post(address).status_code == 404


@pytest.mark.parametrize(
    ("text", "language", "template", "told", "indonesian"),
    [
        ("?!", "id", "", "1 to 300 characters", "1 sampai 300 karakter"),
        ("Cara isi KRS", "id", "tidak-ada", "There is no template tidak-ada", "Template tidak-ada tidak ada."),
        ("Cara isi KRS", "xx", "", "That language is not known", "Bahasa itu tidak dikenal."),
    ],
)
@on_one_database
def test_what_cannot_be_a_golden_question_is_refused_and_stays_written(
    center: Center, text: str, language: str, template: str, told: str, indonesian: str
) -> None:
    refused = center.browser("sri").post(GOLDEN, text=text, language=language, template=template)
    assert indonesian in center.browser("sri", "id").post(GOLDEN, text=text, language=language, template=template).text
    assert refused.status_code == 422
    assert told in refused.text
    assert f'value="{text}"' in refused.text


def test_any_version_that_was_public_is_compared_and_published_again(center: Center) -> None:
    sri = center.browser("sri")
    first, _ = state_of(center, "ukt-bayar")
    for answer in ("Lewat bank mitra.", "Lewat bank mitra atau kantor pos."):
        assert saved(sri, "ukt-bayar", **{"answer-id": answer, "then": "submit"}).status_code == 303
        assert sri.get(f"{UKT}/replay").status_code == 200
        assert sri.post(f"{UKT}/publish").status_code == 303
    page = sri.get(f"{UKT}/versions/1").text
    assert "Against version 3, which is published" in page
    assert "- Lewat bank mitra atau kantor pos." in page
    assert f"+ {first}" in page
    assert "Publish this version again" not in sri.get(f"{UKT}/versions/3").text
    assert "Against the version before" in sri.get(f"{UKT}/versions/3").text
    assert sri.post(f"{UKT}/roll-back", number="1").status_code == 303
    assert state_of(center, "ukt-bayar")[0] == first
    assert f'href="{UKT}/versions/4"' in sri.get(UKT).text
    assert sri.get(f"{UKT}/versions/9").status_code == 404
    assert sri.post(f"{UKT}/roll-back", number="9").status_code == 409


def test_a_template_shows_its_figures_of_the_month(center: Center) -> None:
    def shown(person: int, helped: bool | None) -> None:
        with center.db.write() as session:
            decision = Decision("answer", (hit("ukt-bayar"),))
            ask(session, person, "cara bayar ukt", decision, helped=helped, now=center.clock())

    shown(1, True)
    center.clock.advance(days=20)
    for person, helped in ((2, True), (3, True), (4, False), (5, None)):
        shown(person, helped)
    center.clock.advance(days=15)
    page = center.browser("sri").get(UKT).text
    told = re.findall(r"<dt>(.*?)</dt><dd>(\d+)(?: <span class=\"meta\">(\d+ %)</span>)?", page)
    assert told[:6] == [
        ("Shown", "4", ""), ("Helped", "2", "67 %"), ("Did not help", "1", ""), ("Ticket within 24 h", "0", ""),
        ("Reopened within 7 days", "0", ""), ("Questions nearest to it", "4", ""),
    ]  # fmt: skip


@on_one_database
def test_a_template_may_have_the_name_of_a_page(center: Center) -> None:
    sri = center.browser("sri")
    fields = {"id": "import", "category": "umum", "audience": "public", "seen": "0", "then": "save"}
    assert sri.post("/console/knowledge/new", **fields, **{"title-id": "Impor barang"}).status_code == 303
    assert "Impor barang" in sri.get("/console/knowledge/templates/import").text


@pytest.mark.browser
@on_one_database
def test_golden_questions_fit_and_are_accessible(somebody: Open, center: Center) -> None:
    for text, template in (("Bagaimana cara membayar UKT?", "ukt-bayar"), (f"a{'b' * 280}", "krs-isi")):
        center.browser("sri").post(GOLDEN, text=text, language="id", template=template)
    for screen in (DESKTOP, PHONE):
        page = somebody("sri", GOLDEN, screen)
        fits(page)
        axe(page)
        fits(somebody("sri", f"{UKT}/versions/1", screen))


@pytest.mark.browser
@on_one_database
def test_a_gap_becomes_a_draft_by_one_key(somebody: Open, center: Center) -> None:
    with center.db.write() as session:
        for person in range(6):
            ask(session, person, "di mana parkir sepeda di kampus", now=center.clock())
        for person in range(6, 10):
            ask(session, person, "jam buka perpustakaan hari minggu", now=center.clock())
    page = somebody("sri", "/console/knowledge/gaps")
    second = page.locator(".cards h2").nth(1).inner_text()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".editor")
    assert second in page.locator("[name=questions-id]").input_value()
