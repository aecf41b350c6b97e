"""A survey that the profile wants some time after a ticket was resolved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.conversation.model import Conversation
from bot.storage.database import Database
from bot.tickets import service, working
from tests.conftest import FakeClock
from tests.sops.stage import Stage, changing

ASKED = "Apakah kendala Anda sudah teratasi?"


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb", changing("\nsurvey:\n", "\nsurvey:\n  after: 24h\n"))


def resolves(stage: Stage, number: str) -> None:
    with stage.db.write() as session:
        ticket = service.by_number(session, number)
        stage.desk.resolve(session, ticket, "rina", "Sudah diganti.", stage.clock())


def test_it_comes_after_its_time_and_once(itb: Stage) -> None:
    number = itb.opens()
    resolves(itb, number)
    assert "Sudah diganti." in itb.heard()[-1]
    itb.until(itb.clock() + timedelta(hours=23, minutes=59))
    assert ASKED not in itb.heard()
    itb.until(itb.clock() + timedelta(minutes=2))
    assert itb.heard()[-1] == ASKED
    itb.until(itb.clock() + timedelta(days=2))
    assert itb.heard().count(ASKED) == 1


def test_it_comes_although_the_ticket_was_closed_meanwhile(itb: Stage) -> None:
    number = itb.opens()
    resolves(itb, number)
    itb.until(itb.clock() + timedelta(hours=1))
    itb.closes(number, "akademik-lain")
    itb.until(itb.clock() + timedelta(days=2))
    assert itb.heard().count(ASKED) == 1


def test_a_ticket_that_was_opened_again_is_asked_about_after_its_new_solution(itb: Stage) -> None:
    number = itb.opens()
    resolves(itb, number)
    itb.until(itb.clock() + timedelta(hours=20))
    with itb.db.write() as session:
        due_at = itb.clock() + timedelta(days=1)
        working.reopen(session, service.by_number(session, number), "person", itb.clock(), due_at)
    itb.until(itb.clock() + timedelta(hours=6))
    assert ASKED not in itb.heard()
    resolves(itb, number)
    itb.until(itb.clock() + timedelta(hours=25))
    assert itb.heard().count(ASKED) == 1


def test_who_cannot_be_reached_when_it_is_due_is_not_asked(itb: Stage) -> None:
    number = itb.opens()
    resolves(itb, number)
    with itb.db.write() as session:
        session.get_one(Conversation, itb.conversation).unreachable_since = itb.clock()
    itb.until(itb.clock() + timedelta(days=2))
    assert [(event.data or {})["why"] for event in itb.events(number, "survey dropped")] == ["unreachable"]
    assert not itb.events(number, "survey sent")
