"""Updates from Telegram: by webhook where there is a public URL, else by long polling.

Either way an update is confirmed only after the intake has returned, so that a crash has Telegram send it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from telegram import BotCommand
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.channels.bodies import BodyTooLarge, NotAnObject, json_object, read_body
from bot.channels.telegram.connection import Connection
from bot.channels.telegram.parse import CALLBACK, CHANNEL, events_of
from bot.channels.telegram.send import REFUSED, refusal
from bot.clock import utc_now
from bot.conversation.messages import Event, Incoming, Intake
from bot.conversation.refusals import Refusals
from bot.errors import told

PATH = "/channels/telegram"
UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_SECONDS = 30
CHECK_SECONDS = 600.0
"""How often Telegram is asked whether the webhook is still ours and gets through."""
MAX_CONNECTIONS = 40
MENU: dict[str | None, dict[str, str]] = {
    None: {
        "start": "Mulai percakapan",
        "tiket": "Buat tiket atau lihat status tiket",
        "batal": "Batalkan yang sedang berjalan",
        "bahasa": "Ganti bahasa",
        "privasi": "Bagaimana data Anda digunakan",
        "help": "Apa yang bisa saya bantu",
    },
    "en": {
        "start": "Start the conversation",
        "ticket": "Open a ticket or see its status",
        "cancel": "Cancel what is going on",
        "language": "Change the language",
        "privacy": "How your data are used",
        "help": "What I can do",
    },
}
"""The menu of commands: Indonesian for everyone, English for whose Telegram is in English."""
CONFLICT = told("another process receives with the same token; only one may")
T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
log = logging.getLogger(__name__)


class Receiver:
    """``username``: the bot's name without the @, None until Telegram has told it. ``live``: updates are coming in.
    ``last_error``: what is wrong now, in a sentence."""

    def __init__(
        self,
        bot: Connection,
        secret: str | None,
        public_url: str | None,
        max_body: int,
        sleep: Sleep,
        refusals: Refusals,
    ) -> None:
        self.username: str | None = None
        self.live = False
        self.last_error: str | None = None
        self._bot = bot
        self._secret = secret
        self._webhook_url = f"{public_url}{PATH}" if public_url else None
        self._max_body = max_body
        self._sleep = sleep
        self._refusals = refusals
        self._told: str | None = None
        self._heard: datetime | None = None
        self._answers: set[asyncio.Task[None]] = set()

    def routes(self, intake: Intake) -> list[BaseRoute]:
        """The webhook; none without a secret, because then anybody could write to it."""
        if self._secret is None:
            return []
        secret = self._secret.encode()

        async def webhook(request: Request) -> Response:
            given = request.headers.get("x-telegram-bot-api-secret-token", "").encode()
            if not hmac.compare_digest(given, secret):
                self._refusals.note(CHANNEL, "wrong_secret_token" if given else "no_secret_token")
                return PlainTextResponse("Unauthorized", 401)
            try:
                update = json_object(await read_body(request, self._max_body))
            except BodyTooLarge as error:
                return PlainTextResponse(str(error), 413)
            except NotAnObject as error:
                return PlainTextResponse(str(error), 400)
            return PlainTextResponse("") if await self._taken([update], intake) else PlainTextResponse("try again", 500)

        return [Route(PATH, webhook, methods=["POST"])]

    async def run(self, intake: Intake) -> None:
        """Introduce the bot, then receive until cancelled. Returns only when Telegram refuses the token."""
        try:
            await self._introduce()
            if self._webhook_url:
                await self._keep_webhook(self._webhook_url)
            else:
                await self._insist(self._bot.delete_webhook)
                self._worked()
                await self._poll(intake)
        except InvalidToken:
            self.live, self.last_error = False, REFUSED
            log.error("Telegram is off: %s.", REFUSED)

    async def close(self) -> None:
        """Give up on what is only best effort."""
        for task in self._answers:
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    async def _introduce(self) -> None:
        """Learn the bot's name. The menus are best effort; Telegram keeps those of the last time."""
        self.username = (await self._insist(self._bot.get_me)).username
        try:
            for language, menu in MENU.items():
                commands = [BotCommand(name, description) for name, description in menu.items()]
                await self._bot.set_my_commands(commands, language_code=language)
        except TelegramError as error:
            log.warning("Telegram: the menus of commands could not be set: %s.", refusal(error).reason)

    async def _keep_webhook(self, url: str) -> None:
        """Register the webhook, and again when somebody took it away."""
        await self._insist(partial(self._set_webhook, url))
        self._worked()
        while True:
            await self._sleep(CHECK_SECONDS)
            info = await self._insist(self._bot.get_webhook_info)
            if info.url != url:
                log.warning("Telegram's webhook was changed from outside; it is registered again.")
                await self._insist(partial(self._set_webhook, url))
                self._worked()
            elif info.pending_update_count and self._unheard_since(info.last_error_date):
                self._failed(told("Telegram cannot deliver to {url}: {why}", url=url, why=info.last_error_message))
            else:
                self._worked()

    async def _set_webhook(self, url: str) -> None:
        await self._bot.set_webhook(
            url, secret_token=self._secret, allowed_updates=UPDATES, max_connections=MAX_CONNECTIONS
        )

    async def _poll(self, intake: Intake) -> None:
        """The offset confirms what it is beyond, so it moves only after the intake returned. An empty answer shows that
        all is confirmed; then it is left out, because ids may start anew at a lower number."""
        offset: int | None = None
        while True:
            updates = await self._insist(partial(self._updates, offset))
            self._worked()
            failures = 0
            while not await self._taken(updates, intake):
                await self._sleep(pause(failures))
                failures += 1
            ids = [number for update in updates if isinstance(number := update.get("update_id"), int)]
            offset = max(ids) + 1 if ids else None

    async def _updates(self, offset: int | None) -> list[dict[str, Any]]:
        """After a failure the answer is wanted at once, to know whether it works again."""
        return await self._bot.raw_updates(offset, POLL_SECONDS if self.live else 0, UPDATES)

    async def _taken(self, updates: Sequence[Mapping[str, Any]], intake: Intake) -> bool:
        """Whether the intake has them. Only the kind of a fault is logged: its message may quote the person's."""
        events = [event for update in updates for event in events_of(update, self.username)]
        try:
            if events:
                await intake(events)
        except Exception as error:
            self._failed(told("incoming messages cannot be stored: {why}", why=type(error).__name__))
            return False
        self._heard = utc_now()
        self._worked()
        self._answer_presses(events)
        return True

    def _answer_presses(self, events: Iterable[Event]) -> None:
        """Stop the spinner on the pressed buttons, in the background and best effort."""
        for event in events:
            if isinstance(event, Incoming) and event.external_id.startswith(CALLBACK):
                task = asyncio.create_task(self._answer(event.external_id.removeprefix(CALLBACK)))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)

    async def _answer(self, query: str) -> None:
        with contextlib.suppress(TelegramError):
            await self._bot.answer_callback_query(query)

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call until it works, with growing pauses or the one that Telegram asks for. Raises InvalidToken."""
        failures = 0
        while True:
            try:
                return await call()
            except InvalidToken:
                raise
            except TelegramError as error:
                self._failed(CONFLICT if isinstance(error, Conflict) else refusal(error).reason)
                await self._sleep(refusal(error).retry_after or pause(failures))
                failures += 1

    def _failed(self, sentence: str) -> None:
        self.live, self.last_error = False, sentence
        if sentence != self._told:
            log.warning("Telegram: %s.", sentence)
        self._told = sentence

    def _worked(self) -> None:
        """Two pollers take turns at winning; that is told once, not at every turn."""
        if self.last_error not in (None, CONFLICT):
            log.info("Telegram works again.")
            self._told = None
        self.live, self.last_error = True, None

    def _unheard_since(self, failure: datetime | None) -> bool:
        return failure is not None and (self._heard is None or failure > self._heard)


def pause(failures: int) -> float:
    """Seconds before the next try: 1, 2, 4 … 60."""
    return float(min(60, 2 ** min(failures, 6)))
