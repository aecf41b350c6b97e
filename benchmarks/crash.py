"""The application killed with SIGKILL and Rasa killed under it, again and again, while people write.

Every webhook is delivered twice, and again until it is answered 200, as Meta does. At the end nothing may be missing,
no ticket opened twice, and no answer sent twice beyond the one documented window: a message that was handed to the
channel and not yet marked as sent when the kill came.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine, processes
from benchmarks.figures import Result, Row, excess
from benchmarks.talks import QUESTIONS
from benchmarks.webhooks import Sender, webhook
from bot.demo import ROSTER
from bot.errors import SapaError
from bot.identity.roster import RosterRow, read_roster

SEED = 20261121
SETTLE_SECONDS = 240
RETRY_SECONDS = 0.3
LATEST_KILL = 2.5
"""Seconds after the first message of a burst at which a kill comes at the latest: while it is being worked off."""
SMALL = {"messages": 60, "people": 10, "kills": 2, "engine_kills": 1}
FULL = {"messages": 500, "people": 50, "kills": 10, "engine_kills": 5}
Key = tuple[str, str]
"""Address and text: how a message at the channel is told from others."""


@dataclass
class Findings:
    """What happened. ``in_window``: rows of the outbox that were being sent when a kill came."""

    kills: list[dict[str, Any]] = field(default_factory=list)
    deliveries: int = 0
    refused: int = 0
    in_window: set[int] = field(default_factory=set)
    settled_seconds: float = 0.0


def run(size: str, folder: Path) -> Result:
    """Bursts of messages with a kill in each."""
    plan = FULL if size == "full" else SMALL
    found = Findings()
    load = [machine.load()]
    with processes.fake_whatsapp() as fake:
        application = processes.Sapa(folder, whatsapp_url=fake.url)
        application.start()
        try:
            application.wait_ready()
            asyncio.run(_bursts(application, plan, found))
            found.settled_seconds = _settle(application)
            seen = Counter((each["address"], _words(each["payload"])) for each in fake.sent())
        finally:
            application.stop()
    load.append(machine.load())
    counts = count(folder / "sapa.db", seen, found.in_window)
    counts["lost"] += plan["messages"] - counts["messages_stored"]
    raw: dict[str, Any] = {
        "plan": plan,
        "seed": SEED,
        **counts,
        "kills": found.kills,
        "deliveries": found.deliveries,
        "deliveries_that_failed_and_were_repeated": found.refused,
        "seconds_until_nothing_waited": round(found.settled_seconds, 1),
        "load_average_before_and_after": load,
    }
    return Result(_rows(plan, counts), raw)


def messages(plan: dict[str, int], roster: Sequence[RosterRow]) -> list[list[str]]:
    """What each person writes, in order: questions, and a wish for a human that becomes a ticket."""
    each, rest = divmod(plan["messages"], plan["people"])
    written = []
    for person in range(plan["people"]):
        row = roster[person % len(roster)]
        texts = [
            QUESTIONS[person % len(QUESTIONS)],
            "saya mau bicara dengan petugas",
            f"nilai praktikum saya yang nomor {person + 100} belum keluar padahal sudah ikut semua sesi",
            f"{row.number} {row.name} {row.birth_date:%d-%m-%Y}",
        ]
        wanted = each + (person < rest)
        texts += [f"{QUESTIONS[(person + n) % len(QUESTIONS)]} ({n})" for n in range(max(0, wanted - len(texts)))]
        written.append(texts[:wanted])
    return written


async def _bursts(application: processes.Sapa, plan: dict[str, int], found: Findings) -> None:
    dice = random.Random(SEED)
    victims = ["sapa"] * plan["kills"] + ["engine"] * plan["engine_kills"]
    dice.shuffle(victims)
    written = messages(plan, read_roster(ROSTER))
    bursts = max(len(texts) for texts in written)
    waiting = [list(enumerate(texts)) for texts in written]
    for number, victim in enumerate(victims):
        # Everybody's next messages: in all as many bursts as there are kills.
        share = -(-bursts * (number + 1) // len(victims)) - (-(-bursts * number // len(victims)))
        part = [(person, [texts.pop(0) for _ in range(min(share, len(texts)))]) for person, texts in enumerate(waiting)]
        sending = asyncio.create_task(_deliver(application.port, part, dice.random(), found))
        await asyncio.sleep(dice.uniform(0.05, LATEST_KILL))
        await asyncio.to_thread(_kill, application, victim, number, found)
        await asyncio.to_thread(application.wait_ready)
        await sending


async def _deliver(port: int, part: Iterable[tuple[int, list[tuple[int, str]]]], seed: float, found: Findings) -> None:
    """Everybody at once, each person's messages in order; each webhook until it is taken, and then once more."""
    dice = random.Random(seed)
    sender = Sender(port)

    async def person(number: int, texts: list[tuple[int, str]]) -> None:
        await asyncio.sleep(dice.uniform(0, 2.0))
        for position, text in texts:
            hook = webhook([(f"wamid.{number}-{position}", number, text)])
            accepted = 0
            while accepted < 2:
                found.deliveries += 1
                try:
                    accepted += await asyncio.wait_for(sender.deliver(hook), 10) == 200
                except (OSError, EOFError, TimeoutError):
                    found.refused += 1
                    await asyncio.sleep(RETRY_SECONDS)

    await asyncio.gather(*(person(number, texts) for number, texts in part))
    sender.close()


