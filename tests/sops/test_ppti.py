"""Service complaints of PPTI, Prosedur Pengaduan Layanan: one test a clause, on a clock that is set.

Monday 23 November 2026, 10:00; office hours 08.00–16.00. The helpdesk is rina, the divisions' people are dewi."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from starlette.applications import Starlette

from bot.conversation.entering import Arrival
from bot.errors import NotAllowed
from bot.reports.periods import month
from bot.storage.database import Database
from bot.tickets import forwarding, linking, links, service, working
from bot.tickets.form import forwarding_pdf, report_pdf
from bot.tickets.model import Forwarding, Ticket
from bot.tickets.roles import permissions
from bot.web.forwarding import FormPage
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.sops.stage import BROKEN, JAKARTA, Stage, at, changing
from tests.web.test_forwarding import Client

BUDI = {"name": "Budi Santoso", "email": "budi@contoh.ac.id"}
COMPLAINT = "Wi-Fi gedung C mati sejak pagi."
FINDINGS = "Titik akses lantai 2 rusak."
STEPS = "Titik akses diganti. Mohon sambungkan ulang perangkat Anda."


@pytest.fixture
def ppti(db: Database, clock: FakeClock) -> Stage:
    return staged(Stage(db, clock, "ppti"))


def staged(ppti: Stage) -> Stage:
    ppti.names("helpdesk", "rina")
    ppti.names("divisi", "dewi")
    return ppti


def comes(ppti: Stage, channel: str = "phone", category: str | None = "wifi", **given: Any) -> str:
    """A complaint that the helpdesk enters; its number."""
    return ppti.enters(Arrival(channel, COMPLAINT, kind="complaint", category=category, **(BUDI | given)))


def texts(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def printed(ppti: Stage, form_id: int) -> str:
    """The forwarding form as it comes out of the printer."""
    with ppti.db.read() as session:
        form = session.get_one(Forwarding, form_id)
        ticket = session.get_one(Ticket, form.ticket_id)
        rule = forwarding.rule_of(session, ticket)
        return texts(forwarding_pdf(ticket, form, "Universitas Contoh", JAKARTA, rule))


class Division:
    """Somebody of the division who opens the link to the form, without an account."""

    def __init__(self, ppti: Stage, form: Forwarding, folder: Path) -> None:
        page = FormPage(ppti.db, ppti.clock, folder, JAKARTA, "Universitas Contoh", 50_000)
        self._client = Client(Starlette(routes=page.routes()))
        token = links.sign(links.link_key(folder), form.id, at("2026-12-31 10:00"))
        self._path = f"/forwarding/{token}"

    def sees(self) -> str:
        return " ".join(self._client.get(self._path).text.split())

    def answers(self, **given: str) -> int:
        """The status of the page that comes then."""
        return self._client.post(self._path, data={"by": "Pak Tono", **given}).status_code


def test_ppti_1_1_customers_complain_in_person_by_phone_letter_e_mail_or_chat(ppti: Stage) -> None:
    for channel in ("walk_in", "phone", "letter", "email"):
        number = comes(ppti, channel)
        assert (ppti.ticket(number).channel, ppti.ticket(number).status) == (channel, "new")
    assert ppti.ticket(ppti.opens("complaint")).channel == "webchat"
    with pytest.raises(NotAllowed, match="not entered by hand here"):
        comes(ppti, "twitter")


def test_ppti_1_2_the_helpdesk_receives_it(ppti: Stage) -> None:
    number, lying = comes(ppti), comes(ppti)
    ppti.replies_by_phone(number)
    ppti.until("2026-11-23 12:59")
    assert ppti.told("warned") == []
    ppti.until("2026-11-23 13:00")
    assert ("rina", "first_response") in ppti.told("warned")
    ppti.until("2026-11-23 14:00")
    assert ppti.told("breached") == [("sri", "first_response")]
    ppti.clock.advance(minutes=1)
    assert [ppti.verdict(each, "first_response") for each in (number, lying)] == ["kept", "breached"]


def test_ppti_1_3_the_helpdesk_classifies_it(ppti: Stage) -> None:
    number = comes(ppti, category=None)
    with pytest.raises(NotAllowed, match="no category"):
        ppti.does(number, working.categorise, "wisuda")
    ppti.does(number, working.categorise, "wifi")
    assert ppti.forwards(number).unit == "Divisi Jaringan"


def test_ppti_2_1_it_is_entered_by_that_classification(ppti: Stage) -> None:
    with pytest.raises(NotAllowed, match="no category here"):
        comes(ppti, category="fisika")
    wifi, portal = comes(ppti, category="wifi"), comes(ppti, category="portal")
    ppti.clock.advance(minutes=1)
    with ppti.db.read() as session:
        [register] = ppti.reporter.register(session, "complaints", month("2026-11")).sections
        recap = ppti.reporter.recap(session, month("2026-11"), ppti.clock(), title="month")
    assert [(row[0], row[5]) for row in register.rows] == [(wifi, "wifi"), (portal, "portal")]
    by_category = next(section for section in recap.sections if section.title == "By category")
    assert {row[0]: row[1] for row in by_category.rows} == {"Student portal": 1, "Wi-Fi": 1}


def test_ppti_2_2_the_forwarding_form_is_printed_from_the_data(ppti: Stage) -> None:
    number = comes(ppti)
    form = ppti.forwards(number, "Mohon periksa titik akses.")
    paper = printed(ppti, form.id)
    for text in ("Forwarding form", number, "Divisi Jaringan", COMPLAINT, "Mohon periksa titik akses."):
        assert text in paper
    places = [paper.find(label) for label in ("Rincian pengaduan", "Hasil pemeriksaan teknis", "Solusi atau langkah")]
    assert -1 < places[0] < places[1] < places[2]


def test_ppti_2_3_the_helpdesk_solves_what_it_can_itself(ppti: Stage) -> None:
    number = ppti.opens("complaint")
    with ppti.db.read() as session:
        # What the console asks before it lets somebody work on tickets.
        assert "answer" in permissions(session, ppti.promise.profile, "rina", "agent")
    ppti.replies(number)
    with ppti.db.write() as session:
        ppti.desk.resolve(session, service.by_number(session, number), "rina", STEPS, ppti.clock())
    assert ppti.ticket(number).status == "resolved"
    assert any(STEPS in text for text in ppti.heard())
    assert ppti.heard()[-1] == "Apakah masalahnya sudah selesai?"
    assert ppti.events(number, "forwarded") == []


def test_ppti_2_4_else_it_is_forwarded_to_the_division_concerned(ppti: Stage) -> None:
    for category, unit in (
        ("kabel", "Divisi Jaringan"), ("akun", "Divisi Sistem Informasi"), ("perangkat", "Divisi Perangkat"),
    ):  # fmt: skip
        number = comes(ppti, category=category)
        form = ppti.forwards(number)
        assert (form.unit, form.due_at) == (unit, at("2026-11-24 10:00"))
        assert ppti.ticket(number).status == "forwarded"
    assert ppti.promise.profile.unit_of("lainnya") is None
    with ppti.db.read() as session:
        assert forwarding.late(session, at("2026-11-24 09:59")) == []
        assert len(forwarding.late(session, at("2026-11-24 10:00"))) == 3


def test_ppti_2_5_the_division_receives_the_form_with_the_details(ppti: Stage, tmp_path: Path) -> None:
    number = comes(ppti)
    page = Division(ppti, ppti.forwards(number, "Mohon periksa titik akses."), tmp_path).sees()
    assert "<h1>Forwarding form</h1>" in page
    for text in (number, COMPLAINT, "<dt>Rincian pengaduan</dt><dd>Mohon periksa titik akses.</dd>"):
        assert text in page


def test_ppti_2_6_the_division_examines_it_technically(ppti: Stage, tmp_path: Path) -> None:
    number = comes(ppti)
    division = Division(ppti, ppti.forwards(number), tmp_path)
    assert "Hasil pemeriksaan teknis" in division.sees()
    assert division.answers(solution=STEPS) == 422
    assert ppti.ticket(number).status == "forwarded"
    assert division.answers(solution=STEPS, findings=FINDINGS) == 200
    [back] = ppti.events(number, "taken back")
    assert (back.data or {})["findings"] == FINDINGS


def test_ppti_2_7_the_division_gives_the_solution_or_the_steps_to_take(ppti: Stage, tmp_path: Path) -> None:
    number = comes(ppti)
    division = Division(ppti, ppti.forwards(number), tmp_path)
    assert "Solusi atau langkah penyelesaian" in division.sees()
    assert division.answers(findings=FINDINGS) == 422
    assert division.answers(findings=FINDINGS, solution=STEPS) == 200
    [back] = ppti.events(number, "taken back")
    assert ((back.data or {})["proposed"], (back.data or {})["answered_by"]) == (STEPS, "Pak Tono")


def test_ppti_3_1_the_helpdesk_gets_the_form_back_with_findings_and_solution(ppti: Stage) -> None:
    number = comes(ppti)
    ppti.does(number, service.assign, "rina")
    form = ppti.forwards(number)
    ppti.unit_answers(form, FINDINGS, STEPS)
    assert (ppti.ticket(number).status, ppti.ticket(number).assignee) == ("open", "rina")
    paper = printed(ppti, form.id)
    for label, text in (("Hasil pemeriksaan teknis", FINDINGS), ("Solusi atau langkah penyelesaian", STEPS)):
        assert f"{label} {text}" in paper
    assert "Pak Tono, 23 November 2026 10:00 WIB" in paper


def test_ppti_3_2_the_report_is_prepared_in_writing_or_by_word_of_mouth(ppti: Stage) -> None:
    number = comes(ppti)
    with pytest.raises(NotAllowed, match="no solution"):
        written(ppti, number)
    ppti.unit_answers(ppti.forwards(number), FINDINGS, STEPS)
    report = written(ppti, number)
    for text in ("Laporan solusi pengaduan", number, COMPLAINT, f"Hasil pemeriksaan {FINDINGS}", STEPS):
        assert text in report
    for how in ("letter", "email", "phone"):
        ppti.does(number, working.told, how, STEPS)
    assert [(event.data or {})["how"] for event in ppti.events(number, "message")] == ["letter", "email", "phone"]
    assert ppti.verdict(number, "duty", "tell_customer") == "kept"


def written(ppti: Stage, number: str) -> str:
    with ppti.db.read() as session:
        return texts(report_pdf(session, service.by_number(session, number), "Universitas Contoh", JAKARTA))


def test_ppti_3_3_the_helpdesk_tells_the_customer(ppti: Stage) -> None:
    told, forgotten = comes(ppti), comes(ppti)
    for number in (told, forgotten):
        ppti.unit_answers(ppti.forwards(number), FINDINGS, STEPS)
    ppti.until("2026-11-23 13:00")
    assert ppti.told("warned").count(("rina", "duty tell_customer")) == 2
    assert ("dewi", "duty tell_customer") not in ppti.told("warned")
    ppti.until("2026-11-23 13:59")
    ppti.does(told, working.told, "phone", STEPS)
    ppti.until("2026-11-23 14:00")
    assert ppti.told("breached").count(("sri", "duty tell_customer")) == 1
    ppti.clock.advance(minutes=1)
    assert [ppti.verdict(each, "duty", "tell_customer") for each in (told, forgotten)] == ["kept", "breached"]


def test_ppti_3_4_the_customer_receives_it_with_his_steps_and_can_report_again(ppti: Stage) -> None:
    number = ppti.opens("complaint")
    ppti.does(number, working.categorise, "wifi")
    ppti.unit_answers(ppti.forwards(number), FINDINGS, STEPS)
    with ppti.db.write() as session:
        ppti.desk.resolve(session, service.by_number(session, number), "rina", STEPS, ppti.clock())
    assert any(STEPS in text for text in ppti.heard())
    ppti.writes(number)
    assert ppti.ticket(number).status == "open"
    closing = working.Closing("wifi", STEPS, "Titik akses diganti.")
    with ppti.db.write() as session:
        ppti.desk.close(session, service.by_number(session, number), "rina", closing, ppti.clock())
    ppti.clock.advance(days=400)
    rule = ppti.promise.profile.reopening
    with ppti.db.write() as session:
        ticket, now = service.by_number(session, number), ppti.clock()
        again = linking.take_up_again(session, ticket, rule, "person", now, ppti.promise.due(now), JAKARTA)
        assert (again.number, again.status) == (number, "open")


def test_ppti_3_5_the_helpdesk_enters_the_result(ppti: Stage) -> None:
    entered, forgotten = comes(ppti), comes(ppti)
    for number in (entered, forgotten):
        ppti.replies_by_phone(number)
        ppti.does(number, working.resolve, STEPS)
    ppti.until("2026-11-24 09:00")
    assert ppti.told("warned").count(("rina", "duty enter_result")) == 2
    ppti.until("2026-11-24 09:59")
    ppti.does(entered, working.record, "Titik akses lantai 2 diganti.")
    ppti.until("2026-11-24 10:01")
    assert ppti.told("breached") == [("sri", "duty enter_result")]
    assert [ppti.verdict(each, "duty", "enter_result") for each in (entered, forgotten)] == ["kept", "breached"]
    [kept] = ppti.events(entered, "recorded")
    assert (kept.data or {})["record"] == "Titik akses lantai 2 diganti."


def test_a_unit_with_hours_of_its_own_is_given_time_by_those(db: Database, clock: FakeClock) -> None:
    own = changing("en: Network division}\n    answers_in: 8h",
                   'en: Network division}\n    answers_in: 8h\n    hours: {saturday: ["08:00-12:00"]}')  # fmt: skip
    ppti = Stage(db, clock, "ppti", own)
    assert ppti.forwards(comes(ppti, category="kabel")).due_at == at("2026-12-05 12:00")
    assert ppti.forwards(comes(ppti, category="akun")).due_at == at("2026-11-24 10:00")


Clause = Callable[..., None]
CHANGES: Mapping[Clause, Sequence[tuple[str, str]]] = {
    test_ppti_1_1_customers_complain_in_person_by_phone_letter_e_mail_or_chat: [
        ("letter, email]", "letter]"),
        ("letter, email]", "letter, email, twitter]"),
    ],
    test_ppti_1_2_the_helpdesk_receives_it: [
        ("may: [answer, plan]\n", "may: [plan]\n"),
        ("first_response: {within: 4h", "first_response: {within: 5h"),
    ],
    test_ppti_1_3_the_helpdesk_classifies_it: [
        ("id: wifi,", "id: fisika,"),
        ("    unit: jaringan\n", "    unit: sistem\n"),
    ],
    test_ppti_2_1_it_is_entered_by_that_classification: [
        ("id: portal,", "id: portal-lama,"),
        ("en: Student portal}", "en: Portal}"),
    ],
    test_ppti_2_2_the_forwarding_form_is_printed_from_the_data: [
        ("title: {id: Forwarding form", "title: {id: Formulir"),
        ("{id: Hasil pemeriksaan teknis", "{id: Hasil"),
    ],
    test_ppti_2_3_the_helpdesk_solves_what_it_can_itself: [
        ("may: [answer, plan]\n", "may: [plan]\n"),
        ("Apakah masalahnya sudah selesai?", "Sudah?"),
    ],
    test_ppti_2_4_else_it_is_forwarded_to_the_division_concerned: [
        ("en: Hardware division}\n    answers_in: 8h", "en: Hardware division}\n    answers_in: 9h"),
        ("en: Hardware}, unit: perangkat}", "en: Hardware}, unit: sistem}"),
        ("en: Other}}", "en: Other}, unit: sistem}"),
    ],
    test_ppti_2_5_the_division_receives_the_form_with_the_details: [("{id: Rincian pengaduan", "{id: Rincian")],
    test_ppti_2_6_the_division_examines_it_technically: [
        ("en: Findings of the examination}, required: true", "en: Findings}"),
    ],
    test_ppti_2_7_the_division_gives_the_solution_or_the_steps_to_take: [
        ("en: Solution or steps to take}, required: true", "en: Solution}"),
    ],
    test_ppti_3_1_the_helpdesk_gets_the_form_back_with_findings_and_solution: [
        ("{id: Solusi atau langkah penyelesaian", "{id: Solusi"),
    ],
    test_ppti_3_2_the_report_is_prepared_in_writing_or_by_word_of_mouth: [
        ("title: {id: Laporan solusi pengaduan", "title: {id: Laporan"),
        ("- {id: findings, label: {id: Hasil pemeriksaan,", "- {id: other, label: {id: Hasil pemeriksaan,"),
        ("after: returned\n    until: replied", "after: returned\n    until: recorded"),
    ],
    test_ppti_3_3_the_helpdesk_tells_the_customer: [
        ("until: replied\n    within: 4h", "until: replied\n    within: 5h"),
        ("the solution}\n    role: helpdesk", "the solution}\n    role: divisi"),
    ],
    test_ppti_3_4_the_customer_receives_it_with_his_steps_and_can_report_again: [
        ("reopening: always", "reopening: 365d"),
    ],
    test_ppti_3_5_the_helpdesk_enters_the_result: [
        ("until: recorded\n    within: 8h", "until: recorded\n    within: 9h"),
        ("after: resolved", "after: closed"),
    ],
}  # fmt: skip
EACH = [(clause, *change) for clause, changes in CHANGES.items() for change in changes]


@on_one_database
@pytest.mark.parametrize(("clause", "old", "new"), EACH, ids=[clause.__name__ for clause, _, _ in EACH])
def test_another_rule_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, tmp_path: Path, clause: Clause, old: str, new: str
) -> None:
    stage = staged(Stage(db, clock, "ppti", changing(old, new)))
    with pytest.raises(BROKEN):
        clause(stage, *((tmp_path,) if "tmp_path" in clause.__annotations__ else ()))
