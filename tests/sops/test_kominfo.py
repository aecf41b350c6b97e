"""Domain name helpdesk for go.id (Kominfo): a test a clause, on a clock that is set, from Monday 23 November 2026."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.own_tickets import FollowUp, ReopenTicket
from actions.tickets import Describe
from bot.conversation.entering import Arrival
from bot.conversation.thread import thread
from bot.errors import NotAllowed
from bot.procedures.versions import put_into_use
from bot.reports import periods
from bot.storage.database import Database
from bot.tickets import linking, notes, planning, working
from bot.tickets import service as tickets
from bot.tickets.model import Ticket
from bot.tickets.roles import use_profile
from bot.tickets.working import Closing
from tests.actions.stage import Stage as Talk
from tests.conftest import FakeClock
from tests.conversation.conftest import Core
from tests.house import House, OnTheWeb, eventually
from tests.sops.stage import BROKEN, JAKARTA, Stage, changing, lacking, text_of

SARI = Arrival(
    "walk_in", "Domain dinas kami mati sejak tadi malam.", name="Sari Dewi", email="sari@dinas.go.id",
    phone="0812-3456-789", kind="complaint",
)  # fmt: skip
CLOSING = Closing("gangguan", "Domain aktif lagi.", "DNS dipulihkan pukul 10.30.")


@pytest.fixture
def kominfo(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "kominfo")


def test_kominfo_1_who_comes_calls_or_writes_becomes_a_ticket_that_staff_record(kominfo: Stage) -> None:
    assert {channel: opened_by(kominfo, channel) for channel in ("walk_in", "phone", "sms", "email", "website")} == {
        "walk_in": "DN-2026-000001",
        "phone": "DN-2026-000002",
        "sms": "DN-2026-000003",
        "email": "DN-2026-000004",
        "website": "DN-2026-000005",
    }
    assert "not entered by hand" in opened_by(kominfo, "paper")


def opened_by(kominfo: Stage, channel: str) -> str:
    """The number of the ticket for what came by ``channel``, or why there is none."""
    try:
        number = kominfo.enters(replace(SARI, channel=channel))
    except NotAllowed as refused:
        return str(refused)
    assert kominfo.ticket(number).channel == channel
    return number


def test_kominfo_2_guests_give_full_name_and_email_address(kominfo: Stage) -> None:
    for channel in ("walk_in", "phone", "sms"):
        assert refusal(kominfo, replace(SARI, channel=channel, email=None)).endswith("it lacks email.")
        assert refusal(kominfo, replace(SARI, channel=channel, name=None)).endswith("it lacks name.")
        assert refusal(kominfo, replace(SARI, channel=channel, number=None)) == ""


def refusal(kominfo: Stage, arrival: Arrival) -> str:
    try:
        kominfo.enters(arrival)
    except NotAllowed as refused:
        return str(refused)
    return ""


@pytest.mark.engine
def test_kominfo_2_in_a_chat_full_name_and_email_address_are_asked_for(house: House) -> None:
    with working_by(house, "kominfo"):
        guest = OnTheWeb(house)
        guest.says("mau komplain, domain dinas kami mati sejak tadi malam dan belum ada kabar")
        guest.hears("nama lengkap dan alamat surel")
        assert house.tickets(guest.address) == []
        guest.says("Sari Dewi, sari@dinas.go.id")
        guest.hears(r"tiket DN-\d{4}-\d{6}")
        [ticket] = house.tickets(guest.address)
        assert ticket.identity == "guest"


@contextmanager
def working_by(house: House, name: str) -> Iterator[None]:
    """Have the running application work by a shipped profile within the block."""
    before = house.app.promise.profile

    def use(wanted: str) -> None:
        with house.app.db.write() as session:
            use_profile(session, wanted, text_of(wanted), JAKARTA, "admin", house.clock())

    use(name)
    try:
        eventually(lambda: house.app.promise.profile.ticket_prefix != before.ticket_prefix)
        yield
    finally:
        use("itb")
        eventually(lambda: house.app.promise.profile.ticket_prefix == before.ticket_prefix)


def test_kominfo_3_identity_and_request_are_recorded_in_a_ticket(kominfo: Stage) -> None:
    number = kominfo.enters(replace(SARI, channel="phone"))
    ticket = kominfo.ticket(number)
    assert (ticket.summary, ticket.identity, ticket.kind) == (SARI.text, "guest", "complaint")
    [entered] = kominfo.events(number, "entered")
    assert entered.actor == "rina"
    given = {"name": SARI.name, "email": SARI.email, "phone": SARI.phone}
    assert {name: (entered.data or {}).get(name) for name in given} == given
    with kominfo.db.read() as session:
        report = kominfo.reporter.register(session, "tickets", periods.month("2026-11"))
    assert lacking(report, number, "Sari Dewi", SARI.text) == []


def test_kominfo_4_the_helpdesk_responds_in_time_or_leadership_is_told(kominfo: Stage) -> None:
    answered, forgotten = kominfo.opens(), kominfo.opens("complaint")
    kominfo.until("2026-11-23 13:00")
    assert {who for who, _ in kominfo.told("warned")} >= {"rina", "dewi"}
    kominfo.until("2026-11-23 13:59")
    kominfo.replies(answered)
    assert kominfo.told("breached") == []
    kominfo.until("2026-11-23 14:00")
    assert kominfo.told("breached") == [("sri", "first_response")]
    assert kominfo.verdict(answered, "first_response") == "kept"
    kominfo.clock.advance(minutes=1)
    kominfo.replies(forgotten)
    assert kominfo.verdict(forgotten, "first_response") == "breached"


def test_kominfo_5_what_was_said_is_kept_and_the_response_goes_by_the_guests_channel(kominfo: Stage) -> None:
    chatting = kominfo.opens()
    kominfo.replies(chatting)
    assert kominfo.heard()[-1] == "Bisa, begini caranya."
    for channel in ("walk_in", "phone"):
        number = kominfo.enters(replace(SARI, channel=channel))
        with pytest.raises(NotAllowed, match=f"written to by {channel}"):
            kominfo.replies(number)
        kominfo.does(number, working.told, channel, "DNS dipulihkan siang ini.")
        [told] = kominfo.events(number, "message")
        assert told.data == {"how": channel, "text": "DNS dipulihkan siang ini."}
        with kominfo.db.read() as session:
            [kept] = thread(session, kominfo.ticket(number).conversation_id, limit=5)
        assert (kept.who, kept.text) == ("person", SARI.text)
        assert kominfo.verdict(number, "first_response") == "kept"
    with kominfo.db.read() as session:
        stored = kominfo.reporter.register(session, "tickets", periods.month("2026-11"))
    assert lacking(stored, number, "Sari Dewi", SARI.text) == []


@pytest.fixture
def helpdesk(db: Database, clock: FakeClock, tmp_path: Path) -> Core:
    """A guest's chat with the service that works by the profile."""
    core = Core(db, clock, tmp_path)
    with core.db.write() as session:
        put_into_use(session, "kominfo", text_of("kominfo"), JAKARTA, "admin", core.clock())
    core.agent("rina")
    return core


