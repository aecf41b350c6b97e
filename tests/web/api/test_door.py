"""Who gets into the API: every operation with every lack of a scope, compared with one table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import Application
from bot.identity import tokens
from bot.identity.tokens import SCOPES, Scope
from bot.procedures.profile import read_profile
from bot.procedures.read_time import DAYS
from bot.procedures.versions import shipped
from bot.web.api.app import PATH, api
from tests.channels.webchat.browser import Browser as Visitor
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.conversation.conftest import EchoEngine
from tests.live import demo_settings
from tests.web.api.program import Program, refusal
from tests.web.desk import Center

_TICKET = "/tickets/{number}"
_WEBHOOK = "/webhooks/{id}"
_TEMPLATE = "/knowledge/templates/{id}"
STEPS = (
    "take", "release", "assign", "replies", "notes", "wait", "forward", "take-back", "close", "record", "reopen",
)  # fmt: skip
TABLE: dict[str, Scope | None] = {
    "GET /me": None,
    "GET /people": "people:read",
    "GET /people/{id}": "people:read",
    "POST /people/{id}/block": "people:write",
    "POST /people/{id}/unblock": "people:write",
    "GET /conversations": "conversations:read",
    "GET /conversations/{id}": "conversations:read",
    "GET /conversations/{id}/messages": "conversations:read",
    "GET /tickets": "tickets:read",
    "GET /tickets/search": "tickets:read",
    f"GET {_TICKET}": "tickets:read",
    f"GET {_TICKET}/events": "tickets:read",
    "POST /tickets": "tickets:write",
    "POST /tickets/{number}/files": "tickets:write",
    f"PATCH {_TICKET}": "tickets:write",
    **dict.fromkeys((f"POST {_TICKET}/{step}" for step in STEPS), "tickets:write"),
    "GET /knowledge/templates": "knowledge:read",
    f"GET {_TEMPLATE}": "knowledge:read",
    "POST /knowledge/ask": "knowledge:read",
    f"PUT {_TEMPLATE}/draft": "knowledge:write",
    **dict.fromkeys((f"POST {_TEMPLATE}/{step}" for step in ("submit", "return", "archive")), "knowledge:write"),
    **dict.fromkeys(("GET /webhooks", f"GET {_WEBHOOK}", f"GET {_WEBHOOK}/deliveries"), "webhooks:read"),
    **dict.fromkeys(
        ("POST /webhooks", f"DELETE {_WEBHOOK}", f"POST {_WEBHOOK}/ping",
         f"POST {_WEBHOOK}/deliveries/{{delivery}}/retry"),
        "webhooks:write",
    ),
    "GET /duty": "duty:read",
    "GET /duty/{username}": "duty:read",
    "PUT /duty/{username}/week": "duty:write",
    "POST /duty/{username}/exceptions": "duty:write",
    "DELETE /duty/{username}/exceptions/{exception}": "duty:write",
    "GET /reports/{period}": "reports:read",
    "GET /reports/{period}/{format}": "reports:read",
}  # fmt: skip
SAMPLES = {
    "{number}": "CC-2026-000001",
    "{id}": "1",
    "{period}": "2026-11",
    "{format}": "csv",
    "{delivery}": "1",
    "{username}": "rina",
    "{exception}": "1",
}
BODIES: dict[str, dict[str, Any]] = {
    "POST /tickets": {"channel": "phone", "text": "x"},
    "POST /webhooks": {"url": "https://portal.example.ac.id/sapa", "events": ["*"]},
    f"POST {_TICKET}/assign": {"to": "rina"},
    f"POST {_TICKET}/forward": {"unit": "x", "asked": "x"},
    f"POST {_TICKET}/record": {"record": "x"},
    f"PUT {_TEMPLATE}/draft": {
        "category": "x", "owner": "x", "source": "x", "number": 0,
        "words": {"id": {"title": "x", "questions": [], "answer": "x"}},
    },
    f"POST {_TEMPLATE}/return": {"reason": "x"},
    "POST /people/{id}/block": {"reason": "x"},
    "PUT /duty/{username}/week": {**{day: [] for day in DAYS}, "version": 0},
    "POST /duty/{username}/exceptions": {"first": "2026-11-24", "last": "2026-11-24", "hours": []},
}  # fmt: skip


def operations(center: Center) -> dict[str, Any]:
    described = api(center.parts).openapi()["paths"]
    return {
        f"{method.upper()} {path}": told
        for path, operations in described.items()
        for method, told in operations.items()
    }


def body(name: str) -> dict[str, Any]:
    return BODIES.get(name, {"text": "x"} if name.endswith(("replies", "notes", "ask")) else {})


def path(name: str) -> str:
    address = name.split(" ")[1]
    for pattern, sample in SAMPLES.items():
        address = address.replace(pattern, sample)
    return address


@on_one_database
def test_every_operation_is_in_the_table_and_says_its_scope(center: Center) -> None:
    described = operations(center)
    assert described.keys() == TABLE.keys()
    for name, told in described.items():
        assert told["security"], name
        assert f"`{TABLE[name]}`" in told["description"].replace("\n", " ") or TABLE[name] is None, name


@on_one_database
def test_every_operation_asks_for_a_token_and_its_scope(center: Center) -> None:
    nobody, anything = Program(center, None), Program(center, "admin", ["texts:read"])
    lacking = {scope: Program(center, "admin", [each for each in SCOPES if each != scope]) for scope in SCOPES}
    for name, scope in TABLE.items():
        method = name.split(" ")[0]
        given = {"json": body(name)} if method != "GET" else {}
        assert refusal(nobody.call(method, path(name), **given)) == (401, "unauthenticated"), name
        if scope is None:
            assert anything.call(method, path(name)).status_code == 200
            continue
        answer = lacking[scope].call(method, path(name), **given)
        assert refusal(answer) == (403, "insufficient-scope"), name
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]


@on_one_database
def test_a_token_may_no_more_than_its_account(center: Center) -> None:
    rina, sri = Program(center, "rina"), Program(center, "sri")
    assert refusal(rina.get("/reports/2026-11")) == (403, "not-permitted")
    assert refusal(rina.get("/knowledge/templates")) == (403, "not-permitted")
    assert rina.get("/tickets").status_code == 200
    assert sri.get("/knowledge/templates").status_code == 200
    changed = (
        shipped("itb")
        .read_text(encoding="utf-8")
        .replace("may: [answer, assign, plan, report, curate]", "may: [answer, report]")
    )
    center.parts.promise.follow(read_profile(changed, "itb"))
    assert refusal(sri.get("/knowledge/templates")) == (403, "not-permitted")


@on_one_database
def test_what_a_scope_hides_is_hidden_whether_it_is_there_or_not(center: Center) -> None:
    number = center.ticket()
    blind = Program(center, "rina", ["people:read"])
    assert refusal(blind.get(f"/tickets/{number}")) == refusal(blind.get("/tickets/CC-2026-999999"))


def test_a_revoked_token_and_one_that_is_over_are_unknown(center: Center, portal: Program) -> None:
    assert portal.get("/me").json()["account"] == "sri"
    with center.db.write() as session:
        tokens.revoke(session, portal.token_id, center.clock())
    assert refusal(portal.get("/me")) == (401, "unauthenticated")
    portal.token = "sapa_" + "x" * 43
    assert refusal(portal.get("/me")) == (401, "unauthenticated")


def test_when_a_token_was_used_is_kept(center: Center, portal: Program) -> None:
    portal.get("/me")
    with center.db.read() as session:
        assert [token.used_at for token, _ in tokens.all_tokens(session)] == [center.clock()]


@on_one_database
def test_a_token_that_asks_too_often_is_told_when_to_go_on(center: Center) -> None:
    center.parts = replace(center.parts, settings=replace(center.parts.settings, api_rate=6))
    portal, other = Program(center, "sri"), Program(center, "sri")
    assert [portal.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    answer = portal.get("/me")
    assert refusal(answer) == (429, "too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert other.get("/me").status_code == 200


@on_one_database
def test_the_description_is_for_everybody_and_has_no_pages_of_another_house(center: Center) -> None:
    answer = Program(center, None).get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json()["servers"] == [{"url": "/api/v1"}]
    assert refusal(Program(center, None).get("/docs")) == (404, "not-found")


@on_one_database
@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE"])
def test_what_is_no_operation_is_told_so(center: Center, portal: Program, method: str) -> None:
    answer = portal.call(method, "/tickets")
    assert refusal(answer) == (405, "method-not-allowed")
    assert {each.strip() for each in answer.headers["allow"].split(",")} >= {"GET"}
    assert refusal(portal.get("/nothing")) == (404, "not-found")
    assert answer.headers["x-content-type-options"] == "nosniff"


@on_one_database
def test_a_body_without_end_is_not_read(center: Center, portal: Program) -> None:
    number = center.ticket()
    huge = {"text": "x" * 1_100_000}
    assert refusal(portal.call("POST", f"/tickets/{number}/notes", json=huge)) == (413, "too-large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    json = {"Content-Type": "application/json"}
    unsaid = portal.call("POST", f"/tickets/{number}/notes", content=chunks(), headers=json)
    assert refusal(unsaid) == (413, "too-large")


@on_one_database
def test_a_fault_of_ours_tells_nothing_of_itself(center: Center, portal: Program, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.web.api.tickets.telling.tickets", lambda *_: 1 / 0)
    answer = portal.get("/tickets")
    assert refusal(answer) == (500, "internal")
    assert "ZeroDivision" not in answer.text


def test_the_application_serves_it_and_delivers_webhooks(tmp_path: Path, clock: FakeClock) -> None:
    app = Application(demo_settings(tmp_path), engine=EchoEngine(), channels={}, clock=clock)
    assert "webhooks" in app._parts()
    answer = Visitor(app.asgi()).get(f"{PATH}/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["webhooks"]["ticket"]["post"]["requestBody"]
    app.db.close()
