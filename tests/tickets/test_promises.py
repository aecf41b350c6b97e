"""What became of promises that nobody kept before the ticket ended."""

from __future__ import annotations

import pytest

from bot.storage.database import Database
from bot.tickets import service, working
from bot.tickets.linking import merge
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb")


def test_what_was_withdrawn_in_time_is_waived_and_what_was_late_already_stays_broken(itb: Stage) -> None:
    in_time, late = itb.opens(), itb.opens()
    itb.clock.now = at("2026-11-23 12:00")
    itb.does(in_time, working.withdraw, who=service.PERSON)
    itb.clock.now = at("2026-11-23 12:01")
    itb.does(late, working.withdraw, who=service.PERSON)
    itb.clock.now = at("2026-12-01 10:00")
    assert [itb.verdict(number, "first_response") for number in (in_time, late)] == ["waived", "breached"]
    assert [itb.verdict(number, "resolution") for number in (in_time, late)] == ["waived", "waived"]


def test_nobody_is_told_of_a_ticket_that_was_merged_into_another(itb: Stage) -> None:
    number, into = itb.opens(), itb.opens()
    with itb.db.write() as session:
        merge(session, service.by_number(session, number), service.by_number(session, into), "rina", itb.clock())
    itb.until("2026-11-25 10:00")
    assert itb.verdict(number, "first_response") == "waived"
    assert itb.verdict(into, "first_response") == "breached"
    assert itb.events(number, "warned", "breached") == []


def test_a_ticket_has_not_come_back_from_a_unit_when_the_person_answers_or_a_plan_is_carried_out(
    db: Database, clock: FakeClock
) -> None:
    ppti = Stage(db, clock, "ppti")
    asked, planned = ppti.opens(), ppti.opens()
    ppti.replies(asked)
    ppti.does(asked, working.wait)
    ppti.writes(asked)
    ppti.does(planned, working.plan, "Titik akses diganti.")
    ppti.does(planned, working.take_back, "Sudah diganti.")
    for number in (asked, planned):
        assert len(ppti.events(number, "taken back")) == 1
        assert ("duty", "tell_customer", 0) not in ppti.promises(number)
    ppti.until("2026-11-27 16:00")
    assert "duty tell_customer" not in [label for _, label in ppti.told("warned")]
