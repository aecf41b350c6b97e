from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from bot.channels.webchat import WebChatChannel, live
from bot.channels.webchat.live import PAGES_OF_ONE, QUEUE, Connection, Event
from bot.channels.webchat.sent import first_id_at
from tests.channels.webchat.browser import Browser, Stream, on_one_database, opened, served, wait_for
from tests.channels.webchat.stand_in import StandIn
from tests.conftest import FakeClock


@pytest.fixture
def origin(app: Starlette) -> Iterator[str]:
    with served(app) as origin:
        yield origin


@pytest.fixture
def visitor(client: Browser, core: StandIn) -> Browser:
    """A visitor who has said something, so that there is a conversation."""
    client.say("halo", "m0")
    return client


def address(core: StandIn, index: int = 0) -> str:
    return core.taken[index].addresses[0]


def cookie(browser: Browser) -> str:
    return browser.cookies["sapa"]


def test_a_reply_appears_at_once(origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel) -> None:
    with opened(origin, cookie(visitor)) as page:
        began = time.monotonic()
        row = asyncio.run(core.reply(channel, address(core), "Selamat pagi.", choices=[("k1", "Ya")]))
        wait_for(lambda: page.events)
        assert time.monotonic() - began < 0.8
    [(name, sent_id, message)] = page.events
    assert (name, message["key"], message["text"], message["live"]) == ("message", f"o{row}", "Selamat pagi.", True)
    assert message["sent"] == sent_id
    assert message == visitor.messages()[-1]


@on_one_database
def test_a_row_that_is_marked_late_still_appears_once(
    origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel
) -> None:
    with opened(origin, cookie(visitor)) as page:
        asyncio.run(core.reply(channel, address(core), "lambat", pause=1.5))
        wait_for(lambda: page.texts())
        time.sleep(1.2)
    assert page.texts() == ["lambat"]


def test_what_another_process_sent_appears_within_seconds(
    origin: str, visitor: Browser, core: StandIn, clock: FakeClock
) -> None:
    worker = WebChatChannel(
        core.db, institution="U", data_dir=core.data_dir, clock=clock, max_body=1000, max_attachment=1000
    )
    with opened(origin, cookie(visitor)) as page:
        for number in range(3):
            asyncio.run(core.reply(worker, address(core), f"dari proses lain {number}"))
        wait_for(lambda: len(page.texts()) == 3)
    assert page.texts() == [f"dari proses lain {number}" for number in range(3)]


def test_a_clock_that_is_some_seconds_behind_loses_nothing(
    origin: str, visitor: Browser, core: StandIn, clock: FakeClock
) -> None:
    behind = FakeClock(clock.now)
    behind.advance(seconds=-8)
    worker = WebChatChannel(
        core.db, institution="U", data_dir=core.data_dir, clock=behind, max_body=1000, max_attachment=1000
    )
    with opened(origin, cookie(visitor)) as page:
        asyncio.run(core.reply(worker, address(core), "jam lambat"))
        wait_for(lambda: page.texts() == ["jam lambat"])


def test_each_visitor_hears_only_his_own(
    origin: str, visitor: Browser, stranger: Browser, core: StandIn, channel: WebChatChannel
) -> None:
    stranger.say("halo", "s0")
    with opened(origin, cookie(visitor)) as mine, opened(origin, cookie(stranger)) as his:
        asyncio.run(core.reply(channel, address(core, 0), "untuk saya"))
        asyncio.run(core.reply(channel, address(core, 1), "untuk dia"))
        wait_for(lambda: mine.texts() and his.texts())
    assert (mine.texts(), his.texts()) == (["untuk saya"], ["untuk dia"])


@pytest.mark.parametrize("by_header", [True, False])
def test_a_page_that_was_away_gets_what_it_missed(
    origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel, clock: FakeClock, by_header: bool
) -> None:
    with opened(origin, cookie(visitor)) as page:
        asyncio.run(core.reply(channel, address(core), "sebelum"))
        wait_for(lambda: page.texts())
    clock.advance(minutes=5)
    asyncio.run(core.reply(channel, address(core), "selagi pergi"))
    clock.advance(minutes=5)
    headers = {"Last-Event-ID": page.last_id()} if by_header else None
    with opened(origin, cookie(visitor), query=f"?after={page.last_id()}", headers=headers) as again:
        wait_for(lambda: "selagi pergi" in again.texts())
        time.sleep(1.2)
    # What it saw last may come again, and has the same key; what it missed comes once.
    assert again.texts() == ["sebelum", "selagi pergi"]
    assert again.events[0][2]["key"] == page.events[0][2]["key"]


def test_what_came_between_the_history_and_the_stream_is_not_missed(
    origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel, clock: FakeClock
) -> None:
    after = visitor.history()["after"]
    clock.advance(seconds=1)
    asyncio.run(core.reply(channel, address(core), "di antaranya"))
    with opened(origin, cookie(visitor), query=f"?after={after}") as page:
        wait_for(lambda: page.texts() == ["di antaranya"])


