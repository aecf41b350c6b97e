"""Turns per second against stock Rasa: the same model, the same messages, the same client, taking turns in one run.

Stock's action server returns what ours returned for the same message, recorded beforehand, so that the work inside the
actions is not what is compared; of ours it is measured all the same.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine, peer, processes
from benchmarks.figures import Result, Row, ratio
from benchmarks.talks import TALKS
from benchmarks.wire import Connection
from bot.commands.running import MODELS
from bot.dialogue.training import ensure_model

ASKED = 3.0
CONCURRENCY = (1, 4, 8, 16)
AT_ONCE = " / ".join(map(str, CONCURRENCY))
_NUMBERS = itertools.count(1)

Say = Callable[[Connection, str, str, str], Awaitable[int]]
"""Says one message (talk, sender, text) and waits for the answer; returns how many messages it had."""


@dataclass(frozen=True)
class Competitor:
    """A server and how it is talked to."""

    name: str
    port: int
    say: Say


def run(size: str, folder: Path) -> Result:
    """Start all, record, measure in rounds."""
    rounds, talks = (5, 12) if size == "full" else (2, 4)
    model = ensure_model(MODELS, print)
    with ExitStack() as stack:
        one = stack.enter_context(processes.host(folder / "one", engines=1))
        two = stack.enter_context(processes.host(folder / "two", engines=2))
        recording = asyncio.run(record(one.port))
        (folder / "recording.json").write_text(json.dumps(recording), encoding="utf-8")
        stock = stack.enter_context(peer.running(model, folder / "recording.json", folder / "stock"))
        competitors = [
            Competitor("stock", stock, to_stock),
            *(
                Competitor(f"{way}, {count} engine{'s' * (count > 1)}", host.port, to_ours(path, recording["sent"]))
                for count, host in ((1, one), (2, two))
                for way, path in (("whole way", "/null"), ("engine alone", "/alone"))
            ),
        ]
        load = [machine.load()]
        rates, replies = asyncio.run(measure(competitors, rounds, talks))
        load.append(machine.load())
        return _result(rates, replies, load, model)


async def record(port: int) -> dict[str, Any]:
    """What each message's actions returned, and how many messages came of it, by talk and text."""
    scripts: dict[str, dict[str, Any]] = {}
    sent: dict[str, dict[str, int]] = {}
    async with Connection(port) as connection:
        for talk, texts in TALKS.items():
            for text in texts:
                told = await connection.post_json("/record", {"sender": f"{talk}~recorded", "text": text})
                scripts.setdefault(talk, {})[text] = [as_stock(call, talk) for call in told["calls"]]
                sent.setdefault(talk, {})[text] = told["sent"]
    actions = sorted({call["action"] for script in scripts.values() for calls in script.values() for call in calls})
    return {"scripts": scripts, "sent": sent, "actions": actions}


def as_stock(call: Mapping[str, Any], talk: str) -> dict[str, Any]:
    """A recorded call as a stock bot's action would return it: the response's arguments beside its name, and the
    language in a slot, by which Rasa finds the words that we put in ourselves."""
    responses = [{"response": each["response"], **(each.get("custom") or {})} for each in call["responses"]]
    language = "en" if talk == "english" else "id"
    slot = {"event": "slot", "timestamp": None, "name": "language", "value": language}
    return {"action": call["action"], "responses": responses, "events": [slot, *call["events"]]}


async def to_stock(connection: Connection, talk: str, sender: str, text: str) -> int:
    return len(await connection.post_json("/webhooks/rest/webhook", {"sender": sender, "message": text}))


def to_ours(path: str, sent: Mapping[str, Mapping[str, int]]) -> Say:
    """Our host's route that answers when all messages of the reply were sent."""

    async def say(connection: Connection, talk: str, sender: str, text: str) -> int:
        body = {"sender": sender, "text": text, "expect": sent[talk][text]}
        return len(await connection.post_json(path, body))

    return say


async def measure(
    competitors: list[Competitor], rounds: int, talks: int
) -> tuple[dict[str, dict[int, list[float]]], dict[str, int]]:
    """Turns a second by competitor and concurrency, a value a round; and how many messages the answers had."""
    rates: dict[str, dict[int, list[float]]] = {each.name: {c: [] for c in CONCURRENCY} for each in competitors}
    replies: dict[str, int] = {}
    for each in competitors:
        # Once through everything: caches fill, and the answers can be compared.
        replies[each.name] = (await talk_all(each, 2, len(TALKS)))[1]
    for number in range(rounds):
        for concurrency in CONCURRENCY:
            order = competitors if number % 2 == 0 else competitors[::-1]
            for each in order:
                rates[each.name][concurrency].append((await talk_all(each, concurrency, talks))[0])
    return rates, replies


async def talk_all(who: Competitor, concurrency: int, talks: int) -> tuple[float, int]:
    """Hold ``talks`` conversations with new people, so many at once; turns a second, and messages answered."""
    left = iter(range(talks))
    turns = answers = 0

    async def hold() -> None:
        nonlocal turns, answers
        async with Connection(who.port) as connection:
            for number in left:
                talk, texts = list(TALKS.items())[number % len(TALKS)]
                sender = f"{talk}~{next(_NUMBERS)}"
                for text in texts:
                    answers += await who.say(connection, talk, sender, text)
                    turns += 1

    began = time.perf_counter()
    await asyncio.gather(*(hold() for _ in range(concurrency)))
    return turns / (time.perf_counter() - began), answers


def most(rates: dict[int, list[float]]) -> float:
    """What somebody manages at best, however many write at once."""
    return max(median(values) for values in rates.values())


def _result(
    rates: dict[str, dict[int, list[float]]], replies: dict[str, int], load: list[list[float]], model: Path
) -> Result:
    stock = rates["stock"]
    ratios = {
        name: {c: round(ratio(values[c], stock[c]), 2) for c in CONCURRENCY}
        for name, values in rates.items()
        if name != "stock"
    }
    rows = [Row(f"stock Rasa, turns/s at {AT_ONCE} at once", "", " / ".join(f"{median(stock[c]):.0f}" for c in stock))]
    for name, found in ratios.items():
        measured = " / ".join(f"{found[c]:.1f}" for c in CONCURRENCY) + " ×"
        best = " / ".join(f"{median(rates[name][c]):.0f}" for c in CONCURRENCY)
        # The engine alone is told as well, but what was asked is what people get: the whole way, when many write.
        met = most(rates[name]) / most(stock) >= ASKED if name.startswith("whole") else None
        rows.append(Row(f"turns/s against stock: {name}", "3 ×", f"{measured}  ({best} turns/s)", met))
    raw = {
        "turns_per_second": rates,
        "ratio_median_of_rounds": ratios,
        "messages_of_the_answers_in_the_first_pass": replies,
        "load_average_before_and_after": load,
        "model": model.name,
        "stock": peer.versions(peer.build()),
        "talks": TALKS,
    }
    return Result(rows, raw)
