"""The knowledge page: templates along their life, asking the base, gaps."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from bot.knowledge import versions
from bot.knowledge.base import Knowledge
from bot.knowledge.curating import publishing
from bot.knowledge.snapshot import Snapshot
from bot.knowledge.store import import_templates, load
from bot.storage.database import Database
from bot.web.pages import replaying
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.knowledge.curating.rows import ask
from tests.knowledge.sample import template
from tests.web.desk import Browser, Center
from tests.web.window import Open, axe

TEMPLATES = (
    template("ukt-telat", id=("UKT telat", "Bagaimana kalau UKT telat dibayar?", "Apa denda UKT terlambat?")),
    template(
        "sandi-reset", id=("Reset sandi", "Bagaimana mengatur ulang kata sandi portal?", "Lupa kata sandi portal")
    ),
)


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Center:
    monkeypatch.setattr(replaying, "PATIENCE", 60)
    with db.write() as session:
        import_templates(session, Snapshot(TEMPLATES), clock())
        snapshot = load(session)
    return Center.of(db, clock, tmp_path, Knowledge.build(snapshot))


def fields_of(page: str) -> dict[str, str]:
    """What the editor's form holds, as a browser would send it."""
    form = page[page.index('class="editor"') :]
    texts = dict(re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', form))
    inputs = dict.fromkeys(re.findall(r'<input[^>]*name="([^"]+)"', form), "")
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and value:
            inputs[name[1]] = value[1]
    chosen = {}
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        found = re.search(r'value="([^"]*)" selected', options) or re.search(r"<option>([^<]*)", options)
        chosen[name] = found[1] if found else ""
    return {k: v for k, v in {**inputs, **texts, **chosen}.items() if k != "csrf"}


def saved(browser: Browser, template_id: str, **changes: str) -> httpx.Response:
    fields = fields_of(browser.get(f"/console/knowledge/templates/{template_id}").text)
    return browser.post(f"/console/knowledge/templates/{template_id}", **{**fields, **changes})


def state_of(center: Center, template_id: str) -> tuple[str | None, str | None]:
    """(the published answer, the state of what is being worked on)."""
    with center.db.read() as session:
        live = versions.published(session, template_id).get(template_id)
        opened = versions.open_versions(session, template_id).get(template_id)
    answer = versions.content_of(live).words["id"].answer if live is not None else None
    return answer, opened.state if opened is not None else None


def test_a_supervisor_edits_hands_in_replays_and_publishes(center: Center) -> None:
    sri = center.browser("sri")
    before, _ = state_of(center, "ukt-telat")
    answer = saved(sri, "ukt-telat", **{"answer-id": "Ajukan penundaan ke fakultas.", "then": "submit"})
    assert answer.status_code == 303
    assert state_of(center, "ukt-telat") == (before, "review")
    page = sri.get("/console/knowledge/templates/ukt-telat").text
    assert "+ Ajukan penundaan ke fakultas." in page
    assert "0 past questions" in sri.get("/console/knowledge/templates/ukt-telat/replay").text
    assert sri.post("/console/knowledge/templates/ukt-telat/publish").status_code == 303
    assert state_of(center, "ukt-telat") == ("Ajukan penundaan ke fakultas.", None)
    assert sri.post("/console/knowledge/templates/ukt-telat/roll-back").status_code == 303
    assert state_of(center, "ukt-telat")[0] == before


def test_saving_without_a_change_changes_nothing_but_makes_a_draft_of_the_same(center: Center) -> None:
    sri = center.browser("sri")
    assert saved(sri, "ukt-telat").status_code == 303
    with center.db.read() as session:
        live = versions.published(session)["ukt-telat"]
        opened = versions.open_versions(session)["ukt-telat"]
    assert opened.content == live.content


def test_a_faulty_template_cannot_be_handed_in_and_what_was_written_stays(center: Center) -> None:
    sri = center.browser("sri")
    refused = saved(sri, "ukt-telat", **{"answer-id": "Lihat {tidak_ada}.", "then": "submit"})
    assert refused.status_code == 422
    assert "tidak_ada" in refused.text
    assert fields_of(refused.text)["answer-id"] == "Lihat {tidak_ada}."
    assert state_of(center, "ukt-telat")[1] is None


@on_one_database
def test_who_reads_indonesian_is_told_in_indonesian_what_is_wrong(center: Center) -> None:
    sri, page = center.browser("sri", "id"), "/console/knowledge/templates/ukt-telat"
    faulty = {"answer-id": "Lihat {tidak_ada}.", "owner": ""}
    refused = saved(sri, "ukt-telat", **faulty, then="submit").text
    assert "template ukt-telat (id): variabel {tidak_ada} tidak ada; yang dikenal: " in refused
    assert "template ukt-telat: penanggung jawab masih kosong" in refused
    lacking = sri.post("/console/knowledge/preview", **fields_of(refused)).text
    assert "<li>template ukt-telat: penanggung jawab masih kosong</li>" in lacking
    assert "Tidak ada draf untuk ukt-telat." in sri.post(f"{page}/return", reason="kurang").text
    assert saved(sri, "ukt-telat", **faulty).status_code == 303
    told = "Template ukt-telat sekarang masih draf, jadi tidak dapat dikembalikan ke penulis."
    assert told in sri.post(f"{page}/return", reason="kurang").text
    english = center.browser("sri").post(f"{page}/return", reason="kurang").text
    assert "Template ukt-telat is in state draft: return is not possible." in english


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(center: Center) -> None:
    sri, admin = center.browser("sri"), center.browser("admin")
    fields = fields_of(sri.get("/console/knowledge/templates/ukt-telat").text)
    assert saved(admin, "ukt-telat", **{"answer-id": "Dari admin."}).status_code == 303
    refused = sri.post("/console/knowledge/templates/ukt-telat", **{**fields, "answer-id": "Dari Sri."})
    assert refused.status_code == 422
    assert "Dari Sri." in refused.text
    with center.db.read() as session:
        row = versions.open_versions(session)["ukt-telat"]
    assert versions.content_of(row).words["id"].answer == "Dari admin."


def test_a_new_template_needs_an_id_and_goes_the_same_way(center: Center) -> None:
    sri = center.browser("sri")
    fields = fields_of(sri.get("/console/knowledge/new").text)
    fields |= {"category": "akademik", "owner": "BAAK", "source": "SK", "title-id": "Cuti"}
    fields |= {"answer-id": "Isi formulir.", "questions-id": "Bagaimana cuti akademik?\n\n Cara cuti kuliah "}
    assert sri.post("/console/knowledge/new", **{**fields, "id": "Tidak Boleh/"}).status_code == 422
    assert sri.post("/console/knowledge/new", **{**fields, "id": "cuti"}).status_code == 303
    with center.db.read() as session:
        content = versions.content_of(versions.open_versions(session)["cuti"])
    assert content.words["id"].questions == ("Bagaimana cuti akademik?", "Cara cuti kuliah")
    assert sri.post("/console/knowledge/templates/cuti/return", reason="kurang").status_code == 409
    assert sri.post("/console/knowledge/templates/cuti/submit").status_code == 303
    assert sri.post("/console/knowledge/templates/cuti/return", reason="kurang").status_code == 303
    assert "kurang" in sri.get("/console/knowledge/templates/cuti").text
    assert sri.post("/console/knowledge/templates/cuti/archive").status_code == 303
    assert state_of(center, "cuti") == (None, None)
    page = sri.get("/console/knowledge/templates/cuti").text
    assert 'class="badge">Archived' in page
    assert 'href="/console/knowledge/templates/cuti/versions/1"' in page


@on_one_database
@pytest.mark.browser
def test_archiving_is_asked_back_and_what_it_does_is_said(center: Center, somebody: Open) -> None:
    page = somebody("sri", "/console/knowledge/templates/ukt-telat")
    page.click("[data-dialog=archive]")
    expect(page.locator("#archive")).to_contain_text("stops answering with this template at once")
    axe(page)
    page.click("#archive [data-cancel]")
    assert state_of(center, "ukt-telat")[0] is not None
    page.click("[data-dialog=archive]")
    page.click("#archive button.main")
    expect(page.locator(".edited > header .badge")).to_have_text("Archived")
    assert state_of(center, "ukt-telat") == (None, None)


def test_asking_tells_what_would_be_said_and_why(center: Center) -> None:
    sri = center.browser("sri", "id")
    told = sri.get("/console/knowledge/ask", params={"ask": "lupa kata sandi portal"}).text
    assert "Reset sandi" in told
    assert "Dibaca sebagai" in told
    assert "tidak ada yang cukup dekat" in sri.get("/console/knowledge/ask", params={"ask": "xyzzy"}).text
    assert sri.get("/console/knowledge/ask").text.strip() == ""


def test_the_list_tells_states_and_finds(center: Center) -> None:
    sri = center.browser("sri")
    saved(sri, "ukt-telat", then="submit")
    page = sri.get("/console/knowledge").text
    assert "In review" in page
    assert "1 templates wait to be published" in page
    found = sri.get("/console/knowledge", params={"q": "reset"}).text
    assert "sandi-reset" in found
    assert 'href="/console/knowledge/templates/ukt-telat?' not in found
    gaps = sri.get("/console/knowledge/gaps").text
    assert "No gaps" in gaps
    assert "As of Mon 23 Nov 2026, 10:00" in gaps
    assert sri.post("/console/knowledge/gaps", typical="tidak ada").status_code == 409


@on_one_database
def test_a_gap_leads_to_the_draft_that_it_has_and_gets_no_second_one(center: Center) -> None:
    with center.db.write() as session:
        for person in range(3):
            ask(session, person, "di mana <b>helipad</b> kampus", now=center.clock())
    center.parts.gaps.look(center.clock(), 60)
    sri, home = center.browser("sri"), "/console/knowledge/gaps"
    typical = unescape(re.findall(r'name="typical" value="([^"]*)"', sri.get(home).text)[0])
    made = sri.post(home, typical=typical).headers["location"]
    page = sri.get(home).text
    assert f'There is a draft already: <a href="{made}" data-row>' in page
    assert 'name="typical"' not in page
    refused = center.browser("sri", "id").post(home, typical=typical)
    assert refused.status_code == 409
    assert f"Celah itu sudah ada drafnya: {made.rpartition('/')[2]}." in refused.text
    assert f'Sudah ada drafnya: <a href="{made}" data-row>' in refused.text


def test_a_template_that_is_not_there_is_not_found(center: Center) -> None:
    sri = center.browser("sri")
    assert sri.get("/console/knowledge/templates/nothing").status_code == 404
    assert sri.post("/console/knowledge/templates/ukt-telat/delete").status_code == 404


def test_the_list_beside_the_editor_stays_as_it_was_chosen(center: Center) -> None:
    sri = center.browser("sri")
    chosen = "?category=umum&q=ukt"
    page = sri.get(f"/console/knowledge/templates/ukt-telat{chosen}").text
    assert f'action="/console/knowledge/templates/ukt-telat{chosen}"'.replace("&", "&amp;") in page
    assert 'href="/console/knowledge/templates/ukt-telat?category=umum&amp;q=ukt" data-row aria-current="page"' in page
    assert "/console/knowledge/templates/sandi-reset" not in page
    saved = sri.post(f"/console/knowledge/templates/ukt-telat{chosen}", **{**fields_of(page), "answer-id": "Lain."})
    assert saved.headers["location"] == f"/console/knowledge/templates/ukt-telat{chosen}"
    assert "Draft" in sri.get(saved.headers["location"]).text


def test_of_thousands_of_templates_some_are_listed_and_all_are_found(center: Center) -> None:
    many = [
        template(f"urusan-{at:04}", id=(f"Urusan {at:04}", f"Bagaimana urusan nomor {at:04}?")) for at in range(400)
    ]
    with center.db.write() as session:
        import_templates(session, Snapshot((*TEMPLATES, *many)), center.clock())
    sri = center.browser("sri")
    page = sri.get("/console/knowledge").text
    assert page.count("/console/knowledge/templates/urusan-") < 301
    assert "102 more. Choose a category, or search." in page
    assert "Urusan 0399" in sri.get("/console/knowledge?q=urusan 0399").text


def test_what_is_lacking_while_one_types_is_what_handing_in_would_say(center: Center) -> None:
    sri = center.browser("sri")
    words = {
        "title-id": "Denda",
        "questions-id": "Apa denda UKT terlambat?\nDenda apa?\ndenda apa",
        "answer-id": "Ada.",
    }
    given = {"id": "denda", "category": "umum", "audience": "public", "owner": "Keuangan", "source": "SK", **words}
    told = sri.post("/console/knowledge/preview", **given).text
    refused = sri.post("/console/knowledge/new", **given, seen="0", then="submit").text
    for fault in ("already an example of template ukt-telat", "stands there twice"):
        assert fault in told
        assert fault in refused
    with center.db.write() as session:
        publishing.archive(session, "ukt-telat", "admin", center.clock())
    assert "already an example" not in sri.post("/console/knowledge/preview", **given).text
