"""Engine and transactions, the same code on SQLite (WAL) and PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

BUSY_SECONDS = 15
UNASKED_SECONDS = 0.2
"""A connection to PostgreSQL that was used so shortly before is not asked whether it is there still: no server restarts
in less. A page reads several times, and each asking is a way there and back."""
_USED = "used"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "secure_delete=ON")
"""Of each connection to SQLite."""


class Database:
    """Sessions over one engine.

    ``write`` is one transaction: committed at the end of the block, rolled back on an exception. On SQLite it takes
    the write lock at its start (a transaction that reads first and writes later would fail instead of waiting), and
    writers of this process queue on a lock of their own, which is fairer than SQLite's polling.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.sqlite else _postgres_engine(url)
        self._write_engine = self.engine.execution_options(sapa_begin="IMMEDIATE")
        # On PostgreSQL each statement sees what is committed by then, in a transaction or not. Without one there is
        # none to be ended, which is a way there and back.
        self._read_engine = self.engine if self.sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self._read_engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def stream(self) -> Iterator[Session]:
        """A session that only reads, and may do so bit by bit (``yield_per``): PostgreSQL does that in a transaction
        alone."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction."""
        if not self.sqlite:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
            return
        with self._writer, Session(self._write_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _postgres_engine(url: str) -> Engine:
    engine = create_engine(url, pool_size=20, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, _proxy: Any) -> None:
        # One that a restart of the server cut is replaced instead of failing a webhook.
        if time.monotonic() - record.info.get(_USED, 0.0) < UNASKED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise DisconnectionError from error

    return engine


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions by itself: BEGIN is ours, below.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("sapa_begin", "")
        connection.exec_driver_sql(f"BEGIN {mode}".strip())

    return engine
