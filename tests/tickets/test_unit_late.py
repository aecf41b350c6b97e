"""A unit that has not answered by its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.storage.database import Database
from bot.tickets import forwarding, service, working
from bot.tickets.model import Forwarding
from tests.conftest import FakeClock
from tests.sops.stage import Stage


@pytest.fixture
def unair(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "unair")


def forwarded(stage: Stage, taken: bool = True) -> tuple[str, Forwarding]:
    number = stage.opens()
    if taken:
        stage.does(number, service.assign, "rina")
    with stage.db.write() as session:
        ticket = service.by_number(session, number)
        due_at = stage.clock() + timedelta(hours=5)
        return number, forwarding.send(session, ticket, "Bagian Akademik", "Benar?", due_at, "rina", stage.clock())


def test_who_has_the_ticket_is_told_once_at_that_moment(unair: Stage) -> None:
    number, form = forwarded(unair)
    unair.until(unair.clock() + timedelta(hours=4, minutes=59))
    assert unair.told("late") == []
    unair.until(unair.clock() + timedelta(minutes=2))
    assert unair.told("late") == [("rina", "unit")]
    [event] = unair.events(number, "unit late")
    assert event.at == form.due_at
    unair.until(unair.clock() + timedelta(days=2))
    assert len(unair.told("late")) == 1


def test_all_who_may_answer_are_told_where_nobody_has_it(unair: Stage) -> None:
    forwarded(unair, taken=False)
    unair.until(unair.clock() + timedelta(hours=6))
    assert {"rina", "dewi"} <= {name for name, _ in unair.told("late")}


@pytest.mark.parametrize("answered", [True, False])
def test_nobody_is_told_of_a_unit_that_answered_or_is_not_waited_for(unair: Stage, answered: bool) -> None:
    number, form = forwarded(unair)
    if answered:
        unair.unit_answers(form, "Benar.", "Sudah diperbaiki.")
    else:
        unair.does(number, working.take_back, "Ternyata bukan.")
    unair.until(unair.clock() + timedelta(days=1))
    assert unair.told("late") == []


def test_each_forwarding_has_its_own_time(unair: Stage) -> None:
    number, form = forwarded(unair)
    unair.until(unair.clock() + timedelta(hours=6))
    unair.unit_answers(form, "Belum jelas.", "Tanya lagi.")
    with unair.db.write() as session:
        ticket = service.by_number(session, number)
        due_at = unair.clock() + timedelta(hours=5)
        forwarding.send(session, ticket, "Bagian Akademik", "Jelasnya?", due_at, "rina", unair.clock())
    unair.until(unair.clock() + timedelta(hours=6))
    assert len(unair.told("late")) == 2
