"""People whom the assistant does not answer: what they write is kept, and staff read it. Agents may answer them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity import audit
from bot.identity.model import Person


def block(session: Session, person: Person, why: str, actor: str, now: datetime) -> bool:
    """The assistant answers the person no more, and tells him so once, when he writes; False where it is so already.
    Raises NotAllowed without a reason."""
    why = why.replace("\0", "").strip()
    if not why:
        raise NotAllowed("Why somebody is blocked must be written down; nothing was changed.")
    session.refresh(person, with_for_update=True)
    if person.blocked_at is not None:
        return False
    person.blocked_at, person.blocked_by, person.blocked_told = now, actor, False
    audit.note(session, actor, "person blocked", audit.about_person(person.id), now, {"why": why})
    return True


def unblock(session: Session, person: Person, actor: str, now: datetime) -> bool:
    """The assistant answers the person again, from his next message on; False where it does already."""
    session.refresh(person, with_for_update=True)
    if person.blocked_at is None:
        return False
    person.blocked_at = person.blocked_by = None
    audit.note(session, actor, "person unblocked", audit.about_person(person.id), now)
    return True


def note_told(session: Session, person_id: int) -> None:
    """He knows that the assistant does not answer him."""
    session.execute(update(Person).where(Person.id == person_id).values(blocked_told=True))


def follow(session: Session, loser: int, winner: int) -> None:
    """Two people turned out to be one: a block is not escaped by that."""
    left, kept = session.get_one(Person, loser), session.get_one(Person, winner)
    if left.blocked_at is not None and kept.blocked_at is None:
        kept.blocked_at, kept.blocked_by, kept.blocked_told = left.blocked_at, left.blocked_by, left.blocked_told
        session.flush()
