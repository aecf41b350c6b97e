"""Who may see and do what: every route with every role, compared with one table."""

from __future__ import annotations

import pytest

from bot.procedures.profile import read_profile
from bot.procedures.versions import shipped
from bot.tickets.roles import name_holders
from bot.web.routes import PAGES
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center

EVERYBODY, STAFF, HEADS, ADMINS = "everybody", "staff", "heads", "admins"
TABLE = {
    "GET /console/static/{name:path}": EVERYBODY,
    "GET /console/sign-in": EVERYBODY,
    "POST /console/sign-in": EVERYBODY,
    "GET /console/sign-in/code": EVERYBODY,
    "POST /console/sign-in/code": EVERYBODY,
    "GET /console/sign-in/sso": EVERYBODY,
    "GET /console/sign-in/sso/back": EVERYBODY,
    "POST /console/preferences": EVERYBODY,
    "POST /console/sign-out": STAFF,
    "GET /console/second-factor": STAFF,
    "POST /console/second-factor": STAFF,
    "POST /console/second-factor/confirm": STAFF,
    "POST /console/second-factor/off": STAFF,
    "POST /console/second-factor/codes": STAFF,
    "GET /console/password": STAFF,
    "POST /console/password": STAFF,
    "GET /console/sessions": STAFF,
    "POST /console/sessions/{session:id}/end": STAFF,
    "POST /console/duty": STAFF,
    "GET /console": STAFF,
    "GET /console/list": STAFF,
    "GET /console/events": STAFF,
    "GET /console/news": STAFF,
    "GET /console/tickets/{number}": STAFF,
    "GET /console/tickets/{number}/talk": STAFF,
    "GET /console/tickets/{number}/form": STAFF,
    "GET /console/tickets/{number}/canned": STAFF,
    "GET /console/tickets/{number}/macros": STAFF,
    "POST /console/tickets/{number}/{step}": STAFF,
    "GET /console/bulk": STAFF,
    "POST /console/bulk": STAFF,
    "GET /console/desk": STAFF,
    "POST /console/desk": STAFF,
    "GET /console/desk/people": STAFF,
    "GET /console/people": STAFF,
    "GET /console/people/{person:id}": STAFF,
    "POST /console/people/{person:id}/erase": ADMINS,
    "POST /console/people/{person:id}/{step}": STAFF,
    "GET /console/files/{file:id}": STAFF,
    "GET /console/files/sent/{message:id}/{index:id}": STAFF,
    "GET /console/forwarding/{form:id}/files/{index:id}": STAFF,
    "GET /console/today": HEADS,
    "GET /console/knowledge": HEADS,
    "GET /console/knowledge/ask": HEADS,
    "GET /console/knowledge/gaps": HEADS,
    "POST /console/knowledge/gaps": HEADS,
    "GET /console/knowledge/golden": HEADS,
    "POST /console/knowledge/golden": HEADS,
    "POST /console/knowledge/golden/{question:id}/remove": HEADS,
    "GET /console/knowledge/new": HEADS,
    "POST /console/knowledge/new": HEADS,
    "POST /console/knowledge/preview": HEADS,
    "GET /console/knowledge/replay": HEADS,
    "POST /console/knowledge/publish": HEADS,
    "GET /console/knowledge/import": HEADS,
    "POST /console/knowledge/import": HEADS,
    "GET /console/knowledge/import/{token}": HEADS,
    "POST /console/knowledge/import/{token}": HEADS,
    "GET /console/knowledge/export/{format}": HEADS,
    "GET /console/knowledge/templates/{id}": HEADS,
    "POST /console/knowledge/templates/{id}": HEADS,
    "GET /console/knowledge/templates/{id}/versions/{number:id}": HEADS,
    "GET /console/knowledge/templates/{id}/replay": HEADS,
    "POST /console/knowledge/templates/{id}/publish": HEADS,
    "POST /console/knowledge/templates/{id}/{step}": HEADS,
    "GET /console/canned": HEADS,
    "GET /console/canned/new": HEADS,
    "POST /console/canned/new": HEADS,
    "GET /console/canned/{id}": HEADS,
    "POST /console/canned/{id}": HEADS,
    "POST /console/canned/{id}/delete": HEADS,
    "POST /console/canned/{id}/files": HEADS,
    "POST /console/canned/{id}/files/{file}/delete": HEADS,
    "GET /console/canned/{id}/files/{file}": STAFF,
    "GET /console/macros/new": HEADS,
    "POST /console/macros/new": HEADS,
    "GET /console/macros/{id}": HEADS,
    "POST /console/macros/{id}": HEADS,
    "POST /console/macros/{id}/delete": HEADS,
    "GET /console/ptpp": HEADS,
    "GET /console/ptpp/new": HEADS,
    "POST /console/ptpp/new": HEADS,
    "GET /console/ptpp/{action:id}": HEADS,
    "POST /console/ptpp/{action:id}": HEADS,
    "POST /console/ptpp/{action:id}/check": HEADS,
    "GET /console/ptpp/{action:id}/form": HEADS,
    "GET /console/reports": HEADS,
    "GET /console/reports/{of}/charts/{number:id}/{format}": HEADS,
    "GET /console/reports/{of}/{format}": HEADS,
    "POST /console/reports/recaps/{recap}/{day}/{username}/{way}/again": HEADS,
    "GET /console/procedure": HEADS,
    "GET /console/procedure/deadlines": HEADS,
    "GET /console/procedure/versions/{version:id}": HEADS,
    "GET /console/procedure/form": ADMINS,
    "POST /console/procedure/form": ADMINS,
    "GET /console/procedure/text": ADMINS,
    "POST /console/procedure/text": ADMINS,
    "POST /console/procedure/use": ADMINS,
    "POST /console/procedure/move": ADMINS,
    "GET /console/staff": HEADS,
    "POST /console/staff": ADMINS,
    "POST /console/staff/{username}/away": HEADS,
    "GET /console/staff/{username}/plan": HEADS,
    "POST /console/staff/{username}/plan": HEADS,
    "POST /console/staff/{username}/plan/exceptions": HEADS,
    "POST /console/staff/{username}/plan/exceptions/{exception:id}/drop": HEADS,
    "POST /console/staff/{username}/{step}": ADMINS,
    "POST /console/roles/{role}": ADMINS,
    "POST /console/units/{unit}": ADMINS,
    "GET /console/trail": HEADS,
    "GET /console/tokens": ADMINS,
    "POST /console/tokens": ADMINS,
    "POST /console/tokens/{token:id}/revoke": ADMINS,
    "GET /console/webhooks": ADMINS,
    "POST /console/webhooks": ADMINS,
    "GET /console/webhooks/{webhook:id}": ADMINS,
    "POST /console/webhooks/{webhook:id}/{step}": ADMINS,
    "POST /console/webhooks/{webhook:id}/deliveries/{delivery:id}/retry": ADMINS,
    "GET /console/system": ADMINS,
    "POST /console/system/channels/{channel}": ADMINS,
    "POST /console/system/sessions/{session:id}/end": ADMINS,
    "GET /console/tickets/{number}/faces": STAFF,
    "POST /console/tickets/{number}/writing": STAFF,
    "POST /console/views": STAFF,
    "POST /console/views/{view:id}/forget": STAFF,
    "GET /console/palette": STAFF,
    "GET /console/notices": STAFF,
    "POST /console/notices": STAFF,
    "GET /console/recaps/{recap}/{day}/{format}": STAFF,
    "GET /console/{anything:path}": STAFF,
}
ALLOWED: dict[str, set[str | None]] = {
    EVERYBODY: {None, "rina", "sri", "admin"},
    STAFF: {"rina", "sri", "admin"},
    HEADS: {"sri", "admin"},
    ADMINS: {"admin"},
}
SAMPLES = {
    "{name:path}": "console.css",
    "{session:id}": "999",
    "{token:id}": "999",
    "{token}": "no-such-token",
    "{step}": "note",
    "{id}": "no-such-template",
    "{of}": "2026-11",
    "{format}": "pdf",
    "{person:id}": "999",
    "{version:id}": "999",
    "{channel}": "pigeon",
    "{view:id}": "999",
    "{exception:id}": "999",
    "{number:id}": "999",
    "{question:id}": "999",
    "{way}": "email",
    "{webhook:id}": "999",
    "{delivery:id}": "999",
    "{username}": "nobody",
    "{role}": "no-role",
    "{unit}": "no-unit",
    "{file:id}": "999",
    "{file}": "999",
    "{action:id}": "999",
    "{message:id}": "999",
    "{form:id}": "999",
    "{index:id}": "0",
    "{recap}": "monthly",
    "{day}": "2026-11-01",
    "{anything:path}": "nix",
}
THERE_IS_NONE = {
    "GET /console/sign-in/sso",
    "GET /console/sign-in/sso/back",
    "GET /console/tickets/{number}/form",
    "POST /console/sessions/{session:id}/end",
    "GET /console/people/{person:id}",
    "POST /console/people/{person:id}/{step}",
    "GET /console/procedure/versions/{version:id}",
    "POST /console/procedure/use",
    "POST /console/procedure/move",
    "POST /console/staff/{username}/away",
    "GET /console/staff/{username}/plan",
    "POST /console/staff/{username}/plan",
    "POST /console/staff/{username}/plan/exceptions",
    "POST /console/staff/{username}/plan/exceptions/{exception:id}/drop",
    "POST /console/staff/{username}/{step}",
    "POST /console/roles/{role}",
    "POST /console/units/{unit}",
    "GET /console/webhooks/{webhook:id}",
    "POST /console/webhooks/{webhook:id}/{step}",
    "POST /console/webhooks/{webhook:id}/deliveries/{delivery:id}/retry",
    "POST /console/system/channels/{channel}",
    "POST /console/system/sessions/{session:id}/end",
    "POST /console/people/{person:id}/erase",
    "POST /console/views",
    "POST /console/views/{view:id}/forget",
    "GET /console/files/{file:id}",
    "GET /console/files/sent/{message:id}/{index:id}",
    "GET /console/forwarding/{form:id}/files/{index:id}",
    "GET /console/recaps/{recap}/{day}/{format}",
    "GET /console/reports/{of}/charts/{number:id}/{format}",
    "POST /console/reports/recaps/{recap}/{day}/{username}/{way}/again",
    "GET /console/{anything:path}",
    "GET /console/canned/{id}",
    "GET /console/ptpp/{action:id}",
    "POST /console/ptpp/{action:id}",
    "POST /console/ptpp/{action:id}/check",
    "GET /console/ptpp/{action:id}/form",
    "POST /console/canned/{id}/files",
    "POST /console/canned/{id}/files/{file}/delete",
    "GET /console/canned/{id}/files/{file}",
    "GET /console/macros/{id}",
    "GET /console/knowledge/import/{token}",
    "GET /console/knowledge/export/{format}",
    "POST /console/knowledge/golden/{question:id}/remove",
    "GET /console/knowledge/templates/{id}",
    "GET /console/knowledge/templates/{id}/versions/{number:id}",
    "GET /console/knowledge/templates/{id}/replay",
    "POST /console/knowledge/templates/{id}/publish",
    "POST /console/knowledge/templates/{id}/{step}",
}


