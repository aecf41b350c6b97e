from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.receive import CHECK_SECONDS, MENU, pause
from bot.config import Telegram
from bot.conversation.messages import Event, Incoming, Outgoing
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.telegram.updates import BOT_USERNAME, text

PUBLIC = "https://care.example.ac.id"
SECRET = "s3cret"


@dataclass
class Run:
    """The channel, running: what it handed over, how long it wanted to pause, and what it thinks of itself."""

    texts: list[str] = field(default_factory=list)
    failures: int = 0
    pauses: list[float] = field(default_factory=list)
    channel: TelegramChannel | None = None
    ended: bool = False
    faults: list[tuple[bool, str | None]] = field(default_factory=list)

    async def intake(self, events: Sequence[Event]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("no space left")
        self.texts += [event.text for event in events if isinstance(event, Incoming)]

    async def sleep(self, seconds: float) -> None:
        assert self.channel
        self.pauses.append(seconds)
        self.faults.append((self.channel.live, self.channel.last_error))
        await asyncio.sleep(0.01)

    def until(self, reached: Callable[[], bool], settings: Telegram, public_url: str | None = None) -> Run:
        """Run until ``reached``, or until the channel ends by itself; at most 10 s."""

        async def work() -> None:
            self.channel = TelegramChannel(settings, public_url=public_url, max_body=1000, sleep=self.sleep)
            task = asyncio.create_task(self.channel.run(self.intake))
            try:
                async with asyncio.timeout(10):
                    while not (reached() or task.done()):
                        await asyncio.wait({task}, timeout=0.01)
                self.ended = task.done()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await self.channel.close()

        asyncio.run(work())
        return self


def test_polling_takes_the_webhook_away_and_hands_over_what_was_written() -> None:
    run = Run()
    with FakeTelegram() as fake:
        fake.webhook = {"url": "https://old.example.ac.id"}
        fake.say(777, "satu")
        fake.say(778, "dua")
        run.until(lambda: len(run.texts) == 2 and not fake.pending(), fake.settings())
        assert run.texts == ["satu", "dua"]
        assert [name for name, _ in fake.calls][:4] == ["getMe", "setMyCommands", "setMyCommands", "deleteWebhook"]
        assert run.channel
        assert (run.channel.live, run.channel.last_error, run.channel.username) == (True, None, BOT_USERNAME)


def test_a_long_poll_is_answered_as_soon_as_somebody_writes() -> None:
    run = Run()
    with FakeTelegram() as fake:

        def reached() -> bool:
            if run.channel and run.channel.live and not run.texts and not fake.pending():
                fake.say(777, "halo")
            return bool(run.texts)

        run.until(reached, fake.settings())
        assert run.texts == ["halo"]


def test_an_update_is_confirmed_only_after_the_intake_returned() -> None:
    run = Run(failures=3)
    with FakeTelegram() as fake:
        fake.say(777, "satu")
        run.until(lambda: run.failures == 0, fake.settings())
        assert fake.pending() == 1
        run.until(lambda: not fake.pending(), fake.settings())
        assert run.texts[0] == "satu"
        assert run.pauses == [1, 2, 4]
        assert run.faults[0] == (False, "incoming messages cannot be stored: RuntimeError")


def test_what_a_crash_left_unconfirmed_comes_again() -> None:
    with FakeTelegram() as fake:
        fake.say(777, "satu")
        first, second = Run(), Run()
        first.until(lambda: bool(first.texts), fake.settings())
        second.until(lambda: not fake.pending(), fake.settings())
        assert (first.texts[:1], second.texts[:1]) in ((["satu"], ["satu"]), (["satu"], []))


def test_an_update_with_a_lower_id_than_the_last_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.receive.POLL_SECONDS", 1)
    run = Run()
    with FakeTelegram() as fake:
        fake.say(777, "sebelum minggu sepi")

        def reached() -> bool:
            offsets = [form.get("offset") for name, form in fake.calls if name == "getUpdates"]
            if len(offsets) >= 2 and len(run.texts) == 1 and not fake.pending():
                fake.push(text("sesudahnya"), update_id=3)
            return len(run.texts) == 2

        run.until(reached, fake.settings())
    assert run.texts == ["sebelum minggu sepi", "sesudahnya"]


@pytest.mark.parametrize("status", [500, 502, 403])
def test_polling_goes_on_with_growing_pauses_when_telegram_fails(status: int, caplog: pytest.LogCaptureFixture) -> None:
    run = Run()
    caplog.set_level(logging.INFO, "bot")
    with FakeTelegram() as fake:
        fake.trouble("getUpdates", status=status, description="Telegram is ill", times=4)
        fake.say(777, "halo")
        run.until(lambda: bool(run.texts), fake.settings())
        assert run.pauses == [1, 2, 4, 8]
        assert run.faults[0] == (False, "Telegram is ill")
        assert run.channel
        assert (run.channel.live, run.channel.last_error) == (True, None)
    assert caplog.messages.count("Telegram: Telegram is ill.") == 1
    assert caplog.messages.count("Telegram works again.") == 1


def test_the_wait_that_telegram_asks_for_is_obeyed() -> None:
    run = Run()
    with FakeTelegram() as fake:
        fake.trouble("getUpdates", status=429, retry_after=33)
        fake.say(777, "halo")
        run.until(lambda: bool(run.texts), fake.settings())
    assert run.pauses == [33]


def test_another_poller_is_told_once_however_often_it_wins(caplog: pytest.LogCaptureFixture) -> None:
    run = Run()
    with FakeTelegram() as fake:
        for _ in range(3):
            fake.trouble("getUpdates", status=409, description="Conflict: terminated by other getUpdates request")
            fake.say(777, "halo")
        run.until(lambda: len(run.texts) >= 3 and len(run.pauses) == 3, fake.settings())
    told = [message for message in caplog.messages if "same token" in message]
    assert told == ["Telegram: another process receives with the same token; only one may."]


@pytest.mark.parametrize("public_url", [None, PUBLIC])
@pytest.mark.parametrize("status", [401, 404])
def test_a_refused_token_ends_the_channel_with_one_line(
    caplog: pytest.LogCaptureFixture, status: int, public_url: str | None
) -> None:
    run = Run()
    with FakeTelegram() as fake:
        fake.trouble("getMe", status=status, description="Unauthorized")
        run.until(lambda: False, fake.settings(SECRET), public_url)
        assert (run.ended, run.pauses, [name for name, _ in fake.calls]) == (True, [], ["getMe"])
        assert run.channel
        assert not run.channel.live
        assert "SAPA_TELEGRAM_TOKEN" in (run.channel.last_error or "")
    assert len(caplog.records) == 1
    assert "SAPA_TELEGRAM_TOKEN" in caplog.text


def test_with_a_public_url_the_webhook_is_registered_with_its_secret() -> None:
    run = Run()
    with FakeTelegram() as fake:
        fake.trouble("setWebhook", status=400, description="Bad Request: bad webhook: failed to resolve host", times=2)
        run.until(lambda: bool(fake.webhook), fake.settings(SECRET), PUBLIC)
        assert (fake.webhook["url"], fake.webhook["secret_token"]) == (f"{PUBLIC}/channels/telegram", SECRET)
        assert "callback_query" in fake.webhook["allowed_updates"]
        assert "getUpdates" not in {name for name, _ in fake.calls}
        assert run.pauses[:2] == [1, 2]
        assert "resolve host" in (run.faults[0][1] or "")


def test_a_webhook_that_was_taken_away_is_registered_again(caplog: pytest.LogCaptureFixture) -> None:
    run = Run()
    with FakeTelegram() as fake:

        def reached() -> bool:
            if CHECK_SECONDS in run.pauses and not caplog.messages:
                fake.webhook = {"url": "https://elsewhere.example.org"}
            return bool(caplog.messages) and PUBLIC in fake.webhook["url"]

        run.until(reached, fake.settings(SECRET), PUBLIC)
    assert caplog.messages == ["Telegram's webhook was changed from outside; it is registered again."]


def test_a_webhook_that_telegram_cannot_reach_is_told(caplog: pytest.LogCaptureFixture) -> None:
    run = Run()
    with FakeTelegram() as fake:
        fake.say(777, "halo")
        fake.webhook_error = {"last_error_date": 1_795_402_800, "last_error_message": "Connection refused"}
        run.until(lambda: "refused" in caplog.text, fake.settings(SECRET), PUBLIC)
    assert caplog.messages == [f"Telegram: Telegram cannot deliver to {PUBLIC}/channels/telegram: Connection refused."]


def test_the_menu_of_commands_is_indonesian_and_english_for_who_uses_english() -> None:
    run = Run()
    with FakeTelegram() as fake:
        run.until(lambda: len(fake.menus) == 2, fake.settings())
        assert {item["command"]: item["description"] for item in fake.menus[""]} == MENU[None]
        assert {item["command"]: item["description"] for item in fake.menus["en"]} == MENU["en"]


def test_a_menu_that_telegram_refuses_keeps_nobody_from_writing() -> None:
    run = Run()
    with FakeTelegram() as fake:
        fake.trouble("setMyCommands", status=400, description="Bad Request: BOT_COMMAND_INVALID", times=99)
        fake.say(777, "halo")
        run.until(lambda: bool(run.texts), fake.settings())
    assert (run.texts, run.pauses) == (["halo"], [])


def test_pauses_grow_to_a_minute() -> None:
    assert [pause(failures) for failures in (0, 1, 2, 5, 6, 7, 5000)] == [1, 2, 4, 32, 60, 60, 60]


def test_the_token_and_what_people_write_never_reach_a_log(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("bot", "httpx", "httpcore", "telegram", None):
        caplog.set_level(logging.DEBUG, name)
    run = Run(failures=1)
    with FakeTelegram() as fake:
        settings = fake.settings(SECRET)
        fake.say(777, "NIM saya 13520001")
        fake.trouble("getUpdates", status=500, description=f"cannot serve /bot{fake.token}/getUpdates")
        run.until(lambda: bool(run.texts), settings)
        run.until(lambda: bool(fake.webhook), settings, PUBLIC)

        async def send() -> None:
            channel = TelegramChannel(settings, public_url=None, max_body=1000)
            await channel.send("777", Outgoing("rahasia 13520001"))
            await channel.close()

        asyncio.run(send())
        token, secret_part = fake.token, fake.token.split(":")[1]
    assert "HTTP Request: POST" in caplog.text
    for secret in (token, secret_part, "13520001", SECRET):
        assert secret not in caplog.text
    assert token not in repr(settings)
