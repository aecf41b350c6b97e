"""Is somebody who he says he is? Against the roster, without telling what was wrong, and not too often.

``check`` only reads; ``record_failure`` and ``record_proof`` are its effects, for the transaction of the turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.identity.extract import Claim
from bot.identity.limits import TRIES, TRIES_AGAINST_NUMBER, WINDOW, Standing
from bot.identity.model import IdentityAttempt, Person, Proof, RosterEntry
from bot.identity.names import same_name
from bot.identity.numbers import normal_number
from bot.identity.people import standing_of

Outcome = Literal["proven", "refused", "throttled", "locked", "incomplete"]
_NOBODY = ("Bambang Pamungkas Wirayudha", date.min)
"""Whom a claim with an unknown number is compared with."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    ``refused`` and ``throttled`` (too many guesses at this number by anybody) are failures to be recorded, and must
    look the same to the person; ``tries_left`` is what he has after this one, 0 when it locks him. ``locked``: nothing
    was looked at. ``incomplete``: a part of the claim is missing. ``entry`` only with ``proven``.
    """

    outcome: Outcome
    tries_left: int
    entry: RosterEntry | None = None

    @property
    def failed(self) -> bool:
        """Whether this is to be recorded as a failure."""
        return self.outcome in ("refused", "throttled")


def check(session: Session, person_id: int, claim: Claim, now: datetime) -> Verdict:
    """Compare a claim with the roster: number and date exactly, the name as ``same_name`` does.

    Does the same work whether the number exists or not, so that the time it takes tells nothing.
    """
    stands = standing_of(session, person_id, now)
    if stands.locked_until is not None:
        return Verdict("locked", 0)
    tries = TRIES - stands.failures
    if claim.number is None or claim.name is None or claim.birth_date is None:
        return Verdict("incomplete", tries)
    number = normal_number(claim.number)
    found = session.get(RosterEntry, number)
    throttled = _guesses(session, number, now) >= TRIES_AGAINST_NUMBER
    name, birth_date = (found.name, found.birth_date) if found else _NOBODY
    right = same_name(claim.name, name) & (claim.birth_date == birth_date)
    if found is not None and right and not throttled:
        return Verdict("proven", TRIES, found)
    return Verdict("throttled" if throttled else "refused", tries - 1)


def _guesses(session: Session, number: str, now: datetime) -> int:
    """Failed checks against ``number`` in the last 24 h, whoever made them. Proofs do not take them back."""
    wanted = select(func.count()).where(IdentityAttempt.number == number, IdentityAttempt.at > now - WINDOW)
    return session.scalar(wanted) or 0


def record_failure(session: Session, person_id: int, number: str, now: datetime) -> Standing:
    """Count a failed check against the person and against the number; returns where he stands now. During a lock
    nothing is counted, so a lock is never prolonged."""
    stands = standing_of(session, person_id, now)
    if stands.locked_until is not None:
        return stands
    session.add(IdentityAttempt(person_id=person_id, number=normal_number(number), at=now))
    session.flush()
    return standing_of(session, person_id, now)


def record_proof(
    session: Session, person_id: int, entry: RosterEntry, now: datetime, lasts: timedelta, method: str = "roster"
) -> None:
    """Believe the person to be ``entry`` for as long as ``lasts``, and forgive his failures. Raises KeyError when
    there is no such person."""
    person = session.get(Person, person_id)
    if person is None:
        raise KeyError(f"no person {person_id}")
    person.kind, person.name, person.email = entry.kind, entry.name, entry.email
    person.stated_number = None
    session.add(Proof(person_id=person_id, number=entry.number, method=method, proven_at=now, expires_at=now + lasts))
    session.execute(update(IdentityAttempt).where(IdentityAttempt.person_id == person_id).values(forgiven=True))
    session.flush()
