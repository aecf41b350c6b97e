"""Many agents at once: each with a page open on a ticket of his, which does on its stream of events what ``inbox.js``
does, while people write to them."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks import machine
from benchmarks.console.staff import Member, Team
from benchmarks.figures import Row, percentile, spread
from benchmarks.processes import Sapa
from benchmarks.webhooks import Sender, paced, webhook
from benchmarks.wire import Connection
from bot.errors import SapaError

ASKED_MB = 300
ASKED_MS = 300
LIST_SECONDS, TALK_SECONDS = 0.3, 0.15
"""What ``inbox.js`` waits at least between two requests for the list, and for the conversation."""
SETTLED_SECONDS = 3.0
SAMPLE_SECONDS = 0.5
PATIENCE_SECONDS = 30.0


class _Paced:
    """What is asked for one after the other on a connection of its own; of many wishes at once only the last."""

    def __init__(self, port: int, what: Callable[[Connection], Awaitable[None]], pause: float) -> None:
        self._what, self._pause, self._port = what, pause, port
        self._wished = asyncio.Event()

    def wish(self) -> None:
        self._wished.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with Connection(self._port) as connection:
            while True:
                await self._wished.wait()
                self._wished.clear()
                await self._what(connection)
                await asyncio.sleep(self._pause)


@dataclass
class _Page:
    """``awaited``: texts that are on their way. ``seen``: when each was there, by the monotonic clock. ``lists``: how
    long each request for the list took."""

    port: int
    member: Member
    awaited: set[str] = field(default_factory=set)
    seen: dict[str, float] = field(default_factory=dict)
    lists: list[float] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        """Until cancelled. Raises SapaError where the server does not answer as it should."""
        rows, talk = _Paced(self.port, self._list, LIST_SECONDS), _Paced(self.port, self._talk, TALK_SECONDS)
        async with asyncio.TaskGroup() as tasks:
            for each in (rows.run(), talk.run(), self._listen(rows, talk)):
                tasks.create_task(each)

    async def _listen(self, rows: _Paced, talk: _Paced) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET /console/events?ticket={self.member.number} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: sapa-staff={self.member.token}\r\n\r\n".encode()
        )
        try:
            while line := await reader.readline():
                match line.strip():
                    case b"event: hello":
                        self.connected.set()
                    case b"event: talk":
                        talk.wish()
                        rows.wish()
                    case b"event: list":
                        rows.wish()
        finally:
            writer.close()
        raise SapaError("a stream of events ended")

    async def _list(self, connection: Connection) -> None:
        began = time.monotonic()
        await self._get(connection, f"/console/list?queue=mine&open={self.member.number}")
        self.lists.append(time.monotonic() - began)

    async def _talk(self, connection: Connection) -> None:
        shown = await self._get(connection, f"/console/tickets/{self.member.number}/talk")
        now = time.monotonic()
        there = {text for text in self.awaited if text in shown}
        self.seen |= dict.fromkeys(there, now)
        self.awaited -= there

    async def _get(self, connection: Connection, path: str) -> str:
        sent = {"Cookie": f"sapa-staff={self.member.token}", "HX-Request": "true", "Accept-Encoding": "gzip"}
        status, body = await connection.request("GET", path, headers=sent)
        if status != 200:
            raise SapaError(f"{path} was answered with {status}")
        return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


def rows(application: Sapa, team: Team, messages: int, rate: float) -> tuple[list[Row], dict[str, Any]]:
    """The table's lines, and the raw figures. ``messages``: how many the people write, ``rate`` a second."""
    raw = asyncio.run(_measured(application, team, messages, rate))
    more = max(raw["connected_mb"], raw["at_work_mb"]) - raw["before_mb"]
    seen = raw["visible_to_all"]
    agents = len(team.crowd)
    said = f"50 % {seen['p50_ms']:.0f} ms, 95 % {seen['p95_ms']:.0f} ms; {raw['unseen']} of {messages} not in time"
    met = not raw["unseen"] and seen["p95_ms"] <= ASKED_MS
    fits = more <= ASKED_MB
    return [
        Row(f"memory of {agents} agents connected live", f"≤ {ASKED_MB} MB more", f"{more:.0f} MB more", fits),
        Row(f"message loaded by its agent, among {agents} who get {rate:g}/s", f"95 % ≤ {ASKED_MS} ms", said, met),
    ], raw  # fmt: skip


async def _measured(application: Sapa, team: Team, messages: int, rate: float) -> dict[str, Any]:
    before = machine.pss_mb(application.pid)
    pages = [_Page(application.port, member) for member in team.crowd]
    working = asyncio.gather(*(page.live() for page in pages))
    async with asyncio.timeout(PATIENCE_SECONDS):
        for page in pages:
            await page.connected.wait()
    await asyncio.sleep(SETTLED_SECONDS)
    connected = machine.pss_mb(application.pid)
    sampling = asyncio.create_task(_most(application.pid))
    busy = machine.cpu_seconds(application.pid)
    began = time.monotonic()
    sent = await _write(application.port, pages, messages, rate)
    share = (machine.cpu_seconds(application.pid) - busy) / (time.monotonic() - began)
    sampling.cancel()
    at_work = await sampling
    if working.done():
        await working
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    seen = {text: at for page in pages for text, at in page.seen.items()}
    took = [seen[text] - at for text, at in sent.items() if text in seen]
    return {
        "agents": len(pages),
        "before_mb": round(before, 1),
        "connected_mb": round(connected, 1),
        "at_work_mb": round(at_work, 1),
        "share_of_a_core": round(share, 2),
        "visible_to_all": spread(took) | ({"p95_ms": round(percentile(took, 0.95) * 1e3, 2)} if took else {}),
        "unseen": messages - len(took),
        "lists": spread([seconds for page in pages for seconds in page.lists]),
    }


async def _write(port: int, pages: list[_Page], messages: int, rate: float) -> dict[str, float]:
    """When each text was sent. Returns when all are seen, or nobody waits for them any longer."""
    sender = Sender(port)
    sent: dict[str, float] = {}

    async def deliver(number: int, due: float) -> None:
        page, text = pages[number % len(pages)], f"Apakah tagihan nomor {number} sudah dicek?"
        page.awaited.add(text)
        sent[text] = due
        await sender.deliver(webhook([(f"wamid.crowd-{number}", page.member.writer, text)]))

    await paced(rate, messages, deliver)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(page.awaited for page in pages):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    sender.close()
    return sent


async def _most(pid: int) -> float:
    """The most memory that the process had until this is cancelled."""
    most = machine.pss_mb(pid)
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            most = max(most, machine.pss_mb(pid))
    return most
