"""The web chat as a channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from starlette.routing import BaseRoute

from bot.channels.webchat.files import Files
from bot.channels.webchat.live import Event, Live
from bot.channels.webchat.parse import MAX_TEXT
from bot.channels.webchat.receive import Receiver
from bot.channels.webchat.sent import new_sent_id
from bot.channels.webchat.show import Shower
from bot.channels.webchat.static import page_routes
from bot.channels.webchat.visitor import CHANNEL
from bot.clock import Clock
from bot.conversation.messages import AttachmentRef, Capabilities, FileRules, Intake, Outgoing, Rate
from bot.storage.database import Database

TIDY_EVERY = 3600.0
LARGEST_FILE = 200_000_000
"""Bytes: the most that SAPA_MAX_ATTACHMENT may say, which is the real limit."""


class WebChatChannel:
    """Implements ``Channel``.

    ``send`` only gives the message its id; the page shows it once the outbox row with that id says that it was sent.
    So nothing is shown that the core did not commit, nothing twice, and it does not matter which process sends.
    """

    name = CHANNEL
    capabilities = Capabilities(
        max_text=MAX_TEXT,
        max_choices=10,
        per_chat=Rate(10, 20),
        per_bot=Rate(500, 500),
        files=FileRules(LARGEST_FILE, MAX_TEXT),
    )

    def __init__(
        self,
        db: Database,
        *,
        institution: str,
        data_dir: Path,
        clock: Clock,
        max_body: int,
        max_attachment: int,
    ) -> None:
        self._institution = institution
        self._clock = clock
        self._max_body = max_body
        self._files = Files(data_dir, max_attachment)
        self._live = Live(self._look, clock)
        self._shower = Shower(db, self._live, self._files, clock)

    async def send(self, address: str, message: Outgoing) -> str | None:
        """The id of the message, to be stored with its outbox row. Raises TransportError when a file is gone."""
        sent_id = new_sent_id(self._clock())
        await asyncio.to_thread(self._files.check, message.files)
        self._live.expect(address)
        return sent_id

    def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        """An uploaded file. Raises TransportError."""
        return self._files.read(attachment.ref)

    async def seen(self, address: str, external_id: str) -> None:
        """Show on the open pages of this process that somebody is writing."""
        self._live.publish(address, Event("typing"))

    def routes(self, intake: Intake) -> list[BaseRoute]:
        """The page at ``/`` and everything under ``/chat/``."""
        receiver = Receiver(intake, self._live, self._files, self._clock, self._max_body)
        return [*page_routes(self._institution), *receiver.routes(), *self._shower.routes()]

    async def run(self, intake: Intake) -> None:
        """Forgets uploads that nobody fetched; when cancelled it tells the open pages to come back later, so that
        the server need not wait for their streams."""
        try:
            while True:
                await asyncio.to_thread(self._files.forget_old, self._clock())
                await asyncio.sleep(TIDY_EVERY)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the open streams."""
        await self._live.close()

    def _look(self, since: datetime, known: set[int], addresses: set[str]) -> list[tuple[int, str, dict[str, object]]]:
        return self._shower.look(since, known, addresses)