def _kill(application: processes.Sapa, victim: str, number: int, found: Findings) -> None:
    """Kill one of them; a killed application is started again at once."""
    facts = {"victim": victim}
    if victim == "sapa":
        application.kill()
        found.in_window |= _being_sent(application.folder / "sapa.db")
        application.start()
    else:
        workers, parent = application.worker_pids(), application.engine_pid()
        # Worker and parent in turn.
        pid = workers[0] if number % 2 and workers else parent
        facts["victim"] = "engine worker" if pid in workers else "engine parent"
        with suppress(ProcessLookupError):
            os.kill(pid or 0, signal.SIGKILL) if pid else None
    found.kills.append(facts | _waiting(application.folder / "sapa.db"))


def _settle(application: processes.Sapa) -> float:
    """Seconds until nothing waits any more. Raises SapaError."""
    began = time.monotonic()
    while time.monotonic() - began < SETTLE_SECONDS:
        told = application.facts()
        if told["ready"] and not told["inbox_waiting"] and not told["outbox_waiting"]:
            return time.monotonic() - began
        time.sleep(0.5)
    raise SapaError("after the kills something still waits")


def _words(payload: dict[str, Any]) -> str:
    content = payload[payload["type"]]
    return str(content["body"]["text"] if payload["type"] == "interactive" else content.get("body", "")).strip()


def _being_sent(database: Path) -> set[int]:
    with _open(database) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM outbox_message WHERE status = 'sending'")}


def _waiting(database: Path) -> dict[str, int]:
    """What was going on at the moment of a kill."""
    with _open(database) as connection:
        inbox = connection.execute("SELECT count(*) FROM inbox_message WHERE status = 'pending'").fetchone()[0]
        outbox = connection.execute(
            "SELECT count(*) FROM outbox_message WHERE status IN ('queued', 'sending')"
        ).fetchone()[0]
    return {"inbox_waiting": inbox, "outbox_waiting": outbox}


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=15)


def count(database: Path, seen: Counter[Key], in_window: set[int]) -> dict[str, Any]:
    """What the database and the channel say at the end. ``seen``: how often the channel took each message."""
    with _open(database) as connection:

        def one(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        rows = connection.execute(
            "SELECT o.id, c.address, o.text FROM outbox_message o JOIN conversation c ON c.id = o.conversation_id"
            " WHERE o.status IN ('sent', 'delivered', 'read')"
        ).fetchall()
        figures = {
            "messages_stored": one("SELECT count(*) FROM inbox_message"),
            "handled_by": dict(
                connection.execute("SELECT coalesce(handled_by, status), count(*) FROM inbox_message GROUP BY 1")
            ),
            # Stored, but not dealt with, or dealt with and nothing said.
            "lost": one(
                "SELECT count(*) FROM inbox_message i WHERE i.status != 'done' OR (i.handled_by != 'muted' AND NOT"
                " EXISTS (SELECT 1 FROM outbox_message o WHERE o.inbox_id = i.id))"
            ),
            "tickets": one("SELECT count(*) FROM ticket"),
            "tickets_opened_twice": one(
                "SELECT count(*) - count(DISTINCT opened_by) + (SELECT count(*) FROM (SELECT 1 FROM ticket"
                " GROUP BY conversation_id, subject HAVING count(*) > 1)) FROM ticket WHERE opened_by IS NOT NULL"
            ),
            "answers_not_sent": one("SELECT count(*) FROM outbox_message WHERE status IN ('failed', 'dropped')"),
            "answers_written": len(rows),
        }
    return figures | twice(rows, seen, in_window)


def twice(rows: Sequence[tuple[int, str, str]], seen: Counter[Key], in_window: set[int]) -> dict[str, int]:
    """Messages that the channel took oftener than the outbox has them: those whose sending a kill interrupted between
    the channel's answer and our mark, and all others. And what the outbox has as sent and the channel never saw."""
    written: Counter[Key] = Counter((address, text.strip()) for _, address, text in rows)
    window = Counter((address, text.strip()) for row, address, text in rows if row in in_window)
    extra = excess(seen, written)
    excused = sum(min(times, window[key]) for key, times in extra.items())
    return {
        "answers_sent_twice_in_the_window": excused,
        "answers_sent_twice": sum(extra.values()) - excused,
        "answers_never_seen": sum(excess(written, seen).values()),
    }


def _rows(plan: dict[str, int], counts: dict[str, Any]) -> list[Row]:
    what = f"crash: {plan['messages']} messages, {plan['kills']} kills, {plan['engine_kills']} of Rasa"
    lost = counts["lost"] + counts["answers_never_seen"]
    doubled = counts["answers_sent_twice"]
    measured = (
        f"{lost} lost, {counts['tickets_opened_twice']} of {counts['tickets']} tickets twice, {doubled} answers twice"
        f" ({counts['answers_sent_twice_in_the_window']} in the window)"
    )
    met = not lost and not counts["tickets_opened_twice"] and not doubled
    return [Row(what, "0 lost, 0 twice", measured, met)]
