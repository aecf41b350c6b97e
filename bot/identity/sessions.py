"""Signing in and staying signed in. The caller commits.

A session ends ``IDLE`` after its last use and ``LONGEST`` after the sign-in, whatever comes first. Tries are counted
before the password is looked at, so that many at once are no way around the limits, and alike for names that there are
and that there are not.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from bot.identity.model import Account, SecondFactor, SignInAttempt, StaffSession

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
NOTED_EVERY = timedelta(minutes=5)
"""How exactly the last use is known: not every request writes."""
FOR_THE_CODE = timedelta(minutes=5)
"""So long after the password the code may come."""
WINDOW = timedelta(minutes=15)
FROM_ONE_PLACE, FOR_ONE_NAME, FROM_ONE_ADDRESS = 5, 50, 50
"""Tries within ``WINDOW``: for a name from one address, for a name from anywhere, from an address for any names."""


class TooManyTries(Exception):
    """Nothing was looked at; ``wait`` says when it may be tried again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many tries to sign in")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in. ``session_id``: by which session. ``second_factor``: whether he has one. ``password_given``:
    whether he has to choose a password of his own. ``seen_at``: the last use of the session that was noted."""

    session_id: int
    account_id: int
    username: str
    name: str
    role: str
    seen_at: datetime
    second_factor: bool = False
    password_given: bool = False

    def needs_noting(self, now: datetime) -> bool:
        """Whether the last use that is known is so old that this one should be noted."""
        return self.seen_at <= now - NOTED_EVERY


def count_try(session: Session, username: str, address: str, now: datetime) -> None:
    """Note a try to sign in. Raises TooManyTries. On success call ``forget_tries``."""
    since = now - WINDOW
    name, place = _name(username), _hash(address)
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= since))
    tries = session.execute(
        select(SignInAttempt.at, SignInAttempt.username == name, SignInAttempt.address == place)
        .where((SignInAttempt.username == name) | (SignInAttempt.address == place))
        .order_by(SignInAttempt.at.desc())
    ).all()
    for most, counted in (
        (FROM_ONE_PLACE, [at for at, same_name, same_place in tries if same_name and same_place]),
        (FOR_ONE_NAME, [at for at, same_name, _ in tries if same_name]),
        (FROM_ONE_ADDRESS, [at for at, _, same_place in tries if same_place]),
    ):
        if len(counted) >= most:
            raise TooManyTries(counted[most - 1] + WINDOW - now)
    session.add(SignInAttempt(username=name, address=place, at=now))


def forget_tries(session: Session, username: str, address: str) -> None:
    """The password was right: what was typed wrongly before no longer counts, from this address."""
    mine = (SignInAttempt.username == _name(username), SignInAttempt.address == _hash(address))
    session.execute(delete(SignInAttempt).where(*mine))


def begin(session: Session, account: Account, device: str, now: datetime, *, wants_code: bool = False) -> str:
    """A new session; returns its token, which is stored nowhere. Sessions that are over are forgotten. ``wants_code``:
    nobody is signed in by it yet, and it is over soon."""
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            account_id=account.id,
            token_hash=_hash(token),
            device=device[:200],
            created_at=now,
            seen_at=now,
            expires_at=now + (FOR_THE_CODE if wants_code else min(IDLE, LONGEST)),
            wants_code=wants_code,
        )
    )
    session.flush()
    return token


def signed_in(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Who a token stands for, if its session goes on."""
    with_code = exists().where(SecondFactor.account_id == Account.id, SecondFactor.confirmed_at.is_not(None))
    row = session.execute(
        select(
            StaffSession.id,
            Account.id,
            Account.username,
            Account.name,
            Account.role,
            StaffSession.seen_at,
            with_code,
            Account.password_given,
        )
        .join(Account, Account.id == StaffSession.account_id)
        .where(
            StaffSession.token_hash == _hash(token),
            StaffSession.expires_at > now,
            StaffSession.wants_code.is_(False),
            Account.deactivated_at.is_(None),
        )
    ).one_or_none()
    return SignedIn(*row) if row is not None else None


def wanting_code(session: Session, token: str, now: datetime) -> tuple[Account, int] | None:
    """Whose password was right and whose code is still to come, and the id of that session."""
    row = session.execute(
        select(Account, StaffSession.id)
        .join(StaffSession, StaffSession.account_id == Account.id)
        .where(
            StaffSession.token_hash == _hash(token), StaffSession.expires_at > now, StaffSession.wants_code.is_(True)
        )
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


def note_use(session: Session, session_id: int, now: datetime) -> None:
    """The session is in use and goes on."""
    created = session.scalar(select(StaffSession.created_at).where(StaffSession.id == session_id))
    if created is not None:
        until = min(now + IDLE, created + LONGEST)
        session.execute(update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now, expires_at=until))


def of_account(session: Session, account_id: int, now: datetime) -> Sequence[StaffSession]:
    """The sessions that go on, the one used last first."""
    wanted = select(StaffSession).where(
        StaffSession.account_id == account_id, StaffSession.expires_at > now, StaffSession.wants_code.is_(False)
    )
    return session.scalars(wanted.order_by(StaffSession.seen_at.desc(), StaffSession.id.desc())).all()


def end(session: Session, account_id: int, session_id: int) -> bool:
    """End a session of the account's own; whether there was one."""
    mine = (StaffSession.id == session_id, StaffSession.account_id == account_id)
    return session.execute(delete(StaffSession).where(*mine).returning(StaffSession.id)).first() is not None


def end_all(session: Session, account_id: int, *, but: int | None = None) -> None:
    """End all sessions of the account, but one where that is named."""
    session.execute(delete(StaffSession).where(StaffSession.account_id == account_id, StaffSession.id != (but or 0)))


def going_on(session: Session, now: datetime) -> Sequence[tuple[StaffSession, Account]]:
    """Everybody's sessions that go on, the one used last first."""
    wanted = (
        select(StaffSession, Account)
        .join(Account, Account.id == StaffSession.account_id)
        .where(StaffSession.expires_at > now, StaffSession.wants_code.is_(False))
        .order_by(StaffSession.seen_at.desc(), StaffSession.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def _name(username: str) -> str:
    return username.strip().lower().replace("\0", "")[:64]


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
