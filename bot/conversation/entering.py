"""What arrives in person, by phone, letter, paper form or social media becomes the same ticket, entered by staff."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, InboxMessage
from bot.conversation.text import storable
from bot.errors import NotAllowed
from bot.identity import checking
from bot.identity.extract import Claim
from bot.identity.model import Handle
from bot.identity.people import Sender, facts, resolve, update_guest
from bot.procedures.hours import ServicePromise
from bot.procedures.rules import DESK_CHANNELS, Check
from bot.tickets import service as tickets
from bot.tickets.changes import given, note
from bot.tickets.lifecycle import Kind, Priority
from bot.tickets.model import Ticket

BY_NUMBER = frozenset({"phone", "sms", "whatsapp"})
"""Channels whose addresses are phone numbers: the same number there is the same person."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in by hand. ``channel``: one of the profile's desk channels. ``text``: what was said or written, in the
    person's words where they are there. ``name``, ``email``, ``phone``, ``number`` (NIM, NIP) and ``birth_date``: what
    he gave of himself. ``account``: his name on a social network. ``received_at``: when it arrived, if not now."""

    channel: str
    text: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    account: str | None = None
    number: str | None = None
    birth_date: date | None = None
    subject: str | None = None
    kind: str = "question"
    category: str | None = None
    priority: Priority = "normal"
    language: str = "id"
    received_at: datetime | None = None


def enter(session: Session, arrival: Arrival, promise: ServicePromise, actor: str, now: datetime) -> Ticket:
    """A new ticket for what arrived. The person is whoever has that address already: then his answer can go where he
    chats with us. Number, name and birth date are compared with the roster where the profile says so; what it does not
    confirm is noted as given by a guest. Raises NotAllowed: no such desk channel, nothing was said, an identity is
    required."""
    text = storable(arrival.text).strip()
    _refuse(arrival, text, promise)
    at = arrival.received_at or now
    address = _address(arrival)
    person_id = _person(session, arrival, address, now)
    identity = _identity(session, arrival, person_id, promise.profile.identity.check, now)
    conversation = _conversation(session, person_id, arrival, address, now)
    row = InboxMessage(
        conversation_id=conversation.id, channel=arrival.channel, external_id=f"desk:{uuid.uuid4().hex}",
        kind="message", text=text, received_at=at, status="done", handled_by="agent", done_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    ticket = tickets.open_ticket(
        session, conversation_id=conversation.id, person_id=person_id, inbox_id=row.id, channel=arrival.channel,
        subject=arrival.subject or text, summary=text, category=arrival.category, kind=arrival.kind,
        identity=identity, language=arrival.language, now=now, due_at=promise.due(now), zone=promise.zone,
        prefix=promise.profile.ticket_prefix, priority=arrival.priority, actor=actor,
    )  # fmt: skip
    entered: dict[str, object] = {"channel": arrival.channel, "received_at": at.isoformat()}
    entered |= given(name=arrival.name, email=arrival.email, phone=arrival.phone, account=arrival.account)
    note(session, ticket, actor, "entered", now, entered)
    return ticket


def _refuse(arrival: Arrival, text: str, promise: ServicePromise) -> None:
    known = promise.profile.desk_channels or DESK_CHANNELS
    if arrival.channel not in known:
        raise NotAllowed(f"{arrival.channel!r} is not entered by hand here; there are {', '.join(known)}.")
    if not text:
        raise NotAllowed("What was said is missing; no ticket was opened.")
    if arrival.kind not in get_args(Kind):
        raise NotAllowed(f"{arrival.kind!r} is no kind; there are {', '.join(get_args(Kind))}.")
    if arrival.category is not None and promise.profile.category(arrival.category) is None:
        raise NotAllowed(f"{arrival.category!r} is no category here; no ticket was opened.")
    if arrival.email is not None and not _EMAIL.fullmatch(arrival.email):
        raise NotAllowed(f"{arrival.email!r} is no e-mail address; no ticket was opened.")
    rule = promise.profile.identity
    if arrival.channel in rule.required_on:
        missing = [name for name in rule.ask if not getattr(arrival, name)]
        if missing:
            raise NotAllowed(
                f"What comes by {arrival.channel} is taken up only with an identity; it lacks {' and '.join(missing)}."
            )


def _address(arrival: Arrival) -> str:
    """Where the person is on that channel; what has none gets one of its own, so that nobody is taken for another."""
    if arrival.channel in BY_NUMBER and arrival.phone:
        return international(arrival.phone)
    known = {"email": arrival.email}.get(arrival.channel, arrival.account)
    if known is None and arrival.email:
        known = arrival.email
    return known.strip().lower()[:200] if known and known.strip() else f"desk-{uuid.uuid4().hex}"


def international(phone: str) -> str:
    """The digits of a phone number as channels write them: ``0812-3456`` is ``628123456``."""
    digits = re.sub(r"\D", "", phone)
    return f"62{digits[1:]}" if digits.startswith("0") else digits


def _person(session: Session, arrival: Arrival, address: str, now: datetime) -> int:
    """Who has that address, else who has the given phone number on another channel, else somebody new."""
    if arrival.phone:
        here = select(Handle.id).where(Handle.channel == arrival.channel, Handle.address == address)
        same = select(Handle.person_id).where(
            Handle.address == international(arrival.phone), Handle.channel.in_(BY_NUMBER)
        )
        elsewhere = session.scalar(same.order_by(Handle.id).limit(1))
        if elsewhere is not None and session.scalar(here) is None:
            session.add(Handle(person_id=elsewhere, channel=arrival.channel, address=address, created_at=now))
            session.flush()
            return elsewhere
    [found] = resolve(session, [Sender(arrival.channel, (address,), arrival.name)], now)
    return found.person_id


def _identity(session: Session, arrival: Arrival, person_id: int, by: Check, now: datetime) -> str:
    """proven: the roster confirms it, for this ticket alone (whoever has the phone is not believed for that); guest:
    a name and an address were given; else unproven."""
    if by == "roster":
        verdict = checking.check(session, person_id, Claim(arrival.number, arrival.name, arrival.birth_date), now)
        if verdict.outcome == "proven":
            return "proven"
        if verdict.failed and arrival.number:
            checking.record_failure(session, person_id, arrival.number, now)
    if not arrival.name or not (arrival.email or arrival.phone or arrival.account):
        return "unproven"
    if not facts(session, person_id, now).proven:
        update_guest(session, person_id, arrival.name, arrival.email or "")
    return "guest"


def _conversation(session: Session, person_id: int, arrival: Arrival, address: str, now: datetime) -> Conversation:
    wanted = select(Conversation).where(Conversation.person_id == person_id, Conversation.channel == arrival.channel)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        found = Conversation(
            person_id=person_id, channel=arrival.channel, address=address, language=arrival.language, created_at=now
        )
        session.add(found)
        session.flush()
    return found
