"""axe finds nothing serious on the pages that no other test shows to it, and on those for whom it is not found."""

from __future__ import annotations

import pytest

from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, Open, axe

PAGES = (
    "/console", "/console?queue=all&find=nix", "/console/reports?of=2026-W47", "/console/trail", "/console/trail?q=nix",
    "/console/password", "/console/desk", "/console/people", "/console/people/1", "/console/canned/new",
    "/console/macros/new", "/console/procedure", "/console/procedure/form", "/console/procedure/text",
    "/console/procedure/versions/1", "/console/staff", "/console/system", "/console/notices", "/console/nix",
)  # fmt: skip


@pytest.mark.browser
@on_one_database
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_wherever_one_goes(center: Center, somebody: Open, theme: str) -> None:
    center.works_by("itb")
    number = center.ticket(category="keuangan")
    center.browser("rina").step(number, "take")
    page = somebody("admin", PAGES[0], DESKTOP, theme)
    origin = page.url.split("/console")[0]
    for path in PAGES:
        page.goto(origin + path)
        axe(page)


@pytest.mark.browser
@on_one_database
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_way_in(center: Center, somebody: Open, theme: str) -> None:
    page = somebody("admin", "/console/password", DESKTOP, theme)
    origin = page.url.split("/console")[0]
    page.fill("[name=old]", "wrong")
    page.fill("[name=new]", "something-long-enough")
    page.locator("form[action$=password] button").click()
    page.wait_for_selector("main [role=alert]")
    axe(page)
    page.goto(f"{origin}/console/staff")
    page.locator("form[action$='rina/password']").evaluate("form => form.submit()")
    page.wait_for_selector("code")
    axe(page)
    page.context.clear_cookies()
    page.goto(f"{origin}/console/sign-in")
    axe(page)
    page.fill("[name=username]", "rina")
    page.fill("[name=password]", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("main [role=alert]")
    axe(page)
