"""People, handles, proofs, the roster and staff accounts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.base import Base


class Person(Base):
    """Somebody who writes to us. ``kind``: unknown, guest, student or staff; name and e-mail are what he told us or,
    after a proof, what the roster says. ``blocked_at``: since when the assistant does not answer him; ``blocked_told``:
    whether he knows. ``erased_at``: when all that was his was erased. ``stated_number``: who he is by what staff wrote
    down of him; it proves nothing, and gives way to a proof."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default="unknown")
    name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    blocked_by: Mapped[str | None] = mapped_column(String(64))
    blocked_told: Mapped[bool] = mapped_column(default=False, server_default=false())
    erased_at: Mapped[datetime | None]
    stated_number: Mapped[str | None] = mapped_column(String(32))
    handles: Mapped[list[Handle]] = relationship(back_populates="person")


class Handle(Base):
    """An address of a person on a channel."""

    __tablename__ = "handle"
    __table_args__ = (UniqueConstraint("channel", "address"), Index("ix_handle_person_id", "person_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    person: Mapped[Person] = relationship(back_populates="handles")


class Proof(Base):
    """A person proved to be ``number`` of the roster, by ``method``, until ``expires_at``."""

    __tablename__ = "proof"
    __table_args__ = (Index("ix_proof_person_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    number: Mapped[str] = mapped_column(String(32))
    method: Mapped[str] = mapped_column(String(32))
    proven_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class IdentityAttempt(Base):
    """A check against the roster that failed. Only what the lock needs is kept: no name, no date.

    ``forgiven``: the person proved who he is afterwards, so it no longer counts against him; it still counts towards
    the limit of guesses at ``number``, or somebody with a proof of his own could guess at others without end.
    """

    __tablename__ = "identity_attempt"
    __table_args__ = (
        Index("ix_identity_attempt_person_id_at", "person_id", "at"),
        Index("ix_identity_attempt_number_at", "number", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    number: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    forgiven: Mapped[bool] = mapped_column(default=False)


class RosterEntry(Base):
    """A student or member of staff, as the institution's records have them."""

    __tablename__ = "roster_entry"
    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    birth_date: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    unit: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))


class Account(Base):
    """Somebody of the care center's staff. ``role``: agent, supervisor or administrator. ``password``: Argon2id;
    ``password_given``: somebody else knows it, so it has to be changed. ``deactivated_at``: since when it is closed."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(32))
    password: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    password_given: Mapped[bool] = mapped_column(default=False, server_default=false())
    deactivated_at: Mapped[datetime | None]


class AuditEvent(Base):
    """Something that staff did which is no step of a ticket: whom they blocked, which account they made. ``about``:
    what it was done to (``person 12``, ``account rina``). Never updated, never deleted."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_at", "at"), Index("ix_audit_event_about", "about", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    about: Mapped[str] = mapped_column(String(80))
    data: Mapped[dict[str, Any] | None]


class StaffContact(Base):
    """Where somebody of the staff is reached outside the console. ``way``: email or telegram; ``address``: the mail
    address, or the id of his chat with the bot. ``language``: in which he is told, id or en."""

    __tablename__ = "staff_contact"
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    way: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))


class StaffSession(Base):
    """Somebody of the staff who is signed in on a device. ``token_hash``: SHA-256 of the token that his browser keeps;
    the token itself is stored nowhere. ``device``: what his browser says of itself. ``wants_code``: the password was
    right, the second factor is still to come; until then nobody is signed in."""

    __tablename__ = "staff_session"
    __table_args__ = (Index("ix_staff_session_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wants_code: Mapped[bool] = mapped_column(default=False, server_default=false())


class SecondFactor(Base):
    """What an account's one-time codes are made from. It counts from ``confirmed_at`` on. ``last_step``: of the last
    code that was taken; none of it or of an earlier one is taken again."""

    __tablename__ = "second_factor"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    """Signs in once in place of a code, for who lost what made them. ``code_hash``: SHA-256; the code is stored
    nowhere."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("ix_recovery_code_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))


class SignInAttempt(Base):
    """Somebody tried to sign in; forgotten when he succeeds, and after a while. ``address``: SHA-256 of where from."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_at", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ApiToken(Base):
    """What another program shows to use the API as an account. ``token_hash``: SHA-256 of the token, which itself is
    stored nowhere; ``hint``: its first letters, to tell tokens apart. ``scopes``: as ``tokens.Scope`` names them.
    ``used_at``: to some minutes. ``revoked_at``: since when it is good for nothing."""

    __tablename__ = "api_token"
    __table_args__ = (Index("ix_api_token_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
