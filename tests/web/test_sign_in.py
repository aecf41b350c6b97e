"""Signing in and out with a browser."""

from __future__ import annotations

import pytest

from bot.identity import sessions
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import PASSWORD, Center


def test_who_signs_in_comes_to_the_inbox_and_a_supervisor_to_today(center: Center) -> None:
    assert center.browser().sign_in("rina").headers["location"] == "/console"
    assert center.browser().sign_in(" Sri ").headers["location"] == "/console/today"
    rina = center.browser("rina")
    assert "Rina Mulyani" in rina.get("/console").text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(center: Center) -> None:
    answer = center.browser().sign_in("rina")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("sapa-staff=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    center_https = center.browser()
    center_https.origin = "https://care.example"
    cookie = center_https.sign_in("rina").headers["set-cookie"]
    assert cookie.startswith("__Host-sapa-staff=")
    assert "Secure" in cookie


def test_a_wrong_password_and_an_unknown_name_are_told_alike(center: Center) -> None:
    wrong, unknown = center.browser().sign_in("rina", "salah"), center.browser().sign_in("nobody", "salah")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("rina", "nobody") == unknown.text


def test_after_five_wrong_passwords_one_has_to_wait(center: Center) -> None:
    browser = center.browser()
    for _ in range(sessions.FROM_ONE_PLACE):
        assert browser.sign_in("rina", "salah").status_code == 422
    refused = browser.sign_in("rina", PASSWORD)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert "15 minutes" in refused.text
    center.clock.advance(minutes=15)
    assert browser.sign_in("rina").status_code == 303


@on_one_database
@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/console/tickets/CC-2026-000001?queue=all", "/console/tickets/CC-2026-000001?queue=all"),
        ("/console?queue=mine", "/console?queue=mine"),
        ("https://evil.example/", "/console"),
        ("//evil.example/console", "/console"),
        ("/console\\@evil.example", "/console"),
        ("/console.evil", "/console"),
        ("/console/\r\nX: y", "/console"),
    ],
)
def test_after_the_sign_in_one_goes_on_where_one_was_but_never_elsewhere(
    center: Center, wanted: str, goes: str
) -> None:
    assert center.browser().sign_in("rina", next=wanted).headers["location"] == goes


@on_one_database
def test_signing_in_gives_a_new_token_and_ends_the_old_session(center: Center) -> None:
    browser = center.browser("rina")
    old = browser.cookies["sapa-staff"]
    browser.request("POST", "/console/sign-in", data={"username": "rina", "password": PASSWORD, "csrf": browser.csrf()})
    assert browser.cookies["sapa-staff"] != old
    stranger = center.browser()
    stranger.cookies.set("sapa-staff", old)
    assert stranger.get("/console").status_code == 303


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(center: Center) -> None:
    browser = center.browser("rina")
    token = browser.cookies["sapa-staff"]
    assert browser.post("/console/sign-out").headers["location"] == "/console/sign-in"
    browser.cookies.set("sapa-staff", token)
    assert browser.get("/console").status_code == 303


def test_a_lost_device_can_be_signed_out_from_another(center: Center) -> None:
    lost, here = center.browser("rina"), center.browser("rina")
    page = here.get("/console/sessions").text
    [other] = {part.split("/")[0] for part in page.split("/console/sessions/")[1:]}
    assert center.browser("dewi").post(f"/console/sessions/{other}/end").status_code == 404
    assert lost.get("/console").status_code == 200
    assert here.post(f"/console/sessions/{other}/end").status_code == 303
    assert lost.get("/console").status_code == 303
    assert here.get("/console").status_code == 200


@on_one_database
def test_a_form_that_is_not_from_our_page_changes_nothing(center: Center) -> None:
    rina, number = center.browser("rina"), center.ticket()
    address, csrf = f"/console/tickets/{number}/take", rina.csrf()
    for fields, headers in (
        ({}, {}),
        ({"csrf": "0" * 64}, {}),
        ({"csrf": center.browser("dewi").csrf()}, {}),
        ({"csrf": csrf}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": csrf}, {"Origin": "https://evil.example"}),
    ):
        assert rina.request("POST", address, data=fields, headers=headers).status_code == 403
    assert center.find(number).assignee is None
    assert (
        rina.request("POST", address, data={"csrf": csrf}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    )
    assert center.find(number).assignee == "rina"


@on_one_database
def test_a_session_that_is_over_says_so_to_a_part_of_a_page(center: Center) -> None:
    rina = center.browser("rina")
    center.clock.now += sessions.IDLE
    assert rina.get("/console/list", headers={"HX-Request": "true"}).status_code == 401
    answer = rina.get("/console?queue=all")
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%3Fqueue%3Dall"


@on_one_database
def test_language_and_theme_are_kept_in_the_browser(center: Center) -> None:
    browser = center.browser(language="id")
    assert "Kata sandi" in browser.get("/console/sign-in").text
    browser.request("POST", "/console/preferences", data={"language": "en", "theme": "dark"})
    page = browser.get("/console/sign-in").text
    assert "Password" in page
    assert 'data-theme="dark"' in page
    browser.request("POST", "/console/preferences", data={"language": "xx", "theme": '"><script>'})
    assert 'data-theme="dark"' in browser.get("/console/sign-in").text


@on_one_database
def test_an_endless_form_is_refused(center: Center) -> None:
    assert center.browser().sign_in("rina", "x" * 300_000).status_code == 413
