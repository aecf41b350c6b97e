"""Another profile comes into use: what was promised with a ticket holds, and its number stays its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.own_tickets import ReopenTicket, TicketStatus
from actions.survey import Survey
from bot.config import load
from bot.errors import RefusedFile
from bot.procedures import versions
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import read_profile
from bot.storage.database import Database
from bot.tickets import canned, macros, working
from bot.tickets.canned import Canned, Known, Words
from bot.tickets.macros import Macro, Steps
from bot.tickets.roles import follow_file, use_profile
from tests.actions.stage import Stage as Talk
from tests.conftest import FakeClock
from tests.sops.stage import JAKARTA, Stage, text_of


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb")


def switch(stage: Stage, name: str) -> Talk:
    """Another profile comes into use; the person's talk with the assistant afterwards."""
    with stage.db.write() as session:
        use_profile(session, name, text_of(name), JAKARTA, "admin", stage.clock())
    talk = stage.talks()
    talk.promise, talk.now = ServicePromise(read_profile(text_of(name), name), JAKARTA), stage.clock()
    return talk


@pytest.mark.parametrize("other", ["kominfo", "ppti", "unair", "unej"])
def test_a_ticket_that_is_not_solved_opens_again_by_the_survey_it_was_asked_in(itb: Stage, other: str) -> None:
    number = itb.opens()
    itb.does(number, working.categorise, "keuangan")
    itb.replies(number)
    itb.resolves(number)
    talk = switch(itb, other)
    played = talk.play(Survey, "Belum", choice=itb.offered("Belum"))
    talk.commit(played)
    assert played.said == ["utter_ticket_reopened"]
    assert itb.ticket(number).status == "open"


@pytest.mark.parametrize(("began", "other", "again"), [("itb", "kominfo", True), ("kominfo", "itb", False)])
def test_whether_a_closed_ticket_opens_again_is_as_its_own_procedure_says(
    db: Database, clock: FakeClock, began: str, other: str, again: bool
) -> None:
    stage = Stage(db, clock, began)
    number = stage.opens()
    category = next(each.id for each in stage.promise.profile.every_category() if each.leaf)
    stage.closes(number, category)
    clock.advance(days=2)
    talk = switch(stage, other)
    played = talk.play(ReopenTicket, f"buka lagi {number}", intent="reopen_ticket")
    talk.commit(played)
    assert played.said == ["utter_ticket_reopened" if again else "utter_ticket_follow_up"]
    assert len(stage.numbers()) == (1 if again else 2)


def test_a_ticket_is_asked_about_by_the_number_that_it_was_given(itb: Stage) -> None:
    number, other = itb.opens(), itb.opens()
    itb.closes(number)
    talk = switch(itb, "unej")
    told = str(talk.play(TicketStatus, f"gimana {number}?", intent="ticket_status").args)
    assert number in told
    assert other not in told
    assert talk.play(TicketStatus, "gimana CC-2026-000099?", intent="ticket_status").said == ["utter_ticket_unknown"]
    told = str(talk.play(TicketStatus, "gimana tiket semester ganjil 2025/2026?", intent="ticket_status").args)
    assert other in told


def test_a_category_that_something_has_is_not_taken_out_while_another_profile_is_in_use(itb: Stage) -> None:
    number = itb.opens()
    itb.does(number, working.categorise, "asrama")
    with itb.db.write() as session:
        reply = Canned("kamar", {"id": Words("Kamar", "Kamar penuh.")}, category="asrama")
        known = Known((), itb.promise.profile)
        canned.keep(session, reply, known, "admin", itb.clock())
        macro = Macro("pindah", {"id": "Pindah kamar"}, steps=Steps(category="asrama"))
        macros.keep(session, macro, known, "admin", itb.clock())
    itb.clock.advance(hours=1)
    switch(itb, "unej")
    itb.clock.advance(hours=1)
    lacking = text_of("itb").replace("  - {id: asrama, name: {id: Asrama, en: Dormitories}, unit: sarana}\n", "")
    assert lacking != text_of("itb")
    with itb.db.write() as session, pytest.raises(RefusedFile) as refused:
        use_profile(session, "itb", lacking, JAKARTA, "admin", itb.clock())
    assert [fault.split(": ", 1)[1] for fault in refused.value.faults] == [
        "categories lack asrama, which canned reply kamar has",
        "categories lack asrama, which macro pindah has",
        f"categories lack asrama, which ticket {number} has",
    ]


def test_a_start_does_not_take_out_a_category_that_something_has(
    itb: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    number = itb.opens()
    itb.does(number, working.categorise, "asrama")
    changed = tmp_path / "itb.yml"
    text = text_of("itb")
    changed.write_text(text.replace("  - {id: asrama, name: {id: Asrama, en: Dormitories}, unit: sarana}\n", ""))
    used = versions.InUse(load({"SAPA_DEMO": "1", "SAPA_PROFILE": "itb", "SAPA_TIMEZONE": "Asia/Jakarta"}))
    monkeypatch.setattr(versions, "shipped", lambda _: changed)
    itb.clock.advance(hours=1)
    used.start(itb.db, itb.clock(), follow_file)
    with itb.db.read() as session:
        version = versions.in_use(session)
        assert version is not None
        assert version.text == text
    assert f"categories lack asrama, which ticket {number} has" in caplog.text
