"""Accounts as administrators keep them. Everything lands in the audit trail; the caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.config import STAFF_ROLES
from bot.errors import NotAllowed
from bot.identity import audit, second_factor, sessions
from bot.identity.accounts import LONGEST_PASSWORD, create_account, generate_password, hash_password, verify
from bot.identity.model import Account, StaffContact

SHORTEST_PASSWORD = 10
LONGEST_NAME = 120


def by_username(session: Session, username: str, *, lock: bool = False) -> Account | None:
    """The account of that name, closed ones too. ``lock``: for this transaction alone until it ends."""
    wanted = select(Account).where(Account.username == username)
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def by_email(session: Session, address: str) -> Account | None:
    """The account whose mail address that is, whatever its capitals; None where it is nobody's, or several have it."""
    named = select(StaffContact.username).where(
        StaffContact.way == "email", func.lower(StaffContact.address) == address
    )
    found = session.scalars(named).all()
    return by_username(session, found[0]) if len(found) == 1 else None


def everybody(session: Session) -> Sequence[Account]:
    """All accounts by name, those that are closed last."""
    wanted = select(Account).order_by(Account.deactivated_at.is_not(None), Account.name, Account.id)
    return session.scalars(wanted).all()


def create(session: Session, username: str, name: str, role: str, actor: str, now: datetime) -> str:
    """A new account; its password, which is shown this once and has to be changed at the first sign-in. Raises
    NotAllowed: no such role, no name, or no username that may be taken."""
    password = generate_password()
    try:
        account = create_account(session, username, _name(name), role, password, now)
    except ValueError as error:
        raise NotAllowed(f"{error}; no account was made.") from error
    account.password_given = True
    audit.note(session, actor, "account made", about(account), now, {"role": role})
    return password


def change(session: Session, account: Account, name: str, role: str, actor: str, now: datetime) -> None:
    """Give him another name or another role. Raises NotAllowed; an administrator has to be left."""
    if role not in STAFF_ROLES:
        raise NotAllowed(f"{role!r} is no role; nothing was changed.")
    if role != account.role:
        _refuse_last(session, account)
        audit.note(session, actor, "role changed", about(account), now, {"from": account.role, "to": role})
    account.name, account.role = _name(name), role
    session.flush()


def give_password(session: Session, account: Account, actor: str, now: datetime) -> str:
    """A new password for who forgot his; he is signed out everywhere, and has to change it."""
    password = generate_password()
    account.password, account.password_given = hash_password(password), True
    sessions.end_all(session, account.id)
    audit.note(session, actor, "password given", about(account), now)
    return password


def choose_password(session: Session, account_id: int, old: str, new: str, keep: int, now: datetime) -> None:
    """His own choice; his other sessions than ``keep`` end. Raises NotAllowed: the old one is wrong, or the new one is
    too short, too long, or the same."""
    account = session.get_one(Account, account_id)
    if verify(session, account.username, old) is None:
        raise NotAllowed("wrong")
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD or new == old:
        raise NotAllowed("unfit")
    account.password, account.password_given = hash_password(new), False
    sessions.end_all(session, account.id, but=keep)
    audit.note(session, account.username, "password chosen", about(account), now)


def needs_no_password(session: Session, account: Account, now: datetime) -> None:
    """He signs in elsewhere: a password that somebody else knows is good for nothing any more."""
    if account.password_given:
        account.password, account.password_given = hash_password(generate_password()), False
        audit.note(session, account.username, "password given up", about(account), now)


def reset_second_factor(session: Session, account: Account, actor: str, now: datetime) -> None:
    """Take it away from who lost it; he is signed out everywhere. Raises NotAllowed where there is none."""
    if not second_factor.take_away(session, account.id):
        raise NotAllowed(f"{account.username} has no second factor.")
    sessions.end_all(session, account.id)
    audit.note(session, actor, "second factor reset", about(account), now)


def deactivate(session: Session, account: Account, actor: str, now: datetime) -> None:
    """Close the account: nobody signs in with it, and it holds no role. Raises NotAllowed for one's own, and for the
    last administrator's."""
    if account.username == actor:
        raise NotAllowed("Nobody closes his own account.")
    _refuse_last(session, account)
    if account.deactivated_at is None:
        account.deactivated_at = now
        sessions.end_all(session, account.id)
        audit.note(session, actor, "account closed", about(account), now)


def activate(session: Session, account: Account, actor: str, now: datetime) -> None:
    """Open a closed account again, with the password that it had."""
    if account.deactivated_at is not None:
        account.deactivated_at = None
        audit.note(session, actor, "account opened", about(account), now)


def about(account: Account) -> str:
    """How an account is named in the audit trail."""
    return f"account {account.username}"


def _refuse_last(session: Session, account: Account) -> None:
    others = select(func.count()).where(
        Account.role == "administrator", Account.deactivated_at.is_(None), Account.id != account.id
    )
    if account.role == "administrator" and not session.scalar(others):
        raise NotAllowed("The last administrator stays one.")


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise NotAllowed(f"A name has 1 to {LONGEST_NAME} characters; nothing was changed.")
    return name
