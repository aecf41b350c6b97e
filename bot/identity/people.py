"""People as the rest of the house sees them: what is known of somebody, and what a guest tells us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, and_, bindparam, select
from sqlalchemy.orm import Session

from bot.identity.limits import LOOK_BACK, Standing, standing
from bot.identity.model import IdentityAttempt, Person, Proof
from bot.identity.numbers import normal_number
from bot.identity.senders import Resolved, Sender, resolve

__all__ = ["PersonFacts", "Resolved", "Sender", "facts", "keep_stated", "resolve", "standing_of", "update_guest"]


_PERSON, _PROOF = cast(Table, Person.__table__), cast(Table, Proof.__table__)
_TRIED = cast(Table, IdentityAttempt.__table__)
# Statements of every turn are put together once: that costs more than running them.
_FACTS = (
    select(
        _PERSON.c.kind, _PERSON.c.name, _PERSON.c.email, _PROOF.c.number, _PERSON.c.blocked_at, _PERSON.c.blocked_told
    )
    .outerjoin(
        _PROOF,
        and_(
            _PROOF.c.person_id == _PERSON.c.id,
            _PROOF.c.proven_at <= bindparam("now"),
            _PROOF.c.expires_at > bindparam("now"),
        ),
    )
    .where(_PERSON.c.id == bindparam("person"))
    .order_by(_PROOF.c.proven_at.desc(), _PROOF.c.id.desc())
    .limit(1)
)
_FAILURES = select(_TRIED.c.at).where(
    _TRIED.c.person_id == bindparam("person"), _TRIED.c.at > bindparam("since"), _TRIED.c.forgiven.is_(False)
)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of a person at one moment.

    ``kind``: unknown, guest, student or staff; the last two only while a proof holds, and ``number`` likewise.
    ``name`` and ``email`` are the roster's while a proof holds, else what a guest told us (never checked).
    ``locked_until``: no identity check before then; None when checks are open. ``blocked_at``: since when the assistant
    does not answer him, ``blocked_told``: whether he knows.
    """

    id: int
    kind: str
    name: str | None
    email: str | None
    number: str | None
    proven: bool
    locked_until: datetime | None
    blocked_at: datetime | None = None
    blocked_told: bool = False


def facts(session: Session, person_id: int, now: datetime) -> PersonFacts:
    """What is known of the person at ``now``. Raises KeyError when there is no such person."""
    row = session.execute(_FACTS, {"person": person_id, "now": now}).one_or_none()
    if row is None:
        raise KeyError(f"no person {person_id}")
    kind, name, email, number, *blocked = row
    if number is None and kind not in ("unknown", "guest"):
        # The proof has run out: who he is is open again, and the roster's data are not his to see.
        kind, name, email = "unknown", None, None
    locked_until = standing_of(session, person_id, now).locked_until
    return PersonFacts(person_id, kind, name, email, number, number is not None, locked_until, *blocked)


def standing_of(session: Session, person_id: int, now: datetime) -> Standing:
    """The person's failed checks that still matter, and the lock they make."""
    return standing(session.scalars(_FAILURES, {"person": person_id, "since": now - LOOK_BACK}), now)


def update_guest(session: Session, person_id: int, name: str | None, email: str | None) -> None:
    """Keep what a guest says of himself; what he was not asked for (None) stays as it is known. Only for somebody
    without a valid proof: it replaces the roster's data of a proof that ran out. Raises KeyError when there is no such
    person."""
    person = session.get(Person, person_id)
    if person is None:
        raise KeyError(f"no person {person_id}")
    person.kind = "guest"
    if name is not None:
        person.name = name.replace("\0", "").strip()[:200]
    if email is not None:
        person.email = email.replace("\0", "").strip()[:254]
    session.flush()


def keep_stated(session: Session, person_id: int, number: str, name: str | None, email: str | None) -> None:
    """Keep what staff wrote down of somebody without a valid proof who says that he is of the house. None of it is
    believed: he stays unknown, or the guest who he said he is. Raises KeyError when there is no such person."""
    person = session.get(Person, person_id)
    if person is None:
        raise KeyError(f"no person {person_id}")
    if person.kind not in ("unknown", "guest"):
        person.kind, person.name, person.email = "unknown", None, None
    person.stated_number = normal_number(number)[:32] or None
    person.name = name.replace("\0", "").strip()[:200] if name else person.name
    person.email = email.replace("\0", "").strip()[:254] if email else person.email
    session.flush()
