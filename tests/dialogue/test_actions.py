"""The route that the engine calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.dialogue.actions import PATH, action_route
from tests.dialogue.a_turn import running

SECRET = "s3cret-of-the-engine"
SAID = "rahasia 13526001"


@pytest.fixture
def turn() -> Iterator[str]:
    with running("7-abc") as taken:
        yield taken.id


def call(action: str, turn: str = "7-abc", authorization: str | None = f"Bearer {SECRET}") -> httpx.Response:
    app = Starlette(routes=[action_route(SECRET, "tests.dialogue.sample_actions")])
    tracker: dict[str, Any] = {"sender_id": turn, "slots": {}, "latest_message": {"text": SAID}, "events": [],
                               "paused": False, "active_loop": {}, "latest_action_name": None}  # fmt: skip
    body = {"next_action": action, "sender_id": turn, "tracker": tracker, "version": "3.6.21"}

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {} if authorization is None else {"Authorization": authorization}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post(PATH, json=body, headers=headers)

    return asyncio.run(run())


@pytest.mark.usefixtures("turn")
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", SECRET, f"bearer {SECRET}"])
def test_who_does_not_know_the_secret_runs_nothing(authorization: str | None) -> None:
    answer = call("sample_says", authorization=authorization)
    assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.usefixtures("turn")
def test_an_action_runs_and_its_events_and_replies_come_back() -> None:
    answer = call("sample_says")
    assert answer.status_code == 200
    told = answer.json()
    assert [(event["event"], event["name"], event["value"]) for event in told["events"]] == [("slot", "heard", SAID)]
    assert [(reply["response"], reply["custom"]) for reply in told["responses"]] == [("utter_x", {"who": "7-abc"})]


@pytest.mark.usefixtures("turn")
def test_an_action_may_be_a_coroutine() -> None:
    assert call("sample_waits").json()["events"][0]["value"] is True


def test_a_turn_that_is_over_takes_no_action() -> None:
    assert call("sample_says").status_code == 409


@pytest.mark.usefixtures("turn")
def test_a_rejection_reaches_rasa_as_it_expects_it() -> None:
    answer = call("sample_rejects")
    assert answer.status_code == 400
    assert answer.json()["action_name"] == "sample_rejects"


@pytest.mark.usefixtures("turn")
def test_a_fault_is_told_by_its_place_and_never_by_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = call("sample_breaks")
    assert answer.status_code == 500
    assert answer.json() == {"error": "RuntimeError"}
    assert "sample_breaks failed: RuntimeError" in caplog.text
    assert "sample_actions.py" in caplog.text
    assert "rahasia" not in caplog.text
    assert "13526001" not in caplog.text


@pytest.mark.usefixtures("turn")
def test_an_action_that_is_not_there_is_a_fault() -> None:
    assert call("sample_unknown").status_code in (404, 500)