def test_every_route_is_in_the_table() -> None:
    assert {f"{page.method} {page.path}" for page in PAGES} == TABLE.keys()


@on_one_database
@pytest.mark.parametrize("who", [None, "rina", "sri", "admin"])
def test_every_route_lets_in_whom_the_table_says(center: Center, who: str | None) -> None:
    number = center.ticket()
    for page in PAGES:
        name = f"{page.method} {page.path}"
        if page.stream is not None:
            continue
        address = page.path.replace("{number}", number)
        for pattern, sample in SAMPLES.items():
            address = address.replace(pattern, sample)
        browser = center.browser(who)
        if page.method == "POST":
            fields = {"text": "x", "csrf": browser.csrf() if who else ""}
            answer = browser.request("POST", address, data=fields)
        else:
            answer = browser.get(address)
        if who in ALLOWED[TABLE[name]]:
            expected = {404} if name in THERE_IS_NONE else {200, 204, 303, 409, 422}
            assert answer.status_code in expected, name
            if answer.status_code == 303 and name != "POST /console/sign-out":
                assert "sign-in?next" not in answer.headers["location"], name
        elif who is None and page.method == "GET":
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/console/sign-in"), name
        else:
            assert answer.status_code == (401 if who is None else 404), name


@on_one_database
def test_what_a_role_may_do_is_the_profiles_business(center: Center) -> None:
    pages = ("/console", "/console/knowledge", "/console/today", "/console/reports", "/console/sessions")

    def sees(who: str) -> list[int]:
        return [center.browser(who).get(page).status_code for page in pages]

    assert (sees("rina"), sees("sri")) == ([200, 404, 404, 404, 200], [200] * 5)
    _by(center, "may: [answer, assign, plan, report, curate]", "may: [answer, report]")
    assert sees("sri") == [200, 404, 404, 200, 200]
    with center.db.write() as session:
        name_holders(session, "supervisor", ["dewi"])
    assert (sees("sri"), sees("dewi")) == ([404] * 4 + [200], [200, 404, 404, 200, 200])


