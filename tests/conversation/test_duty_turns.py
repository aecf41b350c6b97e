"""People come on duty and go away as it is planned: once, whoever looks, and also what was slept through."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.conversation.timers import TROUBLE, Timers
from bot.errors import Conflict, NotAllowed
from bot.identity import staffing
from bot.identity.model import AuditEvent
from bot.procedures.business import Week
from bot.procedures.scalars import periods
from bot.storage.database import Database
from bot.tickets import assignment, duty, duty_planning, service
from bot.tickets.duty_plan import NO_DAYS, Otherwise
from bot.tickets.model import DutyEvent, DutyPlan
from tests.conftest import FakeClock
from tests.sops.stage import JAKARTA, Stage, at

OFFICE = (*(periods("08:00-12:00 13:00-16:00"),) * 5, (), ())
NIGHTS = (periods("22:00-06:00"),) * 7
Noted = list[tuple[str, bool, str, str]]


@pytest.fixture
def stage(db: Database, clock: FakeClock) -> Stage:
    """Sunday noon: everybody is away."""
    clock.now = at("2026-11-22 12:00")
    return Stage(db, clock, "itb")


def plans(stage: Stage, username: str, week: Week = OFFICE) -> None:
    with stage.db.write() as session:
        duty_planning.set_week(session, username, week, "sri", stage.clock(), JAKARTA)


def excepts(stage: Stage, username: str, first: str, last: str, hours: str = "") -> int:
    otherwise = Otherwise(date.fromisoformat(first), date.fromisoformat(last), periods(hours))
    with stage.db.write() as session:
        return duty_planning.add_exception(session, username, otherwise, "sri", stage.clock(), JAKARTA)


def switches(stage: Stage, username: str, on_duty: bool) -> None:
    with stage.db.write() as session:
        if on_duty:
            duty.set_duty(session, username, True, username, stage.clock())
        else:
            stage.desk.goes_away(session, username, username, stage.clock())


def lives(stage: Stage, until: str) -> None:
    """Time goes by, with somebody who looks at the clock whenever something is planned."""
    end = at(until)
    while (turn := next_turn(stage)) is not None and turn <= end:
        stage.clock.now = max(stage.clock.now, turn)
        stage.timers.take_turns()
    stage.clock.now = end


def next_turn(stage: Stage) -> datetime | None:
    with stage.db.read() as session:
        return duty_planning.next_turn(session)


def noted(stage: Stage) -> Noted:
    with stage.db.read() as session:
        found = session.scalars(select(DutyEvent).order_by(DutyEvent.id)).all()
        return [(e.username, e.on_duty, f"{e.at.astimezone(JAKARTA):%a %H:%M}", e.actor) for e in found]


def is_there(stage: Stage, username: str) -> bool:
    with stage.db.read() as session:
        return duty.is_on_duty(session, username)


def test_somebody_comes_on_duty_and_goes_away_as_planned(stage: Stage) -> None:
    plans(stage, "rina")
    lives(stage, "2026-11-23 13:30")
    assert noted(stage) == [
        ("rina", True, "Mon 08:00", "system"), ("rina", False, "Mon 12:00", "system"),
        ("rina", True, "Mon 13:00", "system"),
    ]  # fmt: skip
    assert next_turn(stage) == at("2026-11-23 16:00")


def test_who_goes_away_by_plan_leaves_his_tickets_to_others(stage: Stage) -> None:
    plans(stage, "rina")
    lives(stage, "2026-11-23 09:00")
    number = stage.opens()
    stage.does(number, service.assign, "rina")
    lives(stage, "2026-11-23 12:00")
    assert stage.ticket(number).assignee is None
    assert [event.actor for event in stage.events(number, "released")] == ["system"]


def test_who_comes_on_duty_by_plan_is_given_tickets(stage: Stage) -> None:
    plans(stage, "rina")
    lives(stage, "2026-11-23 09:00")
    number = stage.opens()
    with stage.db.write() as session:
        assert assignment.share_out(session, stage.clock()) == [(number, "rina")]


def test_his_own_switch_wins_until_the_next_planned_change(stage: Stage) -> None:
    plans(stage, "rina")
    lives(stage, "2026-11-23 09:00")
    switches(stage, "rina", False)
    lives(stage, "2026-11-23 11:00")
    assert not is_there(stage, "rina")
    lives(stage, "2026-11-23 13:00")
    assert is_there(stage, "rina")
    lives(stage, "2026-11-23 18:00")
    switches(stage, "rina", True)
    lives(stage, "2026-11-24 07:59")
    assert is_there(stage, "rina")
    lives(stage, "2026-11-24 12:00")
    assert not is_there(stage, "rina")


def test_who_went_away_before_his_shift_is_over_keeps_what_he_took_since(stage: Stage) -> None:
    plans(stage, "rina")
    lives(stage, "2026-11-23 09:00")
    switches(stage, "rina", False)
    number = stage.opens()
    stage.does(number, service.assign, "rina")
    lives(stage, "2026-11-23 12:30")
    assert stage.ticket(number).assignee == "rina"


def test_all_that_was_slept_through_is_done_in_order_and_as_of_its_time(stage: Stage) -> None:
    plans(stage, "rina")
    plans(stage, "dewi", NIGHTS)
    stage.clock.now = at("2026-11-24 09:30")
    stage.timers.take_turns()
    assert [each for each in noted(stage) if each[0] == "rina"] == [
        ("rina", on_duty, when, "system")
        for on_duty, when in [
            (True, "Mon 08:00"), (False, "Mon 12:00"), (True, "Mon 13:00"), (False, "Mon 16:00"), (True, "Tue 08:00"),
        ]
    ]  # fmt: skip
    assert [each[1:3] for each in noted(stage) if each[0] == "dewi"] == [
        (True, "Sun 22:00"), (False, "Mon 06:00"), (True, "Mon 22:00"), (False, "Tue 06:00"),
    ]  # fmt: skip
    stage.timers.take_turns()
    assert len(noted(stage)) == 9


def test_what_he_switched_after_a_change_that_was_slept_through_is_kept(stage: Stage) -> None:
    plans(stage, "rina")
    stage.clock.now = at("2026-11-23 09:00")
    switches(stage, "rina", True)
    switches(stage, "rina", False)
    stage.clock.now = at("2026-11-23 10:00")
    stage.timers.take_turns()
    assert not is_there(stage, "rina")
    assert {actor for _, _, _, actor in noted(stage)} == {"rina"}
    lives(stage, "2026-11-23 13:00")
    assert is_there(stage, "rina")


def test_of_many_that_look_at_the_clock_one_carries_the_plan_out(stage: Stage) -> None:
    for username in ("rina", "dewi", "sri"):
        plans(stage, username)
    stage.clock.now = at("2026-11-23 08:00")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Timers(stage.db, stage.clock, stage.desk).take_turns(), range(8)))
    assert sorted(noted(stage)) == [(name, True, "Mon 08:00", "system") for name in ("dewi", "rina", "sri")]


def test_a_plan_that_is_changed_holds_at_once_where_it_concerns_this_moment(stage: Stage) -> None:
    stage.clock.now = at("2026-11-23 09:00")
    plans(stage, "rina")
    assert next_turn(stage) == stage.clock.now
    lives(stage, "2026-11-23 09:30")
    assert noted(stage)[-1][:3] == ("rina", True, "Mon 09:00")
    key = excepts(stage, "rina", "2026-11-23", "2026-11-24")
    lives(stage, "2026-11-23 10:00")
    assert noted(stage)[-1][:3] == ("rina", False, "Mon 09:30")
    with stage.db.write() as session:
        duty_planning.drop_exception(session, "rina", key, "sri", stage.clock(), JAKARTA)
    lives(stage, "2026-11-23 11:00")
    assert noted(stage)[-1][:3] == ("rina", True, "Mon 10:00")
    plans(stage, "rina", NO_DAYS)
    lives(stage, "2026-11-23 11:30")
    assert noted(stage)[-1][:3] == ("rina", False, "Mon 11:00")
    assert next_turn(stage) is None


def test_a_change_of_other_days_leaves_his_own_switch_alone(stage: Stage) -> None:
    plans(stage, "rina")
    lives(stage, "2026-11-23 09:00")
    switches(stage, "rina", False)
    excepts(stage, "rina", "2026-12-24", "2026-12-26")
    plans(stage, "rina", (periods("08:00-17:00"), *OFFICE[1:]))
    lives(stage, "2026-11-23 16:59")
    assert not is_there(stage, "rina")


def test_nobody_comes_on_duty_whose_account_is_closed(stage: Stage) -> None:
    plans(stage, "rina")
    with stage.db.write() as session:
        account = staffing.by_username(session, "rina")
        assert account is not None
        staffing.deactivate(session, account, "admin", stage.clock())
        assert duty_planning.coming(session, stage.clock(), JAKARTA, 5) == []
    lives(stage, "2026-11-23 13:30")
    assert noted(stage) == []
    with pytest.raises(NotAllowed):
        plans(stage, "rina")


def test_a_plan_that_cannot_be_carried_out_holds_up_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    plans(stage, "dewi")
    plans(stage, "rina")
    real = duty.set_duty

    def fails(session: object, username: str, *rest: object) -> bool:
        if username == "dewi":
            raise ValueError("not this one")
        return real(session, username, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(duty, "set_duty", fails)
    stage.clock.now = at("2026-11-23 08:00")
    stage.timers.take_turns()
    assert [each[0] for each in noted(stage)] == ["rina"]
    monkeypatch.undo()
    lives(stage, "2026-11-23 08:05")
    assert noted(stage)[-1] == ("dewi", True, "Mon 08:00", "system")
    assert timedelta(minutes=5) > TROUBLE


def test_it_is_told_who_comes_next_and_until_when_who_is_there_stays(stage: Stage) -> None:
    plans(stage, "rina")
    plans(stage, "dewi", NIGHTS)
    excepts(stage, "rina", "2026-11-23", "2026-11-23")
    lives(stage, "2026-11-22 23:00")
    with stage.db.read() as session:
        [rina] = duty_planning.coming(session, stage.clock(), JAKARTA, 5)
        until = duty_planning.planned_until(session, ["rina", "dewi"])
    assert (rina.username, rina.at, rina.until) == ("rina", at("2026-11-24 08:00"), at("2026-11-24 12:00"))
    assert until == {"dewi": at("2026-11-23 06:00")}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-25", "2026-11-24"),
        ("2026-11-20", "2026-11-21"),
        ("2026-12-01", "2027-12-31"),
        ("2027-12-31", "2027-12-31"),
        ("2026-12-26", "2026-12-30"),
    ],
    ids=["backwards", "over", "too long", "too far ahead", "shares a day"],
)
def test_exceptions_that_cannot_be_meant_are_refused(stage: Stage, first: str, last: str) -> None:
    excepts(stage, "rina", "2026-12-24", "2026-12-26")
    with pytest.raises(NotAllowed):
        excepts(stage, "rina", first, last)


def test_what_somebody_else_planned_meanwhile_is_not_overwritten(stage: Stage) -> None:
    plans(stage, "rina")
    with pytest.raises(Conflict), stage.db.write() as session:
        duty_planning.set_week(session, "rina", NIGHTS, "admin", stage.clock(), JAKARTA, seen=0)
    with stage.db.read() as session:
        assert duty_planning.kept(session, "rina", date(2026, 11, 22)).plan.week == OFFICE


def test_nobody_drops_an_exception_of_another(stage: Stage) -> None:
    key = excepts(stage, "rina", "2026-12-24", "2026-12-26")
    with pytest.raises(NotAllowed), stage.db.write() as session:
        duty_planning.drop_exception(session, "dewi", key, "sri", stage.clock(), JAKARTA)


def test_who_planned_what_is_noted(stage: Stage) -> None:
    plans(stage, "rina")
    excepts(stage, "rina", "2026-12-24", "2026-12-26")
    excepts(stage, "rina", "2026-12-28", "2026-12-28", "13:00-16:00")
    with stage.db.read() as session:
        found = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        told = [(e.actor, e.kind, e.about, (e.data or {})["to"]) for e in found if e.kind.startswith("duty")]
    assert told[1:] == [
        ("sri", "duty exception added", "account rina", "2026-12-24 – 2026-12-26: -"),
        ("sri", "duty exception added", "account rina", "2026-12-28: 13:00-16:00"),
    ]
    assert told[0][:3] == ("sri", "duty planned", "account rina")
    assert told[0][3].startswith("08:00-12:00 13:00-16:00; ")


def test_it_sleeps_until_the_next_turn_and_is_woken_by_a_plan(stage: Stage) -> None:
    async def came() -> bool:
        task = asyncio.create_task(stage.timers.run())
        await asyncio.sleep(0.3)
        stage.clock.now = at("2026-11-23 09:00")
        await asyncio.to_thread(plans, stage, "rina")
        for _ in range(100):
            if await asyncio.to_thread(is_there, stage, "rina"):
                break
            await asyncio.sleep(0.05)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return is_there(stage, "rina")

    assert asyncio.run(came())
    with stage.db.read() as session:
        assert session.get_one(DutyPlan, "rina").next_at == at("2026-11-23 12:00")


@pytest.mark.parametrize("seconds", [5, 3600])
def test_the_pause_ends_with_the_next_turn(stage: Stage, seconds: int) -> None:
    stage.clock.now = at("2026-11-23 08:00") - timedelta(seconds=seconds)
    plans(stage, "rina")
    assert asyncio.run(stage.timers._once()) == min(seconds, 30)
