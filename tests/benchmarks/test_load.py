"""What the benchmarks send, and when."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from benchmarks.talks import TALKS
from benchmarks.turns import as_stock
from benchmarks.webhooks import at_once, paced, phone, webhook
from benchmarks.wire import compose, parse_head
from bot.channels.whatsapp.parse import parse
from bot.channels.whatsapp.receive import is_signed
from bot.conversation.messages import Incoming
from tests.channels.fake_whatsapp import APP_SECRET, PHONE_NUMBER_ID


def test_a_webhook_is_signed_and_read_as_it_was_meant() -> None:
    hook = webhook([("wamid.1", 7, "halo"), ("wamid.2", 8, "min")])
    assert is_signed(hook.body, hook.headers["X-Hub-Signature-256"], APP_SECRET)
    events = parse(json.loads(hook.body), PHONE_NUMBER_ID)
    assert [(e.external_id, e.addresses[0], e.text) for e in events if isinstance(e, Incoming)] == [
        ("wamid.1", phone(7), "halo"),
        ("wamid.2", phone(8), "min"),
    ]


def test_a_slow_answer_delays_no_later_call_but_counts_for_itself() -> None:
    sent: list[float] = []

    async def send(number: int, due: float) -> None:
        sent.append(time.monotonic() - due)
        await asyncio.sleep(0.2 if number == 0 else 0)

    took = asyncio.run(paced(100, 5, send))
    assert took[0] >= 0.2
    assert max(took[1:]) < 0.2
    assert len(sent) == 5


def test_so_many_at_once_and_no_more() -> None:
    busy = most = 0

    async def send(_number: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.001)
        busy -= 1

    asyncio.run(at_once(3, 20, send))
    assert most == 3


def test_a_stock_action_returns_what_ours_returned() -> None:
    call = {
        "action": "action_answer",
        "events": [{"event": "slot", "name": "pending", "value": "helpful"}],
        "responses": [{"response": "utter_answer", "custom": {"answer": "Buka loket 3."}, "text": None}],
    }
    stock = as_stock(call, "fees")
    assert stock["responses"] == [{"response": "utter_answer", "answer": "Buka loket 3."}]
    assert [event["name"] for event in stock["events"]] == ["language", "pending"]
    assert stock["events"][0]["value"] == "id"


@pytest.mark.parametrize("talk", TALKS)
def test_no_talk_says_the_same_twice(talk: str) -> None:
    # The stand-in actions know a message by its text.
    assert len(set(TALKS[talk])) == len(TALKS[talk])
    assert "~" not in talk


def test_a_request_and_the_head_of_its_answer() -> None:
    assert (
        compose("POST", "/x", "h", b"{}", {"A": "1"})
        == b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nA: 1\r\n\r\n{}"
    )
    assert parse_head(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n") == (200, 12, False)
    assert parse_head(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") == (503, 0, True)
    with pytest.raises(ValueError, match="length"):
        parse_head(b"HTTP/1.1 200 OK\r\n\r\n")
