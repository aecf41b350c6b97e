"""The editor of answer templates: what people will see, and what is still lacking, while one types."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.knowledge import versions
from bot.knowledge.base import Knowledge
from bot.knowledge.store import import_templates, load
from bot.storage.database import Database
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.knowledge.sample import CAMPUS
from tests.web.desk import Browser, Center
from tests.web.test_knowledge import fields_of, saved
from tests.web.window import DESKTOP, PHONE, Open, axe, fits


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path) -> Center:
    with db.write() as session:
        import_templates(session, CAMPUS, clock())
        snapshot = load(session)
    return Center.of(db, clock, tmp_path, Knowledge.build(snapshot))


def previewed(browser: Browser, **changes: str) -> httpx.Response:
    fields = fields_of(browser.get("/console/knowledge/templates/krs-isi").text)
    return browser.post("/console/knowledge/preview", **{**fields, **changes})


def drawn(page: str, language: str, channel: str) -> str:
    """What of a channel's picture can be read, with its markup."""
    part = page[page.index(f'id="preview-{language}"') :]
    part = part[part.index(f'<figure class="{channel}">') :]
    return part[: part.index("</figure>")]


@on_one_database
def test_each_channel_shows_the_answer_as_it_draws_it(center: Center) -> None:
    page = previewed(center.browser("sri"), **{"answer-id": "Halo {name}, isi *KRS* _segera_ di {portal_url}."}).text
    whatsapp, telegram = drawn(page, "id", "whatsapp"), drawn(page, "id", "telegram")
    bold = 'Halo Budi Santoso, isi <span class="bold">KRS</span>'
    assert f'{bold} <span class="italic">segera</span> di <span class="link">https://' in whatsapp
    assert f'{bold} _segera_ di <span class="link">https://' in telegram
    for picture in (whatsapp, telegram):
        assert "Apakah ini menjawab pertanyaan Anda?" in picture
        assert "<span>Belum</span>" in picture
    assert "Does this answer your question?" in drawn(page, "en", "telegram")


@on_one_database
def test_attachments_buttons_and_lengths_are_shown(center: Center) -> None:
    given = {"button-1": "ukt-bayar", "button-2": "wisuda-jadwal", "attachments-id": "Formulir: https://a.id/f.pdf"}
    page = previewed(center.browser("sri"), **given).text
    whatsapp = drawn(page, "id", "whatsapp")
    assert 'Formulir: <span class="link">https://a.id/f.pdf</span>' in whatsapp
    assert "Pilih" in whatsapp, "four choices are a list there"
    assert "<span>Jadwal wisuda</span>" in drawn(page, "id", "telegram")
    page = previewed(center.browser("sri"), **{"answer-id": "x" * 1100}).text
    assert "1138 of 4096 characters" in drawn(page, "id", "whatsapp")
    assert "over 1024 characters" in drawn(page, "id", "whatsapp")
    assert "over 1024 characters" not in drawn(page, "id", "telegram")
    page = previewed(center.browser("sri"), **{"answer-id": "kata " * 900}).text
    assert "cut into 2 messages" in drawn(page, "id", "telegram")


@on_one_database
def test_what_was_typed_is_escaped(center: Center) -> None:
    hostile = '<script>alert(1)</script> *<img src=x>* https://a.id/"><b>'
    page = previewed(center.browser("sri"), **{"answer-id": hostile, "title-id": "<b>", "questions-id": hostile}).text
    assert not re.findall(r"<(?:script|img|b>x)", page)
    assert '<span class="bold">&lt;img src=x&gt;</span>' in page


@on_one_database
def test_what_is_lacking_is_told_with_its_place_and_nothing_is_kept(center: Center) -> None:
    sri = center.browser("sri")
    given = {
        "answer-id": "Lihat {pintu}.", "title-id": "Judul yang terlalu panjang sekali", "button-1": "tidak-ada",
        "from": "2026-12-31", "until": "2026-12-01", "questions-id": "Mohon info tanggal wisuda",
    }  # fmt: skip
    page = previewed(sri, **given).text
    for told in (
        "there is no variable {pintu}", "title has 33 characters, more than 20", "tidak-ada leads to no template",
        "2026-12-01 is before valid_from 2026-12-31", "already an example of template wisuda-jadwal",
    ):  # fmt: skip
        assert told in page
    with center.db.read() as session:
        assert versions.open_versions(session) == {}


@on_one_database
def test_buttons_and_dates_are_kept_and_a_date_that_is_none_is_refused(center: Center) -> None:
    sri = center.browser("sri")
    given = {"button-1": "ukt-bayar", "button-3": "wisuda-jadwal", "from": "2026-12-01", "until": "2027-01-31"}
    assert saved(sri, "krs-isi", **given).status_code == 303
    with center.db.read() as session:
        content = versions.content_of(versions.open_versions(session)["krs-isi"])
    assert content.buttons == ("ukt-bayar", "wisuda-jadwal")
    assert (str(content.valid_from), str(content.valid_until)) == ("2026-12-01", "2027-01-31")
    refused = saved(sri, "krs-isi", until="2027-02-30")
    assert refused.status_code == 422
    assert "A date is written like" in refused.text


@on_one_database
def test_the_preview_follows_what_is_typed(center: Center, somebody: Open) -> None:
    for screen in (DESKTOP, PHONE):
        page = somebody("sri", "/console/knowledge/templates/krs-isi", screen)
        fits(page)
        axe(page)
        page.fill("[name=answer-id]", "Isi _KRS_ di portal.")
        page.wait_for_selector("#preview-id .whatsapp .italic >> text=KRS")
        assert "_KRS_" in page.inner_text("#preview-id .telegram")
        page.fill("[name=answer-id]", "Lihat {pintu}.")
        page.wait_for_selector("#lacking summary")
        boxes: list[Any] = [page.locator(each).bounding_box() for each in ("[name=answer-id]", "#preview-id")]
        beside = boxes[0]["x"] < boxes[1]["x"]
        assert beside == (screen is DESKTOP)
        fits(page)
        axe(page)
