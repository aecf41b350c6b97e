"""Closing waits ten seconds, in which it can be undone; nothing is told to the person before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.webchat.channel import WebChatChannel
from bot.conversation.model import Conversation
from bot.conversation.timers import Timers
from bot.errors import NotAllowed
from bot.storage.database import Database
from bot.tickets import service, undoing, working
from bot.tickets.alarms import UNDO
from bot.tickets.working import Closing
from tests.conftest import FakeClock
from tests.sops.stage import Stage

CLOSING = Closing("keuangan", "Tagihan diperbaiki.", "Dicek dengan Biro Keuangan.")
SHORTLY = UNDO - timedelta(seconds=1)


@pytest.fixture
def stage(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb")


def planned(stage: Stage) -> str:
    number = stage.opens()
    stage.replies(number)
    stage.does(number, undoing.plan, CLOSING)
    return number


def test_a_ticket_is_closed_when_nobody_undid_it_and_the_person_hears_of_it_only_then(stage: Stage) -> None:
    number = planned(stage)
    began, said = stage.clock.now, len(stage.heard())
    stage.until(began + SHORTLY)
    assert (stage.ticket(number).status, len(stage.heard())) == ("open", said)
    stage.until(began + UNDO)
    assert stage.ticket(number).status == "closed"
    assert len(stage.heard()) > said
    assert [event.actor for event in stage.events(number, "resolved", "recorded", "closed")] == ["rina"] * 3


def test_what_was_undone_stays_as_it_was(stage: Stage) -> None:
    number = planned(stage)
    said = len(stage.heard())
    stage.does(number, undoing.undo)
    stage.until(stage.clock.now + 2 * UNDO)
    assert (stage.ticket(number).status, len(stage.heard())) == ("open", said)
    assert not stage.events(number, "resolved", "categorised", "recorded", "closed")


def test_who_writes_meanwhile_is_not_closed(stage: Stage) -> None:
    number = planned(stage)
    stage.writes(number)
    stage.until(stage.clock.now + 2 * UNDO)
    assert stage.ticket(number).status == "open"
    with pytest.raises(NotAllowed, match="not about to be closed"):
        stage.does(number, undoing.undo)


def test_nothing_can_be_undone_afterwards(stage: Stage) -> None:
    number = planned(stage)
    stage.until(stage.clock.now + UNDO)
    with pytest.raises(NotAllowed, match="not about to be closed"):
        stage.does(number, undoing.undo)


def test_waiting_for_an_undo_makes_nobody_late(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = planned(stage)
    began = clock.now
    stage.until(began + UNDO)
    assert {event.at for event in stage.events(number, "resolved", "closed")} == {began}


def test_what_lacks_something_is_refused_at_once_and_nothing_changes(stage: Stage) -> None:
    number = stage.opens()
    stage.replies(number)
    with pytest.raises(NotAllowed, match="lacks category and solution and record"):
        stage.does(number, undoing.plan, Closing())
    assert not stage.events(number, "closing planned")


def test_what_somebody_else_was_given_meanwhile_is_not_closed_and_who_planned_it_is_told(stage: Stage) -> None:
    number = planned(stage)
    stage.does(number, working.told, "phone", "Sebentar.")
    stage.does(number, undoing.plan, CLOSING)
    with stage.db.write() as session:
        stage.desk.hand_on(session, session.merge(stage.ticket(number)), "dewi", "rina", stage.clock())
    stage.until(stage.clock.now + 2 * UNDO)
    assert stage.ticket(number).status == "open"
    assert stage.told("not closed") == [("rina", "")]
    assert [event.actor for event in stage.events(number, "closing undone")] == ["system"]


def test_after_a_stop_it_is_closed_at_once(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = planned(stage)
    clock.advance(days=2)
    while stage.timers.fire_due():
        pass
    assert stage.ticket(number).status == "closed"


def test_no_promise_is_broken_while_a_closing_can_be_undone(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej")
    number = stage.opens()
    stage.until(clock.now + timedelta(minutes=5) - SHORTLY)
    stage.does(number, undoing.plan, Closing("krs", "Jadwal diperbaiki.", "Dicek."))
    stage.until(clock.now + 2 * UNDO)
    assert stage.ticket(number).status == "closed"
    assert not stage.escalations(number)
    assert stage.verdict(number, "ladder", "staf_humas") == "kept"


def test_what_was_undone_is_late_as_if_nothing_had_been_planned(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej")
    number = stage.opens()
    stage.until(clock.now + timedelta(minutes=5) - SHORTLY)
    stage.does(number, undoing.plan, Closing("krs", "Jadwal diperbaiki.", "Dicek."))
    stage.until(clock.now + SHORTLY)
    stage.does(number, undoing.undo)
    stage.until(clock.now)
    assert stage.escalations(number) == [("staf_humas", "wakor", "Mon 10:05")]


def test_a_ticket_does_not_lapse_while_its_closing_can_be_undone(stage: Stage) -> None:
    number = stage.opens()
    stage.replies(number)
    stage.does(number, working.wait)
    stage.until(stage.clock.now + timedelta(days=7) - SHORTLY)
    stage.does(number, undoing.plan, CLOSING)
    stage.until(stage.clock.now + 2 * UNDO)
    assert [event.kind for event in stage.events(number, "lapsed", "closed")] == ["closed"]


def test_what_was_given_to_a_unit_meanwhile_is_not_closed(stage: Stage) -> None:
    number = planned(stage)
    with stage.db.write() as session:
        stage.desk.hand_to_unit(session, session.merge(stage.ticket(number)), "Keuangan", "rina", stage.clock())
    stage.until(stage.clock.now + 2 * UNDO)
    assert stage.ticket(number).status == "open"
    assert stage.told("not closed") == [("rina", "")]


def test_a_matter_that_was_merged_into_it_meanwhile_is_not_closed_with_it(stage: Stage) -> None:
    other, number = stage.opens(), planned(stage)
    with stage.db.write() as session:
        theirs, ours = (service.by_number(session, each) for each in (other, number))
        stage.desk.merge(session, theirs, ours, "rina", stage.clock())
    stage.until(stage.clock.now + 2 * UNDO)
    assert stage.ticket(number).status == "open"


def test_a_category_that_somebody_gave_meanwhile_is_not_overwritten(stage: Stage) -> None:
    number = planned(stage)
    stage.does(number, working.categorise, "beasiswa", who="sri")
    stage.until(stage.clock.now + 2 * UNDO)
    assert (stage.ticket(number).status, stage.ticket(number).category) == ("open", "beasiswa")
    assert stage.told("not closed") == [("rina", "")]


def test_who_goes_away_has_closed_what_he_planned_to(stage: Stage) -> None:
    number = planned(stage)
    with stage.db.write() as session:
        assert stage.desk.goes_away(session, "rina", "rina", stage.clock()) == []
    assert stage.ticket(number).status == "closed"
    assert not stage.events(number, "released")


def test_the_window_is_that_of_when_the_person_is_told(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    stage.desk = replace(
        stage.desk, capabilities={"webchat": replace(WebChatChannel.capabilities, window=timedelta(hours=24))}
    )
    stage.timers = Timers(db, clock, stage.desk)
    with db.write() as session:
        session.get_one(Conversation, stage.conversation).last_from_person = clock()
    number = planned(stage)
    clock.advance(days=2)
    while stage.timers.fire_due():
        pass
    assert stage.ticket(number).status == "closed"
    assert [event.data for event in stage.events(number, "not told")] == [{"why": "window"}]
