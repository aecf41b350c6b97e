"""Whatever ends the last ticket that an agent has in a conversation, what the person writes next is answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation import charge
from bot.conversation.model import Conversation
from bot.conversation.timers import Timers
from bot.tickets import linking, service, working
from bot.tickets.alarms import events_of, next_alarm
from bot.tickets.model import Ticket
from tests.conversation.conftest import JAKARTA, Core


@pytest.fixture
def staffed(core: Core) -> Core:
    for username in ("rina", "dewi"):
        core.agent(username)
    return core


def opens(core: Core, channel: str = "fake") -> str:
    """A ticket of what the person said, in his chat of that channel."""
    core.say("halo")
    with core.db.write() as session:
        person = session.scalars(select(Conversation.person_id).where(Conversation.channel == "fake")).one()
        conversation = session.scalars(select(Conversation).where(Conversation.channel == channel)).one_or_none()
        if conversation is None:
            conversation = Conversation(person_id=person, channel=channel, address="b", created_at=core.clock())
            session.add(conversation)
            session.flush()
        return service.open_ticket(
            session, conversation_id=conversation.id, person_id=conversation.person_id, inbox_id=None,
            subject="UKT", summary="", category="keuangan", kind="question", identity="proven", language="id",
            channel=channel, now=core.clock(), due_at=core.clock(), zone=JAKARTA,
        ).number  # fmt: skip


def does(core: Core, number: str, what: Callable[[Session, Ticket], object]) -> None:
    with core.db.write() as session:
        what(session, service.by_number(session, number))


def replies(core: Core, number: str, who: str = "rina") -> None:
    does(core, number, lambda session, ticket: core.desk.reply(session, ticket, who, "Mohon bukti.", core.clock()))


def merges(core: Core, number: str, into: str) -> None:
    with core.db.write() as session:
        ticket, other = (service.by_number(session, each) for each in (number, into))
        core.desk.merge(session, ticket, other, "sari", core.clock())
    core.send()


def in_charge(core: Core) -> str:
    with core.db.read() as session:
        return session.scalars(select(Conversation.in_charge).where(Conversation.channel == "fake")).one()


def answered(core: Core, text: str) -> bool:
    """Whether the assistant answers what is said."""
    return bool(core.say(text)) and core.inbox()[-1].handled_by == "assistant"


def holds(core: Core, number: str) -> bool:
    """Whether what came in last belongs to the ticket."""
    with core.db.read() as session:
        [*_, last] = events_of(session, service.by_number(session, number))
    return last.data == {"inbox_id": core.inbox()[-1].id}


def lapses(core: Core) -> None:
    """Time passes until nothing more is due."""
    while True:
        with core.db.read() as session:
            upcoming = next_alarm(session)
        if upcoming is None:
            return
        core.clock.now = max(core.clock.now, upcoming)
        Timers(core.db, core.clock, core.desk).fire_due()


def test_after_a_ticket_closed_by_itself_the_assistant_answers(staffed: Core) -> None:
    number = opens(staffed)
    replies(staffed, number)
    does(staffed, number, lambda session, ticket: working.wait(session, ticket, "rina", staffed.clock()))
    lapses(staffed)
    with staffed.db.read() as session:
        assert service.by_number(session, number).status == "closed"
    assert in_charge(staffed) == "assistant"
    assert answered(staffed, "buka lagi tiket saya")


def test_a_ticket_that_closed_by_itself_leaves_the_agent_his_other_one(staffed: Core) -> None:
    number, other = opens(staffed), opens(staffed)
    replies(staffed, number)
    replies(staffed, other)
    does(staffed, number, lambda session, ticket: working.wait(session, ticket, "rina", staffed.clock()))
    lapses(staffed)
    assert in_charge(staffed) == "rina"
    assert not answered(staffed, "masih menunggu")
    assert holds(staffed, other)


def test_after_a_merge_the_message_lands_on_the_other_ticket_of_the_chat(staffed: Core) -> None:
    number, into = opens(staffed), opens(staffed)
    replies(staffed, number)
    merges(staffed, number, into)
    staffed.say("tambahan: bukti bayar")
    assert holds(staffed, into)
    with staffed.db.read() as session:
        assert service.by_number(session, into).assignee == "rina" == in_charge(staffed)


def test_after_a_merge_into_a_colleagues_ticket_he_is_in_charge(staffed: Core) -> None:
    number, into = opens(staffed), opens(staffed)
    replies(staffed, number)
    does(staffed, into, lambda session, ticket: service.assign(session, ticket, "dewi", "sari", staffed.clock()))
    merges(staffed, number, into)
    assert "Dewi" in staffed.channel.texts[-1]
    staffed.say("tambahan: bukti bayar")
    assert holds(staffed, into)


def test_after_a_merge_into_a_ticket_of_another_chat_the_assistant_answers(staffed: Core) -> None:
    number = opens(staffed)
    into = opens(staffed, "other")
    replies(staffed, number)
    merges(staffed, number, into)
    assert in_charge(staffed) == "assistant"
    assert answered(staffed, "halo?")


def test_after_the_person_withdrew_it_from_another_chat_the_assistant_answers(staffed: Core) -> None:
    number = opens(staffed)
    replies(staffed, number)
    does(staffed, number, lambda session, ticket: charge.withdraw(session, ticket, staffed.clock()))
    assert answered(staffed, "satu lagi")


def test_no_message_is_lost_on_an_agent_who_has_no_ticket_in_the_chat(staffed: Core) -> None:
    number, other = opens(staffed), opens(staffed, "other")
    replies(staffed, number)
    with staffed.db.write() as session:
        ticket, into = (service.by_number(session, each) for each in (number, other))
        linking.merge(session, ticket, into, "sari", staffed.clock())
    assert in_charge(staffed) == "rina"
    assert answered(staffed, "halo?")
    assert in_charge(staffed) == "assistant"
