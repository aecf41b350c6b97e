"""Server time: what an agent's requests take on a kept connection of the same machine, and how many statements each
kind of page makes."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import machine
from benchmarks.console.staff import Signed, Team
from benchmarks.figures import Row, percentile, spread
from benchmarks.processes import Sapa
from benchmarks.tickets.pages import Console
from benchmarks.tickets.reading import counted
from benchmarks.tickets.world import World
from benchmarks.wire import Connection
from bot.channels.webchat.channel import WebChatChannel
from bot.errors import SapaError

BOUNDARY = "sapa-benchmark"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
QUEUES = ("all", "mine", "unassigned")
REPLIES = 20
"""In one ticket, to see whether the last one costs more statements than the first."""
PAUSE = 0.2
"""Seconds between two replies: what goes on after one was accepted (sending it, deadlines) is not the next one's."""
WARM_UP = 3
"""The first ones find nothing in any cache; staff look again and again."""


class _Ask(NamedTuple):
    """A request. ``mark``: what must be in its answer."""

    method: str
    path: str
    mark: str
    body: bytes = b""
    part: bool = False


def rows(application: Sapa, team: Team, who: Signed, long: str, rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The table's lines, and the raw figures. Each kind is asked ``rounds`` times, one after the other. What the
    application's process computes for each, with what follows from it, is told besides: it tells a busy machine from a
    slow page."""
    some = cycle(team.tickets)
    queue = cycle(QUEUES)
    answers = (_reply(f"Sudah kami periksa, jawaban {each}.") for each in range(10**6))
    kinds: list[tuple[str, int, Callable[[], _Ask]]] = [
        ("inbox page", 60, lambda: _Ask("GET", f"/console?queue={next(queue)}", 'id="rows"')),
        ("the list alone", 60, lambda: _Ask("GET", f"/console/list?queue={next(queue)}", 'id="rows"', part=True)),
        ("ticket, opened in the inbox", 60, lambda: _Ask("GET", _ticket(next(some)), 'class="said', part=True)),
        ("ticket, by its address", 60, lambda: _Ask("GET", _ticket(next(some)), 'class="said')),
        ("ticket of a long talk, opened so", 60, lambda: _Ask("GET", _ticket(long), 'class="said', part=True)),
        (
            "reply accepted", 50,
            lambda: _Ask("POST", f"{_ticket(next(some))}/reply", 'class="said staff', next(answers), part=True),
        ),
    ]  # fmt: skip
    found: list[Row] = []
    raw: dict[str, Any] = {}
    for what, asked, ask in kinds:
        before = machine.cpu_seconds(application.pid)
        times, size = asyncio.run(_asked(application.port, who, ask, rounds))
        computed = (machine.cpu_seconds(application.pid) - before) / (WARM_UP + rounds) * 1e3
        p50, p95 = (percentile(times, share) * 1e3 for share in (0.5, 0.95))
        raw[what] = spread(times) | {"p95_ms": round(p95, 2), "processor_ms": round(computed, 1), "bytes": size}
        said = f"50 % {p50:.0f} ms, 95 % {p95:.0f} ms; {computed:.0f} ms of processor"
        found.append(Row(what, f"95 % ≤ {asked} ms", said, p95 <= asked))
    return found, raw


def _reply(text: str) -> bytes:
    """The form of the reply box, with no file chosen."""
    lines = []
    for name, value in (("text", text), ('file"; filename="', ""), ("then", "")):
        lines += [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{name}"', "", value]
    return "\r\n".join([*lines, f"--{BOUNDARY}--", ""]).encode()


def _ticket(number: str) -> str:
    return f"/console/tickets/{number}"


async def _asked(port: int, who: Signed, ask: Callable[[], _Ask], rounds: int) -> tuple[list[float], int]:
    times: list[float] = []
    size = 0
    pause = PAUSE if ask().body else 0.0
    async with Connection(port) as connection:
        for _ in range(WARM_UP + rounds):
            each = ask()
            kept = dict(who.headers) if each.part else {k: v for k, v in who.headers.items() if k != "HX-Request"}
            began = time.perf_counter()
            status, body = await connection.request(
                each.method, each.path, each.body, kept | (FORM if each.body else {})
            )
            times.append(time.perf_counter() - began)
            await asyncio.sleep(pause)
            size = len(body)
            text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
            if status != 200 or each.mark not in text:
                raise SapaError(f"{each.method} {each.path} was answered with {status}: {text[:200]}")
    return times[WARM_UP:], size


def statements(world: World, team: Team, folder: Path) -> tuple[Row, dict[str, Any]]:
    """How many statements each page makes where it shows little and where it shows much, in this process."""
    little, long = team.tickets[0], world.long
    with (
        Console(world, folder, datetime.now(UTC), {"web": WebChatChannel.capabilities}) as console,
        counted(world) as count,
    ):

        def of(ask: Callable[[], object]) -> int:
            ask()
            count[0] = 0
            ask()
            return count[0]

        def page(path: str, part: bool) -> int:
            return of(lambda: console.get(path, part=part))

        few, many = "queue=mine&channel=whatsapp", "queue=all&more=500"
        found = {
            "inbox": (page(f"/console?{few}", False), page(f"/console?{many}", False)),
            "list": (page(f"/console/list?{few}", True), page(f"/console/list?{many}", True)),
            "ticket": (page(_ticket(little), True), page(f"{_ticket(long)}?show=2000", True)),
        }
        replies = [of(lambda: console.reply(little, "Baik.")) for _ in range(REPLIES)]
        found["reply"] = (replies[0], replies[-1])
    constant = all(few == many for few, many in found.values())
    said = ", ".join(f"{what} {few} / {many}" for what, (few, many) in found.items())
    return Row("statements where little / much is shown", "the same", said, constant), {"statements": found}
