"""Writes that share a transaction."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversation.writing import Writer
from bot.identity.model import Person
from bot.storage.database import Database
from tests.conftest import FakeClock, make_tables


def people(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def together(db: Database, *work: Any) -> list[Any]:
    """What each came to: its result, or the exception it raised."""

    async def main() -> list[Any]:
        write = Writer(db)
        return await asyncio.gather(*(write(each) for each in work), return_exceptions=True)

    return asyncio.run(main())


@pytest.fixture
def add(clock: FakeClock) -> Any:
    def work(session: Session) -> str:
        session.add(Person(created_at=clock()))
        return "added"

    return work


def test_each_gets_what_its_own_work_returned(db: Database, add: Any) -> None:
    assert together(db, add, lambda session: 2, add) == ["added", 2, "added"]
    assert people(db) == 2


def test_one_that_fails_takes_nobody_with_it(db: Database, add: Any) -> None:
    def half(session: Session) -> None:
        add(session)
        session.flush()
        raise KeyError("no such thing")

    first, failed, last = together(db, add, half, add)
    assert (first, last) == ("added", "added")
    assert isinstance(failed, KeyError)
    assert people(db) == 2


def test_what_comes_later_sees_what_was_written_before(db: Database, add: Any) -> None:
    def count(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(Person)) or 0

    async def main() -> int:
        write = Writer(db)
        await write(add)
        return await write(count)

    assert asyncio.run(main()) == 1


def test_work_of_one_moment_shares_one_transaction(tmp_path: Any, add: Any) -> None:

    db = make_tables(Database(f"sqlite:///{tmp_path / 'sapa.db'}"))
    seen: list[int] = []

    def work(session: Session) -> None:
        seen.append(id(session.connection()))
        add(session)

    together(db, *[work] * 5)
    db.close()
    assert len(seen) == 5
    assert len(set(seen)) < 5


def test_where_no_transaction_can_be_begun_everybody_is_told(db: Database, add: Any) -> None:
    class Gone(Exception):
        pass

    class Broken:
        sqlite = True

        def write(self) -> Any:
            raise Gone

    found = together(Broken(), add, add)  # type: ignore[arg-type]
    assert [type(each) for each in found] == [Gone, Gone]
