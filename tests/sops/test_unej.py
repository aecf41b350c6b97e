"""UC3 Universitas Jember, SOP PKIH HUM-08: one test a clause, on a clock that is set.

Monday 23 November 2026, office hours 07.30–16.00."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from bot.errors import NotAllowed
from bot.reports.document import Report
from bot.reports.pdf_file import pdf_bytes
from bot.reports.periods import month
from bot.reports.recaps import announce
from bot.storage.database import Database
from bot.tickets import firing, working
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at, changing


@pytest.fixture
def unej(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "unej")


def test_unej_1_staff_answers_or_reports_within_five_minutes(unej: Stage) -> None:
    answered, unanswered = unej.opens(), unej.opens("complaint")
    assert unej.ticket(unanswered).role == "staf_humas"
    unej.until("2026-11-23 10:04")
    unej.replies(answered)
    assert unej.told("warned") == [("dewi", "ladder staf_humas"), ("rina", "ladder staf_humas")] * 2
    unej.until("2026-11-23 10:05")
    assert unej.escalations(unanswered) == [("staf_humas", "wakor", "Mon 10:05")]
    assert unej.escalations(answered) == []
    assert unej.ticket(unanswered).role == "wakor"
    assert ("sri", "ladder staf_humas") in unej.told("escalated")
    assert unej.verdict(answered, "ladder", "staf_humas") == "kept"
    assert unej.verdict(unanswered, "ladder", "staf_humas") == "breached"


def test_unej_2_deputy_answers_or_reports_within_one_hour(unej: Stage) -> None:
    number, other = unej.opens(), unej.opens()
    for each in (number, other):
        assert unej.does(each, firing.report_upwards) == "wakor"
    unej.until("2026-11-23 10:59")
    assert unej.escalations(number) == [("staf_humas", "wakor", "Mon 10:00")]
    unej.does(other, firing.give_answer, "Jadwalnya minggu depan.", who="sri")
    unej.until("2026-11-23 11:00")
    assert unej.escalations(number)[1:] == [("wakor", "koordinator", "Mon 11:00")]
    assert unej.escalations(other)[1:] == []
    assert unej.ticket(number).role == "koordinator"


def test_unej_3_coordinator_answers_or_reports_within_two_hours(unej: Stage) -> None:
    number = unej.opens()
    unej.does(number, firing.report_upwards)
    unej.does(number, firing.report_upwards, who="sri")
    unej.until("2026-11-23 11:59")
    assert unej.ticket(number).role == "koordinator"
    unej.until("2026-11-23 12:00")
    assert unej.escalations(number)[2:] == [("koordinator", "ka_biro", "Mon 12:00")]


def test_unej_4_head_of_bureau_answers_within_thirty_minutes(unej: Stage) -> None:
    number = unej.opens()
    for who in ("rina", "sri", "sri"):
        unej.does(number, firing.report_upwards, who=who)
    with pytest.raises(NotAllowed, match="top of its ladder"):
        unej.does(number, firing.report_upwards, who="sri")
    unej.until("2026-11-23 10:29")
    assert unej.told("breached") == []
    unej.until("2026-11-23 10:30")
    assert ("sri", "ladder ka_biro") in unej.told("breached")
    unej.until("2026-11-23 10:31")
    unej.does(number, firing.give_answer, "Disetujui.", who="sri")
    assert unej.verdict(number, "ladder", "ka_biro") == "breached"


def test_unej_5_staff_passes_the_answer_on_within_five_minutes(unej: Stage) -> None:
    number = unej.opens()
    unej.does(number, firing.report_upwards)
    unej.until("2026-11-23 10:30")
    unej.does(number, firing.give_answer, "Jadwalnya minggu depan.", who="sri")
    unej.until("2026-11-23 10:34")
    assert ("rina", "duty pass_on") in unej.told("warned")
    assert unej.told("breached") == []
    unej.until("2026-11-23 10:35")
    assert unej.told("breached") == [("sri", "duty pass_on")]
    unej.replies(number)
    assert unej.verdict(number, "duty", "pass_on") == "kept"
    late = unej.opens()
    unej.does(late, firing.report_upwards)
    unej.does(late, firing.give_answer, "Ya.", who="sri")
    unej.until("2026-11-23 10:41")
    unej.replies(late)
    assert unej.verdict(late, "duty", "pass_on") == "breached"


def test_unej_6_sender_and_destination_are_recorded_within_five_minutes(unej: Stage) -> None:
    number, forgotten = unej.opens(), unej.opens()
    for each in (number, forgotten):
        unej.replies(each)
    unej.until("2026-11-23 10:04")
    unej.does(number, working.record, "Dari: Budi. Tujuan: Biro Keuangan.")
    unej.until("2026-11-23 10:06")
    assert unej.verdict(number, "duty", "record") == "kept"
    assert unej.verdict(forgotten, "duty", "record") == "breached"
    assert unej.told("breached") == [("sri", "duty record")]
    [kept] = unej.events(number, "recorded")
    assert (kept.data or {})["record"] == "Dari: Budi. Tujuan: Biro Keuangan."
    with unej.db.read() as session:
        archive = unej.reporter.register(session, "archive", month("2026-11"))
    assert [row[0] for row in archive.sections[0].rows] == [number, forgotten]
    assert "Tujuan: Biro Keuangan." in printed(archive)


def printed(report: Report) -> str:
    pages = PdfReader(BytesIO(pdf_bytes(report))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_unej_w_nothing_stays_unanswered_without_somebody_being_told(unej: Stage) -> None:
    number = unej.opens("complaint")
    unej.until("2026-11-23 16:00")
    assert [step for _, step, _ in unej.escalations(number)] == ["wakor", "koordinator", "ka_biro"]
    assert [when for _, _, when in unej.escalations(number)] == ["Mon 10:05", "Mon 11:05", "Mon 13:05"]
    assert ("sri", "ladder ka_biro") in unej.told("breached")
    assert ("sri", "first_response") in unej.told("breached")
    unej.until("2026-11-24 00:00")
    with unej.db.write() as session:
        assert [(each.username, each.recap) for each in announce(session, unej.clock())] == [("sri", "unanswered")]
        recap = unej.reporter.of_recap(session, "unanswered", date(2026, 11, 23), unej.clock())
    assert number in printed(recap)


CHANGES: dict[Callable[[Stage], None], tuple[str, str]] = {
    test_unej_1_staff_answers_or_reports_within_five_minutes: ("staf_humas, within: 5m", "staf_humas, within: 10m"),
    test_unej_2_deputy_answers_or_reports_within_one_hour: ("within: 1h", "within: 2h"),
    test_unej_3_coordinator_answers_or_reports_within_two_hours: ("within: 2h", "within: 3h"),
    test_unej_4_head_of_bureau_answers_within_thirty_minutes: ("within: 30m", "within: 45m"),
    test_unej_5_staff_passes_the_answer_on_within_five_minutes: ("replied\n    within: 5m", "replied\n    within: 9m"),
    test_unej_6_sender_and_destination_are_recorded_within_five_minutes: (
        "recorded\n    within: 5m", "recorded\n    within: 9m",
    ),
    test_unej_w_nothing_stays_unanswered_without_somebody_being_told: (
        "koordinator, within: 2h", "koordinator, within: 9h",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "old", "new"),
    [
        (test_unej_6_sender_and_destination_are_recorded_within_five_minutes, "Archive of complaints}\n    of: ticket",
         "Archive of complaints}\n    of: ptpp"),
        (test_unej_w_nothing_stays_unanswered_without_somebody_being_told, "every: day", "every: week"),
    ],
)  # fmt: skip
def test_another_archive_or_recap_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, clause: Callable[[Stage], None], old: str, new: str
) -> None:
    stage = Stage(db, clock, "unej", changing(old, new))
    with pytest.raises(AssertionError):
        clause(stage)


@pytest.mark.parametrize("clause", CHANGES, ids=lambda each: each.__name__)
def test_another_time_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, clause: Callable[[Stage], None]
) -> None:
    old, new = CHANGES[clause]
    stage = Stage(db, clock, "unej", changing(old, new))
    with pytest.raises(AssertionError):
        clause(stage)


def test_all_missed_ones_are_done_at_once_after_a_stop(unej: Stage) -> None:
    number = unej.opens()
    unej.clock.now = at("2026-11-24 09:00")
    while unej.timers.fire_due():
        pass
    # Late as they are noticed, each step's time began when the one before was over.
    assert [e.at for e in unej.events(number, "escalated")] == [at("2026-11-24 09:00")] * 3
    assert [(e.data or {})["due_at"] for e in unej.events(number, "escalated")] == [
        at(f"2026-11-23 {when}").isoformat() for when in ("10:05", "11:05", "13:05")
    ]
    assert unej.verdict(number, "ladder", "ka_biro") == "breached"


def test_a_late_answer_is_late_although_nobody_looked_at_the_clock(unej: Stage) -> None:
    number = unej.opens()
    unej.clock.now = at("2026-11-23 10:06")
    unej.replies(number)
    assert unej.verdict(number, "ladder", "staf_humas") == "breached"
    in_time = unej.opens()
    unej.clock.now = at("2026-11-23 10:10")
    unej.replies(in_time)
    unej.clock.now = at("2026-11-24 10:00")
    assert unej.verdict(in_time, "ladder", "staf_humas") == "kept"
