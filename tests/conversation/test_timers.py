"""Alarms go off at their time, once, whoever looks at the clock; what stays silent closes after a notice."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.conversation.entering import Arrival
from bot.conversation.model import Conversation
from bot.conversation.timers import TROUBLE, Timers
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.tickets import duty, firing, notices, service, working
from bot.tickets.model import Ticket
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at, changing


def test_of_many_that_look_at_the_clock_one_does_it(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej")
    numbers = [stage.opens() for _ in range(12)]
    clock.advance(minutes=5)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Timers(db, clock, stage.desk).fire_due(), range(8)))
    while stage.timers.fire_due():
        pass
    assert [len(stage.escalations(number)) for number in numbers] == [1] * 12
    assert stage.told("escalated") == [("sri", "ladder staf_humas")] * 12


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another application's"])
def test_it_sleeps_until_a_nearer_alarm_is_written(
    db: Database, clock: FakeClock, tmp_path: Path, beside: bool
) -> None:
    stage = Stage(db, clock, "unej")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)

    async def looked() -> bool:
        bystander = asyncio.create_task(Timers(other, clock, stage.desk).run()) if beside else None
        await asyncio.sleep(0)
        task = asyncio.create_task(stage.timers.run())
        await asyncio.sleep(0.3)
        # What is opened now is due long ago by the clock: only being woken, not the sweep, finds it in time.
        clock.now -= timedelta(hours=2)
        number = await asyncio.to_thread(stage.opens)
        clock.now += timedelta(hours=2)
        await asyncio.to_thread(stage.replies, stage_other)
        for _ in range(100):
            if await asyncio.to_thread(stage.escalations, number):
                break
            await asyncio.sleep(0.05)
        for running in filter(None, (task, bystander)):
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        return bool(stage.escalations(number))

    stage_other = stage.opens()
    assert asyncio.run(looked())
    other.close()


def test_a_silent_ticket_is_closed_after_a_notice_and_not_counted_as_solved(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies(number)
    stage.does(number, working.wait)
    stage.until("2026-11-28 09:59")
    assert not any("menunggu kabar" in text for text in stage.heard())
    stage.until("2026-11-28 10:00")
    assert "menunggu kabar Anda" in stage.heard()[-1]
    assert "30 November pukul 10.00" in stage.heard()[-1]
    stage.until("2026-11-30 10:00")
    assert stage.ticket(number).status == "closed"
    assert stage.ticket(number).resolved_at is None
    assert stage.verdict(number, "resolution") == "waived"
    assert [event.kind for event in stage.events(number)][-1] == "lapsed"


def test_a_ticket_that_cannot_be_dealt_with_holds_up_no_other(
    db: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(db, clock, "unej")
    numbers = [stage.opens() for _ in range(3)]
    broken = stage.ticket(numbers[1]).id
    real = notices.tell

    def fails(session: Session, ticket: Ticket, *rest: Any) -> None:
        if ticket.id == broken:
            raise ValueError("not this one")
        real(session, ticket, *rest)

    monkeypatch.setattr(firing, "tell", fails)
    clock.advance(minutes=5)
    while stage.timers.fire_due():
        pass
    done = ["escalated" in [event.kind for event in stage.events(number)] for number in numbers]
    assert done == [True, False, True]
    monkeypatch.undo()
    stage.until(clock.now + TROUBLE)
    assert [event.kind for event in stage.events(numbers[1])].count("escalated") == 1


def test_a_word_in_time_keeps_the_ticket_open(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies(number)
    stage.does(number, working.wait)
    stage.until("2026-11-29 10:00")
    stage.writes(number)
    stage.until("2026-12-07 10:00")
    assert stage.ticket(number).status == "open"


def test_nobody_is_closed_without_having_been_told_before(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies(number)
    stage.does(number, working.wait)
    clock.now = at("2026-12-20 10:00")
    while stage.timers.fire_due():
        pass
    assert stage.ticket(number).status == "waiting"
    stage.until("2026-12-22 10:00")
    assert stage.ticket(number).status == "closed"


def test_who_cannot_be_told_is_not_closed_and_staff_are_told(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.enters(Arrival("phone", "Tagihan saya salah", name="Ani", phone="0812 3456 789"))
    stage.does(number, service.assign, "rina")
    stage.replies_by_phone(number)
    stage.does(number, working.wait)
    stage.until("2026-12-20 10:00")
    assert stage.ticket(number).status == "waiting"
    assert stage.told("untold") == [("rina", "closing")]
    [event] = stage.events(number, "noticed", "not told", "lapsed")
    assert event.data == {"why": "switched off", "told": ["rina"]}


def test_who_blocked_us_is_not_closed_until_he_writes_again(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies(number)
    stage.does(number, working.wait)
    _blocked(stage, clock.now)
    stage.until("2026-12-20 10:00")
    assert [event.kind for event in stage.events(number)][-1] == "not told"
    _blocked(stage, None)
    stage.writes(number)
    stage.does(number, working.wait)
    stage.until("2026-12-25 10:00")
    assert "menunggu kabar Anda" in stage.heard()[-1]
    stage.until("2026-12-27 10:00")
    assert stage.ticket(number).status == "closed"


def test_what_waits_for_nobodys_hand_is_told_to_all_who_may_answer(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies_by_phone(number)
    stage.does(number, working.wait)
    _blocked(stage, clock.now)
    stage.until("2026-12-20 10:00")
    assert {name for name, _ in stage.told("untold")} == {"rina", "dewi", "sri", "admin"}


def _blocked(stage: Stage, since: datetime | None) -> None:
    with stage.db.write() as session:
        session.get_one(Conversation, stage.conversation).unreachable_since = since


@pytest.mark.parametrize(("waits", "due"), [(False, "2026-11-24 10:00"), (True, "2026-11-24 13:00")])
def test_the_clock_stands_still_while_the_person_is_waited_for(
    db: Database, clock: FakeClock, waits: bool, due: str
) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies(number)
    if waits:
        stage.does(number, working.wait)
        assert stage.promises(number)["resolution", "", 0].timing.pauses
    stage.until("2026-11-23 13:00")
    stage.writes(number)
    stage.replies(number)
    assert stage.ticket(number).due_at == at(due)


GIVEN_OUT = changing("\nladder:", "\nassignment: {to: [staf_humas], most: 2}\nladder:")


async def eventually_has(stage: Stage, number: str, username: str) -> bool:
    for _ in range(100):
        if (await asyncio.to_thread(stage.ticket, number)).assignee == username:
            return True
        await asyncio.sleep(0.05)
    return False


def test_tickets_are_given_out_as_they_come_and_as_people_come_on_duty(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej", GIVEN_OUT)

    def on_duty(username: str) -> None:
        with db.write() as session:
            duty.set_duty(session, username, True, username, clock())

    async def given() -> list[bool]:
        task = asyncio.create_task(stage.timers.run())
        first = await asyncio.to_thread(stage.opens)
        await asyncio.to_thread(on_duty, "sri")
        # Sri is a supervisor: the rule gives tickets to the staff of public relations alone.
        before = not await asyncio.to_thread(lambda: stage.ticket(first).assignee)
        await asyncio.to_thread(on_duty, "rina")
        got_first = await eventually_has(stage, first, "rina")
        second = await asyncio.to_thread(stage.opens)
        await asyncio.to_thread(stage.somebody_else_writes)
        third = await asyncio.to_thread(stage.opens)
        got_second = await eventually_has(stage, second, "rina")
        await asyncio.to_thread(on_duty, "dewi")
        got_third = await eventually_has(stage, third, "dewi")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return [before, got_first, got_second, got_third]

    assert asyncio.run(given()) == [True] * 4


def test_without_such_a_rule_nobody_is_given_what_he_did_not_take(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej")
    number = stage.opens()
    with db.write() as session:
        duty.set_duty(session, "rina", True, "rina", clock())
    stage.timers.share_out()
    assert stage.ticket(number).assignee is None


def test_a_ticket_of_a_chat_goes_to_nobody_but_who_is_in_charge_of_it(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej", changing("\nladder:", "\nassignment: {to: [staf_humas]}\nladder:"))
    stage.replies(stage.opens())
    number = stage.opens()
    on_duty(stage, "dewi")
    stage.timers.share_out()
    assert stage.ticket(number).assignee is None
    on_duty(stage, "rina")
    stage.timers.share_out()
    assert stage.ticket(number).assignee == "rina"


def on_duty(stage: Stage, name: str) -> None:
    with stage.db.write() as session:
        duty.set_duty(session, name, True, name, stage.clock())
