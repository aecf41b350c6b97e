"""What staff wait for when they look: the inbox, a ticket with a long talk, a search, the month's figures."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from benchmarks.figures import Row, percentile, spread
from benchmarks.tickets.world import END, RARE, ZONE, World, number, rare
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from bot.reports import periods
from bot.reports.making import Reporter
from bot.tickets import service
from bot.web import day_curve, queues, talk
from bot.web.pages.today import LISTED

PAGE_MS = 30
SEARCH_MS = 100
REPORT_SECONDS = 5
ROWS = 100
"""Of the inbox."""
Look = Callable[[Session], object]


def inbox(session: Session) -> None:
    """The fullest queue as the page shows it, with the numbers beside all queues."""
    queues.counts(session, queues.Looker("rina"), END)
    queues.rows(session, "all", queues.Looker("rina"), END, limit=ROWS)


def watched(session: Session) -> None:
    """What a supervisor's Today shows of tickets."""
    queues.watched_counts(session, END)
    queues.needing(session, queues.Looker("rina"), END, LISTED)
    day_curve.read(session, END, ZONE, lambda day: False)


def long_talk(long: str) -> Look:
    """A ticket as the page shows it."""

    def look(session: Session) -> None:
        ticket = service.by_number(session, long)
        names = {username: name for username, name, _ in talk.everybody(session)}
        talk.talk(session, ticket, names, limit=talk.MOST_SHOWN)

    return look


def search(typed: str) -> Look:
    """What the inbox shows for what was typed."""

    def look(session: Session) -> None:
        queues.found_rows(session, typed)

    return look


def rows(world: World, rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The table's lines, and the raw figures."""
    found: list[Row] = []
    raw: dict[str, Any] = {}
    looks: list[tuple[str, Look, int]] = [
        ("inbox page, query", inbox, PAGE_MS),
        ("a supervisor's Today, query", watched, PAGE_MS),
        ("opening a ticket of 500 messages", long_talk(world.long), PAGE_MS),
        *((f"search, {what}", search(typed), SEARCH_MS) for what, typed in _searches(world)),
    ]
    for what, look, asked in looks:
        times, statements = _timed(world, look, rounds)
        raw[what] = spread(times) | {"statements": statements}
        p50, p99 = percentile(times, 0.5) * 1e3, percentile(times, 0.99) * 1e3
        said = f"{p50:.0f} ms, 99 % {p99:.0f} ms, {statements} statements"
        found.append(Row(what, f"≤ {asked} ms", said, p50 <= asked))
    seconds = _month(world)
    raw["month"] = seconds
    found.append(Row("figures of a month", f"≤ {REPORT_SECONDS} s", f"{seconds:.1f} s", seconds <= REPORT_SECONDS))
    return found, raw


def _searches(world: World) -> list[tuple[str, str]]:
    """In this world a usual word is in a fifth of all messages, so two of them meet often."""
    return [
        ("a rare word", rare(world.tickets // RARE * RARE)),
        ("a usual word", "beasiswa"),
        ("two words", "beasiswa cair"),
        ("three words", "asrama kunci hilang"),
        ("a beginning", "bea"),
        ("a word and a beginning", "rekening kul"),
        ("a name and a word", "ayu beasiswa"),
        ("a number", number(world.tickets // 2)),
        ("a word and one that nobody wrote", "beasiswa xilofon"),
        ("a word that nobody wrote", "xilofon"),
    ]


def _timed(world: World, look: Look, rounds: int) -> tuple[list[float], int]:
    times: list[float] = []
    with counted(world) as count:
        for _ in range(rounds + 1):
            gc.collect()
            count[0] = 0
            with world.db.read() as session:
                began = time.perf_counter()
                look(session)
                times.append(time.perf_counter() - began)
    # The first one finds nothing in any cache; staff look again and again.
    return times[1:], count[0]


@contextmanager
def counted(world: World) -> Iterator[list[int]]:
    count = [0]

    def executed(*_: object) -> None:
        count[0] += 1

    event.listen(world.db.engine, "after_cursor_execute", executed)
    try:
        yield count
    finally:
        event.remove(world.db.engine, "after_cursor_execute", executed)


def _month(world: World) -> float:
    reporter = Reporter(load_profile(shipped("itb")), ZONE, "Universitas Contoh")
    with world.db.read() as session:
        began = time.perf_counter()
        made = reporter.recap(session, periods.month("2026-11"), END, title="month")
        took = time.perf_counter() - began
    if not made.sections[0].rows:
        raise RuntimeError("the report is empty")
    return took
