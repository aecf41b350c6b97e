"""Work is told to other processes at the commit, through PostgreSQL or a socket beside SQLite's file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.config import ROOT
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


ANOTHER = """
import sys
from bot.config import ROOT
from bot.storage.database import Database
from bot.storage.signals import INBOX, OUTBOX, notify
with Database(sys.argv[1]).write() as session:
    notify(session, INBOX)
with Database(sys.argv[1]).write() as session:
    notify(session, OUTBOX)
    session.rollback()
"""


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/x.db"


def test_on_sqlite_a_command_in_another_process_is_heard_of_at_its_commit(
    sqlite: str,
) -> None:
    heard: list[str] = []

    async def scene() -> None:
        wake = {INBOX: lambda: heard.append(INBOX), OUTBOX: lambda: heard.append(OUTBOX)}
        task = asyncio.create_task(listen(sqlite, wake))
        await _until(_beside(sqlite).is_socket)
        await asyncio.to_thread(_in_another_process, sqlite)
        await _until(lambda: heard)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # Somebody was killed here before.
    _beside(sqlite).touch()
    asyncio.run(scene())
    assert heard == [INBOX]
    assert not _beside(sqlite).exists()


def test_on_sqlite_a_command_works_where_nobody_listens(sqlite: str) -> None:
    _in_another_process(sqlite)
    assert not _beside(sqlite).exists()


def test_at_a_path_too_long_for_a_socket_nobody_listens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(asyncio.wait_for(listen(f"sqlite:///{tmp_path / ('x' * 110)}", {}), 1))
    assert "what commands write is seen by the sweep alone" in caplog.text


def _in_another_process(url: str) -> None:
    subprocess.run([sys.executable, "-c", ANOTHER, url], check=True, env={"PYTHONPATH": str(ROOT)})


def _beside(url: str) -> Path:
    return Path(f"{url.removeprefix('sqlite:///')}.wake")


async def _until(done: object) -> None:
    async with asyncio.timeout(10):
        while not done():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
