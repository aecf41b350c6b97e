"""Finding somebody by what staff have of him: a number, a name, a phone number, an address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.identity.model import Handle, Person, Proof, RosterEntry
from bot.identity.numbers import international, normal_number

LONGEST = 100
FEWEST_DIGITS = 5
"""Of a number; with less everybody would be found."""
_MOST_WORDS = 6
_TOLD = ("phone", "whatsapp", "sms", "email")
"""Channels whose addresses tell a human something."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom staff may mean. ``person_id``: None for who is on the roster and has not written to us. ``number``: of the
    roster, proven now or never asked for. ``about``: a unit, an e-mail address, or a phone number."""

    person_id: int | None
    number: str | None
    name: str | None
    kind: str
    about: str


def find(session: Session, typed: str, now: datetime, *, limit: int) -> Sequence[Candidate]:
    """People who wrote to us, the newest first, then those of the roster who did not; nobody where nothing is typed
    that could be a name, a number or an address."""
    typed = typed.replace("\0", "").strip()[:LONGEST]
    digits = re.sub(r"\D", "", typed)
    if len(digits) >= FEWEST_DIGITS:
        people, roster = _by_number(typed)
    elif any(letter.isalpha() for letter in typed):
        people, roster = _by_words(typed.split()[:_MOST_WORDS])
    else:
        return []
    found = _people(session, people, now, limit)
    there = {each.number for each in found if each.number}
    return [*found, *(each for each in _roster(session, roster, limit) if each.number not in there)][:limit]


def _by_number(typed: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    number, phone = normal_number(typed), international(typed)
    proven = select(Proof.id).where(Proof.person_id == Person.id, Proof.number.startswith(number, autoescape=True))
    reached = select(Handle.id).where(Handle.person_id == Person.id, Handle.address.startswith(phone, autoescape=True))
    return or_(proven.exists(), reached.exists()), RosterEntry.number.startswith(number, autoescape=True)


def _by_words(words: Sequence[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    def said(word: str) -> ColumnElement[bool]:
        shown = select(Handle.id).where(
            Handle.person_id == Person.id,
            or_(
                Handle.display_name.icontains(word, autoescape=True),
                and_(Handle.channel.in_(_TOLD), Handle.address.icontains(word, autoescape=True)),
            ),
        )
        named = (Person.name.icontains(word, autoescape=True), Person.email.icontains(word, autoescape=True))
        return or_(*named, shown.exists())

    listed = (
        or_(RosterEntry.name.icontains(word, autoescape=True), RosterEntry.email.icontains(word, autoescape=True))
        for word in words
    )
    return and_(*map(said, words)), and_(*listed)


def _people(session: Session, wanted: ColumnElement[bool], now: datetime, limit: int) -> list[Candidate]:
    """Who lost all his addresses to somebody else is not somebody any more."""
    display = select(func.max(Handle.display_name)).where(Handle.person_id == Person.id).scalar_subquery()
    phone = select(func.min(Handle.address)).where(Handle.person_id == Person.id, Handle.channel.in_(_TOLD))
    valid = and_(Proof.person_id == Person.id, Proof.proven_at <= now, Proof.expires_at > now)
    number = select(func.max(Proof.number)).where(valid).scalar_subquery()
    rows = session.execute(
        select(
            Person.id, Person.kind, func.coalesce(Person.name, display), Person.email, phone.scalar_subquery(), number
        )
        .where(wanted, select(Handle.id).where(Handle.person_id == Person.id).exists())
        .order_by(Person.id.desc())
        .limit(limit)
    )
    return [
        Candidate(key, proven, name, kind, email or address or "") for key, kind, name, email, address, proven in rows
    ]


def _roster(session: Session, wanted: ColumnElement[bool], limit: int) -> list[Candidate]:
    entries = session.scalars(select(RosterEntry).where(wanted).order_by(RosterEntry.name).limit(limit))
    return [Candidate(None, entry.number, entry.name, entry.kind, entry.unit) for entry in entries]
