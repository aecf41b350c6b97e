"""Transactions and column types on both databases."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.identity.model import Person
from bot.storage.database import UNASKED_SECONDS, Database
from bot.storage.models import ALL_MODELS


def test_a_moment_comes_back_in_utc(db: Database) -> None:
    jakarta = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=7)))
    with db.write() as session:
        session.add(Person(created_at=jakarta))
    with db.read() as session:
        stored = session.scalars(select(Person.created_at)).one()
    assert stored == jakarta
    assert stored.tzinfo is UTC


def test_a_naive_moment_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="naive"), db.write() as session:
        session.add(Person(created_at=datetime(2026, 11, 23)))  # noqa: DTZ001


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    def fail() -> None:
        with db.write() as session:
            session.add(Person(created_at=datetime.now(UTC)))
            session.flush()
            session.execute(text("INSERT INTO person (created_at) VALUES (NULL)"))

    with pytest.raises(IntegrityError):
        fail()
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_writers_that_read_first_do_not_fail_each_other(db: Database) -> None:
    def add() -> None:
        for _ in range(10):
            with db.write() as session:
                session.scalar(select(func.count()).select_from(Person))
                session.add(Person(created_at=datetime.now(UTC)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 40


def test_all_features_models_are_known() -> None:
    assert {"Person", "Conversation", "InboxMessage", "OutboxMessage", "Ticket", "TemplateVersion"} <= {
        model.__name__ for model in ALL_MODELS
    }


def test_a_restart_of_the_server_fails_nobody_afterwards(database_url: str) -> None:
    """As a restart does, it ends all connections, and it takes its time."""
    if database_url.startswith("sqlite"):
        return
    db = Database(database_url)
    with ExitStack() as open_sessions:
        for session in [open_sessions.enter_context(db.read()) for _ in range(3)]:
            session.execute(text("SELECT 1"))
    other = create_engine(database_url)
    with other.begin() as connection:
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{mine} AND pid <> pg_backend_pid()"))
    other.dispose()
    time.sleep(UNASKED_SECONDS)
    for _ in range(3):
        with db.write() as session:
            assert session.scalar(text("SELECT 1")) == 1
    db.close()
