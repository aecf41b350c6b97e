"""Transactions and column types on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.identity.model import Person
from bot.storage.database import Database
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
    assert {"Person", "Conversation", "InboxMessage", "OutboxMessage", "Ticket", "Template"} <= {
        model.__name__ for model in ALL_MODELS
    }
