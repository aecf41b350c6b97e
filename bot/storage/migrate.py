"""Bringing a database to the newest schema. Migrations only go forward."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x5A9A


def migrate(db: Database) -> None:
    """Apply what is missing, in one transaction; of several processes one does it and the others wait."""
    with db.engine.begin() as connection:
        if not db.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(config(connection), "head")


def at_head(db: Database) -> bool:
    """Whether the database has the newest schema."""
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory(str(FOLDER)).get_current_head()


def config(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["connection"] = connection
    return made
