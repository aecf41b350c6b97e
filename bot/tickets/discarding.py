"""Files of staff's that were taken off something. A file may go with a canned reply and with any number of messages, so
that it is looked at only later whether anything still has it (``conversation.sweeping``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.tickets.model import DiscardedFile

COMMITTED = timedelta(hours=1)
"""After this a reply that took a file along before it was taken off is committed, and known to have it."""


def discard(session: Session, paths: Iterable[str], due_at: datetime) -> None:
    """Have files go from the disk, from ``due_at`` on, if nothing has them then. ``paths``: in the data directory."""
    session.add_all(DiscardedFile(path=path, due_at=due_at) for path in paths)
    session.flush()
