"""Signing in with a second factor, and setting it up in the console."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pyotp
import pytest
from starlette.applications import Starlette

from bot.identity import sessions
from bot.web.routes import console_routes
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Browser, Center

PAGE, CODE = "/console/second-factor", "/console/sign-in/code"


def set_up(center: Center, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """As the pages lead; the code of the next half minute is still to be used."""
    assert browser.post(PAGE).headers["location"] == PAGE
    page = browser.get(PAGE).text
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    assert '<svg width="' in page
    totp = pyotp.TOTP(found[1])
    shown = browser.post(f"{PAGE}/confirm", code=totp.at(center.clock()))
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", shown.text)
    assert len(codes) == 10
    center.clock.advance(seconds=30)
    return totp, codes


def give(browser: Browser, code: str, **fields: str) -> httpx.Response:
    return browser.request("POST", CODE, data={"code": code, **fields})


def test_with_a_second_factor_the_password_alone_signs_nobody_in(center: Center) -> None:
    totp, _ = set_up(center, center.browser("rina"))
    browser = center.browser()
    asked = browser.sign_in("rina", next="/console?queue=mine")
    assert asked.headers["location"] == f"{CODE}?next=%2Fconsole%3Fqueue%3Dmine"
    assert browser.get("/console").status_code == 303
    assert 'value="/console?queue=mine"' in browser.get(asked.headers["location"]).text
    half = browser.cookies["sapa-staff"]
    entered = give(browser, totp.at(center.clock()), next="/console?queue=mine")
    assert entered.headers["location"] == "/console?queue=mine"
    assert browser.cookies["sapa-staff"] != half
    assert "Rina Mulyani" in browser.get("/console").text
    stranger = center.browser()
    stranger.cookies.set("sapa-staff", half)
    assert stranger.get("/console").status_code == 303
    assert give(stranger, totp.at(center.clock(), counter_offset=1)).headers["location"] == "/console/sign-in"


def test_a_code_that_was_used_is_not_taken_again(center: Center) -> None:
    totp, _ = set_up(center, center.browser("rina"))
    for status in (303, 422):
        browser = center.browser()
        browser.sign_in("rina")
        answer = give(browser, totp.at(center.clock()))
        assert answer.status_code == status
    assert "was used already" in answer.text


def test_a_recovery_code_takes_the_place_of_the_phone_once(center: Center) -> None:
    _, codes = set_up(center, center.browser("rina"))
    browser = center.browser()
    browser.sign_in("rina")
    assert give(browser, codes[3]).status_code == 303
    page = browser.get(PAGE).text
    assert "Recovery codes left: 9." in page
    assert not [code for code in codes if code in page]
    other = center.browser()
    other.sign_in("rina")
    assert give(other, codes[3]).status_code == 422


def test_new_recovery_codes_take_the_place_of_the_old_ones_also_where_the_role_wants_a_second_factor(
    center: Center,
) -> None:
    before = center.browser("rina")
    _, codes = set_up(center, before)
    center.works_with(second_factor_for=frozenset({"agent"}))
    rina = center.browser()
    rina.cookies = before.cookies
    assert rina.post(f"{PAGE}/codes", code="000000").status_code == 422
    shown = rina.post(f"{PAGE}/codes", code=codes[0])
    renewed = re.findall(r"<code>([a-z2-7-]{19})</code>", shown.text)
    assert len(renewed) == 10
    assert not set(renewed) & set(codes)
    assert "Recovery codes left: 10." in rina.get(PAGE).text
    center.clock.advance(minutes=16)
    for code, status in ((codes[1], 422), (renewed[0], 303)):
        browser = center.browser()
        browser.sign_in("rina")
        assert give(browser, code).status_code == status
    assert "made new recovery codes" in center.browser("sri").get("/console/trail").text


def test_codes_are_guessed_no_more_often_than_passwords_and_a_right_password_gives_no_more_tries(
    center: Center,
) -> None:
    totp, _ = set_up(center, center.browser("rina"))
    browser = center.browser()
    center.clock.advance(minutes=20)
    tries = 0
    while tries < sessions.FROM_ONE_PLACE:
        browser.sign_in("rina")
        tries += 1
        if tries < sessions.FROM_ONE_PLACE:
            assert give(browser, "000000").status_code == 422
            tries += 1
    refused = give(browser, totp.at(center.clock()))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert browser.sign_in("rina").status_code == 429
    center.clock.advance(minutes=15)
    browser.sign_in("rina")
    assert give(browser, totp.at(center.clock())).status_code == 303


def test_the_code_has_to_come_soon_after_the_password(center: Center) -> None:
    totp, _ = set_up(center, center.browser("rina"))
    browser = center.browser()
    browser.sign_in("rina")
    center.clock.advance(minutes=5)
    assert give(browser, totp.at(center.clock())).headers["location"] == "/console/sign-in"
    assert browser.get(CODE).headers["location"] == "/console/sign-in"


@on_one_database
def test_the_secret_is_shown_until_it_is_confirmed_and_never_after(
    center: Center, caplog: pytest.LogCaptureFixture
) -> None:
    rina = center.browser("rina")
    rina.post(PAGE)
    [first] = re.findall(r"<code>([A-Z2-7]{32})</code>", rina.get(PAGE).text)
    wrong = rina.post(f"{PAGE}/confirm", code="000000")
    assert wrong.status_code == 422
    assert first in wrong.text
    totp, codes = set_up(center, rina)
    for page in (rina.get(PAGE), rina.post(PAGE), rina.post(f"{PAGE}/confirm", code=totp.at(center.clock()))):
        assert totp.secret not in page.text
        assert not [code for code in codes if code in page.text]
    assert totp.secret not in caplog.text


def test_it_is_turned_off_with_a_code_and_not_without(center: Center) -> None:
    rina = center.browser("rina")
    totp, _ = set_up(center, rina)
    assert rina.post(f"{PAGE}/off", code="000000").status_code == 422
    assert center.browser().sign_in("rina").headers["location"].startswith(CODE)
    assert rina.post(f"{PAGE}/off", code=totp.at(center.clock())).status_code == 303
    assert center.browser().sign_in("rina").headers["location"] == "/console"


@on_one_database
def test_a_half_signed_in_browser_is_not_among_the_devices(center: Center) -> None:
    rina = center.browser("rina")
    set_up(center, rina)
    center.browser().sign_in("rina")
    assert rina.get("/console/sessions").text.count("Signed in ") == 1


@on_one_database
def test_who_is_wanted_to_have_one_sets_it_up_before_anything_else(center: Center) -> None:
    settings = replace(center.parts.settings, second_factor_for=frozenset({"supervisor"}))
    center.parts = replace(center.parts, settings=settings)
    center.app = Starlette(routes=console_routes(center.parts))
    assert center.browser("rina").get("/console").status_code == 200
    sri = center.browser("sri")
    for path in ("/console", "/console/today", "/console/events", "/console/sessions", "/console/nix"):
        assert sri.get(path).headers["location"] == PAGE
    assert sri.get("/console/list", headers={"HX-Request": "true"}).headers["hx-redirect"] == PAGE
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', sri.get(PAGE).text)[0]
    number = center.ticket()
    sri.request("POST", f"/console/tickets/{number}/take", data={"csrf": csrf})
    assert center.find(number).assignee is None
    sri.csrf = lambda: csrf  # type: ignore[method-assign]
    totp, _ = set_up(center, sri)
    assert sri.get("/console/today").status_code == 200
    assert sri.post(f"{PAGE}/off", code=totp.at(center.clock())).status_code == 422
    assert center.browser().sign_in("sri").headers["location"].startswith(CODE)
