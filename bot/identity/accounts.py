"""Accounts of the care center's staff. Passwords are kept as Argon2id hashes and shown once, when they are made."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import STAFF_ROLES
from bot.errors import NotAllowed
from bot.identity.model import Account

RESERVED = frozenset({"assistant", "system", "person", "unit"})
"""Names that stand for somebody else wherever an account's name may stand."""
LONGEST_PASSWORD = 1024
DEMO_ACCOUNTS = (
    ("rina", "Rina Mulyani", "agent"),
    ("dewi", "Dewi Anggraini", "agent"),
    ("sri", "Sri Hartati", "supervisor"),
    ("admin", "Administrator", "administrator"),
)
"""(username, name, role)."""

_CONSONANTS = "bcdfghjklmnprstw"
_VOWELS = "aeiou"
_GROUPS, _SYLLABLES = 4, 3
_HASHER = PasswordHasher()


def generate_password() -> str:
    """Twelve syllables that can be read aloud, ``bakulo-tefima-sudoga-rinepe``: 75 bits (12 × log2(16 × 5))."""
    return "-".join(
        "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(_SYLLABLES))
        for _ in range(_GROUPS)
    )


def create_account(session: Session, username: str, name: str, role: str, password: str, now: datetime) -> Account:
    """A new account. Raises NotAllowed for a name that is taken or reserved, ValueError for one that is no name (small
    letters, digits, dot, dash, underscore) and for an unknown role or an empty or endless password."""
    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,63}", username):
        raise ValueError(f"{username!r} cannot be a username: small letters, digits and . _ - only")
    if role not in STAFF_ROLES:
        raise ValueError(f"{role!r} is no role; roles: {', '.join(STAFF_ROLES)}")
    if not 1 <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"a password has 1 to {LONGEST_PASSWORD} characters")
    if username in RESERVED or session.scalar(select(Account.id).where(Account.username == username)) is not None:
        raise NotAllowed(f"The username {username} is taken.")
    account = Account(username=username, name=name, role=role, password=hash_password(password), created_at=now)
    session.add(account)
    session.flush()
    return account


def hash_password(password: str) -> str:
    """As it is kept."""
    return _HASHER.hash(password)


def verify(session: Session, username: str, password: str) -> Account | None:
    """The account, if the password is its own and it is not closed. Takes as long for somebody unknown."""
    named = select(Account).where(Account.username == username.strip().lower()[:64], Account.deactivated_at.is_(None))
    account = session.scalars(named).one_or_none()
    nobody = _nobody()
    try:
        _HASHER.verify(account.password if account else nobody, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    return account


def create_demo_accounts(session: Session, now: datetime) -> list[tuple[str, str, str]]:
    """Those demo accounts that are not there yet: (username, role, password), to be shown this once."""
    there = set(session.scalars(select(Account.username)))
    made: list[tuple[str, str, str]] = []
    for username, name, role in DEMO_ACCOUNTS:
        if username not in there:
            password = generate_password()
            create_account(session, username, name, role, password, now)
            made.append((username, role, password))
    return made


@cache
def _nobody() -> str:
    return _HASHER.hash(generate_password())
