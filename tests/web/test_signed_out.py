"""What was written is not lost when the session ends before it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from bot.identity import sessions
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import PDF
from tests.web.desk import PASSWORD, Center
from tests.web.window import Open, axe

pytestmark = on_one_database
OURS = {"Sec-Fetch-Site": "same-origin"}
HOSTILE = '"><script>alert(1)</script>\n</textarea>'


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_form_that_comes_too_late_is_shown_again_with_all_that_was_written(center: Center, language: str) -> None:
    sri = center.browser("sri", language)
    old = sri.csrf()
    center.clock.now += sessions.IDLE
    written = {"csrf": old, "id": "wisuda", "answer-id": HOSTILE}
    answer = sri.request("POST", "/console/knowledge/new", data=written, headers=OURS)
    assert answer.status_code == 401
    assert ("You are signed out" if language == "en" else "Anda sudah keluar") in answer.text
    assert 'action="/console/knowledge/new"' in answer.text
    assert '<input type="hidden" name="id" value="wisuda">' in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text
    assert old not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_who_signed_in_anew_is_asked_before_the_form_of_an_older_page_is_sent(center: Center) -> None:
    sri = center.browser("sri")
    old = sri.csrf()
    sri.sign_in("sri", csrf=old)
    answer = sri.request("POST", "/console/canned/new", data={"csrf": old, "text-id": "Halo."}, headers=OURS)
    assert answer.status_code == 403
    assert "Sri Hartati" in answer.text
    assert 'name="text-id" value="Halo."' in answer.text
    assert old not in answer.text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_what_another_site_sends_is_never_offered_to_be_sent_again(center: Center, headers: dict[str, str]) -> None:
    for browser, status in ((center.browser(), 401), (center.browser("sri"), 403)):
        answer = browser.request("POST", "/console/canned/new", data={"id": "jebakan"}, headers=headers)
        assert answer.status_code == status
        assert "jebakan" not in answer.text


def test_passwords_and_codes_are_not_repeated(center: Center) -> None:
    for address, fields in (
        ("/console/password", {"old": "rahasia", "new": "rahasia-juga"}),
        ("/console/second-factor/confirm", {"code": "rahasia"}),
    ):
        answer = center.browser().request("POST", address, data=fields, headers=OURS)
        assert answer.status_code == 401
        assert "rahasia" not in answer.text


def _signs_in_beside(page: Any, username: str, link: str = "a[target=_blank]") -> None:
    """By the link of the page, in another tab."""
    with page.context.expect_page() as opened:
        page.click(link)
    tab = opened.value
    tab.fill("[name=username]", username)
    tab.fill("[name=password]", PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("body[data-ready]")
    tab.close()


@pytest.mark.browser
def test_the_words_of_a_closing_stay_and_are_sent_after_the_sign_in(center: Center, somebody: Open) -> None:
    number = center.ticket(category="keuangan")
    center.browser("rina").step(number, "take")
    page = somebody("rina", f"/console/tickets/{number}")
    page.keyboard.press("e")
    page.fill("#close [name=solution]", "Tagihan sudah diperbaiki.")
    page.fill("#close [name=record]", "Dicek dengan Biro Keuangan.")
    center.clock.advance(hours=13)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#close #signed-out")).to_contain_text("What you wrote is still here")
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#close #signed-out")).to_be_visible()
    assert center.find(number).status != "closed"
    _signs_in_beside(page, "rina", "#signed-out a")
    page.click("#close button.main")
    expect(page.locator("#head .badge").first).to_have_text("Closed")
    assert center.find(number).solution == "Tagihan sudah diperbaiki."
    expect(page.locator("#signed-out")).to_be_hidden()
    expect(page.locator("#offline")).to_be_hidden()


@pytest.mark.browser
def test_what_another_signs_in_for_is_sent_only_when_he_says_so(center: Center, somebody: Open) -> None:
    number = center.ticket(category="keuangan")
    page = somebody("rina", f"/console/tickets/{number}")
    page.keyboard.press("f")
    page.fill("#forward [name=unit]", "Biro Keuangan")
    page.fill("#forward [name=asked]", "Apakah sudah dibayar?")
    center.clock.advance(hours=13)
    page.click("#forward button.main")
    expect(page.locator("#forward #signed-out")).to_be_visible()
    _signs_in_beside(page, "sri", "#signed-out a")
    page.click("#forward button.main")
    expect(page.locator("#signed-out")).to_contain_text("You are now signed in as Sri Hartati.")
    assert center.find(number).status == "new"
    page.click("#forward button.main")
    expect(page.locator("#head .badge").first).to_have_text("Forwarded")


@pytest.mark.browser
def test_what_was_entered_at_the_desk_stays_with_its_files(center: Center, somebody: Open) -> None:
    page = somebody("rina", "/console/desk")
    page.fill("[name=text]", "Bertanya tentang cicilan.")
    page.set_input_files("#desk-files", [{"name": "surat.pdf", "mimeType": "application/pdf", "buffer": PDF}])
    center.clock.advance(hours=13)
    page.click(".desk button.main")
    expect(page.locator("#signed-out")).to_be_visible()
    _signs_in_beside(page, "rina", "#signed-out a")
    page.click(".desk button.main")
    page.click(".notice a")
    expect(page.locator(".messages")).to_contain_text("Bertanya tentang cicilan.")
    expect(page.locator(".messages")).to_contain_text("surat.pdf")


@pytest.mark.browser
def test_a_template_that_was_long_in_the_writing_is_kept_across_the_sign_in(center: Center, somebody: Open) -> None:
    page = somebody("sri", "/console/knowledge/new")
    page.fill("[name=id]", "wisuda")
    page.fill("[name=title-id]", "Jadwal wisuda")
    page.fill("[name=questions-id]", "kapan wisuda\njadwal wisuda")
    page.fill("[name=answer-id]", "Dua kali setahun.\n\nLihat kalender.")
    center.clock.advance(hours=13)
    page.click("button[value=save]")
    expect(page.locator("h1")).to_have_text("You are signed out")
    axe(page)
    page.click("button.main")
    expect(page.locator("h1")).to_have_text("You are signed out")
    _signs_in_beside(page, "sri")
    page.click("button.main")
    page.click("button.main")
    expect(page.locator("header h1")).to_have_text("Jadwal wisuda")
    expect(page.locator("[name=questions-id]")).to_have_value("kapan wisuda\njadwal wisuda")
    expect(page.locator("[name=answer-id]")).to_have_value("Dua kali setahun.\n\nLihat kalender.")


@pytest.mark.browser
def test_a_canned_reply_is_kept_across_the_sign_in(center: Center, somebody: Open) -> None:
    page = somebody("sri", "/console/canned/new")
    page.fill("[name=id]", "salam")
    page.fill("[name=title-id]", "Salam")
    page.fill("[name=text-id]", "Selamat pagi.")
    center.clock.advance(hours=13)
    page.click("button.main")
    _signs_in_beside(page, "sri")
    page.click("button.main")
    page.click("button.main")
    expect(page.locator("a[href='/console/canned/salam']")).to_have_text("Salam")
