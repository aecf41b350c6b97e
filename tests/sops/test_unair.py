"""Helpdesk of the Airlangga University Library, IK-UNAIR-LIB-10: one test a clause, on a clock that is set.

Monday 23 November 2026, 10:00. BPM, the quality body, is dewi here; the head of the library is sri."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.entering import Arrival
from bot.conversation.thread import responses
from bot.errors import NotAllowed
from bot.reports.document import Section
from bot.reports.periods import month
from bot.reports.recaps import announce, notices
from bot.storage.database import Database
from bot.tickets import corrective, service, working
from bot.tickets.form import ptpp_pdf
from bot.tickets.model import CorrectiveAction, Ticket
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.sops.stage import BROKEN, JAKARTA, Edit, Stage, at, changing

SARI = {"name": "Sari Dewi", "email": "sari@contoh.ac.id"}
RESPONSE = "Terima kasih. AC sudah kami perbaiki."


@pytest.fixture
def unair(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "unair")


def comes(unair: Stage, channel: str, text: str = "AC ruang baca mati.", **given: Any) -> str:
    """What came in by hand; the ticket's number."""
    return unair.enters(Arrival(channel, text, **given))


def report(unair: Stage, number: str) -> int:
    """PR opens the corrective action of a ticket; its id."""

    def opened(session: Session, ticket: Ticket, who: str, now: datetime) -> int:
        return corrective.open_action(session, "AC mati dua hari.", who, now, ticket).id

    return int(unair.does(number, opened))


def printed(unair: Stage, action_id: int) -> str:
    """The corrective action on the profile's form, as it comes out of the printer."""
    rule = unair.promise.profile.form_of("ptpp")
    assert rule is not None
    with unair.db.read() as session:
        action = session.get_one(CorrectiveAction, action_id)
        ticket = session.get_one(Ticket, action.ticket_id)
        response = "\n".join(responses(session, ticket))
        content = ptpp_pdf(rule, action, ticket, response, "Universitas Airlangga", JAKARTA, "id")
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def test_unair_1_criticism_from_web_site_and_social_media_is_coordinated_with_the_unit(unair: Stage) -> None:
    for channel in ("website", "facebook", "twitter", "instagram", "whatsapp"):
        number = comes(unair, channel, kind="complaint", category="ruang")
        form = unair.forwards(number)
        assert (form.unit, form.due_at) == ("Layanan Penunjang", at("2026-11-23 14:00"))
        assert unair.ticket(number).status == "forwarded"
        unair.unit_answers(form, "Freon habis.", "Diisi ulang sore ini.")
        [back] = unair.events(number, "taken back")
        assert ((back.data or {})["findings"], unair.ticket(number).status) == ("Freon habis.", "open")


def test_unair_2_the_response_goes_by_e_mail_and_by_the_channel_used_within_a_day(unair: Stage) -> None:
    answered, only_there, ignored = (
        comes(unair, "instagram", kind="suggestion", account=name, **SARI) for name in ("a", "b", "c")
    )
    unair.until("2026-11-24 09:59")
    for number in (answered, only_there):
        unair.does(number, working.told, "instagram", RESPONSE)
    unair.does(answered, working.told, "email", RESPONSE)
    assert unair.told("breached") == []
    unair.until("2026-11-24 10:00")
    told = [promise for who, promise in unair.told("breached") if who == "sri" and promise != "resolution"]
    assert sorted(told) == ["duty respond_by_email"] * 2 + ["first_response"]
    unair.clock.advance(minutes=1)
    found = {n: unair.verdict(n, "first_response") for n in (answered, only_there, ignored)}
    assert list(found.values()) == ["kept", "kept", "breached"]
    found = {n: unair.verdict(n, "duty", "respond_by_email") for n in (answered, only_there, ignored)}
    assert list(found.values()) == ["kept", "breached", "breached"]


