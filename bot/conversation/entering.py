"""What arrives in person, by phone, letter, paper form or social media becomes the same ticket, entered by staff."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversation.enclosing import FileRefused
from bot.conversation.messages import AttachmentKind
from bot.conversation.model import Attachment, Conversation, InboxMessage
from bot.conversation.text import storable
from bot.errors import NotAllowed, together, told
from bot.identity import checking
from bot.identity.extract import Claim
from bot.identity.model import Handle, Person, RosterEntry
from bot.identity.numbers import international, normal_number
from bot.identity.people import Sender, facts, keep_stated, resolve, update_guest
from bot.procedures.hours import ServicePromise
from bot.procedures.rules import DESK_CHANNELS, Check
from bot.storage.disk import MOST_FILES, KeptFile
from bot.tickets import service as tickets
from bot.tickets import working
from bot.tickets.changes import given, note
from bot.tickets.lifecycle import Kind, Priority
from bot.tickets.model import Ticket
from bot.tickets.working import Closing

BY_NUMBER = frozenset({"phone", "sms", "whatsapp"})
"""Channels whose addresses are phone numbers: the same number there is the same person."""
FEWEST_DIGITS = 7
"""Of a phone number that is somebody's own; an extension is not."""
CLOCKS_DIFFER = timedelta(minutes=5)
ATTACHED = "attached"
"""Kind of event: files came to what was entered by hand."""
_BY_HAND = "desk:"
"""How the external ids of messages begin that staff entered."""
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


