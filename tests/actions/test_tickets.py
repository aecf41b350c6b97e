"""Matters that become tickets, and what the person does with his own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.answers import Answer, NotHelpful
from actions.handing_over import matter_of
from actions.own_tickets import CloseTicket, ConfirmClose, FollowUp, ReopenTicket, TicketStatus
from actions.tickets import Complain, Describe, HandOver, OpenTicket
from bot.conversation.model import Conversation
from bot.storage.database import Database
from bot.tickets import linking, working
from bot.tickets import service as tickets
from bot.tickets.model import Ticket
from tests.actions.stage import Stage
from tests.conftest import CLOSING


@pytest.fixture
def stage(db: Database) -> Stage:
    """Somebody who needs no proof for a ticket."""
    return Stage(db, proof_for=frozenset())


def opened(stage: Stage) -> list[Ticket]:
    with stage.db.read() as session:
        return list(tickets.open_tickets(session, person_id=stage.person_id))


def messages(stage: Stage, ticket: Ticket) -> int:
    with stage.db.read() as session:
        return sum(event.kind == "message" for event in tickets.history(session, ticket))


def open_one(stage: Stage, text: str = "lampu mati") -> Ticket:
    stage.commit(stage.play(Describe, text, pending="describe", matter="question"))
    return opened(stage)[-1]


def test_effects_that_run_again_open_one_ticket(stage: Stage) -> None:
    played = stage.play(Describe, "lampu mati", pending="describe")
    first, second = stage.commit(played), stage.commit(played)
    assert first == second
    assert len(opened(stage)) == 1


def test_an_answer_that_did_not_help_becomes_a_ticket_with_the_question(stage: Stage) -> None:
    asked = stage.play(Answer, "di mana parkir", intent="ask")
    stage.commit(asked)
    played = stage.play(NotHelpful, "belum", intent="deny", **asked.slots)
    assert played.said == ["utter_sorry_passing_on", "utter_handed_over"]
    stage.commit(played)
    (ticket,) = opened(stage)
    assert (ticket.subject, ticket.category) == ("di mana parkir", "umum")
    assert messages(stage, ticket) == 1, "the message that held the question belongs to the ticket"


def test_a_human_is_asked_for_and_what_it_is_about_is_asked_once(stage: Stage) -> None:
    first = stage.play(HandOver, "petugas", intent="want_human")
    assert first.said == ["utter_describe_question"]
    second = stage.play(HandOver, "petugas!!", intent="want_human", **first.slots)
    assert second.said == ["utter_handed_over"]


def test_a_second_wish_for_a_human_is_added_to_the_open_ticket(stage: Stage) -> None:
    ticket = open_one(stage)
    played = stage.play(HandOver, "mana petugasnya", intent="want_human")
    assert played.said == ["utter_added_to_ticket"]
    stage.commit(played)
    assert len(opened(stage)) == 1
    assert messages(stage, ticket) == 1


def test_another_matter_gets_a_ticket_of_its_own(stage: Stage) -> None:
    open_one(stage)
    asked = stage.play(Answer, "pintu rusak", intent="ask")
    assert asked.said == ["utter_no_answer_open_ticket"]
    stage.commit(stage.play(OpenTicket, choice=("open_ticket", None), **asked.slots))
    assert [ticket.subject for ticket in opened(stage)] == ["lampu mati", "pintu rusak"]


def test_a_question_can_be_added_to_the_open_ticket_by_a_button(stage: Stage) -> None:
    ticket = open_one(stage)
    asked = stage.play(Answer, "pintu rusak", intent="ask")
    stage.commit(stage.play(FollowUp, choice=("follow_up_ticket", None), **asked.slots))
    assert len(opened(stage)) == 1
    assert messages(stage, ticket) == 2, "the question, and the press that sent it there"


@pytest.mark.parametrize(
    ("text", "said"),
    [("mau komplain", "utter_describe_complaint"), ("petugas loket kasar kepada saya", "utter_handed_over_complaint")],
)
def test_a_complaint_is_a_ticket_when_it_says_what_happened(stage: Stage, text: str, said: str) -> None:
    played = stage.play(Complain, text, intent="complain")
    assert played.said == [said]
    assert played.slots.get("matter") == ("complaint" if said == "utter_describe_complaint" else None)


def test_a_complaint_keeps_its_kind_through_the_question_what_happened(stage: Stage) -> None:
    asked = stage.play(Complain, "mau komplain", intent="complain")
    stage.commit(stage.play(Describe, "dibentak", **asked.slots))
    assert opened(stage)[0].kind == "complaint"


def test_scolding_is_no_description(stage: Stage) -> None:
    asked = stage.play(Complain, "mau komplain", intent="complain")
    assert stage.play(Describe, "anjing lu bot tolol", intent="abuse", **asked.slots).said == ["utter_describe_again"]
    told = stage.play(Describe, "anjing, surat saya sebulan ga jadi jadi", intent="abuse", **asked.slots)
    assert told.said == ["utter_handed_over_complaint"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I want to talk to a real person", "utter_describe_question"),
        ("can I please talk to a real human being now", "utter_describe_question"),
        ("saya mau bicara langsung dengan petugas yang asli", "utter_describe_question"),
        ("I want to talk to a person about my scholarship payment", "utter_handed_over"),
        ("saya mau bicara dengan petugas karena beasiswa saya belum cair", "utter_handed_over"),
    ],
)
def test_who_only_wants_a_human_is_asked_what_for(stage: Stage, text: str, said: str) -> None:
    assert stage.play(HandOver, text, intent="want_human").said == [said]


def test_a_late_reply_is_admitted(stage: Stage) -> None:
    open_one(stage)
    stage.now += timedelta(hours=5)
    assert stage.play(FollowUp, "kok belum dibalas", intent="follow_up_ticket").said == ["utter_asked_after_late"]


def test_closing_asks_first_and_a_closed_ticket_can_be_reopened(stage: Stage) -> None:
    number = open_one(stage).number
    asked = stage.play(CloseTicket, "tutup tiket", intent="close_ticket")
    assert asked.said == ["utter_close_confirm"]
    stage.commit(asked)
    assert opened(stage)
    stage.commit(stage.play(ConfirmClose, "ya", intent="affirm", **asked.slots))
    assert not opened(stage)
    played = stage.play(ReopenTicket, "buka lagi", intent="reopen_ticket")
    assert played.said == ["utter_ticket_reopened"]
    stage.commit(played)
    assert [ticket.number for ticket in opened(stage)] == [number]


def test_who_closes_a_ticket_from_another_chat_is_answered_by_the_assistant_where_staff_had_it(stage: Stage) -> None:
    number = open_one(stage).number
    with stage.db.write() as session:
        chat = Conversation(person_id=stage.person_id, channel="d", address="d", in_charge="rina", created_at=stage.now)
        session.add(chat)
        session.flush()
        tickets.by_number(session, number).conversation_id = chat.id
    stage.commit(stage.play(ConfirmClose, "ya", intent="affirm", pending="close", ticket=number))
    with stage.db.read() as session:
        assert session.get_one(Conversation, chat.id).in_charge == "assistant"


def test_a_message_for_a_ticket_that_was_closed_meanwhile_reopens_it(stage: Stage) -> None:
    ticket = open_one(stage)
    played = stage.play(HandOver, "petugas", intent="want_human")
    with stage.db.write() as session:
        working.close(session, tickets.by_number(session, ticket.number), CLOSING, "sari", stage.now)
    stage.commit(played)
    assert [each.number for each in opened(stage)] == [ticket.number]


def test_with_several_tickets_it_is_asked_which_one(stage: Stage) -> None:
    first, second = open_one(stage), open_one(stage, "pintu rusak")
    asked = stage.play(CloseTicket, "tutup tiket", intent="close_ticket")
    assert asked.said == ["utter_which_ticket"]
    assert [option["data"] for option in asked.args[0]["options"]] == [first.number, second.number]
    chosen = stage.play(CloseTicket, choice=("close_ticket", first.number), **asked.slots)
    assert chosen.slots["ticket"] == first.number


def test_nobody_sees_or_touches_another_persons_ticket(stage: Stage) -> None:
    number = open_one(stage).number
    other = Stage(stage.db)
    for action in (TicketStatus, FollowUp, CloseTicket, ReopenTicket):
        assert other.play(action, f"tiket {number}", intent="ticket_status").said == ["utter_ticket_unknown"]
    played = other.play(ConfirmClose, "ya", intent="affirm", pending="close", ticket=number)
    assert played.said == ["utter_ticket_unknown"]
    assert not played.turn.effects


def test_outside_office_hours_the_promise_says_so(stage: Stage) -> None:
    stage.now += timedelta(hours=10)
    played = stage.play(Describe, "lampu mati", pending="describe")
    assert played.args[0]["expectation"]["$response"] == "utter_word_expectation_closed"


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("tolong buatkan tiket, wifi di gedung C mati", "wifi di gedung C mati"),
        ("bikin tiket dong, printer lab rusak", "printer lab rusak"),
        ("mau komplain soal kantin yang jorok", "kantin yang jorok"),
        ("halo kak, saya mau bicara dengan petugas tentang nilai saya yang kosong", "nilai saya yang kosong"),
        ("please open a ticket, my diploma is lost", "my diploma is lost"),
        ("I want to complain about the noisy dorm", "the noisy dorm"),
        ("mau komplain", "mau komplain"),
        ("bikin tiket dong kak", "bikin tiket dong kak"),
        ("saya mau bikin laporan praktikum tapi lab tutup", "saya mau bikin laporan praktikum tapi lab tutup"),
        ("petugas loket kasar kepada saya", "petugas loket kasar kepada saya"),
        ("tiket saya belum dijawab", "tiket saya belum dijawab"),
        ("mau " * 3000, "mau " * 3000),
    ],
)
def test_a_subject_is_the_matter_and_not_the_wish_for_a_ticket(text: str, matter: str) -> None:
    assert matter_of(text) == matter


def test_what_is_written_after_a_ticket_was_closed_may_open_it_again(stage: Stage) -> None:
    number = open_one(stage).number
    with stage.db.write() as session:
        working.close(session, tickets.by_number(session, number), CLOSING, "sari", stage.now)
    asked = stage.play(Complain, "saya tidak puas", intent="complain")
    assert asked.said == ["utter_reopen_offer"]
    stage.commit(stage.play(ReopenTicket, "ya", intent="affirm", **asked.slots))
    assert [ticket.number for ticket in opened(stage)] == [number]


@pytest.mark.parametrize(("days", "said", "number"), [(30, "reopened", "000001"), (31, "follow_up", "000002")])
def test_what_ended_too_long_ago_becomes_a_new_linked_ticket(stage: Stage, days: int, said: str, number: str) -> None:
    first = open_one(stage)
    with stage.db.write() as session:
        working.close(session, tickets.by_number(session, first.number), CLOSING, "rina", stage.now)
    stage.now += timedelta(days=days)
    played = stage.play(ReopenTicket, "buka lagi tiket saya", intent="reopen_ticket")
    known = stage.commit(played)
    assert played.said == [f"utter_ticket_{said}"]
    assert known == {"ticket": f"CC-2026-{number}"}
    [live] = opened(stage)
    assert live.number == known["ticket"]
    assert messages(stage, live) == 1
    with stage.db.read() as session:
        links = [(kind, other.number) for kind, other in linking.linked(session, live)]
    assert links == ([("follow-up", first.number)] if days > 30 else [])
