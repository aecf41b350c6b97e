"""Webhooks in the console: added, tested, sent again, deleted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bot.identity import audit
from bot.tickets import notes
from bot.tickets.service import by_number
from bot.webhooks import deliveries, subscriptions
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

HOME = "/console/webhooks"
URL = "https://portal.example.ac.id/sapa"
ADDED = {"url": URL, "event-ticket.noted": "1", "event-ticket.closed": "1"}


def noted(center: Center) -> list[tuple[str, str]]:
    with center.db.read() as session:
        return [(event.actor, event.kind) for event in audit.of(session, "webhook 1")]


def fails(center: Center, status: int) -> None:
    """All that is due is refused by its receiver."""
    with center.db.write() as session:
        for due in deliveries.claim(session, center.clock()):
            deliveries.failed(session, due.id, f"HTTP {status}", center.clock(), status=status)


def test_a_webhook_is_added_and_its_secret_shown_once(center: Center) -> None:
    admin = center.browser("admin")
    made = admin.post(HOME, **ADDED, texts="1")
    secret = re.search(r"<code>(whsec_[\w+/=]+)</code>", made.text)
    assert secret is not None
    for page in (HOME, f"{HOME}/1"):
        shown = admin.get(page).text
        assert secret[1] not in shown
        assert "ticket.closed, ticket.noted · with texts" in shown
    assert noted(center) == [("admin", "webhook added")]
    with center.db.read() as session:
        assert subscriptions.one(session, 1).secret == secret[1]


@on_one_database
@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://portal.example.ac.id/"},
        {"url": "https://127.0.0.1/"},
        {"url": "javascript:alert(1)"},
        {"url": "https://user:pass@portal.example.ac.id/"},
        {"url": f"https://portal.example.ac.id/{'x' * 600}"},
        {"event-ticket.noted": "", "event-ticket.closed": ""},
        {"event-ticket.noted": "", "event-ticket.closed": "", "event-ticket.nonsense": "1"},
    ],
)
def test_what_is_no_webhook_is_told_and_what_was_written_stays(center: Center, given: dict[str, str]) -> None:
    refused = center.browser("admin").post(HOME, **{**ADDED, **given})
    assert refused.status_code == 422
    assert "at least one event" in refused.text
    assert f'value="{given.get("url", URL)}"' in refused.text
    assert "data-again" in refused.text
    with center.db.read() as session:
        assert not subscriptions.all_webhooks(session)


def test_why_an_address_is_no_webhooks_is_told_in_indonesian(center: Center) -> None:
    refused = center.browser("admin", "id").post(HOME, **{**ADDED, "url": "http://portal.example.ac.id/"})
    assert "Alamat webhook harus diawali https://." in refused.text


def test_a_test_is_sent_and_what_became_of_it_is_shown(center: Center) -> None:
    admin = center.browser("admin")
    admin.post(HOME, url=URL, all="1")
    answer = admin.post(f"{HOME}/1/test")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}/1")
    assert "Waits" in admin.get(f"{HOME}/1").text
    fails(center, 500)
    page = admin.get(f"{HOME}/1").text
    assert "HTTP 500" in page
    assert "1 tries · again Mon 23 Nov 2026, 10:00" in page
    assert "HTTP 500 · 1 wait" in admin.get(HOME).text
    with center.db.write() as session:
        deliveries.delivered(session, 1, 204, center.clock())
    assert "Delivered · 204" in admin.get(f"{HOME}/1").text
    assert noted(center)[0] == ("admin", "webhook tried")


def test_what_failed_is_sent_again_one_by_one_or_all(center: Center) -> None:
    admin, number = center.browser("admin"), center.ticket()
    admin.post(HOME, url=URL, all="1")
    with center.db.write() as session:
        notes.add_note(session, by_number(session, number), "x", "rina", center.clock())
        deliveries.ping(session, 1, center.clock())
    fails(center, 410)
    page = admin.get(f"{HOME}/1").text
    assert f'href="/console/tickets/{number}"' in page
    assert "Stopped by its receiver" in page
    assert "Send the 2 that failed again" in page
    assert admin.post(f"{HOME}/1/deliveries/2/retry").status_code == 303
    assert "Send the 1 that failed again" in admin.get(f"{HOME}/1").text
    assert admin.post(f"{HOME}/1/retry").status_code == 303
    with center.db.read() as session:
        assert deliveries.counts(session) == {(1, "pending"): 2}
    assert noted(center)[:2] == [("admin", "webhook sent again")] * 2
    assert admin.post(f"{HOME}/2/deliveries/1/retry").status_code == 404
    assert admin.post(f"{HOME}/1/explode").status_code == 404


@on_one_database
def test_a_webhook_is_deleted_with_what_waited_for_it(center: Center) -> None:
    admin = center.browser("admin")
    admin.post(HOME, url=URL, all="1")
    admin.post(f"{HOME}/1/test")
    assert admin.post(f"{HOME}/1/remove").headers["location"] == HOME
    assert "There is no webhook yet." in admin.get(HOME).text
    assert admin.get(f"{HOME}/1").status_code == 404
    assert noted(center)[0] == ("admin", "webhook removed")
    page = center.browser("sri").get("/console/trail").text
    assert "removed a webhook:" in page
    assert "tested a webhook:" in page


@on_one_database
def test_the_last_fifty_deliveries_are_shown(center: Center) -> None:
    admin, number = center.browser("admin"), center.ticket()
    admin.post(HOME, url=URL, all="1")
    with center.db.write() as session:
        for _ in range(60):
            notes.add_note(session, by_number(session, number), "x", "rina", center.clock())
    page = admin.get(f"{HOME}/1").text
    assert page.count("/deliveries/") == 0
    assert page.count(f'href="/console/tickets/{number}"') == 50


@pytest.mark.browser
@on_one_database
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_and_can_be_used_by_everybody(center: Center, somebody: Open, theme: str) -> None:
    page = somebody("admin", HOME, DESKTOP, theme)
    page.get_by_role("button", name="New webhook").first.click()
    page.get_by_role("dialog").wait_for()
    axe(page)
    page.fill("[name=url]", "http://not-encrypted.example")
    page.locator("#new-webhook button.main").click()
    expect(page.locator("#new-webhook .flash")).to_be_visible()
    expect(page.locator("#new-webhook [name=url]")).to_have_value("http://not-encrypted.example")
    axe(page)
    page.fill("[name=url]", f"{URL}/{'a-long-way-' * 20}")
    page.check("[name=all]")
    page.locator("#new-webhook button.main").click()
    page.wait_for_selector("[role=status] code")
    axe(page)
    page.get_by_role("button", name="Send a test").click()
    page.wait_for_url("**/webhooks/1")
    fails(center, 410)
    page.reload()
    axe(page)
    page.set_viewport_size(PHONE)
    fits(page)
    page.get_by_role("link", name="Webhooks").click()
    page.wait_for_url("**/webhooks")
    fits(page)
