"""Filters of the inbox, and views that one keeps."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bot.tickets.views import MOST
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

pytestmark = on_one_database


def listed(center: Center, query: str, who: str = "rina") -> str:
    answer = center.browser(who).get(f"/console/list?{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.text


def test_a_queue_is_filtered_by_category_with_all_below_channel_and_priority(center: Center) -> None:
    course, fees = center.ticket(category="krs"), center.ticket(category="keuangan", priority="high")
    call = center.ticket(channel="phone")

    def shown(query: str) -> set[str]:
        page = listed(center, f"queue=all&{query}")
        return {number for number in (course, fees, call) if f'data-number="{number}"' in page}

    assert shown("") == {course, fees, call}
    assert shown("category=akademik") == {course}
    assert shown("channel=phone") == {call}
    assert shown("priority=high&category=keuangan") == {fees}
    assert shown("priority=king") == {course, fees, call}
    assert shown("category=%27") == set()
    assert f'href="/console/tickets/{course}?queue=all&amp;category=akademik"' in listed(
        center, "queue=all&category=akademik"
    )


def test_a_search_obeys_the_filter_that_is_set(center: Center) -> None:
    course, fees = center.ticket(text="jadwal ujian", category="krs"), center.ticket(text="ujian", category="keuangan")
    page = listed(center, "queue=all&q=ujian&category=akademik")
    assert f'data-number="{course}"' in page
    assert fees not in page
    assert "Tickets found: 1" in page
    assert f'href="/console/tickets/{course}?queue=all&amp;category=akademik"' in page
    assert fees in listed(center, "queue=all&q=ujian")
    assert f'data-number="{fees}"' not in listed(center, f"q={fees}&category=akademik")
    whole = center.browser("rina").get("/console?queue=all&q=ujian&category=akademik").text
    form = whole.split('class="search"')[1].split("</form>")[0]
    assert '<input type="hidden" name="category" value="akademik">' in form


def test_a_view_is_kept_shown_to_its_owner_alone_and_forgotten(center: Center) -> None:
    rina = center.browser("rina")
    answer = rina.post("/console/views", name="<b>UKT</b>", queue="all", category="keuangan", channel="evil&x=1")
    where = answer.headers["location"]
    assert where == "/console?queue=all&category=keuangan&channel=evil%26x%3D1"
    page = rina.get(where).text
    assert "&lt;b&gt;UKT" in page
    assert 'aria-current="page">' in page[page.index('class="views"') :]
    assert "UKT&lt;" not in center.browser("dewi").get("/console").text
    view = page[page.index("/console/views/") :].split("/")[3]
    assert center.browser("dewi").post(f"/console/views/{view}/forget").status_code == 404
    assert rina.post(f"/console/views/{view}/forget").status_code == 303
    assert "UKT&lt;" not in rina.get("/console").text


@pytest.mark.parametrize("fields", [{"name": " "}, {"name": "x", "queue": "nothing"}])
def test_what_is_no_view_is_not_kept(center: Center, fields: dict[str, str]) -> None:
    answer = center.browser("rina").post("/console/views", **{"queue": "all", **fields})
    assert answer.status_code in (404, 422)


def test_a_view_of_the_same_name_takes_its_place_and_there_are_not_too_many(center: Center) -> None:
    rina = center.browser("rina")
    for number in range(MOST):
        assert rina.post("/console/views", name=f"v{number}", queue="all").status_code == 303
    assert rina.post("/console/views", name="v0", queue="mine").status_code == 303
    assert rina.post("/console/views", name="one more", queue="mine").status_code == 422


@pytest.mark.browser
def test_a_filter_is_chosen_kept_and_stays_when_the_list_is_renewed(center: Center, somebody: Open) -> None:
    fees = center.ticket("Budi", category="keuangan")
    center.ticket("Sari", category="krs")
    page = somebody("rina", "/console?queue=all", DESKTOP)
    page.click(".views [data-dialog=filter]")
    page.select_option("#filter [name=category]", "keuangan")
    axe(page)
    page.click("#filter button.main")
    expect(page.locator(".rows a[data-number]")).to_have_count(1)
    page.click("[data-dialog=keep-view]")
    page.fill("#keep-view [name=name]", "Keuangan saja")
    page.keyboard.press("Enter")
    expect(page.locator(".views a[aria-current]")).to_have_text("Keuangan saja")
    center.clock.advance(minutes=1)
    center.writes(fees, "halo?")
    expect(page.locator(".rows .dot")).to_have_count(1)
    expect(page.locator(".rows a[data-number]")).to_have_count(1)
    axe(page)
    page.set_viewport_size(PHONE)
    fits(page)