def test_unair_3_criticism_and_response_are_reported_to_bpm_on_the_ptpp_form(unair: Stage) -> None:
    unair.names("bpm", "dewi")
    reported, forgotten = (comes(unair, "facebook", kind=kind, **SARI) for kind in ("complaint", "suggestion"))
    praise = comes(unair, "facebook", "Petugasnya ramah.", kind="praise", **SARI)
    for number in (reported, forgotten, praise):
        unair.does(number, working.told, "facebook", RESPONSE)
    unair.until("2026-11-30 09:59")
    form = printed(unair, report(unair, reported))
    for text in ("Perbaikan dan Pencegahan (PTPP)", reported, "AC ruang baca mati.", RESPONSE, "AC mati dua hari."):
        assert text in form
    places = [form.find(label) for label in ("Kritik atau saran", "Tanggapan kepada pengguna", "Tindakan pencegahan")]
    assert -1 < places[0] < places[1] < places[2]
    unair.until("2026-11-30 10:01")
    assert [who for who, promise in unair.told("breached") if promise == "duty report_to_quality"] == ["sri", "dewi"]
    assert unair.verdict(reported, "duty", "report_to_quality") == "kept"
    assert unair.verdict(forgotten, "duty", "report_to_quality") == "breached"
    assert ("duty", "report_to_quality", 0) not in unair.promises(praise)


def test_unair_4_a_paper_form_is_taken_up_only_with_an_identity(unair: Stage) -> None:
    for lacking in ({}, {"name": "Sari Dewi"}, {"email": "sari@contoh.ac.id"}):
        with pytest.raises(NotAllowed, match="taken up only with an identity"):
            comes(unair, "paper", kind="complaint", **lacking)
    with unair.db.read() as session:
        assert session.scalars(select(Ticket)).all() == []
    assert unair.ticket(comes(unair, "paper", kind="complaint", **SARI)).identity == "guest"


def test_unair_5_paper_forms_are_recorded_and_recapitulated_once_a_week(unair: Stage) -> None:
    paper = comes(unair, "paper", kind="suggestion", **SARI)
    comes(unair, "website", kind="suggestion", **SARI)
    unair.until("2026-11-29 23:59")
    with unair.db.write() as session:
        assert announce(session, unair.clock()) == []
    unair.until("2026-11-30 00:00")
    next_week = comes(unair, "paper", kind="suggestion", **SARI)
    with unair.db.write() as session:
        told = {notice.username for notice in announce(session, unair.clock())}
        assert announce(session, unair.clock()) == []
        assert {"rina", "dewi", "sri"} <= told
        [notice] = notices(session, "rina")
        assert (notice.recap, notice.first) == ("paper", date(2026, 11, 23))
        recap = unair.reporter.of_recap(session, notice.recap, notice.first, unair.clock())
    [section] = recap.sections
    assert [row[0] for row in section.rows] == [paper]
    assert next_week not in [row[0] for row in section.rows]
    assert recap.span == "23 November 2026 to 29 November 2026"


def test_unair_6_a_paper_form_is_followed_up_answered_by_e_mail_and_reported(unair: Stage) -> None:
    number, left_lying = (comes(unair, "paper", kind="complaint", category="ruang", **SARI) for _ in range(2))
    form = unair.forwards(number)
    assert form.unit == "Layanan Penunjang"
    unair.unit_answers(form, "Freon habis.", "Diisi ulang sore ini.")
    with pytest.raises(NotAllowed, match="write it down as told"):
        unair.replies(number)
    unair.does(number, working.told, "email", RESPONSE)
    assert RESPONSE in printed(unair, report(unair, number))
    unair.until("2026-11-24 10:01")
    for duty in ("respond_by_email", "report_to_quality"):
        assert unair.verdict(number, "duty", duty) == "kept"
    assert unair.verdict(left_lying, "duty", "respond_by_email") == "breached"


def test_unair_7_three_registers_are_kept(unair: Stage) -> None:
    numbers = {
        kind: comes(unair, "website", kind=kind, **SARI) for kind in ("complaint", "suggestion", "praise", "question")
    }
    unair.does(numbers["complaint"], working.told, "email", RESPONSE)
    report(unair, numbers["complaint"])
    registers = unair.promise.profile.registers
    assert [each.title.id for each in registers.values()] == ["K-Xpresi", "Tanda Cinta", "PTPP"]
    found = {name: kept(unair, name) for name in registers}
    assert [row[0] for row in found["k_xpresi"].rows] == [numbers["complaint"], numbers["suggestion"]]
    assert [row[0] for row in found["tanda_cinta"].rows] == [numbers["praise"]]
    assert [row[2:4] for row in found["ptpp"].rows] == [(numbers["complaint"], "AC mati dua hari.")]


