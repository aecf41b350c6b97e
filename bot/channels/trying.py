"""A test message, sent at once and past the outbox, by who waits for what the channel says to it."""

from __future__ import annotations

import asyncio

from bot.conversation.messages import Channel, Outgoing
from bot.errors import TransportError

TRY_SECONDS = 20


def send_now(channel: Channel, loop: asyncio.AbstractEventLoop | None, address: str, text: str) -> None:
    """Only from another thread than that of ``loop``, in which the channel lives. Raises TransportError."""
    if loop is None:
        raise TransportError("not running", permanent=False)
    try:
        asyncio.run_coroutine_threadsafe(channel.send(address, Outgoing(text)), loop).result(TRY_SECONDS)
    except TimeoutError as error:
        raise TransportError("no answer in time", permanent=False) from error
