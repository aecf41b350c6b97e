"""What a browser tells somebody who looks elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.test_live import statements, taken
from tests.web.test_notices import told
from tests.web.window import Open, axe

SECRET = "rahasia <b>Budi</b>"
LISTENS = """
window.told = [];
window.tones = 0;
window.away = false;
Object.defineProperty(Document.prototype, "hidden", { get: () => window.away });
window.Notification = class extends Notification {
  constructor(title, options) { super(title, options); window.told.push([title, options.body]); window.last = this; }
};
const tone = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return tone.call(this); };
"""
LOOKS = "away => { window.away = away; document.dispatchEvent(new Event('visibilitychange')); }"


def news(center: Center, who: str) -> list[dict[str, str]]:
    answer = center.browser(who).get("/console/news", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    found: list[dict[str, str]] = answer.json()
    return found


def test_news_are_ones_own_notices_and_messages_and_say_nothing_that_somebody_wrote(center: Center) -> None:
    number, _ = taken(center, "rina")
    escalated = told(center, "rina", "escalated", SECRET)
    assert [(each["title"], each["text"]) for each in news(center, "rina")] == [(escalated, "Escalated")]
    center.writes(number, SECRET)
    found = news(center, "rina")
    assert [(each["title"], each["text"]) for each in found] == [(escalated, "Escalated"), (number, "New message")]
    assert found[1]["address"] == f"/console/tickets/{number}"
    assert "rahasia" not in str(found)
    assert "Budi" not in str(found)
    assert news(center, "dewi") == []
    before = found[1]["key"]
    center.writes(number, "halo?")
    assert news(center, "rina")[1]["key"] != before
    center.browser("rina").post("/console/notices", last="9" * 9)
    assert [each["title"] for each in news(center, "rina")] == [number]


def test_news_of_many_tickets_take_as_many_statements_as_of_one(center: Center) -> None:
    counts = []
    for many in (1, 30):
        for _ in range(many):
            center.writes(taken(center, "rina")[0], "halo?")
        rina = center.browser("rina")
        with statements(center.db) as made:
            found = rina.get("/console/news", headers={"HX-Request": "true"}).json()
        counts.append(len(made))
    assert len(found) == 20
    assert counts[0] == counts[1]


def until(page: Any, condition: str) -> None:
    """The page's policy forbids Playwright's own way to wait, which evaluates there."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {condition}")


def listening(somebody: Open, path: str, origin: str, allowed: bool = True) -> Any:
    page = somebody("rina", path)
    if allowed:
        page.context.grant_permissions(["notifications"], origin=origin)
    page.add_init_script(LISTENS)
    page.goto(f"{origin}{path}")
    page.wait_for_selector("body[data-ready]")
    page.click(".top details.menu summary")
    return page


@on_one_database
@pytest.mark.browser
@pytest.mark.parametrize("path", ["/console", "/console/people"])
def test_who_looks_elsewhere_is_notified_and_hears_it(center: Center, somebody: Open, origin: str, path: str) -> None:
    number, _ = taken(center, "rina")
    center.writes(number, "lama")
    page = listening(somebody, path, origin)
    expect(page.locator("[data-alert][aria-pressed=true]")).to_have_count(0)
    page.click("[data-alert=notify]")
    expect(page.locator("[data-alert][aria-pressed=true]")).to_have_count(2)
    axe(page)
    center.writes(number, "dilihat")
    page.wait_for_timeout(1500)
    assert page.evaluate("[told, tones]") == [[], 0], "who looks at the page needs no notification"
    page.evaluate(LOOKS, True)
    page.wait_for_timeout(500)
    center.writes(number, SECRET)
    until(page, "told.length")
    assert page.evaluate("[told, tones]") == [[[number, "New message"]], 1]
    page.click("[data-alert=sound]")
    center.writes(number, "lagi")
    until(page, "told.length > 1")
    assert page.evaluate("[told.length, tones]") == [2, 1]
    page.evaluate("last.onclick()")
    page.wait_for_url(f"**/console/tickets/{number}*")
    page.click(".top details.menu summary")
    expect(page.locator("[data-alert=notify]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-alert=sound]")).to_have_attribute("aria-pressed", "false")


@on_one_database
@pytest.mark.browser
def test_where_the_browser_refuses_it_is_said_and_the_sound_goes_on_alone(
    center: Center, somebody: Open, origin: str
) -> None:
    number, _ = taken(center, "rina")
    page = listening(somebody, "/console", origin, allowed=False)
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.click("[data-alert=notify]")
    expect(page.locator("#alerts-refused")).to_be_visible()
    expect(page.locator("[data-alert=notify]")).to_have_attribute("aria-pressed", "false")
    axe(page)
    page.click("[data-alert=sound]")
    assert page.evaluate("tones") == 1, "it is heard how it sounds"
    page.evaluate(LOOKS, True)
    page.wait_for_timeout(500)
    center.writes(number, "halo?")
    until(page, "tones === 2")
    assert page.evaluate("told") == []
