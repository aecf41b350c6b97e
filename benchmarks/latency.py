"""From a webhook coming in to the message going out at the channel, at ten messages a second from different people."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from benchmarks import machine, processes
from benchmarks.figures import Result, Row, percentile, spread
from benchmarks.talks import QUESTIONS
from benchmarks.webhooks import Sender, paced, phone, webhook

RATE = 10
ASKED_P50, ASKED_P99 = 0.060, 0.250
WARM_UP = 30
WAIT_SECONDS = 60


def run(size: str, folder: Path) -> Result:
    """Everybody has been greeted before; then each asks one question."""
    count = RATE * (60 if size == "full" else 6)
    with processes.fake_whatsapp() as fake, processes.sapa(folder, whatsapp_url=fake.url) as application:
        load = [machine.load()]
        asyncio.run(say_to_all(application.port, "halo", "g", range(count), 3 * RATE))
        wait_until_quiet(application)
        greeted = len(fake.sent())
        due = asyncio.run(say_to_all(application.port, None, "q", range(count), RATE))
        wait_until_quiet(application)
        load.append(machine.load())
        first, last = _times(fake.sent(greeted), due)
    unanswered = count - len(first)
    p50, p99 = percentile(first, 0.5), percentile(first, 0.99)
    measured = f"p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms; {unanswered} of {count} unanswered"
    met = p50 <= ASKED_P50 and p99 <= ASKED_P99 and not unanswered
    row = Row("webhook in → message out, 10 messages/s", "p50 ≤ 60, p99 ≤ 250 ms", measured, met)
    raw: dict[str, Any] = {
        "messages": count,
        "unanswered": unanswered,
        "to_the_first_message_of_the_answer": spread(first),
        "to_the_last_message_of_the_answer": spread(last),
        "load_average_before_and_after": load,
        "fsync_ms": machine.fsync_ms(folder),
    }
    return Result([row], raw)


async def say_to_all(port: int, text: str | None, name: str, people: range, rate: float) -> dict[str, float]:
    """One message of each person, evenly; when each was due, by the person's number."""
    sender = Sender(port)
    times: dict[str, float] = {}

    async def deliver(number: int, due: float) -> None:
        times[phone(number)] = due
        words = text or QUESTIONS[number % len(QUESTIONS)]
        if await sender.deliver(webhook([(f"wamid.{name}-{number}", number, words)])) != 200:
            raise RuntimeError("a webhook was refused")

    await paced(rate, len(people), deliver)
    sender.close()
    return times


def wait_until_quiet(application: processes.Sapa) -> None:
    """Wait until nothing waits."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        told = application.facts()
        if not told["inbox_waiting"] and not told["outbox_waiting"]:
            return
        time.sleep(0.2)


def _times(sent: list[dict[str, Any]], due: dict[str, float]) -> tuple[list[float], list[float]]:
    """Seconds to the first and to the last message of each person's answer."""
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for message in sent:
        address = message["address"]
        first.setdefault(address, message["at"] - due[address])
        last[address] = message["at"] - due[address]
    return list(first.values()), list(last.values())