@on_one_database
def test_a_page_that_missed_too_much_reads_the_history_again(
    origin: str,
    visitor: Browser,
    core: StandIn,
    channel: WebChatChannel,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.webchat.history.REPLAY", 5)
    for number in range(6):
        asyncio.run(core.reply(channel, address(core), str(number)))
    with opened(origin, cookie(visitor), query=f"?after={first_id_at(clock())}") as page:
        assert page.ended.wait(5)
    assert page.names() == ["reset"]


@on_one_database
@pytest.mark.parametrize("after", ["", "x", "0" * 31, "f" * 32, "%00"])
def test_a_stream_from_nowhere_begins_now(origin: str, visitor: Browser, after: str) -> None:
    with opened(origin, cookie(visitor), query=f"?after={after}") as page:
        assert page.status == 200
        assert page.events == []


@on_one_database
def test_writing_is_shown_and_other_pages_see_what_i_wrote(
    origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel
) -> None:
    with opened(origin, cookie(visitor)) as page:
        asyncio.run(channel.seen(address(core), "m0"))
        visitor.say("dari tab lain", "m1")
        visitor.say("", "m2", choice="k1")
        wait_for(lambda: len(page.events) == 3)
    assert page.names() == ["typing", "mine", "stale"]
    assert (page.events[1][2]["key"], page.events[1][2]["text"]) == ("m1", "dari tab lain")
    assert page.events[2][2] == {"key": "m2"}


@on_one_database
def test_a_fifth_page_parks_the_first(origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel) -> None:
    with opened(origin, cookie(visitor)) as first:
        others = [opened(origin, cookie(visitor)) for _ in range(PAGES_OF_ONE)]
        pages: list[Stream] = [other.__enter__() for other in others]
        assert first.ended.wait(5)
        assert first.names() == ["parked"]
        asyncio.run(core.reply(channel, address(core), "halo semua"))
        wait_for(lambda: all(page.texts() for page in pages))
        for other in others:
            other.__exit__(None, None, None)


@on_one_database
def test_pages_that_closed_are_forgotten(origin: str, visitor: Browser, channel: WebChatChannel) -> None:
    with opened(origin, cookie(visitor)):
        assert channel._live.open_pages() == 1
    wait_for(lambda: channel._live.open_pages() == 0)


@on_one_database
def test_the_stream_may_not_be_stored_or_held_back(origin: str, visitor: Browser) -> None:
    with httpx.stream("GET", f"{origin}/chat/events", headers={"Cookie": f"sapa={cookie(visitor)}"}) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "no-store" in answer.headers["Cache-Control"]


@on_one_database
def test_the_page_hears_a_beat_while_nothing_happens(
    origin: str, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.webchat.show.HEARTBEAT", 0.05)
    with opened(origin, cookie(visitor)) as page:
        wait_for(lambda: "beat" in page.names())


@on_one_database
def test_closing_tells_the_pages_to_come_back_later(app: Starlette, channel: WebChatChannel, core: StandIn) -> None:
    async def scene() -> list[str]:
        running = asyncio.create_task(channel.run(core))
        with channel._live.connected("web:a") as connection:
            await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.sleep(0)
            return [connection.queue.get_nowait().name for _ in range(connection.queue.qsize())]

    assert asyncio.run(scene()) == ["bye"]


def test_a_page_that_does_not_keep_up_is_told_to_begin_anew() -> None:
    async def scene() -> list[Event]:
        connection = Connection(asyncio.get_running_loop())
        for _ in range(QUEUE + 1):
            connection.put(Event("typing"))
        return [connection.queue.get_nowait() for _ in range(connection.queue.qsize())]

    assert asyncio.run(scene()) == [Event("reset")]


@on_one_database
def test_a_database_that_was_away_delays_and_loses_nothing(
    origin: str, visitor: Browser, core: StandIn, channel: WebChatChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = channel._live._look
    gone = threading.Event()
    failures: list[int] = []

    def away(since: datetime, known: set[int], addresses: set[str]) -> list[tuple[int, str, dict[str, Any]]]:
        if gone.is_set():
            failures.append(1)
            raise OperationalError("SELECT", {}, Exception("away"))
        return look(since, known, addresses)

    monkeypatch.setattr(channel._live, "_look", away)
    monkeypatch.setattr(live, "EVERY", 0.05)
    gone.set()
    with opened(origin, cookie(visitor)) as page:
        wait_for(lambda: failures)
        asyncio.run(core.reply(channel, address(core), "tetap sampai"))
        before = len(failures)
        wait_for(lambda: len(failures) > before + 2)
        assert page.texts() == []
        gone.clear()
        wait_for(lambda: page.texts() == ["tetap sampai"])