def kept(unair: Stage, name: str) -> Section:
    """A register of November."""
    with unair.db.read() as session:
        [section] = unair.reporter.register(session, name, month("2026-11")).sections
    return section


def test_what_was_resolved_is_still_to_be_sent_by_e_mail_and_what_was_withdrawn_is_not(unair: Stage) -> None:
    resolved, withdrawn = (comes(unair, "website", kind="complaint", **SARI) for _ in range(2))
    unair.does(resolved, working.resolve, "Sudah diperbaiki.")
    unair.does(withdrawn, working.withdraw, who=service.PERSON)
    unair.until("2026-11-24 10:01")
    assert unair.verdict(resolved, "duty", "respond_by_email") == "breached"
    assert unair.verdict(withdrawn, "duty", "respond_by_email") == "waived"


CHANGES: Sequence[tuple[Callable[[Stage], None], Edit]] = [
    (test_unair_1_criticism_from_web_site_and_social_media_is_coordinated_with_the_unit, edit)
    for edit in (
        changing("instagram, whatsapp, paper", "paper"),
        changing("en: Supporting services}\n    answers_in: 4h", "en: Supporting services}\n    answers_in: 5h"),
        changing("comfort}, unit: penunjang}", "comfort}, unit: ti}"),
    )
] + [
    (test_unair_2_the_response_goes_by_e_mail_and_by_the_channel_used_within_a_day, edit)
    for edit in (
        changing("first_response: {within: 24h", "first_response: {within: 48h"),
        changing("until: emailed\n    within: 24h", "until: emailed\n    within: 48h"),
        changing("until: emailed", "until: replied"),
    )
] + [
    (test_unair_3_criticism_and_response_are_reported_to_bpm_on_the_ptpp_form, edit)
    for edit in (
        changing("within: 7d", "within: 8d"),
        changing("tell: [kepala, bpm]", "tell: [kepala]"),
        changing("label: {id: Tanggapan kepada pengguna", "label: {id: Lain-lain"),
        changing("{id: response, label", "{id: other, label"),
    )
] + [
    (test_unair_4_a_paper_form_is_taken_up_only_with_an_identity, changing("required_on: [paper]", "required_on: []")),
    (test_unair_4_a_paper_form_is_taken_up_only_with_an_identity, changing("ask: [name, email]", "ask: [name]")),
] + [
    (test_unair_5_paper_forms_are_recorded_and_recapitulated_once_a_week, edit)
    for edit in (
        changing("every: week", "every: month"),
        changing("to: [humas, kepala]", "to: [kepala]"),
        changing("    channels: [paper]\n", ""),
        changing("shows: k_xpresi", "shows: tanda_cinta"),
    )
] + [
    (test_unair_6_a_paper_form_is_followed_up_answered_by_e_mail_and_reported, edit)
    for edit in (
        changing("until: emailed\n    within: 24h", "until: emailed\n    within: 48h"),
        changing("comfort}, unit: penunjang}", "comfort}, unit: ti}"),
        changing("kinds: [complaint, suggestion]\n\nreopening", "kinds: [praise]\n\nreopening"),
    )
] + [
    (test_unair_7_three_registers_are_kept, edit)
    for edit in (
        changing("kinds: [praise]", "kinds: [question]"),
        changing("of: ticket\n    kinds: [complaint, suggestion]", "of: ticket\n    kinds: [complaint]"),
        changing("actions}\n    of: ptpp", "actions}\n    of: ticket"),
    )
]  # fmt: skip


@on_one_database
@pytest.mark.parametrize(("clause", "edit"), CHANGES, ids=lambda each: each.__name__)
def test_another_rule_in_the_profile_breaks_the_clause(
    db: Database, clock: FakeClock, clause: Callable[[Stage], None], edit: Edit
) -> None:
    stage = Stage(db, clock, "unair", edit)
    with pytest.raises(BROKEN):
        clause(stage)
