"""Processes that take in and take up the same conversations do not wait for each other in a circle."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.conversation.inbox import store
from bot.conversation.messages import Incoming
from bot.storage.database import Database
from tests.conftest import FakeClock, make_tables
from tests.conversation.conftest import Core

PEOPLE = [f"p{number}" for number in range(60)]


def test_two_that_take_in_messages_of_the_same_people_do_not_block_each_other(db: Database, clock: FakeClock) -> None:
    failed: Counter[str] = Counter()

    def take_in(process: int) -> None:
        order = random.Random(process)
        for batch in range(40):
            messages = [
                Incoming("fake", f"{process}-{batch}-{person}", (person,), text="halo")
                for person in order.sample(PEOPLE, 40)
            ]
            try:
                with db.write() as session:
                    store(session, messages, clock())
            except Exception as error:
                failed[type(error).__name__] += 1

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(take_in, range(3)))
    assert not failed


def test_taking_up_waits_for_nobody_who_takes_in(database_url: str, clock: FakeClock, tmp_path: Path) -> None:
    """Only PostgreSQL locks rows."""
    if database_url.startswith("sqlite"):
        return
    db = make_tables(Database(database_url))
    core = Core(db, clock, tmp_path)
    core.receive(core.incoming("satu", who="a"), core.incoming("dua", who="b"))
    worker = core.worker()
    with db.write() as taking_in:
        store(taking_in, [core.incoming("tiga", who="a")], clock())
        with db.write() as session:
            assert [each for each, _ in worker._claim(16, session)] == [2]
    with db.write() as session:
        assert [each for each, _ in worker._claim(16, session)] == [1]
    db.close()