def of_the_guest(core: Core) -> str:
    """What the guest asked while the assistant was down is a ticket; its number."""
    core.engine.down = True
    core.say("domain dinas kami mati")
    core.engine.down = False
    with core.db.read() as session:
        return session.scalars(select(Ticket.number)).one()


def at_desk(core: Core, what: str, number: str, *given: object) -> None:
    with core.db.write() as session:
        getattr(core.desk, what)(session, tickets.by_number(session, number), "rina", *given, core.clock())
    core.send()


def test_kominfo_6_the_guest_receives_the_response(helpdesk: Core) -> None:
    number = of_the_guest(helpdesk)
    at_desk(helpdesk, "reply", number, "DNS sedang kami periksa.")
    assert helpdesk.channel.sent[-1][0] == "a"
    assert helpdesk.channel.texts[-1] == "DNS sedang kami periksa."
    assert helpdesk.outbox()[-1].status == "sent"


def test_kominfo_6_what_the_guest_has_not_received_is_no_response_and_leadership_is_told(kominfo: Stage) -> None:
    received, only_noted = kominfo.enters(SARI), kominfo.enters(SARI)
    for each in (received, only_noted):
        kominfo.does(each, notes.add_note, "DNS dipulihkan siang ini; tamu belum diberi tahu.")
    kominfo.does(received, working.told, "walk_in", "DNS dipulihkan siang ini.")
    kominfo.until("2026-11-23 13:59")
    assert kominfo.told("breached") == []
    kominfo.until("2026-11-23 14:00")
    assert kominfo.told("breached") == [("sri", "first_response")]
    kominfo.clock.advance(minutes=1)
    assert [kominfo.verdict(each, "first_response") for each in (received, only_noted)] == ["kept", "breached"]


