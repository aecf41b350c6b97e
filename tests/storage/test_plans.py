"""The queries that are asked at every message look at what is to be done, not at all that was ever done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.conversation import files, keeping, outbox, taking, worker
from bot.conversation.backlog import backlogs
from bot.procedures.rules import Retention
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.tickets import lookup, service
from bot.tickets.lifecycle import LIVE
from tests.conftest import FakeClock
from tests.conversation.conftest import Core


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """Only SQLite: PostgreSQL plans by how much there is, and knows parameters when it plans. With the migrations'
    schema: of two indexes that are as good SQLite takes the one that was made last."""
    db = Database(f"sqlite:///{tmp_path / 'sapa.db'}")
    migrate(db)
    yield db
    db.close()


@contextmanager
def plans(db: Database) -> Iterator[list[str]]:
    """The plans of all that is asked inside."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    found: list[str] = []
    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)
    with db.engine.connect() as connection:
        for statement, parameters in asked:
            found += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def _backlogs(session: Session, _clock: FakeClock) -> None:
    backlogs(session)


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (
            lambda s, clock: s.execute(worker._WAITING, {"channels": ["fake"], "now": clock(), "room": 16}),
            {"ix_inbox_message_pending"},
        ),
        (
            lambda s, clock: taking.prepare(s, 1, clock()),
            {"ix_inbox_message_pending", "ix_inbox_message_conversation_id"},
        ),
        (
            lambda s, clock: outbox.heads(s, "fake", clock(), 8),
            {"ix_outbox_message_open", "ix_outbox_message_waiting"},
        ),
        (lambda s, clock: files._due(s, ["fake"], clock()), {"ix_attachment_pending"}),
        (_backlogs, {"ix_inbox_message_pending", "ix_outbox_message_", "ix_attachment_pending"}),
    ],
)
def test_what_is_to_be_done_is_found_by_its_own_index(
    sqlite: Database, clock: FakeClock, tmp_path: Path, ask: Callable[[Session, FakeClock], Any], indexes: set[str]
) -> None:
    core = Core(sqlite, clock, tmp_path)
    core.receive(core.incoming("halo"))
    with plans(sqlite) as found, sqlite.read() as session:
        ask(session, clock)
    assert all(any(index in plan for plan in found) for index in indexes), found
    assert not [plan for plan in found if plan.startswith("SCAN") and "INDEX" not in plan]
    assert not [plan for plan in found if "autoindex" in plan and "channel=?" in plan]


def test_files_of_ours_that_are_too_old_are_found_without_reading_every_message(
    sqlite: Database, clock: FakeClock
) -> None:
    rule = Retention(conversations=timedelta(days=100), files=timedelta(days=30))
    with plans(sqlite) as found, sqlite.read() as session:
        keeping.due(session, rule, clock())
    assert any("outbox_message USING INDEX ix_outbox_message_files" in plan for plan in found), found
    assert any("ix_ticket_person_id" in plan for plan in found)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda session: service.open_tickets(session, person_id=1), "ix_ticket_person_id (person_id=? AND status=?)"),
        (lambda session: lookup.latest_ended(session, 1), "ix_ticket_person_id (person_id=? AND status=?)"),
        (lambda session: service.open_tickets(session, conversation_id=1), "ix_ticket_conversation_id"),
        (lambda session: service.listing(session, statuses=LIVE), "ix_ticket_queue (status=?)"),
    ],
)
def test_tickets_are_found_without_looking_at_all_of_them(
    sqlite: Database, ask: Callable[[Session], Any], index: str
) -> None:
    with plans(sqlite) as found, sqlite.read() as session:
        ask(session)
    assert any(index in plan for plan in found), found
    assert not [plan for plan in found if plan.startswith("SCAN")]
