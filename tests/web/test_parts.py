"""The application's parts: they are kept going, and let finish what they are at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import bot.app
from bot.app import Application, loopback
from bot.conversation.messages import Intake
from bot.errors import TransportError
from bot.knowledge.content import Content
from bot.knowledge.snapshot import Snapshot
from bot.knowledge.store import import_templates
from bot.serving import server
from bot.storage.database import Database
from bot.storage.migrate import migrate
from tests.conftest import FakeClock
from tests.conversation.conftest import Core, EchoEngine, FakeChannel, run
from tests.knowledge.sample import template
from tests.live import demo_settings, free_socket


class Stumbling(FakeChannel):
    """Breaks the first two times it is run."""

    runs = 0
    closed = False

    async def run(self, intake: Intake) -> None:
        self.runs += 1
        if self.runs <= 2:
            raise RuntimeError("stumbled")

    async def close(self) -> None:
        self.closed = True


def application(tmp_path: Path, clock: FakeClock, channel: FakeChannel) -> Application:
    settings = demo_settings(tmp_path)
    db = Database(settings.database_url)
    migrate(db)
    db.close()
    return Application(settings, channels={"fake": channel}, engine=EchoEngine(), clock=clock)


async def _when(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_a_part_that_breaks_is_started_again(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.app, "RESTART_SECONDS", 0.01, raising=False)
    channel = Stumbling()

    async def play() -> None:
        async with application(tmp_path, clock, channel).running():
            await _when(lambda: channel.runs == 3)

    run(play())


def test_a_message_that_is_being_sent_when_we_stop_is_sent_to_the_end(tmp_path: Path, clock: FakeClock) -> None:
    channel = Stumbling()
    sending = asyncio.Event()

    async def slowly() -> None:
        sending.set()
        await asyncio.sleep(0.3)
        assert not channel.closed

    channel.before_send = slowly
    app = application(tmp_path, clock, channel)
    core = Core(app.db, clock, tmp_path)
    core.receive(core.incoming("halo"))
    core.answer()

    async def play() -> None:
        sock = free_socket()
        http = server(app, sock)
        serving = asyncio.create_task(http.serve(sockets=[sock]))
        await asyncio.wait_for(sending.wait(), 10)
        http.should_exit = True
        await serving

    run(play())
    assert [row.status for row in core.outbox()] == ["sent"]


def test_a_test_message_goes_out_at_once_and_what_the_channel_says_is_told(tmp_path: Path, clock: FakeClock) -> None:
    channel = FakeChannel()
    app = application(tmp_path, clock, channel)
    with pytest.raises(TransportError, match="not running"):
        app.try_channel("fake", "a", "uji")

    async def play() -> None:
        async with app.running():
            await asyncio.to_thread(app.try_channel, "fake", "a", "uji")
            channel.troubles = [TransportError("blocked", permanent=True)]
            with pytest.raises(TransportError, match="blocked"):
                await asyncio.to_thread(app.try_channel, "fake", "a", "uji")

    run(play())
    assert channel.texts == ["uji"]


def test_a_template_is_offered_from_its_first_day_on_without_a_restart(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.app, "KNOWLEDGE_SECONDS", 0.01)
    app = application(tmp_path, clock, Stumbling())
    tomorrow = clock().date() + timedelta(days=1)
    season = replace(Content.of(template("krs-masa", id=("Masa KRS", "Kapan masa KRS?"))), valid_from=tomorrow)
    with app.db.write() as session:
        import_templates(session, Snapshot((season,)), clock())

    async def play() -> None:
        async with app.running():
            assert app.knowledge.get("krs-masa", "id") is None
            # Midnight in Jakarta is 17:00 in UTC, where it is still the day before.
            clock.advance(hours=14)
            await _when(lambda: app.knowledge.get("krs-masa", "id") is not None)

    run(play())


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("::1", "[::1]"),
        ("10.0.0.5", "10.0.0.5"),
    ],
)
def test_the_engine_is_told_an_address_that_works_in_a_url(host: str, reached: str) -> None:
    assert loopback(host) == reached
