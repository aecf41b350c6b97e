"""Where staff are reached outside the console."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity.model import Account, StaffContact

WAYS = ("email", "telegram")
LANGUAGES = ("id", "en")


def chat_id(text: str | None) -> str | None:
    """The id of a Telegram chat. Raises ValueError for what is none."""
    if text and not re.fullmatch(r"\d{1,20}", text):
        raise ValueError("must be the id of a Telegram chat, a number")
    return text


def reach(session: Session, username: str, way: str, address: str, language: str) -> None:
    """Have ``username`` be reached at ``address`` (empty: no longer) by that way. Raises NotAllowed: there is no such
    account, way or language."""
    if way not in WAYS or language not in LANGUAGES:
        raise NotAllowed(f"Staff are reached by {' or '.join(WAYS)}, in {' or '.join(LANGUAGES)}.")
    if session.scalar(select(Account.id).where(Account.username == username)) is None:
        raise NotAllowed(f"There is no staff account {username}.")
    session.execute(delete(StaffContact).where(StaffContact.username == username, StaffContact.way == way))
    if address:
        session.add(StaffContact(username=username, way=way, address=address, language=language))
    session.flush()


def of(session: Session, username: str) -> Mapping[str, str]:
    """His addresses by the way."""
    wanted = select(StaffContact.way, StaffContact.address).where(StaffContact.username == username)
    return {row[0]: row[1] for row in session.execute(wanted.order_by(StaffContact.way))}


def reached(session: Session, username: str, way: str) -> StaffContact | None:
    """Where he is reached by that way; None where he is not, or his account is closed."""
    wanted = select(StaffContact).join(Account, Account.username == StaffContact.username)
    here = StaffContact.username == username, StaffContact.way == way, Account.deactivated_at.is_(None)
    return session.scalars(wanted.where(*here)).one_or_none()