def enter(
    session: Session,
    arrival: Arrival,
    promise: ServicePromise,
    actor: str,
    now: datetime,
    files: Sequence[KeptFile] = (),
) -> Ticket:
    """A new ticket for what arrived. The person is whoever has that address already: then his answer can go where he
    chats with us. Number, name and birth date are compared with the roster where the profile says so; what neither
    it nor staff confirm is noted as given, and proves nothing. ``files`` (a letter, a photo of a form) are what he
    sent, as files in a chat are. Raises NotAllowed: no such desk channel or person, nothing was said, it
    arrives only later, an identity is required."""
    text = storable(arrival.text).strip()
    if is_later(arrival.received_at, now):
        raise NotAllowed(told("It cannot have arrived later than now; no ticket was opened."))
    sender = _with_addresses(arrival)
    _refuse(sender, text, promise)
    at = min(arrival.received_at or now, now)
    address = _address(sender)
    person_id = _person(session, sender, address, now)
    identity = _identity(session, sender, person_id, promise.profile.identity.check, now)
    conversation = _conversation(session, person_id, arrival, address, now)
    row = InboxMessage(
        conversation_id=conversation.id, channel=arrival.channel, external_id=f"{_BY_HAND}{uuid.uuid4().hex}",
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
    _keep_with(session, row, files, now)
    if arrival.confirmed and identity != "proven":
        working.confirm_identity(session, ticket, arrival.confirmed, actor, now)
    return ticket


def attach(session: Session, ticket: Ticket, files: Sequence[KeptFile], actor: str, now: datetime) -> None:
    """Files come to what was entered by hand before. Raises NotAllowed where the person wrote it himself: what he did
    not send must not look as if he had; and FileRefused for too many."""
    row = session.get(InboxMessage, ticket.opened_by, with_for_update=True) if ticket.opened_by else None
    if row is None or not row.external_id.startswith(_BY_HAND):
        raise NotAllowed(
            told("Ticket {number} was not entered by hand; files cannot be added to it.", number=ticket.number)
        )
    _keep_with(session, row, files, now)
    note(session, ticket, actor, ATTACHED, now, {"files": len(files)})


def _keep_with(session: Session, row: InboxMessage, files: Sequence[KeptFile], now: datetime) -> None:
    there = session.scalar(select(func.count()).select_from(Attachment).where(Attachment.inbox_id == row.id)) or 0
    if there + len(files) > MOST_FILES:
        raise FileRefused("too_many", most=MOST_FILES)
    session.add_all(
        Attachment(
            inbox_id=row.id, kind=_kind(file), ref=_BY_HAND, filename=file.filename, media_type=file.media_type,
            size=file.size, path=file.path, status="stored", next_try_at=now,
        )
        for file in files
    )  # fmt: skip
    session.flush()


def _kind(file: KeptFile) -> AttachmentKind:
    kinds: dict[str, AttachmentKind] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(file.media_type.partition("/")[0], "document")


def answered(session: Session, ticket: Ticket, how: str, answer: str, record: str, actor: str, now: datetime) -> None:
    """Close what was answered on the spot: ``actor`` has it, the person was told ``answer`` by ``how``. Raises
    NotAllowed where the ticket has no category under which it can be closed, or nothing was answered."""
    tickets.assign(session, ticket, actor, actor, now)
    working.told(session, ticket, how, answer, actor, now)
    working.close(session, ticket, Closing(solution=answer, record=record), actor, now)


def _refuse(arrival: Arrival, text: str, promise: ServicePromise) -> None:
    known = promise.profile.desk_channels or DESK_CHANNELS
    if arrival.channel not in known:
        raise NotAllowed(
            told(
                "{channel!r} is not entered by hand here; there are {known}.",
                channel=arrival.channel, known=", ".join(known),
            )
        )  # fmt: skip
    if not text:
        raise NotAllowed(told("What was said is missing; no ticket was opened."))
    if arrival.kind not in get_args(Kind):
        raise NotAllowed(
            told("{kind!r} is no kind; there are {known}.", kind=arrival.kind, known=", ".join(get_args(Kind)))
        )
    if arrival.category is not None and promise.profile.category(arrival.category) is None:
        raise NotAllowed(told("{category!r} is no category here; no ticket was opened.", category=arrival.category))
    if arrival.email is not None and not is_email(arrival.email):
        raise NotAllowed(told("{email!r} is no e-mail address; no ticket was opened.", email=arrival.email))
    rule = promise.profile.identity
    if arrival.channel in rule.required_on:
        missing = [name for name in rule.ask if not getattr(arrival, name)]
        if missing:
            raise NotAllowed(
                told(
                    "What comes by {channel} is taken up only with an identity; it lacks {missing}.",
                    channel=arrival.channel, missing=together(missing),
                )
            )  # fmt: skip


def _with_addresses(arrival: Arrival) -> Arrival:
    """What was entered without a phone number or an account that is none ("-"): strangers would share it."""
    digits = re.sub(r"\D", "", arrival.phone or "")
    named = re.search(r"\w", arrival.account or "")
    return replace(
        arrival,
        phone=arrival.phone if len(digits) >= FEWEST_DIGITS else None,
        account=arrival.account if named else None,
    )


def is_later(received_at: datetime | None, now: datetime) -> bool:
    """Whether that is still to come; a clock that is a little fast is forgiven."""
    return received_at is not None and received_at > now + CLOCKS_DIFFER


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
        raise NotAllowed(told("There is no such person; no ticket was opened."))
    taken = session.scalar(select(Handle.id).where(Handle.channel == channel, Handle.address == address))
    if taken is None:
        session.add(Handle(person_id=person_id, channel=channel, address=address, created_at=now))
        session.flush()
    return person_id


def _identity(session: Session, arrival: Arrival, person_id: int, by: Check, now: datetime) -> str:
    """proven: the roster confirms it, for this ticket alone (whoever has the phone is not believed for that); guest:
    a name and an address were given, and no number of the house; else unproven."""
    if by == "roster":
        verdict = checking.check(session, person_id, Claim(arrival.number, arrival.name, arrival.birth_date), now)
        if verdict.outcome == "proven":
            return "proven"
        if verdict.failed and arrival.number:
            checking.record_failure(session, person_id, arrival.number, now)
    if arrival.number:
        if arrival.person_id is None and not facts(session, person_id, now).proven:
            keep_stated(session, person_id, arrival.number, _name(session, arrival), arrival.email)
        return "unproven"
    if not arrival.name or not (arrival.email or arrival.phone or arrival.account):
        return "unproven"
    if arrival.person_id is None and not facts(session, person_id, now).proven:
        update_guest(session, person_id, arrival.name, arrival.email or "")
    return "guest"


def _name(session: Session, arrival: Arrival) -> str | None:
    """What he is called: where only a number was written down, as the roster calls who has it."""
    listed = session.get(RosterEntry, normal_number(arrival.number)) if arrival.number else None
    return arrival.name or (listed.name if listed else None)


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
