"""Recaps are told of by themselves, once."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import NotAllowed
from bot.reports.periods import month
from bot.reports.recaps import announce, notices
from bot.storage.database import Database
from bot.tickets import working
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at


@pytest.fixture
def unej(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "unej")


def told(stage: Stage) -> list[tuple[str, str, date]]:
    with stage.db.write() as session:
        return [(each.username, each.recap, each.first) for each in announce(session, stage.clock())]


def test_whoever_is_to_have_a_recap_is_told_once_its_time_is_over(unej: Stage) -> None:
    assert told(unej) == [], "what was over before the profile came is nobody's"
    unej.clock.now = at("2026-11-24 00:00")
    assert told(unej) == [("sri", "unanswered", date(2026, 11, 23))]
    assert told(unej) == []
    unej.clock.now = at("2026-12-01 00:00")
    assert told(unej) == [("sri", "monthly", date(2026, 11, 1)), ("sri", "unanswered", date(2026, 11, 30))]
    with unej.db.read() as session:
        assert [each.recap for each in notices(session, "sri")] == ["unanswered", "unanswered", "monthly"]
        assert notices(session, "rina") == []


def test_who_was_named_for_the_role_is_told_instead(unej: Stage) -> None:
    unej.names("koordinator", "dewi")
    unej.clock.now = at("2026-11-24 00:00")
    assert told(unej) == [("dewi", "unanswered", date(2026, 11, 23))]


def test_a_recap_has_its_own_title_over_figures_or_what_is_unfinished(unej: Stage) -> None:
    number = unej.opens()
    unej.clock.advance(minutes=1)
    november = date(2026, 11, 23)
    with unej.db.read() as session:
        figures = unej.reporter.of_recap(session, "monthly", november, unej.clock())
        left = unej.reporter.of_recap(session, "unanswered", november, unej.clock())
        with pytest.raises(NotAllowed, match="there is: monthly, unanswered"):
            unej.reporter.of_recap(session, "paper", november, unej.clock())
    assert (figures.title, figures.sections[0].rows[0]) == ("Monthly recap of UC3", ("Tickets opened", 1))
    assert (left.title, left.sections[0].rows[0][0]) == ("Unanswered complaints", number)


def test_categories_that_break_their_promise_again_and_again_are_proposed_for_corrective_action(unej: Stage) -> None:
    late = [unej.opens() for _ in range(3)]
    good, bare = unej.opens(), unej.opens()
    for number, category in [*((each, "keuangan") for each in late), (good, "akun")]:
        unej.does(number, working.categorise, category)
    unej.replies(good)
    unej.does(good, working.resolve, "Sudah.")

    def proposed(at_least: int) -> list[tuple[str, int]]:
        with unej.db.read() as session:
            return list(unej.reporter.proposals(session, month("2026-11"), unej.clock(), at_least))

    unej.clock.now = at("2026-11-23 13:40")
    assert proposed(1) == []
    unej.clock.now = at("2026-11-23 13:41")
    assert unej.ticket(bare).category is None
    assert (proposed(3), proposed(4)) == ([("keuangan", 3)], [])
