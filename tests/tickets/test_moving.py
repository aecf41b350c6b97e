"""A version of the profile that comes into use while tickets run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.config import load
from bot.errors import NotAllowed
from bot.procedures import versions
from bot.procedures.profile import read_profile
from bot.storage.database import Database
from bot.tickets import forwarding, moving, service
from bot.tickets.model import Alarm, Ticket
from bot.tickets.moving import differs_in_calendar_alone, follow_calendar
from bot.tickets.roles import use_profile
from tests.conftest import FakeClock
from tests.sops.stage import JAKARTA, Edit, Stage, at, changing, text_of

FRIDAY_OFF = changing("closed: []", "closed: [2026-11-27]")
LATER_ANSWER = changing("first_response: {within: 220m", "first_response: {within: 200m")


def puts_into_use(stage: Stage, edit: Edit) -> None:
    with stage.db.write() as session:
        use_profile(session, stage.profile, text_of(stage.profile, edit), JAKARTA, "admin", stage.clock())


def alarms(stage: Stage, number: str, what: str) -> Sequence[datetime]:
    with stage.db.read() as session:
        wanted = select(Alarm.at).join(Ticket, Ticket.id == Alarm.ticket_id).where(Ticket.number == number)
        return session.scalars(wanted.where(Alarm.kind == "first_response", Alarm.what == what)).all()


@pytest.fixture
def stage(db: Database, clock: FakeClock) -> Stage:
    clock.now = at("2026-11-26 15:00")
    return Stage(db, clock, "unej")


def test_a_day_off_that_is_declared_later_moves_the_deadlines_of_running_tickets(stage: Stage) -> None:
    number = stage.opens()
    assert alarms(stage, number, "due") == [at("2026-11-27 10:10")]
    puts_into_use(stage, FRIDAY_OFF)
    assert alarms(stage, number, "due") == [at("2026-11-30 10:10")]
    assert [event.actor for event in stage.events(number, "moved")] == ["admin"]
    assert stage.ticket(number).due_at == at("2026-11-30 10:10")


def test_a_warning_of_the_old_deadline_is_followed_by_one_of_the_new_deadline(stage: Stage) -> None:
    number = stage.opens()
    stage.until("2026-11-27 09:50")
    assert len([each for each in stage.events(number, "warned") if (each.data or {})["kind"] == "first_response"]) == 1
    puts_into_use(stage, FRIDAY_OFF)
    stage.until("2026-11-30 12:00")
    warned = [each for each in stage.events(number, "warned") if (each.data or {})["kind"] == "first_response"]
    breached = [each for each in stage.events(number, "breached") if (each.data or {})["kind"] == "first_response"]
    assert [each.at for each in warned] == [at("2026-11-27 09:40"), at("2026-11-30 09:40")]
    assert [each.at for each in breached] == [at("2026-11-30 10:10")]


def test_moving_to_a_version_with_the_same_deadlines_repeats_nothing(stage: Stage) -> None:
    number = stage.opens()
    stage.until("2026-11-27 09:50")
    before = len(stage.events(number, "warned", "escalated", "breached"))
    puts_into_use(stage, changing("closed: []", "closed: [2026-12-30]"))
    stage.timers.fire_due()
    assert stage.events(number, "moved")
    assert len(stage.events(number, "warned", "escalated", "breached")) == before


def test_another_promise_leaves_running_tickets_on_theirs_until_they_are_moved(stage: Stage) -> None:
    number = stage.opens()
    puts_into_use(stage, LATER_ANSWER)
    assert alarms(stage, number, "due") == [at("2026-11-27 10:10")]
    with stage.db.write() as session:
        version = versions.in_use(session)
        assert version is not None
        moving.move(session, moving.running(session), version, "admin", stage.clock())
    assert alarms(stage, number, "due") == [at("2026-11-27 09:50")]


def test_what_has_ended_or_has_a_category_that_is_gone_is_not_moved_and_nothing_else_either(stage: Stage) -> None:
    closed, open_ = stage.opens(), stage.opens()
    stage.closes(closed, "keuangan")
    puts_into_use(stage, LATER_ANSWER)
    with stage.db.write() as session:
        version = versions.in_use(session)
        assert version is not None
        both = session.scalars(select(Ticket).order_by(Ticket.id.desc())).all()
        with pytest.raises(NotAllowed, match=f"{closed} has ended"):
            moving.move(session, both, version, "admin", stage.clock())
        lost = session.scalars(select(Ticket).where(Ticket.number == open_)).one()
        lost.category = "no-such-category"
        session.flush()
        with pytest.raises(NotAllowed, match="no-such-category"):
            moving.move(session, [lost], version, "admin", stage.clock())
        assert lost.profile_id != version.id


@pytest.mark.parametrize(
    ("edit", "alone"),
    [
        (lambda text: text, False),
        (FRIDAY_OFF, True),
        (LATER_ANSWER, False),
        (lambda text: LATER_ANSWER(FRIDAY_OFF(text)), False),
        (lambda text: "# A line more.\n" + FRIDAY_OFF(text), True),
    ],
)
def test_a_change_of_the_calendar_alone_is_told_from_a_change_of_what_is_promised(edit: Edit, alone: bool) -> None:
    old, new = (read_profile(text, "unej.yml") for text in (text_of("unej"), text_of("unej", edit)))
    assert differs_in_calendar_alone(old, new) is alone


def test_a_start_with_another_calendar_moves_the_deadlines_of_running_tickets(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number = stage.opens()
    changed = tmp_path / "unej.yml"
    changed.write_text(text_of("unej", FRIDAY_OFF), encoding="utf-8")
    used = versions.InUse(load({"SAPA_DEMO": "1", "SAPA_PROFILE": "unej", "SAPA_TIMEZONE": "Asia/Jakarta"}))
    monkeypatch.setattr(versions, "shipped", lambda _: changed)
    used.start(stage.db, stage.clock(), follow_calendar)
    assert alarms(stage, number, "due") == [at("2026-11-30 10:10")]


def forwarded(db: Database, clock: FakeClock, due_at: datetime | None = None) -> tuple[Stage, str]:
    """A ticket that went to the finance office at 15.00 on Thursday, 26 November; it has eight hours."""
    clock.now = at("2026-11-26 15:00")
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    with db.write() as session:
        ticket = service.by_number(session, number)
        name, due = forwarding.addressee(stage.promise, "keuangan", "id", clock(), due_at)
        forwarding.send(session, ticket, name, "Mohon diperiksa.", due, "rina", clock())
    return stage, number


def unit_due(stage: Stage, number: str) -> tuple[datetime | None, Sequence[datetime]]:
    """By when the unit is to answer, and when the desk is told that it did not."""
    with stage.db.read() as session:
        form = forwarding.current(session, service.by_number(session, number))
        told = session.scalars(select(Alarm.at).where(Alarm.kind == "unit")).all()
        return (form.due_at if form else None), told


def test_a_day_off_puts_off_what_a_unit_is_to_answer_by(db: Database, clock: FakeClock) -> None:
    stage, number = forwarded(db, clock)
    due = at("2026-11-27 15:00")
    assert unit_due(stage, number) == (due, [due])
    puts_into_use(stage, FRIDAY_OFF)
    later = at("2026-11-30 15:00")
    assert unit_due(stage, number) == (later, [later])


def test_a_unit_that_is_late_by_the_old_calendar_is_late_once_more_by_the_one_that_holds(
    db: Database, clock: FakeClock
) -> None:
    stage, number = forwarded(db, clock)
    stage.until("2026-11-27 16:30")
    assert len(stage.events(number, "unit late")) == 1
    puts_into_use(stage, FRIDAY_OFF)
    stage.until("2026-11-30 16:00")
    assert [event.at for event in stage.events(number, "unit late")] == [at("2026-11-27 15:00"), at("2026-11-30 15:00")]


def test_a_date_that_somebody_gave_stays_whatever_the_calendar_says(db: Database, clock: FakeClock) -> None:
    day = at("2026-11-27 12:00")
    stage, number = forwarded(db, clock, day)
    puts_into_use(stage, FRIDAY_OFF)
    assert unit_due(stage, number) == (day, [day])


def test_what_has_to_follow_a_solution_follows_the_calendar_too(db: Database, clock: FakeClock) -> None:
    clock.now = at("2026-11-26 15:57")
    stage = Stage(db, clock, "unej")
    number = stage.opens()
    stage.replies(number)
    stage.resolves(number)

    def recorded_by() -> Sequence[datetime]:
        with db.read() as session:
            return session.scalars(select(Alarm.at).where(Alarm.name == "record", Alarm.what == "due")).all()

    assert recorded_by() == [at("2026-11-27 07:32")]
    puts_into_use(stage, FRIDAY_OFF)
    assert recorded_by() == [at("2026-11-30 07:32")]


def test_a_day_off_moves_the_deadlines_of_tickets_on_an_older_promise_too_and_the_promise_stays(stage: Stage) -> None:
    number = stage.opens()
    puts_into_use(stage, LATER_ANSWER)
    puts_into_use(stage, lambda text: LATER_ANSWER(FRIDAY_OFF(text)))
    assert alarms(stage, number, "due") == [at("2026-11-30 10:10")], "220 minutes were promised, not 200"
    puts_into_use(stage, lambda text: LATER_ANSWER(changing("closed: []", "closed: [2026-11-27, 2026-11-30]")(text)))
    assert alarms(stage, number, "due") == [at("2026-12-01 10:10")]
    stage.clock.advance(seconds=1)
    puts_into_use(stage, LATER_ANSWER)
    assert alarms(stage, number, "due") == [at("2026-11-27 10:10")], "it was taken back"


def test_a_day_off_that_comes_with_another_promise_holds_and_the_other_promise_does_not(stage: Stage) -> None:
    number = stage.opens()
    puts_into_use(stage, lambda text: LATER_ANSWER(FRIDAY_OFF(text)))
    assert alarms(stage, number, "due") == [at("2026-11-30 10:10")]
    with stage.db.read() as session:
        version = versions.in_use(session)
        assert version is not None
        assert version.calendar_of is None
        assert moving.behind(session, version)[0] == [stage.ticket(number).id]


def test_a_version_with_another_ones_calendar_is_not_taken_for_the_file_that_a_start_finds(stage: Stage) -> None:
    """The institution moved to another zone, and back to the wording before."""
    stage.opens()
    stage.clock.advance(seconds=1)
    with stage.db.write() as session:
        text = text_of("unej", lambda text: LATER_ANSWER(FRIDAY_OFF(text)))
        use_profile(session, "unej", text, ZoneInfo("Asia/Makassar"), "admin", stage.clock())
    stage.clock.advance(seconds=1)
    used = versions.InUse(load({"SAPA_DEMO": "1", "SAPA_PROFILE": "unej", "SAPA_TIMEZONE": "Asia/Makassar"}))
    used.start(stage.db, stage.clock(), follow_calendar)
    with stage.db.read() as session:
        version = versions.in_use(session)
        assert version is not None
        assert (version.text, version.zone) == (text_of("unej"), "Asia/Makassar")


def test_another_profile_in_use_changes_no_deadline_of_what_runs(stage: Stage) -> None:
    number = stage.opens()
    with stage.db.write() as session:
        use_profile(session, "itb", text_of("itb", FRIDAY_OFF), JAKARTA, "admin", stage.clock())
    assert alarms(stage, number, "due") == [at("2026-11-27 10:10")]
