"""Signed WhatsApp webhooks, and sending them: as fast as they are taken, or at fixed times whatever happens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import WEBHOOK
from benchmarks.wire import Connection
from tests.channels.fake_whatsapp import APP_SECRET, signed, text_message, wrap

FIRST_PHONE = 6281200000000


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body with its signature. ``ids``: the messages in it."""

    body: bytes
    headers: dict[str, str]
    ids: tuple[str, ...]


def phone(person: int) -> str:
    """The number of the ``person``-th person."""
    return str(FIRST_PHONE + person)


def webhook(messages: Sequence[tuple[str, int, str]]) -> Webhook:
    """One webhook of messages (id, person, text)."""
    now = int(time.time())
    parts = [text_message(external_id, phone(person), text, now) for external_id, person, text in messages]
    people = sorted({person for _, person, _ in messages})
    contacts = [{"wa_id": phone(person), "profile": {"name": f"Orang {person}"}} for person in people]
    body = json.dumps(wrap(*parts, contacts=contacts), separators=(",", ":")).encode()
    return Webhook(body, signed(body, APP_SECRET), tuple(external_id for external_id, _, _ in messages))


class Sender:
    """Delivers webhooks over connections that are kept; as many at once as are wanted."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []

    async def deliver(self, hook: Webhook) -> int:
        """The status. Raises OSError or EOFError when nobody answers."""
        connection = self._free.pop() if self._free else Connection(self._port)
        status, _body = await connection.request("POST", WEBHOOK, hook.body, hook.headers)
        self._free.append(connection)
        return status

    def close(self) -> None:
        for connection in self._free:
            connection.close()


async def paced(rate: float, count: int, send: Callable[[int, float], Awaitable[Any]]) -> list[float]:
    """Call ``send(number, its time)`` ``rate`` times a second, evenly, whether earlier calls are back or not.

    Returns when all are back: seconds from each call's scheduled time to its end, so that a wait in the sender counts.
    """
    start = time.monotonic() + 0.2

    async def one(number: int) -> float:
        due = start + number / rate
        await send(number, due)
        return time.monotonic() - due

    tasks = []
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one(number)))
    return list(await asyncio.gather(*tasks))


async def at_once(concurrency: int, count: int, send: Callable[[int], Awaitable[Any]]) -> float:
    """Call ``send`` ``count`` times, so many at once; the seconds it took."""
    left = iter(range(count))

    async def one() -> None:
        for number in left:
            await send(number)

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(concurrency)))
    return time.monotonic() - began
