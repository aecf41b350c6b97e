"""What SQLite keeps of rows that are gone: their words in the index of the search, until its parts are merged, and
their pages in the write-ahead log. Freed pages are overwritten as they are freed (``secure_delete``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import text

from bot.storage.database import Database

PAGES = 200
"""Merged at a step; where there are 100,000 tickets, all of them took 0.7 s, and no step more than 0.2 s."""
# Of FTS5: a negative number begins to merge all parts into one; less than two changes say that nothing is left to do.
_MERGE = text("INSERT INTO search_words (search_words, rank) VALUES ('merge', :pages)")
_CHANGES = text("SELECT total_changes()")


def remove(db: Database) -> Iterator[None]:
    """Take it out of the files, a little at each step. On PostgreSQL that is the server's own work."""
    if not db.sqlite:
        return
    pages, changed = -PAGES, 2
    while changed >= 2:
        with db.write() as session:
            before = session.execute(_CHANGES).scalar_one()
            session.execute(_MERGE, {"pages": pages})
            changed, pages = session.execute(_CHANGES).scalar_one() - before, PAGES
        yield
    # Not within a transaction. Where somebody reads meanwhile, a part is left for SQLite's own next one.
    with closing(db.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
