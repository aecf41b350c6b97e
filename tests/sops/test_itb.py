"""Care Center ITB, POS 033/IT1.B04.3/OT/SOP-BT/2022: a test a clause, on a clock that is set, from Monday 23 November
2026. Indicators and annexes are in ``test_itb_indicators.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from actions.identity import IdentityForm
from actions.tickets import Complain
from bot.conversation.entering import Arrival
from bot.errors import NotAllowed
from bot.identity.model import RosterEntry
from bot.knowledge import store
from bot.reports import periods
from bot.reports.recaps import announce
from bot.storage.database import Database
from bot.tickets import forwarding, timeline, working
from bot.tickets import service as tickets
from bot.tickets.form import forwarding_pdf
from bot.tickets.model import Ticket
from tests.conftest import FakeClock
from tests.conversation.conftest import Core
from tests.house import House, OnWhatsApp
from tests.sops.stage import BROKEN, JAKARTA, Edit, Stage, at, changing, lacking
from tests.web.desk import Center
from tests.web.test_knowledge import fields_of


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "itb")


def test_itb_1_the_supervisor_prepares_categories_and_answer_templates(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    prepares(db, clock, tmp_path)


def prepares(db: Database, clock: FakeClock, folder: Path, edit: Edit = lambda text: text) -> None:
    """Before the service runs and while it does: the tag list, and a template from nothing to everybody."""
    center = Center.of(db, clock, folder)
    itb = Stage(db, clock, "itb", edit)
    center.parts.promise.follow(itb.promise.profile)
    assert center.browser("rina").get("/console/knowledge/new").status_code == 404
    sri = center.browser("sri")
    editor = sri.get("/console/knowledge/new")
    assert editor.status_code == 200
    fields = fields_of(editor.text)
    fields |= {"id": "cuti", "category": "akademik", "owner": "BAAK", "source": "SK", "title-id": "Cuti"}
    fields |= {"answer-id": "Isi formulir cuti.", "questions-id": "Bagaimana cuti akademik?\nCara cuti kuliah"}
    assert sri.post("/console/knowledge/new", **fields).status_code == 303
    assert sri.post("/console/knowledge/templates/cuti/submit").status_code == 303
    assert sri.post("/console/knowledge/templates/cuti/publish").status_code == 303
    with db.read() as session:
        assert [each.words["id"].answer for each in store.load(session).templates] == ["Isi formulir cuti."]
    running = itb.opens()
    later = Stage(db, clock, "itb", lambda text: changing("- {id: wisuda,", "- {id: yudisium,")(edit(text)))
    later.closes(later.opens(), "yudisium")
    with pytest.raises(NotAllowed, match="no category"):
        itb.closes(running, "yudisium")
    itb.closes(running, "wisuda")


def test_who_may_prepare_them_is_said_by_the_profile(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    without = changing("may: [answer, assign, plan, report, curate]", "may: [answer, assign, plan, report]")
    with pytest.raises(AssertionError):
        prepares(db, clock, tmp_path, without)


@pytest.mark.engine
def test_itb_2_who_writes_without_an_identity_is_asked_for_it(house: House) -> None:
    someone = OnWhatsApp(house)
    someone.says("mau komplain, petugas loket membentak saya di depan antrean kemarin siang")
    someone.hears("NIM atau NIP, nama lengkap, dan tanggal lahir")
    assert house.tickets(someone.address) == []
    someone.says("13526001, Budi Santoso")
    someone.hears("tanggal lahir")
    assert house.tickets(someone.address) == []
    someone.says("12 Mei 2004")
    someone.hears(r"tiket CC-\d{4}-\d{6}")
    [ticket] = house.tickets(someone.address)
    assert (ticket.identity, ticket.channel) == ("proven", "whatsapp")
    assert "membentak" in ticket.summary


def test_itb_2_before_a_ticket_is_opened_number_name_and_birth_date_are_asked_for(itb: Stage) -> None:
    someone = itb.talks()
    asked = someone.play(Complain, "petugas loket membentak saya di depan antrean kemarin", intent="complain")
    assert (asked.said, asked.loop) == (["utter_identity_for_ticket"], "identity_form")
    half = someone.play(IdentityForm, "13526001, Budi Santoso", loop=asked.loop, **asked.slots)
    assert half.said == ["utter_identity_missing"]
    assert "birth_date" in str(half.args)
    someone.commit(half)
    assert itb.numbers() == []
    someone.commit(someone.play(IdentityForm, "12 Mei 2004", loop=half.loop, **half.slots))
    [number] = itb.numbers()
    assert itb.ticket(number).identity == "proven"


BUDI = Arrival(
    "phone", "UKT saya dobel.", name="Budi Santoso", phone="0812-3456-789", number="13526001",
    birth_date=date(2004, 5, 12),
)  # fmt: skip


def test_itb_3_the_identity_is_checked_against_the_records_and_else_by_an_agent(itb: Stage) -> None:
    with itb.db.write() as session:
        session.add(
            RosterEntry(
                number="13526001", name="Budi Santoso", birth_date=date(2004, 5, 12), kind="student", unit="-",
                email="budi@contoh.ac.id",
            )
        )  # fmt: skip
    assert itb.ticket(itb.enters(BUDI)).identity == "proven"
    wrong = itb.enters(replace(BUDI, birth_date=date(2004, 5, 13)))
    assert itb.ticket(wrong).identity == "unproven"
    itb.does(wrong, working.confirm_identity, "KTM diperlihatkan; tanggal lahir di data akademik keliru.")
    assert itb.ticket(wrong).identity == "proven"
    [confirmed] = itb.events(wrong, "identity confirmed")
    assert (confirmed.actor, (confirmed.data or {})["from"]) == ("rina", "unproven")
    with pytest.raises(NotAllowed, match="proven already"):
        itb.does(wrong, working.confirm_identity, "Sekali lagi.")


def test_itb_4_a_problem_of_the_system_goes_to_the_team_that_owns_it_and_comes_back_mended(itb: Stage) -> None:
    number = itb.opens("complaint")
    itb.does(number, working.categorise, "lms-galat")
    form = itb.forwards(number, "Kuis tidak tersimpan.")
    assert (form.unit, form.due_at) == ("Tim Pengembang", at("2026-11-24 10:00"))
    rule = itb.promise.profile.form_of("forwarding")
    printed = forwarding_pdf(itb.ticket(number), form, "Institut Contoh", JAKARTA, rule)
    on_paper = PdfReader(BytesIO(printed)).pages[0].extract_text()
    assert [part for part in (number, "Kuis tidak tersimpan.", "Hasil penelusuran") if part not in on_paper] == []
    itb.until("2026-11-24 09:59")
    assert late(itb) == []
    itb.until("2026-11-24 10:00")
    assert late(itb) == [number]
    with pytest.raises(NotAllowed, match="lacks a solution"):
        itb.unit_answers(form, "Antrean penyimpanan penuh.", "")
    itb.unit_answers(form, "Antrean penyimpanan penuh.", "Antrean diperbesar.")
    assert itb.ticket(number).status == "open"
    [back] = itb.events(number, "taken back")
    assert (back.data or {})["findings"] == "Antrean penyimpanan penuh."
    assert (back.data or {})["proposed"] == "Antrean diperbesar."
    assert [held.who for held in timeline.holders(itb.events(number))] == ["Tim Pengembang"]


def late(itb: Stage) -> list[str]:
    with itb.db.read() as session:
        return [ticket.number for ticket, _ in forwarding.late(session, itb.clock())]


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
    for channel in ("walk_in", "phone", "letter", "email"):
        number = itb.enters(replace(BUDI, channel=channel))
        with pytest.raises(NotAllowed, match=f"written to by {channel}"):
            itb.replies(number)
        itb.does(number, working.told, channel, "Tagihan sudah diperbaiki.")
        [told] = itb.events(number, "message")
        assert (told.data or {})["how"] == itb.ticket(number).channel == channel
        assert itb.verdict(number, "first_response") == "kept"


def test_itb_6_who_writes_by_several_channels_hears_on_each_what_he_asked_there(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    core = Core(db, clock, tmp_path)
    core.agent("rina")
    core.engine.down = True
    for who in ("a", "b"):
        core.say(f"pertanyaan dari {who}", who=who)
    with db.read() as session:
        theirs = {ticket.subject: ticket.number for ticket in session.scalars(select(Ticket))}
    with db.write() as session:
        ticket = tickets.by_number(session, theirs["pertanyaan dari b"])
        core.desk.reply(session, ticket, "rina", "Jawaban untuk b.", clock())
    core.send()
    assert [(to, said.text) for to, said in core.channel.sent if "Jawaban" in said.text] == [("b", "Jawaban untuk b.")]


def test_itb_7_a_ticket_without_a_category_cannot_be_closed(itb: Stage) -> None:
    number = itb.opens()
    with pytest.raises(NotAllowed, match="category"):
        itb.does(number, working.close, working.Closing(None, "Sudah.", "Dicek."))
    itb.closes(number, "wisuda")
    assert itb.ticket(number).category == "wisuda"


def test_itb_8_a_handled_ticket_is_closed(itb: Stage) -> None:
    handled, silent = itb.opens(), itb.opens()
    for each in (handled, silent):
        itb.replies(each)
        itb.does(each, working.resolve, "Tagihan diperbaiki.")
    itb.names("developer", "dewi")
    itb.answering("rina")
    itb.closes(handled)
    assert itb.ticket(handled).status == "closed"
    itb.until("2026-11-30 09:59")
    assert itb.ticket(silent).status == "resolved"
    itb.until("2026-11-30 10:00")
    assert itb.ticket(silent).status == "closed"
    assert [event.actor for event in itb.events(silent, "lapsed")] == ["system"]


def test_itb_9_the_supervisor_sees_on_one_page_what_is_not_worked_on_categorised_and_closed(itb: Stage) -> None:
    itb.clock.now = at("2026-11-23 10:00")
    untouched, answered, solved = itb.opens(), itb.opens(), itb.opens()
    for each in (answered, solved):
        itb.replies(each)
    itb.does(solved, working.categorise, "wisuda")
    itb.does(solved, working.resolve, "Sudah dijelaskan.")
    assert unfinished(itb) == [[untouched], [untouched, answered], [untouched, answered, solved]]
    itb.until("2026-11-23 12:00")
    assert itb.told("breached") == [("sri", "first_response")]
    itb.until("2026-11-24 00:00")
    with itb.db.write() as session:
        told = [(notice.username, notice.recap, notice.first) for notice in announce(session, itb.clock())]
    assert told == [("sri", "unfinished", date(2026, 11, 23))]
    with itb.db.read() as session:
        recap = itb.reporter.of_recap(session, "unfinished", date(2026, 11, 23), itb.clock())
    assert recap.title == "Not worked on, categorised or closed"
    assert [row[0] for row in recap.sections[0].rows] == [untouched]
    for each in (untouched, answered, solved):
        itb.closes(each)
    assert unfinished(itb) == [[], [], []]


def unfinished(itb: Stage) -> list[list[str]]:
    """Numbers of what is not worked on, not categorised, not closed."""
    with itb.db.read() as session:
        report = itb.reporter.unfinished(session, itb.clock())
    return [sorted(str(row[0]) for row in section.rows) for section in report.sections]


def test_itb_10_the_supervisor_downloads_the_data_for_reports(itb: Stage) -> None:
    number = itb.opens()
    itb.closes(number)
    with itb.db.read() as session:
        report = itb.reporter.register(session, "tickets", periods.month("2026-11"))
    assert lacking(report, number, "Tagihan diperbaiki.") == []


CHANGES: list[tuple[Callable[[Stage], None], str, str]] = [
    (
        test_itb_2_before_a_ticket_is_opened_number_name_and_birth_date_are_asked_for,
        "ask: [number, name, birth_date]\n  check: roster", "ask: [name, email]\n  check: none",
    ),
    (
        test_itb_6_the_user_gets_the_reply_on_the_channel_he_wrote_from,
        "[walk_in, phone, letter, email]", "[walk_in, phone, email]",
    ),
    (test_itb_7_a_ticket_without_a_category_cannot_be_closed, "- {id: wisuda,", "- {id: yudisium,"),
    *(
        (test_itb_8_a_handled_ticket_is_closed, old, new)
        for old, new in (
            ("en: Agent}\n    may: [answer]", "en: Agent}\n    may: [report]"),
            ("silence: 7d, notice: 2d", "silence: 8d, notice: 2d"),
        )
    ),
    (
        test_itb_3_the_identity_is_checked_against_the_records_and_else_by_an_agent,
        "check: roster", "check: none",
    ),
    *(
        (test_itb_4_a_problem_of_the_system_goes_to_the_team_that_owns_it_and_comes_back_mended, old, new)
        for old, new in (
            ("Development team}\n    answers_in: 8h", "Development team}\n    answers_in: 4h"),
            ("en: Mending}, required: true", "en: Mending}"),
            ("en: Edunex}\n    unit: developers", "en: Edunex}\n    unit: akademik"),
        )
    ),
    (
        test_itb_5_agents_reply_in_operating_hours_and_the_promise_counts_only_those,
        '  friday: ["08:00-16:00"]\n\n#', '  friday: ["08:00-17:00"]\n\n#',
    ),
    *(
        (test_itb_9_the_supervisor_sees_on_one_page_what_is_not_worked_on_categorised_and_closed, old, new)
        for old, new in (
            ("first_response: {within: 2h", "first_response: {within: 3h"),
            ("en: \"Not worked on, categorised or closed\"}\n    every: day", "en: \"Unfinished\"}\n    every: month"),
        )
    ),
    (
        test_itb_10_the_supervisor_downloads_the_data_for_reports,
        "en: Tickets}\n    of: ticket\n", "en: Tickets}\n    of: ticket\n    kinds: [praise]\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0].__name__}-{change[2][-20:]}")
def test_another_rule_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, change: tuple[Callable[[Stage], None], str, str]
) -> None:
    clause, old, new = change
    itb = Stage(db, clock, "itb", changing(old, new))
    with pytest.raises(BROKEN):
        clause(itb)


def test_running_tickets_stay_on_the_version_they_began_with(itb: Stage) -> None:
    number = itb.opens()
    began_with = itb.ticket(number).profile_id
    other = Stage(itb.db, itb.clock, "itb", changing("resolution: {within: 24h", "resolution: {within: 48h"))
    assert itb.ticket(number).profile_id == began_with
    assert other.ticket(other.opens()).profile_id != began_with
    assert itb.promises(number)["resolution", "", 0].timing.within == timedelta(hours=24)