def test_kominfo_7_what_is_written_to_the_helpdesk_goes_to_the_open_ticket(helpdesk: Core) -> None:
    number = of_the_guest(helpdesk)
    at_desk(helpdesk, "reply", number, "DNS sedang kami periksa.")
    assert helpdesk.say("berapa lama kira-kira?") == []
    with helpdesk.db.read() as session:
        assert session.scalars(select(Ticket.number)).all() == [number]
        last = tickets.history(session, tickets.by_number(session, number))[-1]
    assert (last.actor, last.kind, last.data) == ("person", "message", {"inbox_id": helpdesk.inbox()[-1].id})


def test_kominfo_7_further_questions_go_to_the_open_ticket_and_afterwards_to_a_new_one(kominfo: Stage) -> None:
    guest = Talk(kominfo.db, now=kominfo.clock(), proof_for=frozenset(), promise=kominfo.promise)
    number = guest.commit(guest.play(Describe, "domain kami mati", pending="describe"))["ticket"]
    further = "satu lagi, apakah sertifikat domain kami juga harus diperbarui sekarang?"
    guest.commit(guest.play(FollowUp, further, intent="follow_up_ticket"))
    assert [event.actor for event in kominfo.events(number, "message")] == ["person"]
    kominfo.does(number, working.resolve, "Domain aktif lagi.")
    assert guest.commit(guest.play(ReopenTicket, "masih mati", intent="reopen_ticket")) == {"ticket": number}
    assert kominfo.ticket(number).status == "open"
    kominfo.does(number, working.close, CLOSING)
    later = guest.commit(guest.play(ReopenTicket, "mati lagi", intent="reopen_ticket"))["ticket"]
    assert later != number
    assert kominfo.ticket(number).status == "closed"
    with kominfo.db.read() as session:
        [(kind, other)] = linking.linked(session, tickets.by_number(session, later))
    assert (kind, other.number) == ("follow-up", number)


def test_kominfo_8_helpdesk_and_leadership_set_a_follow_up_plan_together(kominfo: Stage) -> None:
    number = kominfo.enters(SARI)
    expectation = {"expectation": "Domain aktif lagi dan tidak mati lagi."}
    with pytest.raises(NotAllowed, match="lacks plan"):
        kominfo.does(number, planning.propose, expectation)
    kominfo.does(number, planning.propose, expectation | {"plan": "DNS dipindah ke peladen kedua, Jumat."})
    assert sorted(kominfo.told("proposed")) == [("admin", "plan"), ("sri", "plan")]
    for alone in ("rina", "dewi"):
        with pytest.raises(NotAllowed, match="another role"):
            kominfo.does(number, planning.agree, who=alone)
    assert kominfo.ticket(number).status == "new"
    kominfo.does(number, planning.agree, who="sri")
    assert kominfo.ticket(number).status == "planned"
    [planned] = kominfo.events(number, "planned")
    assert (planned.actor, (planned.data or {})["proposed_by"]) == ("sri", "rina")
    assert "peladen kedua" in (planned.data or {})["plan"]


