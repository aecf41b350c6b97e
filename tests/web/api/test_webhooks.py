"""Webhooks through the API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.identity.tokens import SCOPES
from bot.webhooks import deliveries
from tests.channels.webchat.browser import on_one_database
from tests.web.api.program import Program, refusal
from tests.web.desk import Center

URL = "https://portal.example.ac.id/sapa"


@pytest.fixture
def admin(center: Center) -> Program:
    return Program(center, "admin")


def test_a_webhook_is_made_and_its_secret_shown_once(center: Center, admin: Program) -> None:
    made = admin.post("/webhooks", url=URL, events=["ticket.closed", "ticket.opened"])
    assert made.status_code == 201
    secret, key = made.json()["secret"], made.json()["id"]
    assert secret.startswith("whsec_")
    told = admin.get(f"/webhooks/{key}")
    assert told.json() == {name: value for name, value in made.json().items() if name != "secret"}
    assert secret not in told.text + admin.get("/webhooks").text
    assert (told.json()["created_by"], told.json()["texts"]) == ("admin", False)
    assert [each["id"] for page in admin.items("/webhooks", 1) for each in page] == [key]


def test_what_became_of_deliveries_is_told_and_they_are_sent_again(center: Center, admin: Program) -> None:
    key = admin.post("/webhooks", url=URL, events=["*"]).json()["id"]
    other = admin.post("/webhooks", url=URL, events=["*"]).json()["id"]
    center.ticket()
    ping = admin.post(f"/webhooks/{key}/ping")
    assert (ping.status_code, ping.json()["event_id"]) == (202, None)
    [newest, opened] = admin.get(f"/webhooks/{key}/deliveries").json()["items"]
    assert (newest["id"], opened["status"], opened["attempts"]) == (ping.json()["id"], "pending", 0)
    with center.db.write() as session:
        deliveries.claim(session, center.clock())
        deliveries.failed(session, opened["id"], "410 Gone", center.clock(), status=410)
    [dead] = admin.get(f"/webhooks/{key}/deliveries", status="dead").json()["items"]
    assert (dead["id"], dead["last_status"], dead["last_error"]) == (opened["id"], 410, "410 Gone")
    again = admin.post(f"/webhooks/{key}/deliveries/{dead['id']}/retry")
    assert (again.status_code, again.json()["status"], again.json()["attempts"]) == (202, "pending", 0)
    assert refusal(admin.post(f"/webhooks/{other}/deliveries/{dead['id']}/retry")) == (404, "not-found")
    assert [len(page) for page in admin.items(f"/webhooks/{key}/deliveries", 1)] == [1, 1]


def test_a_webhook_that_is_removed_is_not_there(center: Center, admin: Program) -> None:
    key = admin.post("/webhooks", url=URL, events=["*"]).json()["id"]
    gone = admin.call("DELETE", f"/webhooks/{key}")
    assert (gone.status_code, gone.content) == (204, b"")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/ping")):
        assert refusal(admin.call(method, f"/webhooks/{key}{path}")) == (404, "not-found")


def test_a_webhook_that_is_removed_twice_with_the_same_key_is_answered_alike(center: Center, admin: Program) -> None:
    key = admin.post("/webhooks", url="https://example.com/sapa", events=["ticket.opened"]).json()["id"]
    once, again = (admin.call("DELETE", f"/webhooks/{key}", headers={"Idempotency-Key": "remove-1"}) for _ in range(2))
    assert [(answer.status_code, answer.content) for answer in (once, again)] == [(204, b""), (204, b"")]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert refusal(admin.call("DELETE", f"/webhooks/{key}")) == (404, "not-found")


@on_one_database
def test_what_cannot_be_called_or_does_not_happen_is_refused(center: Center, admin: Program) -> None:
    for url in ("http://portal.example.ac.id/", "https://127.0.0.1/", "https://localhost@x.id/", "nothing"):
        assert refusal(admin.post("/webhooks", url=url, events=["*"])) == (409, "not-allowed"), url
    assert refusal(admin.post("/webhooks", url=URL, events=["ticket.clsoed"])) == (422, "invalid")
    assert refusal(admin.post("/webhooks", url=URL, events=[])) == (422, "invalid")
    center.parts = replace(center.parts, settings=replace(center.parts.settings, webhooks_private=True))
    here = Program(center, "admin").post("/webhooks", url="http://127.0.0.1:9000/", events=["*"])
    assert here.status_code == 201


@on_one_database
def test_texts_go_only_where_the_token_may_read_them(center: Center) -> None:
    blind = Program(center, "admin", [scope for scope in SCOPES if scope != "texts:read"])
    assert refusal(blind.post("/webhooks", url=URL, events=["*"], texts=True)) == (403, "insufficient-scope")
    assert blind.post("/webhooks", url=URL, events=["*"]).status_code == 201
    assert refusal(Program(center, "sri").get("/webhooks")) == (403, "not-permitted")
