"""Gaps that are kept: quick to look at, and never without the time of which they are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.knowledge.curating import asked, found_gaps, gaps
from bot.knowledge.curating.found_gaps import FRESH, FoundGaps
from bot.knowledge.model import AskedQuestion
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW, ask

HELIPAD = "di mana helipad kampus"
LATER = NOW + 2 * FRESH


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Finding waits for it."""
    gate, find = threading.Event(), gaps.find
    monkeypatch.setattr(gaps, "find", lambda *given, **more: (gate.wait(10), find(*given, **more))[1])
    yield gate
    gate.set()


def asks(db: Database, *people: int) -> None:
    with db.write() as session:
        for person in people:
            ask(session, person, HELIPAD, now=NOW)


def test_the_first_to_look_is_told_that_it_takes_longer(db: Database, open_gate: threading.Event) -> None:
    asks(db, 1, 2)
    kept = FoundGaps(db, by_meaning=False)
    assert kept.look(NOW, 0) == (None, True)
    open_gate.set()
    found, newer = kept.look(NOW, 10)
    assert found is not None
    assert ([gap.people for gap in found.gaps], found.at, newer) == ([2], NOW, False)


def test_what_was_found_is_shown_with_its_time_while_newer_is_found(db: Database, open_gate: threading.Event) -> None:
    asks(db, 1, 2)
    kept = FoundGaps(db, by_meaning=False)
    open_gate.set()
    kept.look(NOW, 10)
    asks(db, 3)
    found, newer = kept.look(NOW + FRESH / 2, 10)
    assert found is not None
    assert ([gap.people for gap in found.gaps], found.at, newer) == ([2], NOW, False)
    open_gate.clear()
    assert kept.look(LATER, 0) == (found, True)
    open_gate.set()
    found, newer = kept.look(LATER, 10)
    assert found is not None
    assert ([gap.people for gap in found.gaps], found.at, newer) == ([3], LATER, False)


def test_what_was_erased_since_is_not_shown_again(db: Database, open_gate: threading.Event) -> None:
    asks(db, 1, 2)
    kept = FoundGaps(db, by_meaning=False)
    open_gate.set()
    kept.look(NOW, 10)
    open_gate.clear()
    with db.write() as session:
        session.execute(update(AskedQuestion).values(text=asked.forgotten(HELIPAD)))
    assert kept.look(NOW, 0) == (None, True)
    open_gate.set()
    found, _ = kept.look(NOW, 10)
    assert found is not None
    assert found.gaps == []


def test_what_fails_leaves_what_was_found_before(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asks(db, 1, 2)
    kept = FoundGaps(db, by_meaning=False)
    found, _ = kept.look(NOW, 10)

    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(gaps, "find", fails)
    assert kept.look(LATER, 10) == (found, False)
    with pytest.raises(MemoryError):
        FoundGaps(db, by_meaning=False).look(NOW, 10)


def test_they_are_found_without_anybody_looking(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asks(db, 1, 2)
    monkeypatch.setattr(found_gaps, "FIRST_SECONDS", 0)
    kept = FoundGaps(db, by_meaning=False)

    async def run() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(kept.keep_going(lambda: NOW), 0.5)

    asyncio.run(run())
    kept.look(NOW, 10)
    found, _ = kept.look(NOW + timedelta(seconds=30), 0)
    assert found is not None
    assert found.at == NOW
