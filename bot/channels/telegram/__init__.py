"""Telegram, over its Bot API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.routing import BaseRoute
from telegram.error import TelegramError

from bot.channels.telegram import send
from bot.channels.telegram.connection import connect, downloads
from bot.channels.telegram.parse import CHANNEL
from bot.channels.telegram.receive import Receiver, Sleep
from bot.config import Telegram
from bot.conversation.messages import AttachmentRef, Capabilities, Intake, Outgoing
from bot.conversation.refusals import Refusals

__all__ = ["TelegramChannel"]


class TelegramChannel:
    """One bot. With ``public_url`` Telegram calls our webhook, without it we poll.

    ``max_body``: bytes of one webhook call. ``sleep``: how pauses are waited for. ``refusals``: is told of calls that
    are not Telegram's.
    """

    def __init__(
        self,
        settings: Telegram,
        *,
        public_url: str | None,
        max_body: int,
        sleep: Sleep = asyncio.sleep,
        refusals: Refusals | None = None,
    ) -> None:
        self._bot = connect(settings)
        self._files = downloads()
        self._receiver = Receiver(self._bot, settings.secret, public_url, max_body, sleep, refusals or Refusals())

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def capabilities(self) -> Capabilities:
        return send.CAPABILITIES

    @property
    def live(self) -> bool:
        """Whether messages come in: the last poll worked, or the webhook is registered and gets through."""
        return self._receiver.live

    @property
    def last_error(self) -> str | None:
        """What keeps messages from coming in, in a sentence without secrets."""
        return self._receiver.last_error

    @property
    def username(self) -> str | None:
        """The bot's name without the @; None until Telegram has told it."""
        return self._receiver.username

    async def send(self, address: str, message: Outgoing) -> str:
        """The id is the one that a reply or an edit would carry. Raises TransportError."""
        return await send.send(self._bot, address, message)

    def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        return send.fetch(self._bot, self._files, attachment)

    async def seen(self, address: str, external_id: str) -> None:
        """Telegram has no read marks for bots; the person sees that we are writing."""
        with contextlib.suppress(TelegramError):
            await send.typing(self._bot, address)

    def routes(self, intake: Intake) -> list[BaseRoute]:
        return self._receiver.routes(intake)

    async def run(self, intake: Intake) -> None:
        await self._receiver.run(intake)

    async def close(self) -> None:
        await self._receiver.close()
        await self._files.aclose()
        await self._bot.let_go()
