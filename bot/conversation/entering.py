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
from bot.identity.model import Handle, Person
from bot.identity.numbers import international
from bot.identity.people import Sender, facts, resolve, update_guest
from bot.procedures.hours import ServicePromise
from bot.procedures.rules import DESK_CHANNELS, Check
from bot.tickets import service as tickets
from bot.tickets import working
from bot.tickets.changes import given, note
from bot.tickets.lifecycle import Kind, Priority
from bot.tickets.model import Ticket
from bot.tickets.working import Closing

BY_NUMBER = frozenset({"phone", "sms", "whatsapp"})
"""Channels whose addresses are phone numbers: the same number there is the same person."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in by hand. ``channel``: one of the profile's desk channels. ``text``: what was said or written, in the
    person's words where they are there. ``name``, ``email``, ``phone``, ``number`` (NIM, NIP) and ``birth_date``: what
    he gave of himself. ``account``: his name on a social network. ``received_at``: when it arrived, if not now.
    ``person_id``: somebody whom we know already, where staff know that it is he. ``confirmed``: how they made sure who
    he is, where they did."""

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
    person_id: int | None = None
    confirmed: str | None = None


def enter(session: Session, arrival: Arrival, promise: ServicePromise, actor: str, now: datetime) -> Ticket:
    """A new ticket for what arrived. The person is whoever has that address already: then his answer can go where he
    chats with us. Number, name and birth date are compared with the roster where the profile says so; what neither
    it nor staff confirm is noted as given by a guest. Raises NotAllowed: no such desk channel or person, nothing was
    said, an identity is required."""
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
    entered |= given(
        name=arrival.name, email=arrival.email, phone=arrival.phone, account=arrival.account, number=arrival.number
    )
    note(session, ticket, actor, "entered", now, entered)
    if arrival.confirmed and identity != "proven":
        working.confirm_identity(session, ticket, arrival.confirmed, actor, now)
    return ticket


def answered(session: Session, ticket: Ticket, how: str, answer: str, record: str, actor: str, now: datetime) -> None:
    """Close what was answered on the spot: ``actor`` has it, the person was told ``answer`` by ``how``. Raises
    NotAllowed where the ticket has no category under which it can be closed, or nothing was answered."""
    tickets.assign(session, ticket, actor, actor, now)
    working.told(session, ticket, how, answer, actor, now)
    working.close(session, ticket, Closing(solution=answer, record=record), actor, now)


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
    if arrival.email is not None and not is_email(arrival.email):
        raise NotAllowed(f"{arrival.email!r} is no e-mail address; no ticket was opened.")
    rule = promise.profile.identity
    if arrival.channel in rule.required_on:
        missing = [name for name in rule.ask if not getattr(arrival, name)]
        if missing:
            raise NotAllowed(
                f"What comes by {arrival.channel} is taken up only with an identity; it lacks {' and '.join(missing)}."
            )


def is_email(text: str) -> bool:
    """Whether it has the form of an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def _address(arrival: Arrival) -> str:
    """Where the person is on that channel; what has none gets one of its own, so that nobody is taken for another."""
    if arrival.channel in BY_NUMBER and arrival.phone:
        return international(arrival.phone)
    known = {"email": arrival.email}.get(arrival.channel, arrival.account)
    if known is None and arrival.email:
        known = arrival.email
    return known.strip().lower()[:200] if known and known.strip() else f"desk-{uuid.uuid4().hex}"


def _person(session: Session, arrival: Arrival, address: str, now: datetime) -> int:
    """Whom staff know it to be, else who has that address, else who has the given phone number on another channel, else
    somebody new."""
    if arrival.person_id is not None:
        return _known_person(session, arrival.person_id, arrival.channel, address, now)
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


def _known_person(session: Session, person_id: int, channel: str, address: str, now: datetime) -> int:
    """Somebody whom we know; the address is his from now on unless it is another's."""
    if session.get(Person, person_id) is None:
        raise NotAllowed("There is no such person; no ticket was opened.")
    taken = session.scalar(select(Handle.id).where(Handle.channel == channel, Handle.address == address))
    if taken is None:
        session.add(Handle(person_id=person_id, channel=channel, address=address, created_at=now))
        session.flush()
    return person_id


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
    if arrival.person_id is None and not facts(session, person_id, now).proven:
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
