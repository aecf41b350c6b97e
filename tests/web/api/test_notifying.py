"""Webhooks arrive at a receiver of our own: signed, again where they did not, and again where we were killed."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.config import ROOT
from bot.storage.database import Database
from bot.web.api.notifying import Notifier
from bot.web.api.payloads import kinds, payload, unknown
from bot.webhooks import deliveries, subscriptions
from bot.webhooks.deliveries import CLAIM, PAUSES
from bot.webhooks.model import Webhook, WebhookDelivery
from bot.webhooks.signing import signature
from bot.webhooks.subscriptions import kind_of
from tests.channels.telegram.http_server import Call, LoopbackServer, Reply
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.house import eventually
from tests.live import free_socket
from tests.web.desk import Center
from tests.web.test_words import kinds_of_events

PATIENCE = 60.0
OK = Reply(b"", 204)


@dataclass
class Receiver:
    """Keeps what came, and answers ``answers`` in turn, then ``OK``. ``holds``: does not answer at all."""

    calls: list[Call] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    holds: bool = False

    async def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        if self.holds:
            await asyncio.sleep(PATIENCE)
        return self.answers.pop(0) if self.answers else OK

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(call.body) for call in self.calls]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def url(receiver: Receiver) -> Iterator[str]:
    server = LoopbackServer(receiver)
    server.start()
    yield f"{server.url}/sapa?from=care"
    server.stop()


def hook(center: Center, url: str, *wanted: str, texts: bool = False) -> int:
    with center.db.write() as session:
        return subscriptions.add(session, url, wanted or ("*",), texts, "admin", center.clock()).id


def rows(db: Database) -> list[WebhookDelivery]:
    with db.read() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def states(db: Database) -> list[str]:
    return [row.status for row in rows(db)]


def deliver(center: Center, done: Callable[[], bool], *, private: bool = True) -> None:
    """Let the notifier work until ``done``."""

    async def go() -> None:
        notifier = Notifier(center.db, center.clock, private)
        task = asyncio.create_task(notifier.run())
        try:
            async with asyncio.timeout(PATIENCE):
                while not done():
                    assert not task.done(), task
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(go())


def test_what_happened_arrives_signed(center: Center, receiver: Receiver, url: str) -> None:
    key = hook(center, url, "ticket.opened", "ticket.assigned")
    number = center.ticket(text="nama saya Budi")
    center.browser("rina").step(number, "take")
    deliver(center, lambda: states(center.db) == ["delivered"] * 2)
    assert sorted(told["type"] for told in receiver.told()) == ["ticket.assigned", "ticket.opened"]
    with center.db.read() as session:
        secret = session.get_one(Webhook, key).secret
    for call in receiver.calls:
        message, sent, signed = (call.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        assert signed == f"v1,{signature(secret, message, sent, call.body)}"
        assert sent == str(int(center.clock().timestamp()))
        assert (call.method, call.target) == ("POST", "/sapa?from=care")
        assert call.headers["host"] == url.split("/")[2]
        assert call.headers["content-type"] == "application/json"
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 2
    told = next(each for each in receiver.told() if each["type"] == "ticket.opened")
    assert told["data"]["ticket"]["number"] == number
    assert told["data"]["event"]["actor"] == "person"
    assert told["data"]["message"]["by"] == "person"


def test_what_was_written_goes_along_only_where_it_was_asked_for(center: Center, receiver: Receiver, url: str) -> None:
    hook(center, url, "ticket.opened", "ticket.message")
    hook(center, f"{url}&texts=1", "ticket.opened", "ticket.message", texts=True)
    number = center.ticket(text="nama saya Budi")
    center.browser("rina").step(number, "reply", text="Halo Budi")
    deliver(center, lambda: states(center.db) == ["delivered"] * 4)
    for call in receiver.calls:
        assert (b"Budi" in call.body) == call.target.endswith("texts=1")


def test_what_was_not_taken_is_sent_again_under_the_same_id(center: Center, receiver: Receiver, url: str) -> None:
    hook(center, url, "ticket.opened")
    receiver.answers = [Reply(b"", 500), Reply(b"", 302, headers={"Location": url}), Reply(b"", 429), OK]
    center.ticket()
    for pause, error in zip(PAUSES, ("500 Internal Server Error", "302 Found", "429 Too Many Requests"), strict=False):
        before = len(receiver.calls)
        deliver(center, lambda before=before: rows(center.db)[0].attempts == before + 1 and _settled(center))  # type: ignore[misc]
        [row] = rows(center.db)
        assert (row.status, row.last_error, row.next_try_at) == ("pending", error, center.clock() + pause)
        center.clock.now += pause
    deliver(center, lambda: states(center.db) == ["delivered"])
    assert len(receiver.calls) == 4
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in receiver.calls}) == 4


def _settled(center: Center) -> bool:
    [row] = rows(center.db)
    return row.next_try_at is None or row.next_try_at != center.clock() + CLAIM


@on_one_database
def test_where_nobody_listens_it_is_tried_again(center: Center) -> None:
    with free_socket() as closed:
        port = closed.getsockname()[1]
    hook(center, f"http://127.0.0.1:{port}/", "ticket.opened")
    center.ticket()
    deliver(center, lambda: rows(center.db)[0].last_error is not None)
    assert (states(center.db), rows(center.db)[0].last_error) == (["pending"], "ConnectError")


@on_one_database
def test_one_that_hangs_holds_up_no_other(center: Center, receiver: Receiver, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = hook(center, f"http://127.0.0.1:{silent.getsockname()[1]}/", "ticket.opened")
        for _ in range(20):
            center.ticket()
        works = hook(center, url, "ticket.opened")
        for _ in range(20):
            center.ticket()
        deliver(center, lambda: len(receiver.calls) == 20)
    assert {row.webhook_id for row in rows(center.db) if row.status != "delivered"} <= {hangs, works}
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 20


@on_one_database
def test_this_machine_is_not_called_unless_that_is_allowed(center: Center, receiver: Receiver, url: str) -> None:
    hook(center, url, "ticket.opened")
    center.ticket()
    deliver(center, lambda: rows(center.db)[0].last_error is not None, private=False)
    assert (rows(center.db)[0].last_error, receiver.calls) == ("the host is not a public one", [])


@on_one_database
def test_an_event_is_delivered_as_soon_as_it_is_committed(center: Center, receiver: Receiver, url: str) -> None:
    """Not only when somebody looks again: the next look of its own is half a minute away."""
    hook(center, url, "ticket.opened")
    opened: list[str] = []

    def done() -> bool:
        if not opened:
            opened.append(center.ticket())
        return len(receiver.calls) == 1

    deliver(center, done)


def test_what_a_process_that_was_killed_had_begun_is_sent_again(
    center: Center, receiver: Receiver, url: str, clock: FakeClock
) -> None:
    hook(center, url, "ticket.opened")
    receiver.holds = True
    for _ in range(3):
        center.ticket()
    address = center.db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.web.api.notifying_process", address, clock().isoformat()]
    killed = subprocess.Popen(command, cwd=ROOT)
    try:
        eventually(lambda: len(receiver.calls) == 3, PATIENCE, "the other process did not begin")
    finally:
        killed.kill()
        killed.wait()
    receiver.holds = False
    assert states(center.db) == ["pending"] * 3
    clock.now += CLAIM
    deliver(center, lambda: states(center.db) == ["delivered"] * 3)
    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert len(ids) == 6
    assert sorted(ids[:3]) == sorted(ids[3:])


def test_every_kind_of_event_can_be_asked_for() -> None:
    assert {kind_of(event) for event in kinds_of_events()} <= kinds()
    assert unknown(["ticket.closed", "*", "ticket.clsoed"]) == ["ticket.clsoed"]


@on_one_database
def test_a_ping_tells_of_nothing(center: Center, clock: FakeClock) -> None:
    with center.db.read() as session:
        told = json.loads(payload(session, None, clock(), True))
    assert told == {"type": "ping", "timestamp": "2026-11-23T03:00:00Z", "data": None}


@on_one_database
def test_what_was_done_long_ago_is_forgotten_by_and_by(center: Center, receiver: Receiver, url: str) -> None:
    key = hook(center, url)
    with center.db.write() as session:
        old = deliveries.ping(session, key, center.clock() - timedelta(days=40)).id
        deliveries.delivered(session, old, 200, center.clock() - timedelta(days=31))
        deliveries.ping(session, key, center.clock())
    deliver(center, lambda: states(center.db) == ["delivered"])
