"""What arrives by hand becomes the same ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.config import ROOT
from bot.conversation.entering import Arrival, answered, enter
from bot.conversation.handover import Desk
from bot.conversation.messages import Incoming
from bot.conversation.model import Conversation
from bot.conversation.thread import thread
from bot.errors import NotAllowed
from bot.identity.model import Handle, Person, RosterEntry
from bot.identity.numbers import international
from bot.identity.people import facts
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import load_profile
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.working import told
from tests.conversation.conftest import JAKARTA, Core

CALL = Arrival("phone", "UKT saya dobel <b>{x}</b>", name="Budi Santoso", phone="0812-3456-789")
UNAIR = ServicePromise(load_profile(ROOT / "data" / "sops" / "unair.yml"), JAKARTA)


def entered(core: Core, arrival: Arrival, promise: ServicePromise | None = None) -> Ticket:
    with core.db.write() as session:
        return enter(session, arrival, promise or core.promise, "rina", core.clock())


def test_a_call_is_a_ticket_with_what_was_said_and_by_whom(core: Core) -> None:
    ticket = entered(core, replace(CALL, subject="UKT dobel", kind="complaint", priority="high"))
    assert (ticket.number, ticket.channel, ticket.kind, ticket.priority) == (
        "CC-2026-000001",
        "phone",
        "complaint",
        "high",
    )
    assert (ticket.status, ticket.identity, ticket.due_at) == ("new", "guest", core.promise.due(core.clock()))
    with core.db.read() as session:
        [entry] = thread(session, ticket.conversation_id, limit=5)
        assert (entry.who, entry.text, entry.status) == ("person", CALL.text, "done")
        assert facts(session, ticket.person_id, core.clock()).name == "Budi Santoso"
        opened, desk = session.scalars(select(TicketEvent).order_by(TicketEvent.id))
    assert (opened.actor, opened.kind, desk.kind) == ("rina", "opened", "entered")
    assert desk.data == {
        "channel": "phone",
        "received_at": core.clock().isoformat(),
        "name": "Budi Santoso",
        "phone": "0812-3456-789",
    }


def test_what_is_entered_is_no_turn_of_the_assistant(core: Core) -> None:
    entered(core, CALL)
    assert core.inbox("pending") == []


def test_who_calls_twice_is_one_person_and_who_has_no_address_is_nobody_elses(core: Core) -> None:
    first, again = entered(core, CALL), entered(core, replace(CALL, phone="+62 812 3456 789"))
    assert first.person_id == again.person_id
    assert first.conversation_id == again.conversation_id
    walked, also = (entered(core, Arrival("walk_in", "tanya", name="Sari")) for _ in range(2))
    assert len({first.person_id, walked.person_id, also.person_id}) == 3


@pytest.mark.parametrize(
    ("given", "identity"),
    [
        ({"number": "13526001", "name": "Budi Santoso", "birth_date": date(2004, 5, 12)}, "proven"),
        ({"number": "13526001", "name": "Budi Santoso", "birth_date": date(2004, 5, 13)}, "unproven"),
        ({"name": "Budi Santoso"}, "guest"),
        ({"name": None}, "unproven"),
    ],
)
def test_the_identity_is_what_the_roster_confirms(core: Core, given: dict[str, Any], identity: str) -> None:
    with core.db.write() as session:
        session.add(
            RosterEntry(
                number="13526001", name="Budi Santoso", birth_date=date(2004, 5, 12), kind="student", unit="-",
                email="budi@contoh.ac.id",
            )
        )  # fmt: skip
    ticket = entered(core, replace(CALL, **given))
    assert ticket.identity == identity
    with core.db.read() as session:
        assert not facts(session, ticket.person_id, core.clock()).proven


@pytest.mark.parametrize(
    ("arrival", "why"),
    [
        (replace(CALL, channel="pigeon"), "'pigeon' is not entered by hand here"),
        (replace(CALL, text=" \0\n"), "What was said is missing"),
        (replace(CALL, kind="rant"), "'rant' is no kind"),
        (replace(CALL, email="budi"), "no e-mail address"),
        (replace(CALL, category="fisika"), "'fisika' is no category here"),
    ],
)
def test_what_is_no_arrival_opens_nothing(core: Core, arrival: Arrival, why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        entered(core, arrival)
    with core.db.read() as session:
        assert session.scalars(select(Person)).all() == []


def test_a_paper_form_is_taken_up_only_with_an_identity(core: Core) -> None:
    paper = Arrival("paper", "AC ruang baca mati", name="Sari")
    with pytest.raises(NotAllowed, match="it lacks email"):
        entered(core, paper, UNAIR)
    assert entered(core, replace(paper, email="sari@contoh.ac.id"), UNAIR).status == "new"


def test_the_answer_goes_where_the_person_chats(core: Core) -> None:
    core.agent("rina")
    ticket = entered(core, CALL)
    core.say("halo", who="a")
    with core.db.write() as session:
        chat = session.scalars(select(Conversation).where(Conversation.channel == "fake")).one()
        session.scalars(select(Handle).where(Handle.person_id == chat.person_id)).one().person_id = ticket.person_id
        chat.person_id = ticket.person_id
    with core.db.write() as session:
        core.desk.reply(session, session.get_one(Ticket, ticket.id), "rina", "Sudah kami cek.", core.clock())
    core.send()
    assert core.channel.texts[-1] == "Sudah kami cek."
    core.say("terima kasih", who="a")
    with core.db.read() as session:
        found = session.get_one(Ticket, ticket.id)
        assert (found.conversation_id, found.channel) == (chat.id, "phone")
        events = session.scalars(select(TicketEvent).order_by(TicketEvent.id)).all()
    assert ("moved to chat", {"from": "phone", "to": "fake"}) in [(event.kind, event.data) for event in events]
    assert (events[-1].actor, events[-1].kind) == ("person", "message")


def test_who_cannot_be_written_to_is_told_and_that_is_an_answer(core: Core) -> None:
    core.agent("rina")
    ticket = entered(core, CALL)
    with core.db.write() as session:
        found = session.get_one(Ticket, ticket.id)
        with pytest.raises(NotAllowed, match="by phone"):
            core.desk.reply(session, found, "rina", "Sudah.", core.clock())
        told(session, found, "phone", "Sudah dijelaskan.", "rina", core.clock.advance(minutes=3))
        assert found.status == "open"
        assert core.desk.resolve(session, found, "rina", "Tagihan dihapus.", core.clock()) == "switched off"
        with pytest.raises(NotAllowed, match="must be written down"):
            told(session, found, "phone", " ", "rina", core.clock())
    with core.db.read() as session:
        event = session.scalars(select(TicketEvent).where(TicketEvent.kind == "message")).one()
    assert (event.actor, event.data) == ("rina", {"how": "phone", "text": "Sudah dijelaskan."})


def test_a_number_that_chats_already_is_the_same_person(core: Core) -> None:
    core.receive(Incoming("whatsapp", "w1", ("628123456789",), text="halo"))
    with core.db.read() as session:
        there = session.scalars(select(Person.id)).one()
    assert entered(core, CALL).person_id == there


def test_a_letter_keeps_when_it_arrived(core: Core) -> None:
    came = core.clock() - timedelta(days=2)
    ticket = entered(core, Arrival("letter", "Mohon keringanan.", name="Sari", received_at=came))
    with core.db.read() as session:
        [entry] = thread(session, ticket.conversation_id, limit=5)
    assert entry.at == came
    assert ticket.created_at == core.clock()


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("0812-3456", "628123456"), ("+62 812 3456", "628123456"), ("62812", "62812"), ("(021) 5", "62215")],
)
def test_phone_numbers_are_international(typed: str, digits: str) -> None:
    assert international(typed) == digits


def test_a_desk_that_has_no_channel_at_all_says_so(core: Core) -> None:
    core.agent("rina")
    ticket = entered(core, CALL)
    with core.db.write() as session, pytest.raises(NotAllowed, match="nothing was sent"):
        Desk(core.wording, {}).reply(session, session.get_one(Ticket, ticket.id), "rina", "x", core.clock())


def test_whom_staff_know_it_to_be_is_not_asked_of_his_address(core: Core) -> None:
    first = entered(core, CALL)
    again = entered(core, Arrival("walk_in", "lagi", person_id=first.person_id))
    assert again.person_id == first.person_id
    assert again.conversation_id != first.conversation_id
    other = entered(core, replace(CALL, phone="0899-1111-222"))
    borrowed = entered(core, replace(CALL, phone="0899-1111-222", person_id=first.person_id))
    assert borrowed.person_id == first.person_id != other.person_id
    with pytest.raises(NotAllowed, match="no such person"):
        entered(core, replace(CALL, person_id=999))


def test_an_identity_that_staff_made_sure_of_holds_for_the_ticket(core: Core) -> None:
    ticket = entered(core, replace(CALL, confirmed="Kartu mahasiswa diperlihatkan"))
    assert ticket.identity == "proven"
    with core.db.read() as session:
        assert not facts(session, ticket.person_id, core.clock()).proven
        last = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc()).limit(1)).one()
    assert (last.actor, last.kind) == ("rina", "identity confirmed")


def test_what_was_answered_on_the_spot_counts_as_an_answer_and_is_closed(core: Core) -> None:
    core.agent("rina")
    ticket = entered(core, replace(CALL, category="keuangan"))
    with core.db.write() as session:
        found = session.get_one(Ticket, ticket.id)
        answered(session, found, "phone", "Tagihan dihapus.", "Lewat telepon.", "rina", core.clock())
        assert (found.status, found.assignee, found.solution) == ("closed", "rina", "Tagihan dihapus.")
    without = entered(core, CALL)
    with core.db.write() as session:
        found = session.get_one(Ticket, without.id)
        with pytest.raises(NotAllowed, match="lacks category"):
            answered(session, found, "phone", "Sudah.", "Lewat telepon.", "rina", core.clock())


@pytest.mark.parametrize("phone", ["-", "tidak ada", "0", "ext. 123"])
@pytest.mark.parametrize("channel", ["phone", "walk_in"])
def test_strangers_who_gave_no_phone_number_are_not_taken_for_one(core: Core, channel: str, phone: str) -> None:
    first, other = (entered(core, Arrival(channel, "tanya", name=name, phone=phone)) for name in ("Ani", "Budi"))
    assert first.person_id != other.person_id
    assert first.conversation_id != other.conversation_id
    with core.db.read() as session:
        note = session.scalars(select(TicketEvent.data).where(TicketEvent.kind == "entered")).first()
    assert (note or {})["phone"] == phone


def test_strangers_without_an_account_name_are_not_taken_for_one(core: Core) -> None:
    first, other = (
        entered(core, Arrival("facebook", "tanya", name=name, account="-"), UNAIR) for name in ("Ani", "Budi")
    )
    assert first.person_id != other.person_id


def test_what_will_arrive_is_not_entered(core: Core) -> None:
    with pytest.raises(NotAllowed, match="later than now"):
        entered(core, replace(CALL, received_at=core.clock() + timedelta(hours=1)))
    fast = entered(core, replace(CALL, received_at=core.clock() + timedelta(minutes=2)))
    assert fast.created_at == core.clock()
