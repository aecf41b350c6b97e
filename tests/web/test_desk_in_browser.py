"""The desk by keyboard, in a real browser. Needs Playwright and Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.conversation.model import Attachment
from bot.tickets.model import Ticket
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import PDF
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

pytestmark = [pytest.mark.browser, on_one_database]


def test_a_call_is_entered_and_closed_by_keyboard_alone(center: Center, somebody: Open) -> None:
    person = center.find(center.ticket("Budi Santoso")).person_id
    page = somebody("rina")
    page.keyboard.press("d")
    page.wait_for_selector("body[data-ready] .desk")
    expect(page.locator("[name=text]")).to_be_focused()
    page.keyboard.type("UKT saya dobel")
    page.keyboard.press("Tab")
    page.keyboard.type("santoso")
    expect(page.locator("#candidates b").first).to_have_text("Budi Santoso")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"[value='person:{person}']")).to_be_checked()
    page.locator("[name=category]").focus()
    page.keyboard.type("Fees")
    expect(page.locator("#desk-answer")).to_be_hidden()
    page.locator("[name=then]").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#desk-answer")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("Tagihan sudah dihapus.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice")).to_contain_text("closed: UKT saya dobel")
    expect(page.locator("[name=text]")).to_be_focused()
    with center.db.read() as session:
        ticket = session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
    assert (ticket.person_id, ticket.category, ticket.status) == (person, "keuangan", "closed")


def test_files_stay_chosen_when_something_lacks(center: Center, somebody: Open, tmp_path: Path) -> None:
    (tmp_path / "surat.pdf").write_bytes(PDF)
    (tmp_path / "besar.pdf").write_bytes(PDF + bytes(center.parts.settings.max_attachment))
    page = somebody("rina", "/console/desk")
    page.set_input_files("#desk-files", tmp_path / "besar.pdf")
    page.fill("[name=text]", "Mohon keringanan")
    page.keyboard.press("Control+Enter")
    assert "larger than" in page.eval_on_selector("#desk-files", "field => field.validationMessage")
    page.set_input_files("#desk-files", tmp_path / "surat.pdf")
    page.fill("[name=email]", "budi")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".flash:visible")).to_contain_text("budi")
    page.fill("[name=email]", "budi@contoh.ac.id")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice")).to_contain_text("Mohon keringanan")
    with center.db.read() as session:
        assert session.scalars(select(Attachment.filename)).all() == ["surat.pdf"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_desk_is_fit_for_everybody_and_every_screen(center: Center, somebody: Open, theme: str) -> None:
    center.ticket("Budi Santoso")
    page = somebody("rina", "/console/desk", DESKTOP, theme)
    page.fill("[name=who]", "santoso")
    expect(page.locator("#candidates")).to_be_visible()
    axe(page)
    page.set_viewport_size(PHONE)
    fits(page)
