"""Promises besides the first response and the resolution, from events alone and in the recap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.procedures.hours import hours_of
from bot.procedures.profile import load_profile
from bot.procedures.versions import Procedure, shipped
from bot.reports.document import Report, shown
from bot.reports.periods import month
from bot.reports.promised import Promised, by_promise
from bot.reports.tickets import Event, History, Kept
from bot.storage.database import Database
from bot.tickets import firing, working
from bot.tickets.roles import use_profile
from tests.conftest import FakeClock
from tests.reports.test_files import in_csv, in_pdf, in_xlsx
from tests.sops.stage import Stage, text_of

JAKARTA = ZoneInfo("Asia/Jakarta")
START = datetime(2026, 10, 31, 17, tzinfo=UTC)
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
"""10:00 in Jakarta."""
TITLE = "Other promises by kind"
ANSWERED: dict[str, Any] = {"outbox_id": 1}
LATER: dict[str, Any] = {"from": "staf_humas", "to": "wakor", "due_at": (MONDAY + timedelta(minutes=5)).isoformat()}
STEP: Promised = ("ladder", "staf_humas")
NEXT_STEP: Promised = ("ladder", "wakor")
NEXT: Promised = ("next_response", "")
PASS_ON: Promised = ("duty", "pass_on")
RECORD: Promised = ("duty", "record")
EMAIL: Promised = ("duty", "respond_by_email")


def after(minutes: float, kind: str, actor: str = "rina", /, **data: Any) -> Event:
    return Event(MONDAY + timedelta(minutes=minutes), actor, kind, data)


def ended(minutes: float) -> Event:
    return after(minutes, "withdrawn", "person", **{"from": "new", "to": "closed"})


def judged(
    profile: str, *events: Event, until: float, kind: str = "question", start: datetime = START
) -> dict[Promised, Kept]:
    rules = load_profile(shipped(profile))
    opened = Event(MONDAY, "person", "opened", {"to": "new", "kind": kind})
    found = History("CC-2026-000001", "web", (opened, *events))
    procedures: dict[int | None, Procedure] = {None: Procedure(0, rules, hours_of(rules, JAKARTA))}
    return dict(by_promise([found], start, MONDAY + timedelta(minutes=until), rules, procedures))


@pytest.mark.parametrize(
    ("profile", "events", "until", "promise", "expected"),
    [
        ("unej", [after(5, "message", **ANSWERED)], 99, STEP, Kept(kept=1)),
        ("unej", [after(5.1, "message", **ANSWERED)], 99, STEP, Kept(broken=1)),
        ("unej", [after(4, "escalated", **LATER, by="hand")], 9, STEP, Kept(kept=1)),
        ("unej", [after(5, "escalated", "system", **LATER, by="deadline")], 9, STEP, Kept(broken=1)),
        ("unej", [after(5, "escalated", "system", **LATER, by="deadline")], 9, NEXT_STEP, Kept(open=1)),
        ("unej", [], 5, STEP, Kept(open=1)),
        ("unej", [], 6, STEP, Kept(broken=1)),
        # What was not asked for any more in time was neither kept nor broken.
        ("unej", [ended(4)], 99, STEP, Kept()),
        ("unej", [ended(6)], 99, STEP, Kept(broken=1)),
        ("unej", [], 99, PASS_ON, Kept()),
        ("unej", [after(1, "answered"), after(6, "message", **ANSWERED)], 99, PASS_ON, Kept(kept=1)),
        ("unej", [after(1, "answered"), after(7, "message", **ANSWERED)], 99, PASS_ON, Kept(broken=1)),
        ("unej", [after(1, "message", **ANSWERED), after(9, "recorded")], 99, RECORD, Kept(broken=1)),
        # Each word of the person after an answer is promised one of its own.
        (
            "itb",
            [after(1, "message", **ANSWERED), after(2, "message", "person"), after(9, "message", **ANSWERED),
             after(10, "message", "person")],
            1440, NEXT, Kept(kept=1, broken=1),
        ),
        ("itb", [after(1, "message", **ANSWERED)], 1440, NEXT, Kept()),
        ("unair", [after(9, "message", how="email")], 99, EMAIL, Kept()),
    ],
)  # fmt: skip
def test_a_promise_is_kept_broken_or_open_as_the_tickets_own_clock_has_it(
    profile: str, events: list[Event], until: float, promise: Promised, expected: Kept
) -> None:
    assert judged(profile, *events, until=until)[promise] == expected


def test_a_duty_of_complaints_is_counted_of_complaints() -> None:
    assert judged("unair", after(9, "message", how="email"), until=99, kind="complaint")[EMAIL] == Kept(kept=1)


def test_every_promise_of_the_profile_is_told_and_those_of_tickets_of_another_month_are_not() -> None:
    found = judged("unej", until=99, start=MONDAY + timedelta(minutes=1))
    steps: list[Promised] = [("ladder", step) for step in ("staf_humas", "wakor", "koordinator", "ka_biro")]
    assert found == dict.fromkeys([*steps, PASS_ON, RECORD], Kept())


@pytest.fixture
def unej(db: Database, clock: FakeClock) -> Stage:
    """On a Monday at ten: one is answered in time, one reported upwards in time, of one nobody takes care."""
    stage = Stage(db, clock, "unej")
    answered, reported, _forgotten = stage.opens(), stage.opens(), stage.opens()
    stage.until("2026-11-23 10:04")
    stage.replies(answered)
    stage.does(answered, working.record, "Dari: Budi. Tujuan: Humas.")
    stage.does(reported, firing.report_upwards)
    stage.until("2026-11-23 10:30")
    return stage


def told(stage: Stage, language: str = "en") -> Report:
    """The section of the recap."""
    with stage.db.read() as session:
        make = replace(stage.reporter, language=language)
        report = make.recap(session, month("2026-11"), stage.clock(), title="month")
    return replace(report, sections=[report.sections[2]])


def test_steps_kept_and_broken_are_counted_and_the_same_in_every_file(unej: Stage) -> None:
    report = told(unej)
    [section] = report.sections
    lines = [[shown(cell, "en") for cell in row] for row in section.rows]
    assert (section.title, section.sentence) == (TITLE, "Broken: 1 of 4.")
    assert lines[:2] == [
        ["Turn: PR staff", "5 min", "2", "1", "0", "66.7 %"],
        ["Turn: Deputy coordinator", "1 h 00 min", "0", "0", "2", "–"],
    ]
    assert lines[-1] == ["Record sender and destination", "5 min", "1", "0", "0", "100.0 %"]
    assert in_csv(report) == in_xlsx(report) == lines
    printed = in_pdf(report)
    assert all(" ".join(filter(None, line)) in printed for line in lines)


def test_it_is_told_in_indonesian(unej: Stage) -> None:
    [section] = told(unej, "id").sections
    assert (section.title, section.sentence) == ("Janji lain menurut jenisnya", "Dilanggar: 1 dari 4.")
    assert section.columns[:2] == ["Janji", "Waktu"]
    assert section.rows[0][0] == "Giliran: Staf Humas"


def test_a_ticket_is_judged_by_the_procedure_that_it_began_with(unej: Stage) -> None:
    before = told(unej).sections[0].rows
    unej.edit = lambda text: text.replace("staf_humas, within: 5m", "staf_humas, within: 3m")
    with unej.db.write() as session:
        use_profile(session, "unej", text_of("unej", unej.edit), JAKARTA, "admin", unej.clock())
    after = told(unej).sections[0].rows
    assert (before[0][1], after[0][1]) == (timedelta(minutes=5), timedelta(minutes=3))
    assert before[0][2:] == after[0][2:] == (2, 1, 0, 2 / 3)