@on_one_database
def test_the_day_of_who_answers_nobody_begins_where_he_may_look(center: Center) -> None:
    _by(center, "may: [answer, assign, plan, report, curate]", "may: [report]")
    answer = center.browser().sign_in("sri")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/reports")
    page = center.browser("sri").get("/console/reports").text
    header = page[: page.index("<main")]
    assert 'href="/console"' not in header
    assert 'action="/console/duty"' not in header


def _by(center: Center, old: str, new: str) -> None:
    """Work by the profile with a change."""
    text = shipped("itb").read_text(encoding="utf-8")
    assert old in text
    center.parts.promise.follow(read_profile(text.replace(old, new), "itb"))


@on_one_database
def test_what_one_may_not_know_of_looks_like_what_is_not_there(center: Center) -> None:
    rina = center.browser("rina")
    hidden, missing = rina.get("/console/today"), rina.get("/console/nothing")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.text == missing.text
    assert rina.get("/console?queue=late").status_code == 404
    assert center.browser("sri").get("/console?queue=late").status_code == 200


@on_one_database
def test_knowledge_is_hidden_from_agents(center: Center) -> None:
    assert 'href="/console/knowledge"' not in center.browser("rina").get("/console").text
    assert 'href="/console/knowledge"' in center.browser("sri").get("/console").text


@on_one_database
def test_every_answer_carries_the_strict_headers(center: Center) -> None:
    rina = center.browser("rina")
    for address in ("/console/sign-in", "/console", "/console/nothing", "/console/static/console.css"):
        headers = rina.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


@on_one_database
def test_pages_hold_no_script_and_no_style_of_their_own(center: Center) -> None:
    number = center.ticket()
    for who, address in (
        ("rina", f"/console/tickets/{number}"),
        ("sri", "/console/today"),
        ("sri", "/console/reports"),
        ("rina", "/console/sessions"),
    ):
        page = center.browser(who).get(address).text
        assert page.count("<script ") == page.count("<script src=") + page.count("<script defer src=")
        for inline in (" style=", "<style", " onclick=", " onload=", "javascript:", "http://", "https://"):
            assert inline not in page, inline


@on_one_database
@pytest.mark.parametrize("name", ["../visit.py", "..%2Fvisit.py", "vendor/README.md", "nothing.css", "/etc/passwd"])
def test_only_our_own_files_for_browsers_are_served(center: Center, name: str) -> None:
    assert center.browser().get(f"/console/static/{name}").status_code in (303, 404)
