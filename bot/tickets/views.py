"""Looks at the inbox that somebody keeps under a name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.tickets.model import SavedView

LONGEST_NAME, LONGEST_QUERY = 40, 300
MOST = 20


def keep(session: Session, username: str, name: str, query: str) -> None:
    """Keep what the inbox is asked for; under a name that he has already in its stead. Raises NotAllowed: no name, or
    too many."""
    name = " ".join(name.replace("\0", "").split())[:LONGEST_NAME]
    if not name or len(query) > LONGEST_QUERY:
        raise NotAllowed("A view needs a name.")
    session.execute(delete(SavedView).where(SavedView.username == username, SavedView.name == name))
    if (session.scalar(select(func.count()).where(SavedView.username == username)) or 0) >= MOST:
        raise NotAllowed(f"There are {MOST} views already.")
    session.add(SavedView(username=username, name=name, query=query))
    session.flush()


def of(session: Session, username: str) -> Sequence[SavedView]:
    """His views, by name."""
    return session.scalars(select(SavedView).where(SavedView.username == username).order_by(SavedView.name)).all()


def forget(session: Session, username: str, view: int) -> bool:
    """Forget one of his views; whether there was one."""
    mine = (SavedView.id == view, SavedView.username == username)
    return session.execute(delete(SavedView).where(*mine).returning(SavedView.id)).first() is not None
