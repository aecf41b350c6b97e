"""Care Center ITB: indicators of success (VI) and annexes (VII) of its procedure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from actions.survey import Survey as SurveyAnswer
from bot.errors import NotAllowed
from bot.knowledge import store
from bot.reports import periods
from bot.reports.document import Report, Section, shown
from bot.reports.recaps import announce
from bot.storage.database import Database
from bot.tickets import service as tickets
from bot.tickets import survey, working
from tests.conftest import FakeClock
from tests.house import House, OnWhatsApp
from tests.knowledge.sample import CAMPUS
from tests.sops.stage import Stage, at, changing, lacking


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb")


@pytest.mark.engine
def test_itb_k1_whether_the_obstacle_is_really_solved_is_asked(house: House) -> None:
    someone = OnWhatsApp(house)
    someone.says("tolong buatkan tiket, wifi di gedung C mati sejak seminggu lalu")
    someone.hears("NIM atau NIP")
    someone.says("13526001, Budi Santoso, 12 Mei 2004")
    someone.hears(r"tiket CC-\d{4}-\d{6}")
    [ticket] = house.tickets(someone.address)
    house.at_desk(house.app.desk.resolve, ticket.number, "Titik akses sudah diganti.")
    someone.hears("Titik akses sudah diganti")
    someone.hears("Apakah kendala Anda sudah teratasi")
    someone.presses("Belum")
    someone.hears("dibuka lagi")
    [ticket] = house.tickets(someone.address)
    assert ticket.status == "open"
    house.at_desk(house.app.desk.resolve, ticket.number, "Kabelnya juga diganti.")
    someone.hears("Apakah kendala Anda sudah teratasi")
    someone.presses("Sudah")
    someone.hears("Seberapa puas")
    with house.app.db.read() as session:
        assert survey.read(session, tickets.by_number(session, ticket.number)).given == {"solved": True}


def test_itb_k1_what_is_not_solved_is_opened_again(itb: Stage) -> None:
    number = itb.opens()
    itb.resolves(number)
    assert itb.heard()[-1] == "Apakah kendala Anda sudah teratasi?"
    someone = itb.talks()
    someone.commit(someone.play(SurveyAnswer, "Belum", intent="survey", choice=itb.offered("Belum")))
    assert itb.ticket(number).status == "open"
    itb.clock.advance(hours=1)
    itb.resolves(number)
    someone.now = itb.clock()
    yes = someone.play(SurveyAnswer, "Sudah", intent="survey", choice=itb.offered("Sudah"))
    someone.commit(yes)
    assert yes.said == ["utter_survey_rating"]
    assert itb.ticket(number).status == "resolved"
    with itb.db.read() as session:
        assert survey.read(session, tickets.by_number(session, number)).given == {"solved": True}


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


def test_itb_k3_every_ticket_carries_a_category_of_the_tag_list(itb: Stage) -> None:
    number, other = itb.opens(), itb.opens()
    for wrong, why in (("fisika", "no category"), ("akademik", "only under a part of it: krs, nilai, cuti")):
        with pytest.raises(NotAllowed, match=why):
            itb.closes(number, wrong)
    assert itb.ticket(number).status == "new"
    itb.does(number, working.categorise, "akademik")
    itb.closes(number, "nilai")
    itb.closes(other, "keuangan")
    assert [(event.data or {})["to"] for event in itb.events(number, "categorised")] == ["akademik", "nilai"]
    rows = {row[0]: row[1] for row in section(monthly(itb), "By category").rows}
    assert rows == {"Grades and transcript": 1, "Fees": 1}
    assert figures(itb, "Summary")["Tickets with a category"] == ["100.0 %"]


def test_itb_k4_a_monthly_recap_is_there(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    itb.closes(number)
    itb.until("2026-11-30 23:59")
    assert announced(itb, "monthly") == []
    itb.until("2026-12-01 00:00")
    assert announced(itb, "monthly") == ["sri"]
    assert announced(itb, "monthly") == []
    with itb.db.read() as session:
        recap = itb.reporter.of_recap(session, "monthly", date(2026, 11, 30), itb.clock())
    assert (recap.title, recap.span) == ("Care center report", "1 November 2026 to 30 November 2026")
    rows = {str(row[0]): row[1] for row in section(recap, "Summary").rows}
    assert (rows["Tickets opened"], rows["Tickets closed"], rows["Unfinished at the end"]) == (1, 1, 0)


def announced(itb: Stage, recap: str) -> list[str]:
    """Who is told now that the recap is there."""
    with itb.db.write() as session:
        return [notice.username for notice in announce(session, itb.clock()) if notice.recap == recap]


def monthly(itb: Stage) -> Report:
    with itb.db.read() as session:
        return itb.reporter.recap(session, periods.month("2026-11"), at("2026-12-01 08:00"), title="month")


def section(report: Report, title: str) -> Section:
    return next(each for each in report.sections if each.title == title)


def figures(itb: Stage, title: str) -> dict[str, list[str]]:
    return {str(row[0]): [shown(cell, "en") for cell in row[1:]] for row in section(monthly(itb), title).rows}


def test_itb_l1_tag_list_templates_report_survey_and_scorecard_are_kept_printed_and_exported(itb: Stage) -> None:
    with itb.db.write() as session:
        store.import_templates(session, CAMPUS, itb.clock())
    number = itb.opens()
    itb.replies(number)
    itb.closes(number)
    asks = itb.promise.profile.survey
    assert asks is not None
    scored = next(each for each in asks.questions if each.kind == "rating")
    with itb.db.write() as session:
        survey.answer(session, tickets.by_number(session, number), scored, 4, "person", itb.clock())
    with itb.db.read() as session:
        replies = itb.reporter.replies(session, itb.clock())
    for report, words in (
        (itb.reporter.tags(itb.clock()), ("lms-galat", "Gangguan sistem", "Development team")),
        (replies, ("ukt-bayar",)),
        (monthly(itb), ("Satisfaction survey", "Balanced scorecard", "100.0 %")),
    ):
        assert lacking(report, *words) == []


CHANGES: dict[Callable[[Stage], None], tuple[str, str]] = {
    test_itb_k1_what_is_not_solved_is_opened_again: (
        "\nsurvey:\n  questions:", "\nsurvey:\n  after: 24h\n  questions:",
    ),
    test_itb_k2_a_ticket_is_resolved_within_24_hours: ("resolution: {within: 24h", "resolution: {within: 25h"),
    test_itb_k3_every_ticket_carries_a_category_of_the_tag_list: ("{id: nilai,", "{id: skor,"),
    test_itb_k4_a_monthly_recap_is_there: (
        "en: Care center report}\n    every: month", "en: Care center report}\n    every: week",
    ),
    test_itb_l1_tag_list_templates_report_survey_and_scorecard_are_kept_printed_and_exported: (
        "{id: lms-galat,", "{id: lms-lain,",
    ),
}  # fmt: skip


@pytest.mark.parametrize("clause", CHANGES, ids=lambda each: each.__name__)
def test_another_rule_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, clause: Callable[[Stage], None]
) -> None:
    old, new = CHANGES[clause]
    with pytest.raises(AssertionError):
        clause(Stage(db, clock, "itb", changing(old, new)))
