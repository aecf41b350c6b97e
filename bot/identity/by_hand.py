"""Staff made sure themselves who somebody is, by his card or otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity import audit
from bot.identity.checking import record_proof
from bot.identity.model import Person, RosterEntry
from bot.identity.numbers import normal_number

METHOD = "staff"


def prove(
    session: Session, person: Person, number: str, how: str, actor: str, now: datetime, lasts: timedelta
) -> RosterEntry:
    """Believe the person to be ``number`` of the roster for as long as ``lasts``, because ``actor`` made sure of it:
    ``how``. Raises NotAllowed: no such number, or how is not said."""
    how = how.replace("\0", "").strip()
    if not how:
        raise NotAllowed("How the identity was made sure of must be written down; nothing was changed.")
    entry = session.get(RosterEntry, normal_number(number))
    if entry is None:
        raise NotAllowed("The roster has no such number; nothing was changed.")
    record_proof(session, person.id, entry, now, lasts, METHOD)
    audit.note(
        session, actor, "identity proven", audit.about_person(person.id), now, {"number": entry.number, "how": how}
    )
    return entry
