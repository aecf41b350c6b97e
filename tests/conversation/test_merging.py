"""Two conversations that turn out to be one person's, while things are going on in them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.conversation.inbox import store
from bot.conversation.model import Choice, Conversation, OutboxMessage
from bot.conversation.saying import offer, put
from bot.conversation.wording import Option
from bot.tickets.model import Ticket
from tests.conversation.conftest import Core


def merge(core: Core) -> None:
    """A message that shows that ``628111`` and ``ID.1`` are one."""
    both = core.incoming("keduanya", addresses=("ID.1", "628111"), kind="reachable")
    with core.db.write() as session:
        store(session, [both], core.clock())


@pytest.fixture
def two(core: Core) -> Core:
    core.receive(core.incoming("dari telepon", addresses=("628111",)), core.incoming("dari id", addresses=("ID.1",)))
    return core


def conversations(core: Core) -> dict[str, Conversation]:
    with core.db.read() as session:
        return {row.address: row for row in session.scalars(select(Conversation))}


def say(core: Core, address: str, text: str, epoch: int | None = None) -> int:
    with core.db.write() as session:
        row_id = put(session, conversations(core)[address], text, author="assistant", now=core.clock())
        if epoch is not None:
            session.get_one(OutboxMessage, row_id).epoch = epoch
        return row_id


def in_charge(core: Core, address: str, who: str, epoch: int) -> None:
    with core.db.write() as session:
        conversation = session.scalars(select(Conversation).where(Conversation.address == address)).one()
        conversation.in_charge, conversation.epoch = who, epoch


def test_a_reply_that_waits_is_sent_though_the_other_conversation_is_in_a_later_epoch(two: Core) -> None:
    in_charge(two, "ID.1", "assistant", 4)
    say(two, "628111", "jawaban")
    merge(two)
    two.send()
    assert two.channel.texts == ["jawaban"]


def test_a_reply_that_a_takeover_had_silenced_stays_silent(two: Core) -> None:
    in_charge(two, "ID.1", "assistant", 2)
    in_charge(two, "628111", "assistant", 4)
    say(two, "628111", "usang", epoch=2)
    merge(two)
    two.send()
    assert two.channel.texts == []


@pytest.mark.parametrize("agents", ["628111", "ID.1"])
def test_where_a_human_is_in_charge_of_either_the_assistants_replies_die(two: Core, agents: str) -> None:
    for address in ("628111", "ID.1"):
        say(two, address, f"dari {address}")
    in_charge(two, agents, "rina", 1)
    merge(two)
    two.send()
    assert two.channel.texts == []
    assert conversations(two)["ID.1"].in_charge == "rina"


def test_buttons_go_on_meaning_what_they_meant(two: Core) -> None:
    row = say(two, "628111", "Yang mana?")
    with two.db.write() as session:
        offer(session, two.outbox()[0].conversation_id, row, [Option("Ya", "affirm", "17")])
        session.flush()
        key = session.scalars(select(Choice.key).where(Choice.outbox_id == row)).one()
    merge(two)
    two.answer()
    two.engine.calls.clear()
    two.receive(two.incoming("", addresses=("ID.1",), choice=key))
    two.answer()
    assert [message["intent"] for _, message in two.engine.calls] == ["affirm"]


def test_a_turn_in_the_middle_of_which_they_merge_is_taken_again_in_the_conversation_that_stays(two: Core) -> None:
    two.engine.during = lambda turn_id: merge(two) if len(two.engine.calls) == 1 else None
    two.answer()
    stays = conversations(two)["ID.1"].id
    assert {row.conversation_id for row in two.inbox()} == {stays}
    assert {row.conversation_id for row in two.outbox()} == {stays}
    assert {row.handled_by for row in two.inbox() if row.kind == "message"} == {"assistant"}


def test_tickets_come_along(two: Core) -> None:
    two.engine.down = True
    two.answer()
    merge(two)
    with two.db.read() as session:
        found = session.scalars(select(Ticket)).all()
    assert [row.conversation_id for row in found] == [conversations(two)["ID.1"].id] * 2