def test_kominfo_9_the_ticket_is_closed_with_a_record_once_there_is_no_further_question(kominfo: Stage) -> None:
    number, asked_again, quiet = kominfo.opens(), kominfo.opens(), kominfo.opens()
    for each in (number, asked_again, quiet):
        kominfo.replies(each)
        kominfo.does(each, working.resolve, "Domain aktif lagi.")
    with pytest.raises(NotAllowed, match="lacks category and record"):
        kominfo.does(number, working.close, Closing())
    kominfo.does(number, working.close, CLOSING)
    [kept] = kominfo.events(number, "recorded")
    assert (kept.data or {})["record"] == CLOSING.record
    kominfo.until("2026-11-28 09:59")
    kominfo.writes(asked_again)
    with pytest.raises(NotAllowed, match="lacks solution"):
        kominfo.does(asked_again, working.close, replace(CLOSING, solution=None))
    assert len(kominfo.events(quiet, "noticed")) == 0
    kominfo.until("2026-11-28 10:00")
    assert len(kominfo.events(quiet, "noticed")) == 1
    assert quiet in kominfo.heard()[-1]
    kominfo.until("2026-11-30 09:59")
    assert kominfo.ticket(quiet).status == "resolved"
    kominfo.until("2026-11-30 10:00")
    assert kominfo.ticket(quiet).status == "closed"
    assert kominfo.ticket(asked_again).status == "open"


CHANGES: dict[Callable[[Stage], None], tuple[str, str]] = {
    test_kominfo_1_who_comes_calls_or_writes_becomes_a_ticket_that_staff_record: (
        "[walk_in, phone, sms, email, website]", "[walk_in, phone, email, website]",
    ),
    test_kominfo_2_guests_give_full_name_and_email_address: ("ask: [name, email]", "ask: [name]"),
    test_kominfo_3_identity_and_request_are_recorded_in_a_ticket: (
        "en: Helpdesk tickets}\n    of: ticket\n", "en: Helpdesk tickets}\n    of: ticket\n    kinds: [praise]\n",
    ),
    test_kominfo_4_the_helpdesk_responds_in_time_or_leadership_is_told: (
        "first_response: {within: 4h", "first_response: {within: 5h",
    ),
    test_kominfo_5_what_was_said_is_kept_and_the_response_goes_by_the_guests_channel: (
        "[walk_in, phone, sms, email, website]", "[walk_in, sms, email, website]",
    ),
    test_kominfo_6_what_the_guest_has_not_received_is_no_response_and_leadership_is_told: (
        "tell: [pimpinan]}\n  next_response", "tell: [helpdesk]}\n  next_response",
    ),
    test_kominfo_7_further_questions_go_to_the_open_ticket_and_afterwards_to_a_new_one: (
        "reopening: never", "reopening: always",
    ),
    test_kominfo_8_helpdesk_and_leadership_set_a_follow_up_plan_together: (
        "may: [answer, assign, plan, report, curate]", "may: [answer, assign, report, curate]",
    ),
    test_kominfo_9_the_ticket_is_closed_with_a_record_once_there_is_no_further_question: (
        "silence: 7d, notice: 2d", "silence: 8d, notice: 2d",
    ),
}  # fmt: skip


@pytest.mark.parametrize("clause", CHANGES, ids=lambda each: each.__name__)
def test_another_rule_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, clause: Callable[[Stage], None]
) -> None:
    old, new = CHANGES[clause]
    stage = Stage(db, clock, "kominfo", changing(old, new))
    with pytest.raises(BROKEN):
        clause(stage)
