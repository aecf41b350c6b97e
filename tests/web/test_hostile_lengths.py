"""Words as long as people make them, on a phone. In a real browser; needs Playwright and Chromium."""

from __future__ import annotations

import pytest

from bot.tickets.model import TicketTag
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.test_system import Around, within
from tests.web.window import PHONE, Open, fits

pytestmark = [pytest.mark.browser, on_one_database]
UNSCROLLED = "pane => [...document.querySelectorAll(pane)].every(one => one.scrollWidth <= one.clientWidth)"


def test_nothing_that_somebody_wrote_makes_a_page_wider_than_a_phone(center: Center, somebody: Open) -> None:
    within(center, Around())
    number = center.ticket("N" * 200, "S" * 200)
    center.delivered(center.answers(number, "H" * 300), "failed", "e" * 300)
    with center.db.write() as session:
        session.add(TicketTag(ticket_id=center.find(number).id, tag="t" * 64))
        session.add(TicketTag(ticket_id=center.find(number).id, tag="u" * 64))
    center.browser("admin").post("/console/views", name="V" * 40, queue="unassigned")
    page = somebody("admin", f"/console/people/{center.find(number).person_id}", PHONE)
    fits(page)
    page.goto(f"{page.url.split('/console')[0]}/console/desk?entered={number}")
    fits(page)
    for address in ("/console/system", "/console?queue=unassigned", "/console/people"):
        page.goto(page.url.split("/console")[0] + address)
        fits(page)
    page.goto(f"{page.url.split('/console')[0]}/console/tickets/{number}")
    fits(page)
    assert page.evaluate(UNSCROLLED, ".talk")
    page.locator("[data-side]").first.click()
    page.wait_for_selector(".side-pane", state="visible")
    assert page.evaluate(UNSCROLLED, ".side-pane")
