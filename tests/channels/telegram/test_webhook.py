from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.receive import PATH
from bot.config import Telegram
from bot.conversation.messages import Event, Ignored, Incoming
from bot.conversation.refusals import Refusals
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.telegram.updates import press, text, update

SECRET = "s3cret_of-the-webhook"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
NOWHERE = "http://127.0.0.1:9"
LIMIT = 2000


class Inbox:
    """Keeps what it is handed; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[Event] = []
        self.failures = failures

    async def __call__(self, events: Sequence[Event]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is locked: 'rahasia saya'")
        self.events += events


def posting(
    inbox: Inbox,
    work: Callable[[httpx.AsyncClient, TelegramChannel], Awaitable[None]],
    *,
    api_url: str = NOWHERE,
    secret: str | None = SECRET,
    refusals: Refusals | None = None,
) -> None:
    async def run() -> None:
        settings = Telegram(TOKEN, secret, api_url)
        channel = TelegramChannel(settings, public_url="https://care.example.ac.id", max_body=LIMIT, refusals=refusals)
        app = Starlette(routes=channel.routes(inbox))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://care.test") as client:
            await work(client, channel)
        await channel.close()

    asyncio.run(run())


def post(inbox: Inbox, body: Any, headers: dict[str, str] = HEADERS, **more: Any) -> int:
    statuses: list[int] = []

    async def work(client: httpx.AsyncClient, _: TelegramChannel) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        statuses.append((await client.post(PATH, content=content, headers=headers)).status_code)

    posting(inbox, work, **more)
    return statuses[0]


def test_an_update_is_handed_to_the_intake_and_then_answered_200() -> None:
    inbox = Inbox()
    assert post(inbox, text("halo")) == 200
    [event] = inbox.events
    assert isinstance(event, Incoming)
    assert event.text == "halo"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET.upper()},
        {"Authorization": f"Bearer {SECRET}"},
    ],
)
def test_a_wrong_or_missing_secret_is_refused_and_nothing_is_stored(headers: dict[str, str]) -> None:
    inbox = Inbox()
    assert post(inbox, text("halo"), headers) == 401
    assert inbox.events == []


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no_secret_token"),
        ({"X-Telegram-Bot-Api-Secret-Token": "guessed"}, "wrong_secret_token"),
        (HEADERS, None),
    ],
)
def test_why_a_call_was_refused_is_known_inside_and_not_outside(
    headers: dict[str, str], reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    refusals, answers = Refusals(), set[str]()

    async def work(client: httpx.AsyncClient, _: TelegramChannel) -> None:
        answers.add((await client.post(PATH, json=text("halo"), headers=headers)).text)

    posting(Inbox(), work, refusals=refusals)
    last = refusals.last("telegram")
    assert (last.reason if last else None) == reason
    assert answers <= {"Unauthorized", ""}
    assert SECRET not in caplog.text
    assert "guessed" not in caplog.text


def test_a_secret_that_is_not_ascii_is_refused() -> None:
    inbox = Inbox()

    async def work(client: httpx.AsyncClient, _: TelegramChannel) -> None:
        header = [(b"x-telegram-bot-api-secret-token", b"\xff\xe9")]
        assert (await client.post(PATH, content=b"{}", headers=header)).status_code == 401

    posting(inbox, work)
    assert inbox.events == []


def test_without_a_secret_there_is_no_webhook() -> None:
    assert post(Inbox(), text("halo"), secret=None) == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"halo"', b"\xff", b"null", b"[" * 1500])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    inbox = Inbox()
    assert post(inbox, body) == 400
    assert inbox.events == []


def test_a_body_over_the_limit_is_refused() -> None:
    inbox = Inbox()
    assert post(inbox, text("x" * LIMIT)) == 413
    assert inbox.events == []


def test_a_body_over_the_limit_is_refused_when_its_length_was_not_announced() -> None:
    inbox = Inbox()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LIMIT):
            yield b"  "

    async def work(client: httpx.AsyncClient, _: TelegramChannel) -> None:
        assert (await client.post(PATH, content=chunks(), headers=HEADERS)).status_code == 413

    posting(inbox, work)
    assert inbox.events == []


def test_an_unknown_kind_of_update_is_answered_200_and_counted() -> None:
    inbox = Inbox()
    assert post(inbox, update(something_new={"x": 1})) == 200
    assert post(inbox, {"not": "an update"}) == 200
    assert inbox.events == [Ignored("telegram", "unknown"), Ignored("telegram", "malformed")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_not_allowed(method: str) -> None:
    async def work(client: httpx.AsyncClient, _: TelegramChannel) -> None:
        assert (await client.request(method, PATH, headers=HEADERS)).status_code == 405

    posting(Inbox(), work)


def test_when_the_intake_fails_telegram_is_asked_to_send_again(caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox(failures=1)

    seen: list[tuple[int, bool, str | None]] = []

    async def work(client: httpx.AsyncClient, channel: TelegramChannel) -> None:
        for _ in range(2):
            answer = await client.post(PATH, json=text("rahasia saya"), headers=HEADERS)
            seen.append((answer.status_code, channel.live, channel.last_error))

    posting(inbox, work)
    assert seen == [(500, False, "incoming messages cannot be stored: RuntimeError"), (200, True, None)]
    assert len(inbox.events) == 1
    assert "rahasia" not in caplog.text


def test_a_pressed_button_stops_spinning() -> None:
    with FakeTelegram() as fake:

        async def work(client: httpx.AsyncClient, _: TelegramChannel) -> None:
            assert (await client.post(PATH, json=press("k3y", "q42"), headers=HEADERS)).status_code == 200
            await asyncio.to_thread(fake.wait_until, lambda: bool(fake.calls))

        posting(Inbox(), work, api_url=fake.url)
        assert fake.calls == [("answerCallbackQuery", {"callback_query_id": "q42"})]


def test_a_press_is_stored_though_telegram_cannot_be_told() -> None:
    inbox = Inbox()
    assert post(inbox, press("k3y", "q42")) == 200
    assert len(inbox.events) == 1
