"""The WhatsApp Cloud API as a channel: a thin adapter over aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from starlette.routing import BaseRoute

from bot.channels.whatsapp.compose import (
    LIST_LABELS,
    MAX_BODY,
    MAX_ROWS,
    MAX_TEXT,
    Payload,
    address_fields,
    file_message,
    template_message,
    with_choices,
)
from bot.channels.whatsapp.parse import CHANNEL
from bot.channels.whatsapp.receive import webhook_routes
from bot.channels.whatsapp.send import CARRIED, MAX_FILE, MEGABYTE, SOUNDS, GraphApi
from bot.channels.whatsapp.shapes import text_of
from bot.config import WhatsApp
from bot.conversation.messages import AttachmentRef, Capabilities, FileRules, Intake, Outgoing, Rate
from bot.conversation.refusals import Refusals
from bot.errors import TransportError

__all__ = ["WhatsAppChannel"]


class WhatsAppChannel:
    """Implements ``bot.conversation.messages.Channel``.

    ``max_body``: bytes of a webhook. ``max_file``: bytes of a file that is fetched; Meta's own limit unless the core
    has a lower one. ``refusals``: is told of calls that are not Meta's.
    """

    def __init__(
        self,
        settings: WhatsApp,
        *,
        max_body: int,
        max_file: int = 100 * MEGABYTE,
        refusals: Refusals | None = None,
    ) -> None:
        self._settings = settings
        self._refusals = refusals or Refusals()
        self._max_body = max_body
        self._max_file = max_file
        self._api = GraphApi(settings)
        self._capabilities = Capabilities(
            max_text=MAX_TEXT,
            max_choices=MAX_ROWS,
            per_chat=Rate(per_second=1 / 6, burst=45),
            per_bot=Rate(per_second=80, burst=80),
            window=timedelta(hours=24),
            window_template=settings.window_template,
            files=FileRules(MAX_FILE, MAX_BODY, media_types=CARRIED, bare=SOUNDS),
        )

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    async def send(self, address: str, message: Outgoing) -> str | None:
        """Send and return the id of the message that carries the text (without one: of the last file).

        Files are all handed over before the first message goes out, so that a fault there sends nothing twice.
        """
        if message.template:
            payloads = [template_message(message.template)]
        else:
            payloads = await self._files_and_text(message)
        sent = None
        for payload in payloads:
            sent = await self._api.post_message({**address_fields(address), **payload})
        return sent

    async def _files_and_text(self, message: Outgoing) -> list[Payload]:
        uploaded = [(*await self._api.upload(file), file.filename) for file in message.files]
        text = text_of(message.text)
        has_text = bool(text.strip()) or bool(message.buttons)
        if not uploaded and not has_text:
            raise TransportError("There is nothing to send", permanent=True)
        captioned = len(uploaded) == 1 and uploaded[0][0] != "audio" and not message.buttons and len(text) <= MAX_BODY
        caption = text.strip() if captioned else ""
        payloads = [file_message(kind, media_id, filename, caption) for kind, media_id, filename in uploaded]
        if has_text and not captioned:
            payloads += with_choices(text, message.buttons, LIST_LABELS[message.language])
        return payloads

    async def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        """The bytes of a file that a person sent. Raises TransportError, permanent when it is over the limit."""
        async for chunk in self._api.download(attachment.ref, self._max_file):
            yield chunk

    async def seen(self, address: str, external_id: str) -> None:
        """Mark as read and show that we are writing, in one call. Never raises."""
        await self._api.mark_read(external_id)

    def routes(self, intake: Intake) -> list[BaseRoute]:
        return webhook_routes(self._settings, self._max_body, intake, self._refusals)

    async def run(self, intake: Intake) -> None:
        """Meta calls us: there is nothing that has to go on."""

    async def close(self) -> None:
        await self._api.close()
