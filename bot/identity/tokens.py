"""Tokens by which other programs use the API, each as an account of the staff. The caller commits.

A token is shown once, when it is made. It has 256 bits of chance, so its plain SHA-256 tells nobody anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, get_args

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity import audit
from bot.identity.model import Account, ApiToken

Scope = Literal[
    "people:read", "people:write", "conversations:read", "tickets:read", "tickets:write", "knowledge:read",
    "knowledge:write", "reports:read", "duty:read", "duty:write", "webhooks:read", "webhooks:write", "texts:read",
]  # fmt: skip
"""``texts:read``: what people and staff wrote (messages, subjects, notes), wherever another scope lets see it."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "sapa_"
"""By it scanners find a token that was published by mistake."""
HINT = len(PREFIX) + 6
NAME_LENGTH = 120
TERMINAL = "terminal"
"""Who gives commands there; it knows nobody by name."""
NOTED_EVERY = timedelta(minutes=5)
"""How exactly the last use is known: not every request writes."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for, and what it was given."""

    token_id: int
    username: str
    role: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    def needs_noting(self, now: datetime) -> bool:
        """Whether its last use is to be noted."""
        return self.used_at is None or now - self.used_at >= NOTED_EVERY


def make(
    session: Session, username: str, name: str, scopes: Collection[str], now: datetime, lasts: timedelta | None = None,
    *, by: str = TERMINAL,
) -> tuple[ApiToken, str]:  # fmt: skip
    """A token for the account, and its text, which cannot be had again. ``lasts``: how long; None: until it is revoked.
    ``by``: who made it. Raises NotAllowed: there is no such account (that is open) or scope; no scope or no name is
    given."""
    account = session.scalar(select(Account).where(Account.username == username, Account.deactivated_at.is_(None)))
    if account is None:
        raise NotAllowed(f"There is no staff account {username}.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise NotAllowed(f"There is no scope {', '.join(unknown)}; there are {', '.join(SCOPES)}.")
    name = " ".join(name.replace("\0", "").split())[:NAME_LENGTH]
    if not name or not scopes:
        raise NotAllowed("A token needs a name and a scope.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        account_id=account.id, name=name, token_hash=_hash(text), hint=text[:HINT],
        scopes=[scope for scope in SCOPES if scope in scopes], created_at=now,
        expires_at=now + lasts if lasts else None,
    )  # fmt: skip
    session.add(token)
    session.flush()
    given = {"name": name, "account": username, "scopes": token.scopes}
    audit.note(session, by, "token made", f"token {token.id}", now, given)
    return token, text


def find(session: Session, text: str, now: datetime) -> Bearer | None:
    """Whom the token stands for; None where it is none, is over or was revoked, or the account is closed."""
    row = session.execute(
        select(ApiToken, Account.username, Account.role)
        .join(Account, Account.id == ApiToken.account_id)
        .where(
            ApiToken.token_hash == _hash(text),
            ApiToken.revoked_at.is_(None),
            Account.deactivated_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
        )
    ).one_or_none()
    if row is None:
        return None
    token, username, role = row
    scopes = frozenset(token.scopes)
    return Bearer(token.id, username, role, token.name, scopes, token.created_at, token.expires_at, token.used_at)


def note_use(session: Session, token_id: int, now: datetime) -> None:
    """It was used."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))


def all_tokens(session: Session) -> Sequence[tuple[ApiToken, str]]:
    """Every token with the user name it stands for, the newest first; those that are over or revoked too."""
    wanted = select(ApiToken, Account.username).join(Account, Account.id == ApiToken.account_id)
    return [(token, username) for token, username in session.execute(wanted.order_by(ApiToken.id.desc()))]


def revoke(session: Session, token_id: int, now: datetime, *, by: str = TERMINAL) -> ApiToken:
    """From now on it is good for nothing. ``by``: who says so. Raises NotAllowed when there is none, or it was revoked
    already."""
    token = session.get(ApiToken, token_id)
    if token is None:
        raise NotAllowed(f"There is no token {token_id}.")
    if token.revoked_at is not None:
        raise NotAllowed(f"Token {token_id} was revoked already.")
    token.revoked_at = now
    audit.note(session, by, "token revoked", f"token {token_id}", now)
    return token


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
