"""Files of staff's that nothing has any more go from the disk: they were taken off a canned reply, are too old, or went
to a person who was erased."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.model import CARRIES_FILES, OutboxMessage
from bot.storage.database import Database
from bot.tickets.canned import Canned
from bot.tickets.model import CannedReply, DiscardedFile

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Files a transaction."""
READ_AT_ONCE = 1000


def sweep(db: Database, data_dir: Path, now: datetime) -> Iterator[None]:
    """Remove what was discarded and is due, a little at each step. What something still has is discarded anew when that
    lets go of it. A file that cannot be removed is logged, and tried again in the next run."""
    with db.stream() as session:
        due = select(DiscardedFile.id, DiscardedFile.path).where(DiscardedFile.due_at <= now)
        rows = session.execute(due.order_by(DiscardedFile.id)).all()
        needed = _needed(session, {row.path for row in rows}) if rows else frozenset()
    for start in range(0, len(rows), AT_ONCE):
        piece = rows[start : start + AT_ONCE]
        # First the files: who dies between has them removed once more.
        done = [row.id for row in piece if row.path in needed or _removed(data_dir / row.path)]
        with db.write() as session:
            session.execute(delete(DiscardedFile).where(DiscardedFile.id.in_(done)))
        yield


def _needed(session: Session, paths: Collection[str]) -> frozenset[str]:
    """Which of these something has: a message, whatever became of it, or a canned reply."""
    sent = select(OutboxMessage.origin).where(CARRIES_FILES).execution_options(yield_per=READ_AT_ONCE)
    found = {file.path for origin in session.scalars(sent) for file in enclosing.of(origin)}
    found |= {file.path for row in session.scalars(select(CannedReply)) for file in Canned.of(row).files}
    return frozenset(found.intersection(paths))


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.error("the file %s could not be removed: %s", path.name, error.strerror)
        return False
    return True
