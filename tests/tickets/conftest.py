"""Somebody with a conversation, and a way to open tickets for him."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, InboxMessage
from bot.identity.model import Person
from bot.storage.database import Database
from bot.tickets.model import Ticket
from bot.tickets.service import open_ticket
from tests.conftest import FakeClock

JAKARTA = ZoneInfo("Asia/Jakarta")
Opener = Callable[..., Ticket]


@dataclass(frozen=True, slots=True)
class Chat:
    """A person's conversation and what he wrote in it."""

    person_id: int
    conversation_id: int
    inbox_ids: tuple[int, ...]


@pytest.fixture
def chat(db: Database, clock: FakeClock) -> Chat:
    return a_chat(db, clock, "budi")


def a_chat(db: Database, clock: FakeClock, name: str, messages: int = 12) -> Chat:
    with db.write() as session:
        person = Person(created_at=clock())
        session.add(person)
        session.flush()
        conversation = Conversation(person_id=person.id, channel="webchat", address=name, created_at=clock())
        session.add(conversation)
        session.flush()
        inbox = [
            InboxMessage(
                conversation_id=conversation.id,
                channel="webchat",
                external_id=f"{name}-{number}",
                kind="message",
                received_at=clock(),
            )
            for number in range(messages)
        ]
        session.add_all(inbox)
        session.flush()
        return Chat(person.id, conversation.id, tuple(message.id for message in inbox))


@pytest.fixture
def opener(chat: Chat, clock: FakeClock) -> Opener:
    """Opens a ticket in a session; anything may be given otherwise."""

    def opens(session: Session, **otherwise: object) -> Ticket:
        values: dict[str, object] = {
            "conversation_id": chat.conversation_id,
            "person_id": chat.person_id,
            "inbox_id": None,
            "channel": "webchat",
            "subject": "UKT telat bayar",
            "summary": "min, ukt telat bayar gmn ya",
            "category": "keuangan",
            "kind": "question",
            "identity": "proven",
            "language": "id",
            "now": clock(),
            "due_at": clock() + timedelta(hours=2),
            "zone": JAKARTA,
        }
        return open_ticket(session, **(values | otherwise))  # type: ignore[arg-type]

    return opens
