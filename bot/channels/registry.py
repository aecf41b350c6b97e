"""The channels there are: one line each. A channel is live when its settings are there."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram import look as telegram
from bot.channels.webchat import WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.channels.whatsapp import look as whatsapp
from bot.clock import Clock
from bot.config import Settings
from bot.conversation.messages import Channel
from bot.conversation.picture import Look
from bot.conversation.refusals import Refusals
from bot.storage.database import Database

Maker = Callable[[Settings, Database, Clock, Refusals], Channel | None]


def _web(settings: Settings, db: Database, clock: Clock, _refusals: Refusals) -> Channel | None:
    if not settings.webchat:
        return None
    return WebChatChannel(
        db,
        institution=settings.institution,
        data_dir=settings.data_dir,
        clock=clock,
        max_body=settings.max_body,
        max_attachment=settings.max_attachment,
    )


def _telegram(settings: Settings, _db: Database, _clock: Clock, refusals: Refusals) -> Channel | None:
    if settings.telegram is None:
        return None
    return TelegramChannel(
        settings.telegram, public_url=settings.public_url, max_body=settings.max_body, refusals=refusals
    )


def _whatsapp(settings: Settings, _db: Database, _clock: Clock, refusals: Refusals) -> Channel | None:
    if settings.whatsapp is None:
        return None
    return WhatsAppChannel(
        settings.whatsapp, max_body=settings.max_body, max_file=settings.max_attachment, refusals=refusals
    )


CHANNELS: dict[str, Maker] = {
    "web": _web,
    "telegram": _telegram,
    "whatsapp": _whatsapp,
}


LOOKS: dict[str, Look] = {"whatsapp": whatsapp.LOOK, "telegram": telegram.LOOK}
"""How channels that draw messages in their own way show them, whether they are live or not."""


def live_channels(
    settings: Settings, db: Database, clock: Clock, refusals: Refusals | None = None
) -> dict[str, Channel]:
    """The channels that the settings switch on, by name. ``refusals``: is told of calls that are not a channel's."""
    made = {name: make(settings, db, clock, refusals or Refusals(clock)) for name, make in CHANNELS.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
