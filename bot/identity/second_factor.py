"""A second factor at the sign-in: one-time codes by time (RFC 6238: six digits, 30 seconds), and recovery codes.

The secret has to be kept as it is, or no code could be checked: it is shown while it is set up, never after, and not
logged. Of recovery codes only SHA-256 is kept; 80 random bits need no slow hash. Guesses are limited where tries to
sign in are (``sessions.count_try``). The caller commits.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity.model import RecoveryCode, SecondFactor

STEP_SECONDS = 30
AROUND = (0, -1, 1)
"""Steps whose codes are taken: the clock of a phone may be off, and typing takes a while."""
RECOVERY_CODES = 10
_SPACING = re.compile(r"[\s-]")


@dataclass(frozen=True, slots=True)
class Factor:
    """``since``: when it was confirmed; until then it does not count, and ``secret`` is there to be shown.
    ``recovery_codes``: how many are left."""

    since: datetime | None
    secret: str | None = field(repr=False)
    recovery_codes: int


def of(session: Session, account_id: int) -> Factor | None:
    """The account's second factor, one that is being set up too."""
    row = session.get(SecondFactor, account_id)
    if row is None:
        return None
    left = session.scalar(select(func.count()).where(RecoveryCode.account_id == account_id))
    return Factor(row.confirmed_at, None if row.confirmed_at else row.secret, left or 0)


def is_on(session: Session, account_id: int) -> bool:
    """Whether the account needs a code to sign in."""
    factor = session.get(SecondFactor, account_id)
    return factor is not None and factor.confirmed_at is not None


def begin(session: Session, account_id: int) -> None:
    """Set one up, with a new secret. Raises NotAllowed when there is one that counts."""
    if is_on(session, account_id):
        raise NotAllowed("There is a second factor already.")
    take_away(session, account_id)
    session.add(SecondFactor(account_id=account_id, secret=pyotp.random_base32()))
    session.flush()


def confirm(session: Session, account_id: int, code: str, now: datetime) -> Sequence[str] | None:
    """From now on the second factor counts; returns the recovery codes, which are stored nowhere. None when the code is
    wrong, or nothing is being set up."""
    row = session.get(SecondFactor, account_id, with_for_update=True)
    if row is None or row.confirmed_at is not None or not _take(session, row, code, now):
        return None
    row.confirmed_at = now
    return new_recovery_codes(session, account_id)


def new_recovery_codes(session: Session, account_id: int) -> Sequence[str]:
    """In the place of those that are left; stored nowhere."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account_id, code_hash=_hash(each)) for each in codes)
    session.flush()
    return codes


def accept(session: Session, account_id: int, code: str, now: datetime) -> bool:
    """Whether the code is right: one of the moment that was not used yet, or a recovery code, which is then gone."""
    row = session.get(SecondFactor, account_id)
    if row is None or row.confirmed_at is None:
        return False
    if _take(session, row, code, now):
        return True
    spent = delete(RecoveryCode).where(RecoveryCode.account_id == account_id, RecoveryCode.code_hash == _hash(code))
    return session.execute(spent.returning(RecoveryCode.id)).first() is not None


def take_away(session: Session, account_id: int) -> bool:
    """The account signs in with its password alone again; whether there was a second factor that counted."""
    was_on = is_on(session, account_id)
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))
    return was_on


def address(secret: str, username: str, issuer: str) -> str:
    """What an authenticator reads from the QR code."""
    return pyotp.TOTP(secret, name=username, issuer=issuer.replace(":", " ")).provisioning_uri()


def _take(session: Session, row: SecondFactor, code: str, now: datetime) -> bool:
    """Whether it is a code of the moment. Each step's is taken once, and none that is older than the last one taken:
    the database decides, so that of two who try it at once one gets in."""
    step = _step(row.secret, _plain(code), now)
    if step is None:
        return False
    used = (
        update(SecondFactor)
        .where(
            SecondFactor.account_id == row.account_id,
            or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step),
        )
        .values(last_step=step)
        .returning(SecondFactor.account_id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(used).first() is not None


def _step(secret: str, code: str, now: datetime) -> int | None:
    totp, step = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    matching = [step + by for by in AROUND if hmac.compare_digest(totp.generate_otp(step + by), code)]
    return matching[0] if matching else None


def _recovery_code() -> str:
    letters = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _plain(code: str) -> str:
    """As it is compared: how it is spaced does not matter, nor what is no ASCII, which no code has."""
    return _SPACING.sub("", code).lower().encode("ascii", "replace").decode()[:64]


def _hash(code: str) -> str:
    return sha256(_plain(code).encode()).hexdigest()
