"""Work is told to other processes at the commit, through PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot.storage.database import Database
from bot.storage.signals import INBOX, OUTBOX, listen, notify
from tests.conftest import empty_postgres


@pytest.fixture
def postgres() -> Iterator[str]:
    with empty_postgres() as url:
        yield url


def test_a_signal_arrives_after_the_commit_and_only_then(postgres: str) -> None:
    db = Database(postgres)
    heard: list[str] = []

    def send(fails: bool) -> None:
        with db.write() as session:
            notify(session, INBOX)
            notify(session, INBOX)
            if fails:
                session.rollback()

    async def scene() -> None:
        wake = {INBOX: lambda: heard.append(INBOX), OUTBOX: lambda: heard.append(OUTBOX)}
        task = asyncio.create_task(listen(postgres, wake))
        await _until(lambda: len(heard) == 2)
        assert heard == [INBOX, OUTBOX], "everybody looks once when listening begins"
        await asyncio.to_thread(send, True)
        await asyncio.to_thread(send, False)
        await _until(lambda: len(heard) == 3)
        await asyncio.sleep(0.1)
        assert heard[2:] == [INBOX]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scene())
    db.close()


def test_a_signal_of_what_was_undone_within_takes_none_of_the_others_with_it(postgres: str) -> None:
    db = Database(postgres)
    heard: list[str] = []

    def send() -> None:
        with db.write() as session:
            with suppress(ValueError), session.begin_nested():
                notify(session, INBOX)
                raise ValueError("undone")
            notify(session, INBOX)

    async def scene() -> None:
        task = asyncio.create_task(listen(postgres, {INBOX: lambda: heard.append(INBOX)}))
        await _until(lambda: len(heard) == 1)
        await asyncio.to_thread(send)
        await _until(lambda: len(heard) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scene())
    db.close()


def test_a_lost_connection_is_made_anew(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.storage.signals.RETRY_SECONDS", 0.05)
    db = Database(postgres)
    heard: list[str] = []

    async def scene() -> None:
        task = asyncio.create_task(listen(postgres, {INBOX: lambda: heard.append(INBOX)}))
        await _until(lambda: len(heard) == 1)
        await asyncio.to_thread(_cut, db)
        await _until(lambda: len(heard) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scene())
    db.close()


def _cut(db: Database) -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_on_sqlite_nobody_listens() -> None:
    asyncio.run(asyncio.wait_for(listen("sqlite:///x.db", {}), 1))


async def _until(done: object) -> None:
    async with asyncio.timeout(10):
        while not done():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
