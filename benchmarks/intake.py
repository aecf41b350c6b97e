"""Intake on SQLite: signed WhatsApp webhooks over HTTP, answered 200 after the commit, in batches and one by one.

The whole application runs meanwhile and answers what it can; the same is measured without it, for comparison.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine, processes
from benchmarks.figures import Result, Row, spread
from benchmarks.talks import QUESTIONS
from benchmarks.webhooks import Sender, Webhook, at_once, paced, webhook

BATCH = 100
ASKED_MESSAGES = 1000
ASKED_WEBHOOKS = 300
ASKED_P99_MS = 50
ROUNDS = 3
CONNECTIONS = 4
PEOPLE = 3000


def run(size: str, folder: Path) -> Result:
    """Each measurement on a new database."""
    seconds = 30 if size == "full" else 3
    rows, raw = [], {"load_average_before": machine.load(), "fsync_ms": machine.fsync_ms(folder)}
    for answering in (True, False):
        label = "" if answering else ", nobody answering"
        with _application(folder / f"batches-{answering}", answering) as (port, database):
            batches = asyncio.run(batched(port, 100 * seconds * 10 // BATCH))
            batches |= stored(database, batches.pop("ids"))
        with _application(folder / f"single-{answering}", answering) as (port, database):
            singles = rounds_of_single(port, database, seconds // ROUNDS)
        raw |= {f"batches{label}": batches, f"single{label}": singles}
        rows += _rows(batches, singles, label, answering)
    raw["load_average_after"] = machine.load()
    return Result(rows, raw)


@contextmanager
def _application(folder: Path, answering: bool) -> Iterator[tuple[int, Path]]:
    with ExitStack() as stack:
        fake = stack.enter_context(processes.fake_whatsapp())
        if answering:
            port = stack.enter_context(processes.sapa(folder, whatsapp_url=fake.url)).port
        else:
            options = ("--intake-only", "--live-channels")
            port = stack.enter_context(processes.host(folder, *options, whatsapp_url=fake.url)).port
        yield port, folder / "sapa.db"


async def batched(port: int, count: int) -> dict[str, Any]:
    """``count`` webhooks of ``BATCH`` messages: at the asked pace, then as fast as they are taken."""
    hooks = [_hook(f"b{n}", range(n * BATCH, (n + 1) * BATCH)) for n in range(2 * count)]
    sender = Sender(port)
    statuses: list[int] = []

    async def deliver(number: int, _due: float = 0) -> None:
        statuses.append(await sender.deliver(hooks[number]))

    began = time.monotonic()
    paced_seconds = await paced(ASKED_MESSAGES / BATCH, count, deliver)
    took = time.monotonic() - began - 0.2
    fast = await at_once(CONNECTIONS, count, lambda number: deliver(count + number))
    sender.close()
    return {
        "ids": [external_id for hook in hooks for external_id in hook.ids],
        "accepted": statuses.count(200),
        "webhooks": len(hooks),
        "at_the_asked_pace": {"messages_per_second": round(count * BATCH / took), **spread(paced_seconds)},
        "as_fast_as_taken_messages_per_second": round(count * BATCH / fast),
    }


def rounds_of_single(port: int, database: Path, seconds: int) -> dict[str, Any]:
    """``ROUNDS`` times single webhooks; the middle round's p99 counts, and each one's is told."""
    rounds, ids, fsyncs = [], [], []
    for number in range(ROUNDS):
        before = machine.ticks()
        found = asyncio.run(single(port, seconds, f"s{number}"))
        ids += found.pop("ids")
        rounds.append(found | {"stolen_percent": machine.stolen_percent(before)})
        fsyncs.append(machine.fsync_ms(database.parent))
    return {
        "rounds": rounds,
        "fsync_ms": fsyncs,
        "accepted": sum(found["accepted"] for found in rounds),
        "webhooks": sum(found["webhooks"] for found in rounds),
        "p50_ms": median(found["p50_ms"] for found in rounds),
        "p99_ms": median(found["p99_ms"] for found in rounds),
        **stored(database, ids),
    }


async def single(port: int, seconds: int, name: str = "s") -> dict[str, Any]:
    """Webhooks of one message at the asked pace, whatever the answers take. ``name`` sets their ids apart."""
    hooks = [_hook(f"{name}-{n}", range(n, n + 1)) for n in range(ASKED_WEBHOOKS * seconds)]
    sender = Sender(port)
    statuses: list[int] = []

    async def deliver(number: int, _due: float) -> None:
        statuses.append(await sender.deliver(hooks[number]))

    took = await paced(ASKED_WEBHOOKS, len(hooks), deliver)
    sender.close()
    return {
        "ids": [external_id for hook in hooks for external_id in hook.ids],
        "accepted": statuses.count(200),
        "webhooks": len(hooks),
        **spread(took),
    }


def _hook(name: str, numbers: range) -> Webhook:
    return webhook([(f"wamid.{name}-{n}", n % PEOPLE, QUESTIONS[n % len(QUESTIONS)]) for n in numbers])


def stored(database: Path, ids: list[str]) -> dict[str, Any]:
    """What is in the database at this moment: each message once, and how many still wait for their turn."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:

        def count(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        found = {row[0] for row in connection.execute("SELECT external_id FROM inbox_message")}
        return {
            "sent": len(ids),
            "stored": count("SELECT count(*) FROM inbox_message"),
            "missing": len(set(ids) - found),
            "waiting_for_their_turn": count("SELECT count(*) FROM inbox_message WHERE status = 'pending'"),
            "answered": count("SELECT count(*) FROM inbox_message WHERE status = 'done'"),
        }


def _told(rounds: list[dict[str, Any]]) -> str:
    """Each round's p99, and how much of the processors the host took meanwhile."""
    return ", ".join(f"{found['p99_ms']:.0f} with {found['stolen_percent']:.0f} % stolen" for found in rounds)


def _rows(batches: dict[str, Any], singles: dict[str, Any], label: str, judged: bool) -> list[Row]:
    def whole(found: dict[str, Any]) -> bool:
        stored_once = found["missing"] == 0 and found["stored"] == found["sent"]
        return stored_once and bool(found["accepted"] == found["webhooks"])

    at_pace, fast = batches["at_the_asked_pace"], batches["as_fast_as_taken_messages_per_second"]
    met = whole(batches) and fast >= ASKED_MESSAGES
    fine = whole(singles) and singles["p99_ms"] <= ASKED_P99_MS
    kept = "all stored once" if whole(batches) and whole(singles) else "NOT ALL STORED"
    return [
        Row(
            f"intake in batches of {BATCH}{label}",
            f"{ASKED_MESSAGES} messages/s",
            f"{fast} messages/s; at {at_pace['messages_per_second']}/s p99 {at_pace['p99_ms']:.0f} ms; {kept}",
            met if judged else None,
        ),
        Row(
            f"intake, {ASKED_WEBHOOKS} single webhooks/s{label}",
            "p99 ≤ 50 ms",
            f"p50 {singles['p50_ms']:.0f} ms, p99 {singles['p99_ms']:.0f} ms ({_told(singles['rounds'])}); {kept}",
            fine if judged else None,
        ),
    ]
