"""Fixtures that every test may use. Storage tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import psycopg
import pytest
from hypothesis import settings
from playwright.sync_api import Browser
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from bot.storage.base import Base
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.models import ALL_MODELS
from bot.tickets.working import Closing
from tests import chromium
from tests.house import House, opened

# A busy machine is no reason to fail: what is slow is measured in benchmarks.
settings.register_profile("sapa", deadline=None)
settings.load_profile("sapa")

CLOSING = Closing("keuangan", "Tagihan sudah diperbaiki.", "Dicek dengan Biro Keuangan.")
"""What a ticket needs to be closed."""
LOCAL_POSTGRES = "postgresql://127.0.0.1:5432/postgres"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plays with whole processes goes first: at the end one worker would be left alone with it."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


@cache
def postgres_server() -> str | None:
    """Where PostgreSQL answers, or None."""
    for url in filter(None, (os.environ.get("SAPA_TEST_POSTGRES_URL"), LOCAL_POSTGRES)):
        for user in ("", "postgres@"):
            candidate = url.replace("://", f"://{user}", 1) if user and "@" not in url else url
            try:
                psycopg.connect(candidate, connect_timeout=3).close()
            except psycopg.Error:
                continue
            return candidate
    return None


def missing(what: str, why: str) -> NoReturn:
    """Skip, loudly, or fail where ``what`` is required (``SAPA_TEST_REQUIRE=postgresql,browser``, as in CI)."""
    if what in os.environ.get("SAPA_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{why} (required here)")
    pytest.skip(why)


@contextmanager
def empty_postgres() -> Iterator[str]:
    """A new, empty PostgreSQL database; gone afterwards. Skips, loudly, where no server answers."""
    server = postgres_server()
    if server is None:
        missing("postgresql", "POSTGRESQL DOES NOT ANSWER: set SAPA_TEST_POSTGRES_URL, or start a local server")
    name = f"sapa_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        url = make_url(server.replace("postgresql://", "postgresql+psycopg://")).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, empty database; gone after the test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sapa.db'}"
        return
    with empty_postgres() as url:
        yield url


@cache
def _sqlite_with_tables() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sapa.db"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.close()
        return path.read_bytes()


def make_tables(database: Database) -> Database:
    """``database``, which was empty and was not asked anything yet, with what the migrations make."""
    path = make_url(database.url).database
    if database.sqlite and path:
        Path(path).write_bytes(_sqlite_with_tables())
    else:
        migrate(database)
    return database


@pytest.fixture(scope="session")
def _postgres_with_tables() -> Iterator[str]:
    """One database for the session: making one takes longer than most tests."""
    with empty_postgres() as url:
        make_tables(Database(url)).close()
        yield url


def _empty(connection: Connection) -> None:
    """What a test has left goes, and ids begin at 1 again. TRUNCATE takes two hundred times as long: it makes a file
    anew for every table and index."""
    tables = [*(table.name for table in reversed(Base.metadata.sorted_tables)), "search_words"]
    filled = " UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in tables)
    there = set(connection.scalars(text(filled)))
    for table in tables:
        if table in there:
            connection.execute(text(f'DELETE FROM "{table}"'))
    connection.execute(text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"))


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables, empty."""
    assert ALL_MODELS
    if request.param == "sqlite":
        database = make_tables(Database(f"sqlite:///{tmp_path / 'sapa.db'}"))
    else:
        database = Database(request.getfixturevalue("_postgres_with_tables"))
        with database.engine.begin() as connection:
            _empty(connection)
    yield database
    database.close()


class FakeClock:
    """A clock that only moves when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    """Monday 23 November 2026, 10:00 in Jakarta."""
    return FakeClock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole application with the real engine and all channels, for the tests of a file: it takes a while, but
    its engines would be felt by all other tests."""
    with opened(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="session")
def chromium_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the session's browser answers. Skips, loudly, where there is none."""
    if chromium.CHROMIUM is None:
        missing("browser", "CHROMIUM IS NOT INSTALLED: pages go unseen")
    with chromium.serving(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
def browser(chromium_at: str) -> Iterator[Browser]:
    """A real browser; as long as it is there, a loop runs in this thread."""
    with chromium.connected(chromium_at) as browser:
        yield browser
