"""How long things are kept, as the profile says: who has been silent for too long is erased, as somebody is whom an
administrator erases, and files that are too old are removed; the message says that there was one.

Everything is done in small transactions, each of which makes sure anew that what it takes away is due: several may be
at work, one of them does it, and whoever stops in the middle begins again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.conversation import enclosing
from bot.conversation.erasing import erase, remove_files
from bot.conversation.model import (
    CARRIES_FILES,
    OPEN,
    Attachment,
    Conversation,
    InboxMessage,
    OutboxMessage,
    RetentionRun,
)
from bot.conversation.sweeping import sweep
from bot.identity.model import Person
from bot.procedures.rules import Retention
from bot.storage import leftovers
from bot.storage.database import Database
from bot.tickets.discarding import discard
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Forwarding, Ticket

log = logging.getLogger(__name__)

PEOPLE_LOOKED_UP, FILES_AT_ONCE = 50, 50
"""People found by one query (each is erased in a transaction of his own), and files a transaction."""
_CAME_WITH_FILES = text("forwarding.enclosed -> 'files' IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Limits:
    """``people``: who has last been heard from then or before is erased. ``files``: what came or went then or before is
    removed."""

    people: datetime
    files: datetime

    @classmethod
    def at(cls, now: datetime, rule: Retention) -> Limits:
        """What is due at ``now``."""
        return cls(now - rule.conversations, now - rule.files)


@dataclass(frozen=True, slots=True)
class Due:
    """How many people are to be erased, and how many files are to be removed besides."""

    people: int
    files: int


def due(session: Session, rule: Retention, at: datetime) -> Due:
    """What will have been kept long enough at that instant, if nobody is heard from until then."""
    limits = Limits.at(at, rule)

    def many(wanted: Select[int]) -> int:
        return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0

    returned = session.scalars(select(Forwarding.enclosed).where(Forwarding.id.in_(_returned(limits))))
    files = many(_received(limits)) + many(_sent(limits)) + sum(len(enclosing.of(each)) for each in returned)
    return Due(many(_silent(limits)), files)


def _silent(limits: Limits) -> Select[int]:
    """People of whom nobody has heard since, on any channel, whose last ticket ended before, too."""
    heard = select(Conversation.id).where(
        Conversation.person_id == Person.id, Conversation.last_from_person > limits.people
    )
    times = (Ticket.created_at, Ticket.resolved_at, Ticket.closed_at)
    busy = select(Ticket.id).where(
        Ticket.person_id == Person.id, or_(Ticket.status.in_(LIVE), *(at > limits.people for at in times))
    )
    return select(Person.id).where(
        Person.erased_at.is_(None), Person.created_at <= limits.people, ~heard.exists(), ~busy.exists()
    )


def _received(limits: Limits) -> Select[int]:
    wanted = select(Attachment.id).join(InboxMessage, InboxMessage.id == Attachment.inbox_id)
    old = (Attachment.status == "stored", InboxMessage.received_at <= limits.files)
    return wanted.where(*old, _at_rest(InboxMessage.conversation_id))


def _sent(limits: Limits) -> Select[int]:
    old = (CARRIES_FILES, OutboxMessage.created_at <= limits.files, OutboxMessage.status.not_in(OPEN))
    return select(OutboxMessage.id).where(*old, _at_rest(OutboxMessage.conversation_id))


def _returned(limits: Limits) -> Select[int]:
    """Forms of units that came back with files."""
    wanted = select(Forwarding.id).join(Ticket, Ticket.id == Forwarding.ticket_id)
    return wanted.where(_CAME_WITH_FILES, Forwarding.answered_at <= limits.files, Ticket.status.not_in(LIVE))


def _at_rest(conversation: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Files of a ticket that somebody still has to deal with are needed."""
    live = select(Ticket.id).where(Ticket.conversation_id == conversation, Ticket.status.in_(LIVE))
    return ~live.exists()


def carry_out(db: Database, data_dir: Path, rule: Retention, run_id: int, actor: str, now: datetime) -> Iterator[None]:
    """Do all that is due at ``now``, a little at each step, counted in the run. Somebody who cannot be erased is logged
    and left for the next run."""
    limits = Limits.at(now, rule)
    for people in _pieces(db, _silent(limits), Person.id, PEOPLE_LOOKED_UP):
        for person_id in people:
            try:
                _erase(db, data_dir, limits, run_id, person_id, actor, now)
            except Exception as error:
                log.error("person %s could not be erased", person_id, exc_info=error)
            yield
    for wanted, key, remove in (
        (_received(limits), Attachment.id, _remove_received),
        (_returned(limits), Forwarding.id, _remove_returned),
    ):
        for ids in _pieces(db, wanted, key, FILES_AT_ONCE):
            with db.write() as session:
                paths = remove(session, ids)
                _count(session, run_id, files=len(paths))
            remove_files(data_dir, paths)
            yield
    for ids in _pieces(db, _sent(limits), OutboxMessage.id, FILES_AT_ONCE):
        with db.write() as session:
            _count(session, run_id, files=_forget_sent(session, ids, now))
        yield
    yield from sweep(db, data_dir, now)
    yield from leftovers.remove(db)


def _pieces(db: Database, wanted: Select[int], key: InstrumentedAttribute[int], size: int) -> Iterator[Sequence[int]]:
    after = 0
    while True:
        with db.read() as session:
            ids = session.scalars(wanted.where(key > after).order_by(key).limit(size)).all()
        if not ids:
            return
        yield ids
        after = ids[-1]


def _erase(
    db: Database, data_dir: Path, limits: Limits, run_id: int, person_id: int, actor: str, now: datetime
) -> None:
    with db.write() as session:
        theirs = select(Conversation.id).where(Conversation.person_id == person_id)
        session.scalars(theirs.order_by(Conversation.id).with_for_update()).all()
        person = session.get_one(Person, person_id, with_for_update=True)
        # He may have written, or another process have been here, since he was found.
        if session.scalar(_silent(limits).where(Person.id == person_id)) is None:
            return
        paths = erase(session, person, actor, now)
        _count(session, run_id, people=1)
    remove_files(data_dir, paths)


def _remove_received(session: Session, ids: Sequence[int]) -> list[str]:
    wanted = select(Attachment).where(Attachment.id.in_(ids), Attachment.status == "stored").order_by(Attachment.id)
    paths = []
    for row in session.scalars(wanted.with_for_update()):
        paths += [row.path] if row.path else []
        row.status, row.path, row.error = "removed", None, None
    return paths


def _forget_sent(session: Session, ids: Sequence[int], now: datetime) -> int:
    wanted = select(OutboxMessage).where(OutboxMessage.id.in_(ids), CARRIES_FILES).order_by(OutboxMessage.id)
    count = 0
    for row in session.scalars(wanted.with_for_update()):
        files = enclosing.of(row.origin)
        count += len(files)
        discard(session, [file.path for file in files], now)
        row.origin = enclosing.without_files(row.origin)
    return count


def _remove_returned(session: Session, ids: Sequence[int]) -> list[str]:
    wanted = select(Forwarding).where(Forwarding.id.in_(ids), _CAME_WITH_FILES).order_by(Forwarding.id)
    paths = []
    for row in session.scalars(wanted.with_for_update()):
        paths += [file.path for file in enclosing.of(row.enclosed)]
        row.enclosed = enclosing.without_files(row.enclosed)
    return paths


def _count(session: Session, run_id: int, *, people: int = 0, files: int = 0) -> None:
    rises = {"people": RetentionRun.people + people, "files": RetentionRun.files + files}
    session.execute(update(RetentionRun).where(RetentionRun.id == run_id).values(rises))
