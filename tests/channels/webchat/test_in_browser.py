"""The page in a real browser: what no test of the server alone can see. Needs Playwright and Chromium."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright import sync_api as playwright
from starlette.applications import Starlette

from bot.channels.webchat import WebChatChannel
from tests.channels.webchat.browser import on_one_database, served, wait_for
from tests.channels.webchat.stand_in import StandIn

pytestmark = [pytest.mark.browser, on_one_database]
HOSTILE = "<img src=x onerror=alert(1)> javascript:alert(1) (https://contoh.ac.id/a?b=1&c=2), ya"


@pytest.fixture
def origin(app: Starlette) -> Iterator[str]:
    with served(app) as origin:
        yield origin


@pytest.fixture
def page(origin: str, browser: playwright.Browser) -> Iterator[Any]:
    """The page as a new visitor sees it. A fault in a script fails the test."""
    faults: list[str] = []
    page = browser.new_context(locale="id-ID", timezone_id="Asia/Jakarta").new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(origin)
    yield page
    assert faults == []


def say(page: Any, text: str) -> None:
    page.fill("#text", text)
    page.keyboard.press("Enter")


def answer(core: StandIn, channel: WebChatChannel, text: str, *choices: tuple[str, str]) -> None:
    wait_for(lambda: core.taken)
    # The driver runs a loop of its own in this thread.
    address = core.taken[-1].addresses[0]
    thread = threading.Thread(target=lambda: asyncio.run(core.reply(channel, address, text, choices=choices)))
    thread.start()
    thread.join()


def test_a_talk_with_buttons_survives_a_reload(page: Any, core: StandIn, channel: WebChatChannel) -> None:
    playwright.expect(page.locator("#welcome h2")).to_have_text("Ada yang bisa kami bantu?")
    say(page, "ukt telat")
    playwright.expect(page.locator(".you .tick")).to_be_visible()
    answer(core, channel, "Apakah ini menjawab?", ("k1", "Ya"), ("k2", "Belum"))
    page.get_by_role("button", name="Belum").click()
    playwright.expect(page.locator(".choices .choice").first).to_have_attribute("aria-disabled", "true")
    wait_for(lambda: len(core.taken) == 2)
    assert core.taken[1].choice == "k2"
    page.reload()
    playwright.expect(page.locator(".message")).to_have_count(3)
    playwright.expect(page.locator(".you .text").last).to_have_text("Belum")
    playwright.expect(page.locator(".choice.chosen")).to_have_count(1)
    playwright.expect(page.locator("#welcome")).to_be_hidden()


def test_text_is_shown_as_text_and_only_web_addresses_become_links(
    page: Any, core: StandIn, channel: WebChatChannel
) -> None:
    say(page, HOSTILE)
    answer(core, channel, HOSTILE)
    playwright.expect(page.locator(".text")).to_have_count(2)
    for shown in page.locator(".text").all():
        assert shown.inner_text() == HOSTILE
        assert shown.locator("a").evaluate_all("links => links.map(link => link.href)") == [
            "https://contoh.ac.id/a?b=1&c=2"
        ]
    assert page.locator(".message img").count() == 0


def test_our_words_between_asterisks_are_bold_and_those_of_the_person_stay(
    page: Any, core: StandIn, channel: WebChatChannel
) -> None:
    said = "Ketik *petugas*, 2*3*4 atau buka https://contoh.ac.id/*a*/b (*dua kata*)."
    say(page, said)
    answer(core, channel, said)
    playwright.expect(page.locator(".text")).to_have_count(2)
    mine, ours = page.locator(".text").all()
    assert mine.inner_text() == said
    assert ours.inner_text() == "Ketik petugas, 2*3*4 atau buka https://contoh.ac.id/*a*/b (dua kata)."
    assert ours.locator("b").all_inner_texts() == ["petugas", "dua kata"]
    assert ours.locator("a").get_attribute("href") == "https://contoh.ac.id/*a*/b"


def test_what_cannot_be_sent_stays_and_is_sent_once_later(page: Any, core: StandIn) -> None:
    core.broken = True
    say(page, "tetap di sini")
    playwright.expect(page.locator(".you .meta")).to_have_text("Menunggu sambungan…")
    page.fill("#text", "draf")
    page.reload()
    playwright.expect(page.locator(".you .text")).to_have_text("tetap di sini")
    playwright.expect(page.locator("#text")).to_have_value("draf")
    core.broken = False
    playwright.expect(page.locator(".you .tick")).to_be_visible(timeout=10_000)
    page.reload()
    playwright.expect(page.locator(".message")).to_have_count(1)
    assert {message.text for message in core.taken} == {"tetap di sini"}


def test_a_file_is_chosen_seen_and_sent(page: Any, core: StandIn) -> None:
    page.set_input_files("#picker", [{"name": "bukti.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}])
    playwright.expect(page.locator(".staged b")).to_have_text("bukti.pdf")
    page.get_by_role("button", name="Kirim", exact=True).click()
    playwright.expect(page.locator(".you .tick")).to_be_visible()
    assert core.taken[0].attachments[0].filename == "bukti.pdf"
    page.set_input_files("#picker", [{"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"x" * 100_001}])
    playwright.expect(page.locator("#fault")).to_contain_text("film.mp4 terlalu besar")


def test_a_file_that_is_not_accepted_says_why_and_is_not_offered_again(page: Any, core: StandIn) -> None:
    page.set_input_files(
        "#picker", [{"name": "foto.png", "mimeType": "image/png", "buffer": b"MZ\x90\0\x03\0\0\0\x04"}]
    )
    page.get_by_role("button", name="Kirim", exact=True).click()
    playwright.expect(page.locator(".you.failed .meta")).to_have_text(
        re.compile("Jenis berkas ini tidak bisa kami terima")
    )
    playwright.expect(page.get_by_role("button", name="Kirim lagi")).to_have_count(0)
    assert core.taken == []
