"""Turns: in order, exactly once, and honest when the engine is down."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversation import worker as worker_module
from bot.conversation.model import Choice, Conversation, InboxMessage
from bot.conversation.pace import Pace
from bot.conversation.thread import thread
from bot.conversation.turn import turns
from bot.conversation.wording import time_argument
from bot.conversation.worker import Worker, free_leases
from bot.tickets.model import Ticket, TicketEvent
from tests.conversation.conftest import Core, _until, run


def claimed(core: Core, worker: Worker) -> list[int]:
    """The conversations that the worker takes up now."""
    with core.db.write() as session:
        return [conversation_id for conversation_id, _ in worker._claim(5, session)]


def test_a_message_is_answered_and_the_state_kept(core: Core) -> None:
    assert core.say("halo") == ["1: halo"]
    assert core.say("lagi") == ["2: lagi"]


def test_messages_of_one_conversation_are_answered_in_order(core: Core) -> None:
    core.receive(*(core.incoming(f"pesan {n}") for n in range(10)))
    core.answer()
    core.send()
    assert core.channel.texts == [f"{n + 1}: pesan {n}" for n in range(10)]


def test_two_workers_answer_each_message_once_and_in_order(core: Core) -> None:
    core.receive(*(core.incoming(f"pesan {n}", who=f"p{n % 5}") for n in range(40)))

    async def both() -> None:
        tasks = [asyncio.create_task(core.worker().run()) for _ in range(2)]
        async with asyncio.timeout(20):
            while await asyncio.to_thread(core.inbox, "pending"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(both())
    assert len(core.outbox()) == 40
    for person in range(5):
        mine = [row for row in core.inbox() if row.conversation_id == core.inbox()[person].conversation_id]
        answers = [row.text for row in core.outbox() if row.conversation_id == mine[0].conversation_id]
        assert answers == [f"{n + 1}: {row.text}" for n, row in enumerate(mine)]


def test_a_worker_that_died_gives_its_conversations_up_after_the_lease(core: Core) -> None:
    core.receive(core.incoming("halo"))
    assert claimed(core, core.worker())
    assert claimed(core, core.worker()) == []
    core.clock.advance(seconds=31)
    assert len(claimed(core, core.worker())) == 1


def test_after_a_restart_of_the_only_worker_its_leases_are_free_at_once(core: Core) -> None:
    core.receive(core.incoming("halo"))
    assert claimed(core, core.worker())
    with core.db.write() as session:
        free_leases(session)
    core.answer()
    assert len(core.outbox()) == 1


def test_without_an_engine_the_person_is_told_and_gets_a_ticket(core: Core) -> None:
    core.engine.down = True
    *_, told = core.say("ukt saya salah")
    with core.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert ticket.number in told
    assert (ticket.subject, ticket.kind, ticket.status) == ("ukt saya salah", "outage", "new")


def test_one_outage_makes_one_ticket_and_nothing_is_answered_twice(core: Core) -> None:
    core.engine.down = True
    core.say("satu")
    core.say("dua")
    core.engine.down = False
    assert core.say("tiga") == ["1: tiga"]
    with core.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        kinds = session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id)).all()
    assert kinds == ["opened", "message"]
    assert [row.handled_by for row in core.inbox()] == ["fallback", "fallback", "assistant"]


@pytest.mark.parametrize("ended", [False, True])
def test_a_message_of_an_outage_goes_to_the_live_ticket_that_the_person_has(core: Core, ended: bool) -> None:
    core.engine.down = True
    core.say("ukt saya salah")
    with core.db.write() as session:
        first = session.scalars(select(Ticket)).one()
        first.kind, first.status = "question", "closed" if ended else "new"
        number = first.number
    *_, told = core.say("jadi gimana kak?")
    with core.db.read() as session:
        tickets = session.scalars(select(Ticket).order_by(Ticket.id)).all()
        kinds = session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == tickets[0].id)).all()
    assert [(ticket.kind, ticket.subject) for ticket in tickets[1:]] == [("outage", "jadi gimana kak?")] * ended
    assert kinds == ["opened"] if ended else ["opened", "message"]
    assert (f"ditambahkan ke tiket {number}" in told, "masih" in told) == (not ended, False)


def test_a_turn_that_always_fails_becomes_a_ticket_and_the_next_goes_on(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.engine.reply = ("utter_no_such_response", {})
    monkeypatch.setattr(worker_module, "MAX_ATTEMPTS", 2)
    core.say("macet")
    core.engine.reply = ("utter_echo", {})
    assert core.say("lanjut") == ["1: lanjut"]
    assert [row.handled_by for row in core.inbox()] == ["fallback", "assistant"]


def test_effects_happen_with_the_turn_and_fill_its_words(core: Core) -> None:
    def plan(turn_id: str) -> None:
        turns.get(turn_id).later(lambda _session: {"ticket": "CC-2026-000001", "due": time_argument(core.clock())})

    core.engine.during = plan
    core.engine.reply = ("utter_engine_down_again", {})
    (text,) = core.say("halo")
    assert "CC-2026-000001" in text


def test_a_failing_effect_leaves_nothing_of_the_turn(core: Core) -> None:
    def rewrite(session: Session) -> None:
        session.execute(update(InboxMessage).values(text="lain"))

    def fail(_session: Session) -> None:
        raise ZeroDivisionError

    def plan(turn_id: str) -> None:
        turns.get(turn_id).later(rewrite)
        turns.get(turn_id).later(fail)

    core.engine.during = plan
    core.say("halo")
    assert [row.text for row in core.inbox()] == ["halo"]
    assert [row.handled_by for row in core.inbox()] == ["fallback"]


def test_a_takeover_in_the_middle_of_a_turn_silences_the_assistant(core: Core) -> None:
    core.agent("rina")
    core.engine.down = True
    core.say("tolong")
    core.engine.down = False

    def take(_turn_id: str) -> None:
        with core.db.write() as session:
            core.desk.take(session, session.scalars(select(Ticket)).one(), "rina", core.clock())

    core.engine.during = take
    said = core.say("halo?")
    assert not any("halo?" in text for text in said)
    assert core.inbox()[-1].handled_by == "agent"


def test_yesterdays_question_is_forgotten(core: Core) -> None:
    core.say("halo")
    core.clock.advance(hours=13)
    assert core.say("ya") == ["1: ya"]


def test_a_flood_gets_one_notice_and_none_is_lost(core: Core) -> None:
    core.receive(*(core.incoming(f"pesan {n}") for n in range(30)))
    core.answer()
    core.send()
    assert len(core.inbox("done")) == 30
    assert len(core.channel.sent) == 21
    assert [row.handled_by for row in core.inbox()].count("muted") == 10
    core.clock.advance(minutes=2)
    assert core.say("sudah tenang") == ["21: sudah tenang"]


def test_a_pressed_button_means_what_was_offered(core: Core) -> None:
    core.engine.reply = ("utter_echo", {})
    core.receive(core.incoming("halo"))
    core.engine.during = None
    core.engine.reply = (
        "utter_more_choices",
        {"options": [{"label": f"Pilihan {n}", "intent": "choose", "data": f"t{n}"} for n in range(5)]},
    )
    core.answer()
    core.send()
    assert [len(message.buttons) for _, message in core.channel.sent] == [3, 2]
    key = core.channel.sent[1][1].buttons[1].key
    core.engine.reply = ("utter_echo", {})
    seen: list[tuple[str, str | None] | None] = []
    core.engine.during = lambda turn_id: seen.append(turns.get(turn_id).choice)
    core.say("", choice=key)
    assert seen == [("choose", "t4")]
    assert core.engine.calls[-1][1] == {"intent": "choose", "text": ""}


def test_another_persons_button_means_nothing(core: Core) -> None:
    core.engine.reply = ("utter_more_choices", {"options": [{"label": "A", "intent": "affirm", "data": None}]})
    core.say("halo", who="a")
    with core.db.read() as session:
        key = session.scalars(select(Choice.key)).one()
    core.say("", who="b", choice=key)
    assert core.engine.calls[-1][1]["intent"] == "help"


def test_the_number_of_an_offered_button_may_be_typed(core: Core) -> None:
    core.engine.reply = ("utter_more_choices", {"options": [{"label": "A", "intent": "affirm", "data": None}]})
    core.say("halo")
    core.say("1")
    assert core.engine.calls[-1][1]["intent"] == "affirm"
    core.engine.reply = ("utter_echo", {})
    core.say("x")
    core.say("1")
    assert "intent" not in core.engine.calls[-1][1]


@pytest.mark.parametrize(("hours", "chosen"), [(11, True), (13, False)])
def test_yesterdays_buttons_cannot_be_typed_any_more(core: Core, hours: int, chosen: bool) -> None:
    core.engine.reply = ("utter_more_choices", {"options": [{"label": "Ya", "intent": "affirm", "data": None}]})
    core.say("halo")
    core.clock.advance(hours=hours)
    core.say("ya")
    assert ("intent" in core.engine.calls[-1][1]) == chosen


def test_long_replies_are_cut_into_messages_in_order(core: Core) -> None:
    core.engine.reply = ("utter_engine_down", {"ticket": "A " * 900, "due": "besok"})
    core.receive(core.incoming("halo"))
    core.answer()
    core.send()
    assert len(core.channel.sent) >= 2
    assert all(len(text) <= 1000 for text in core.channel.texts)


def test_what_a_person_wrote_is_never_taken_for_a_variable(core: Core) -> None:
    assert core.say("{ticket} {0} %s ${x} <b>*hi*</b>") == ["1: {ticket} {0} %s ${x} <b>*hi*</b>"]


def test_repeats_are_counted_without_regard_to_case(core: Core) -> None:
    counts: list[int] = []
    core.engine.during = lambda turn_id: counts.append(turns.get(turn_id).repeats)
    for text in ("halo", "Halo ", "HALO", "lain", "halo"):
        core.say(text)
    assert counts == [1, 2, 3, 1, 1]


def test_only_the_first_turn_is_the_first_contact(core: Core) -> None:
    first: list[bool] = []
    core.engine.during = lambda turn_id: first.append(turns.get(turn_id).first_contact)
    core.say("halo")
    core.say("lagi")
    core.say("hai", who="b")
    assert first == [True, False, True]


def test_an_edit_of_the_latest_message_is_answered_anew_of_an_older_one_only_noted(core: Core) -> None:
    core.receive(core.incoming("jadwal wisda", external_id="x1"))
    core.answer()
    core.receive(core.incoming("jadwal wisuda", external_id="x1e", kind="edited", edits="x1"))
    core.answer()
    core.send()
    assert core.channel.texts == ["1: jadwal wisda", "2: jadwal wisuda"]
    core.receive(core.incoming("lain"))
    core.receive(core.incoming("jadwal libur", external_id="x1f", kind="edited", edits="x1"))
    core.answer()
    core.send()
    assert core.channel.texts[2] == "3: lain"
    assert "pesan lama sudah tersimpan" in core.channel.texts[3]
    assert len(core.channel.texts) == 4
    assert core.say("lagi") == ["4: lagi"], "the talk goes on from where it was"
    with core.db.read() as session:
        entries = [entry for entry in thread(session, 1, limit=50) if entry.who == "person"]
    assert [(entry.text, entry.edited) for entry in entries] == [
        ("jadwal wisda", False), ("jadwal wisuda", True), ("lain", False), ("jadwal libur", True), ("lagi", False),
    ]  # fmt: skip


def test_an_edit_of_an_edit_and_of_a_message_that_never_came_are_answered(core: Core) -> None:
    assert core.say("jadwal", external_id="e1", kind="edited", edits="never-came") == ["1: jadwal"]
    assert core.say("jadwal wisda", external_id="x2") == ["2: jadwal wisda"]
    assert core.say("jadwal wisuda", external_id="x2e", kind="edited", edits="x2") == ["3: jadwal wisuda"]
    assert core.say("jadwal wisuda 2027", external_id="x2f", kind="edited", edits="x2") == ["4: jadwal wisuda 2027"]


def test_who_waits_is_taken_up_when_turns_may_be_more_again(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    class Widening(Pace):
        asked = 0

        def limit(self, now: float) -> int:
            self.asked += 1
            return 1 if self.asked == 1 else 16

    monkeypatch.setattr("bot.conversation.worker.SWEEP_SECONDS", 60.0)
    core.receive(*(core.incoming("halo", who=who) for who in "abc"))
    worker = core.worker()
    worker._pace = Widening(16)
    run(_until(worker.run(), lambda: not core.inbox("pending")))
    assert len(core.inbox("done")) == 3


def test_a_worker_leaves_other_channels_conversations_alone(core: Core) -> None:
    core.receive(core.incoming("halo", channel="elsewhere"))
    assert claimed(core, core.worker()) == []


def test_patience_counts_from_the_start_for_messages_that_waited(core: Core) -> None:
    core.receive(core.incoming("halo"))
    core.clock.advance(minutes=10)
    worker = core.worker()
    with core.db.read() as session:
        conversation_id = session.scalars(select(Conversation.id)).one()
    prepared = worker._prepare(conversation_id)
    assert prepared is None, "without a lease nothing is prepared"
    assert claimed(core, worker)
    prepared = worker._prepare(conversation_id)
    assert prepared is not None
    assert worker._patience(prepared) == timedelta(seconds=60)
    core.clock.advance(seconds=1)
    core.receive(core.incoming("baru", who="b"))
    core.clock.advance(seconds=2)
    (other,) = claimed(core, worker)
    fresh = worker._prepare(other)
    assert fresh is not None
    assert worker._patience(fresh) == timedelta(seconds=2)
