"""Migrations: one head, forward only, and the same schema as the models on both databases."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bot.conversation.search import search
from bot.knowledge.content import Content
from bot.knowledge.snapshot import TemplateWords
from bot.knowledge.store import load
from bot.storage.base import Base
from bot.storage.database import Database
from bot.storage.migrate import FOLDER, at_head, config, migrate
from bot.storage.models import ALL_MODELS


def test_migrations_make_the_schema_of_the_models(database_url: str) -> None:
    db = Database(database_url)
    migrate(db)
    with db.engine.connect() as connection:
        # Words are kept in each database's own way, which no mapped class describes.
        known = {"include_name": lambda name, kind, _parents: kind != "table" or not name.startswith("search_words")}
        assert compare_metadata(MigrationContext.configure(connection, opts=known), Base.metadata) == []
        assert {model.__tablename__ for model in ALL_MODELS} <= set(inspect(connection).get_table_names())
    db.close()


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    db = Database(database_url)
    assert not at_head(db)
    migrate(db)
    migrate(db)
    assert at_head(db)
    db.close()


def test_there_is_one_head_and_no_way_back() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    revisions = list(scripts.walk_revisions())
    assert revisions
    assert len(scripts.get_heads()) == 1
    assert not any(hasattr(revision.module, "downgrade") for revision in revisions)


def test_templates_of_before_there_were_versions_become_first_versions(database_url: str) -> None:
    db = Database(database_url)
    with db.engine.begin() as connection:
        command.upgrade(config(connection), "0003")
        connection.execute(
            text(
                "INSERT INTO template VALUES ('ukt', 'keuangan', 'public', 'Biro', 'SK 1', '2026-11-01 00:00:00+00:00')"
            )
        )
        connection.execute(text("INSERT INTO template_text VALUES ('ukt', 'id', 'UKT', '[\"Apa itu UKT?\"]', 'Uang.')"))
    migrate(db)
    with db.read() as session:
        [ukt] = load(session).templates
        assert ukt == Content(
            "ukt", "keuangan", "public", "Biro", "SK 1", {"id": TemplateWords("UKT", ("Apa itu UKT?",), "Uang.")}
        )
    db.close()


def test_tickets_of_before_there_were_priorities_are_normal(database_url: str) -> None:
    db = Database(database_url)
    with db.engine.begin() as connection:
        command.upgrade(config(connection), "0003")
        now = "'2026-11-23 03:00:00+00:00'"
        connection.execute(text(f"INSERT INTO person (id, kind, created_at) VALUES (1, 'unknown', {now})"))
        connection.execute(
            text(
                "INSERT INTO conversation (id, person_id, channel, address, language, in_charge, epoch, created_at)"
                f" VALUES (1, 1, 'web', 'a', 'id', 'assistant', 0, {now})"
            )
        )
        connection.execute(
            text(
                "INSERT INTO ticket (id, number, conversation_id, person_id, subject, summary, kind, status, identity,"
                " language, created_at, due_at)"
                f" VALUES (1, 'CC-2026-000001', 1, 1, '', '', 'question', 'open', 'proven', 'id', {now}, {now})"
            )
        )
    migrate(db)
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT priority FROM ticket")) == "normal"
    db.close()


def test_what_was_written_before_there_was_a_search_is_found(database_url: str) -> None:
    db = Database(database_url)
    with db.engine.begin() as connection:
        command.upgrade(config(connection), "0014")
        now = "'2026-11-23 03:00:00+00:00'"
        for statement in (
            f"INSERT INTO person (id, kind, name, created_at) VALUES (1, 'guest', 'Agus', {now})",
            "INSERT INTO handle (person_id, channel, address, display_name, created_at)"
            f" VALUES (1, 'web', 'a', 'gus', {now})",
            "INSERT INTO conversation (id, person_id, channel, address, language, in_charge, epoch, created_at)"
            f" VALUES (1, 1, 'web', 'a', 'id', 'assistant', 0, {now})",
            "INSERT INTO ticket (id, number, conversation_id, person_id, subject, summary, kind, status, identity,"
            " language, created_at, due_at)"
            f" VALUES (1, 'CC-2026-000001', 1, 1, 'asrama', '', 'question', 'open', 'proven', 'id', {now}, {now})",
            "INSERT INTO ticket_event (ticket_id, at, actor, kind, data)"
            f""" VALUES (1, {now}, 'rina', 'noted', '{{"text": "dekan"}}')""",
            *(
                "INSERT INTO inbox_message (conversation_id, channel, external_id, kind, text, received_at, status,"
                f" attempts) VALUES (1, 'web', '{text}', 'message', '{text}', {now}, '{status}', 0)"
                for text, status in (("beasiswa", "done"), ("belum", "pending"))
            ),
            "INSERT INTO outbox_message (conversation_id, channel, author, epoch, text, status, attempts, next_try_at,"
            f" created_at) VALUES (1, 'web', 'rina', 0, 'rekening', 'sent', 0, {now}, {now})",
        ):
            connection.exec_driver_sql(statement)
    migrate(db)
    with db.read() as session:
        for typed in ("cc 2026 1", "agus asrama", "dekan", "beasiswa", "rekening", "gus"):
            assert [each.number for each in search(session, typed, limit=9)] == ["CC-2026-000001"], typed
        assert not search(session, "belum", limit=9)
    db.close()
