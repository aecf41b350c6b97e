"""Care Center ITB, POS 033/IT1.B04.3/OT/SOP-BT/2022: clauses on a clock that is set, from Monday 23 November 2026."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import NotAllowed
from bot.storage.database import Database
from bot.tickets import working
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at, changing


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb")


def test_itb_5_agents_reply_in_operating_hours_and_the_promise_counts_only_those(itb: Stage) -> None:
    itb.clock.now = at("2026-11-27 15:00")
    number = itb.opens()
    assert itb.ticket(number).due_at == at("2026-11-30 09:00")
    itb.until("2026-11-30 08:29")
    assert ("rina", "first_response") not in itb.told("warned")
    itb.until("2026-11-30 09:00")
    assert ("sri", "first_response") in itb.told("breached")


def test_itb_6_the_user_gets_the_reply_on_the_channel_he_wrote_from(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    assert itb.heard()[-1] == "Bisa, begini caranya."


def test_itb_7_a_ticket_without_a_category_cannot_be_closed(itb: Stage) -> None:
    number = itb.opens()
    with pytest.raises(NotAllowed, match="category"):
        itb.does(number, working.close, working.Closing(None, "Sudah.", "Dicek."))


def test_itb_8_a_handled_ticket_is_closed(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    itb.closes(number)
    assert itb.ticket(number).status == "closed"


def test_itb_k2_a_ticket_is_resolved_within_24_hours(itb: Stage) -> None:
    in_time, late = itb.opens(), itb.opens()
    for each in (in_time, late):
        itb.replies(each)
    itb.until("2026-11-24 09:59")
    itb.does(in_time, working.resolve, "Sudah diperbaiki.")
    assert ("sri", "resolution") not in itb.told("breached")
    itb.until("2026-11-24 10:00")
    assert itb.told("breached").count(("sri", "resolution")) == 1
    itb.clock.advance(minutes=30)
    itb.does(late, working.resolve, "Sudah diperbaiki.")
    assert itb.verdict(in_time, "resolution") == "kept"
    assert itb.verdict(late, "resolution") == "breached"


def test_another_time_in_the_profile_breaks_the_24_hours(db: Database, clock: FakeClock) -> None:
    with pytest.raises(AssertionError):
        test_itb_k2_a_ticket_is_resolved_within_24_hours(
            Stage(db, clock, "itb", changing("resolution: {within: 24h", "resolution: {within: 25h"))
        )


def test_running_tickets_stay_on_the_version_they_began_with(itb: Stage) -> None:
    number = itb.opens()
    began_with = itb.ticket(number).profile_id
    other = Stage(itb.db, itb.clock, "itb", changing("resolution: {within: 24h", "resolution: {within: 48h"))
    assert itb.ticket(number).profile_id == began_with
    assert other.ticket(other.opens()).profile_id != began_with
    assert itb.promises(number)["resolution", "", 0].timing.within == timedelta(hours=24)
