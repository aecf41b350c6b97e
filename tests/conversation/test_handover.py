"""Humans take over, answer, give back and close."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.handover import Desk
from bot.conversation.model import Choice, Conversation
from bot.conversation.thread import thread
from bot.conversation.turn import turns
from bot.errors import NotAllowed
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets import service as tickets
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.promises import promises
from tests.conftest import CLOSING, FakeClock
from tests.conversation.conftest import JAKARTA, Core


@pytest.fixture
def ticket(core: Core) -> str:
    """A ticket that the outage of the engine opened; Rina and Dewi are on duty."""
    return open_ticket(core)


def open_ticket(core: Core) -> str:
    core.agent("rina")
    core.agent("dewi")
    core.engine.down = True
    core.say("tolong")
    core.engine.down = False
    with core.db.read() as session:
        return session.scalars(select(Ticket.number)).one()


def do(core: Core, what: str, who: str, *given: object) -> None:
    with core.db.write() as session:
        found = session.scalars(select(Ticket)).one()
        getattr(core.desk, what)(session, found, who, *given, core.clock())
    core.send()


def conversation(core: Core) -> Conversation:
    with core.db.read() as session:
        return session.scalars(select(Conversation)).one()


def test_taking_over_silences_the_assistant_and_tells_the_person(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    assert "Rina" in core.channel.texts[-1]
    assert core.say("apa kabar tiket saya") == []
    assert core.inbox()[-1].handled_by == "agent"
    assert conversation(core).in_charge == "rina"


def test_what_the_person_writes_goes_to_the_agents_ticket(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    core.say("ini detailnya")
    with core.db.read() as session:
        events = session.scalars(select(TicketEvent).order_by(TicketEvent.id)).all()
    assert events[-1].kind == "message"
    assert events[-1].data == {"inbox_id": core.inbox()[-1].id}


def test_a_thank_you_after_an_answer_promises_no_further_one(core: Core, ticket: str) -> None:
    def runs() -> int:
        with core.db.read() as session:
            events = session.scalars(select(TicketEvent).order_by(TicketEvent.id)).all()
        return len({promise.run for promise in promises(events, core.promise.profile, "outage")})

    do(core, "reply", "rina", "Sudah kami perbaiki.")
    core.say("Terima kasih banyak, Kak 🙏")
    assert runs() == 1
    core.say("eh, kapan bisa diambil?")
    assert runs() == 2


def test_a_reply_takes_the_ticket_and_reaches_the_chat(core: Core, ticket: str) -> None:
    do(core, "reply", "rina", "Sudah kami perbaiki {ticket} <b>")
    assert core.channel.texts[-1] == "Sudah kami perbaiki {ticket} <b>"
    assert conversation(core).in_charge == "rina"


def test_a_second_agent_is_told_who_has_it(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    for what, text in (("take", ()), ("reply", ("halo",)), ("release", ()), ("close", (CLOSING,))):
        with pytest.raises(NotAllowed, match="rina"):
            do(core, what, "dewi", *text)
    assert conversation(core).in_charge == "rina"


def test_of_many_who_take_at_once_one_wins(core: Core, ticket: str) -> None:
    won: list[str] = []

    def take(who: str) -> None:
        try:
            with core.db.write() as session:
                core.desk.take(session, session.scalars(select(Ticket)).one(), who, core.clock())
            won.append(who)
        except NotAllowed:
            return

    threads = [threading.Thread(target=take, args=(who,)) for who in ("rina", "dewi")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(won) == 1
    assert conversation(core).in_charge == won[0]


def test_given_back_the_assistant_goes_on_from_the_beginning(core: Core, ticket: str) -> None:
    core.say("satu")
    do(core, "take", "rina")
    do(core, "release", "rina")
    assert core.say("halo") == ["1: halo"]
    assert conversation(core).in_charge == "assistant"


def test_a_closed_ticket_gives_the_chat_back_and_a_new_message_is_answered(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    do(core, "close", "rina", CLOSING)
    assert ticket in core.channel.texts[-2]
    assert core.say("halo") == ["1: halo"]


@pytest.mark.parametrize(("language", "label"), [("id", "Belum"), ("en", "No")])
def test_a_ticket_that_staff_closed_can_be_reopened_by_a_button(
    core: Core, ticket: str, language: str, label: str
) -> None:
    with core.db.write() as session:
        session.scalars(select(Conversation)).one().language = language
    do(core, "take", "rina")
    do(core, "close", "rina", CLOSING)
    button = core.channel.sent[-1][1].buttons[-1]
    assert button.label == label
    chosen: list[tuple[str, str | None] | None] = []
    core.engine.during = lambda turn_id: chosen.append(turns.get(turn_id).choice)
    core.say("", choice=button.key)
    assert chosen == [("survey", f"{ticket} solved no")]


def test_replies_the_assistant_had_queued_die_at_the_takeover(core: Core, ticket: str) -> None:
    core.receive(core.incoming("halo"))
    core.answer()
    do(core, "take", "rina")
    assert not any(text.startswith("1:") for text in core.channel.texts)


def test_outside_the_window_a_reply_is_refused_and_nothing_is_written(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    core = Core(db, clock, tmp_path, window=timedelta(hours=24))
    open_ticket(core)
    clock.advance(hours=25)
    with pytest.raises(NotAllowed, match="no free text"):
        do(core, "reply", "rina", "halo")
    assert conversation(core).in_charge == "assistant"


def test_an_unknown_agent_and_an_empty_reply_are_refused(core: Core, ticket: str) -> None:
    with pytest.raises(NotAllowed, match="nobody"):
        do(core, "take", "nobody")
    with pytest.raises(NotAllowed, match="empty"):
        do(core, "reply", "rina", "  ")


def test_the_thread_shows_who_said_what_in_order(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    core.clock.advance(seconds=1)
    core.say("ini fotonya")
    core.clock.advance(seconds=1)
    do(core, "reply", "rina", "Terima kasih")
    with core.db.read() as session:
        entries = thread(session, 1, limit=50)
    assert [(entry.who, entry.text) for entry in entries][-2:] == [("person", "ini fotonya"), ("rina", "Terima kasih")]
    assert entries[0].text == "tolong"


def test_a_ticket_of_a_channel_that_is_off_can_be_worked_on_but_not_answered(core: Core, ticket: str) -> None:
    core.desk = Desk(core.wording, {})
    with pytest.raises(NotAllowed, match="by fake from here; nothing was sent"):
        do(core, "reply", "rina", "halo")
    for step in ("take", "release", "take"):
        do(core, step, "rina")
    do(core, "close", "rina", CLOSING)
    assert conversation(core).in_charge == "assistant"


def test_a_colleague_gets_the_conversation_with_the_ticket(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    with core.db.write() as session:
        core.desk.hand_on(session, session.scalars(select(Ticket)).one(), "dewi", "sri", core.clock())
    core.send()
    assert conversation(core).in_charge == "dewi"
    assert "Dewi" in core.channel.texts[-1]
    assert core.say("masih di sana?") == []


def test_who_is_given_a_ticket_that_the_assistant_talks_about_does_not_silence_it(core: Core, ticket: str) -> None:
    with core.db.write() as session:
        core.desk.hand_on(session, session.scalars(select(Ticket)).one(), "dewi", "sri", core.clock())
    assert conversation(core).in_charge == "assistant"
    assert core.say("halo") != []


def test_a_unit_gets_the_ticket_and_the_assistant_the_conversation(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    with core.db.write() as session:
        core.desk.hand_to_unit(session, session.scalars(select(Ticket)).one(), "Biro", "rina", core.clock())
    assert conversation(core).in_charge == "assistant"


def test_what_is_with_somebody_who_goes_away_is_taken_back(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    with core.db.write() as session:
        assert core.desk.goes_away(session, "rina", "sri", core.clock()) == [ticket]
        assert core.desk.goes_away(session, "rina", "sri", core.clock()) == []
    core.send()
    assert conversation(core).in_charge == "assistant"
    with core.db.read() as session:
        event = session.scalars(select(TicketEvent).order_by(TicketEvent.id)).all()[-1]
    assert (event.actor, event.kind, event.data) == ("sri", "released", {"from": "rina", "to": None})


def resolve(core: Core, solution: str = "Sudah {beres}.") -> str | None:
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        reason = core.desk.resolve(session, ticket, "rina", solution, core.clock())
    core.send()
    return reason


def kinds(core: Core) -> list[str]:
    with core.db.read() as session:
        return list(session.scalars(select(TicketEvent.kind).order_by(TicketEvent.id)))


def test_the_person_is_told_how_his_ticket_was_resolved_and_asked(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    assert resolve(core) is None
    assert conversation(core).in_charge == "assistant"
    assert "Sudah {beres}." in core.channel.texts[-2]
    assert core.channel.texts[-1] == "Apakah kendala Anda sudah teratasi?"
    [*_, (_, message)] = core.channel.sent
    assert [button.label for button in message.buttons] == ["Sudah", "Belum"]
    with core.db.read() as session:
        pressed = session.get_one(Choice, message.buttons[1].key)
        assert (pressed.intent, pressed.data) == ("survey", f"{ticket} solved no")
    assert kinds(core)[-2:] == ["resolved", "survey sent"]


def test_closing_what_was_resolved_says_nothing_again(core: Core, ticket: str) -> None:
    resolve(core)
    before = len(core.channel.sent)
    do(core, "close", "rina", CLOSING)
    assert len(core.channel.sent) == before
    assert kinds(core).count("survey sent") == 1


def test_closing_at_once_tells_the_solution(core: Core, ticket: str) -> None:
    do(core, "close", "rina", CLOSING)
    assert str(CLOSING.solution) in core.channel.texts[-2]
    assert kinds(core)[-1] == "survey sent"


def test_where_the_profile_asks_nothing_he_is_told_how_to_open_it_again(core: Core) -> None:
    with core.db.write() as session:
        text = shipped("kominfo").read_text(encoding="utf-8")
        put_into_use(session, "kominfo", text, JAKARTA, "admin", core.clock())
    open_ticket(core)
    resolve(core)
    [*_, (_, message)] = core.channel.sent
    assert [button.label for button in message.buttons] == ["Buka lagi"]
    assert "survey sent" not in kinds(core)


def test_outside_the_window_nobody_is_asked_and_staff_are_told(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    core = Core(db, clock, tmp_path, window=timedelta(hours=24))
    open_ticket(core)
    clock.advance(hours=25)
    before = len(core.outbox())
    assert resolve(core) == "window"
    assert len(core.outbox()) == before
    assert kinds(core)[-2:] == ["resolved", "not told"]


def test_who_cannot_be_reached_is_not_asked(core: Core, ticket: str) -> None:
    with core.db.write() as session:
        session.scalars(select(Conversation)).one().unreachable_since = core.clock()
    assert resolve(core) == "unreachable"
    assert kinds(core)[-1] == "not told"


def test_an_agent_who_has_another_ticket_here_stays_in_charge(core: Core, ticket: str) -> None:
    do(core, "take", "rina")
    with core.db.write() as session:
        first = session.scalars(select(Ticket)).one()
        other = tickets.open_ticket(
            session, conversation_id=first.conversation_id, person_id=first.person_id, inbox_id=None,
            channel="web", subject="lain",
            summary="", category=None, kind="question", identity="unproven", language="id", now=core.clock(),
            due_at=core.clock(), zone=JAKARTA,
        )  # fmt: skip
        tickets.assign(session, other, "rina", "rina", core.clock())
        core.desk.resolve(session, first, "rina", "Beres.", core.clock())
    assert conversation(core).in_charge == "rina"
