"""An agent's work from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from bot.clock import utc_now
from bot.conversation.model import Attachment, Conversation, OutboxMessage
from bot.errors import SapaError
from bot.identity.model import Account
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets.model import Forwarding, Ticket
from bot.tickets.service import open_ticket
from tests.commands.conftest import Sapa
from tests.conversation.test_enclosing import PDF

CLOSING = ("--category", "keuangan", "--solution", "Tagihan diperbaiki.", "--record", "Dicek dengan Biro Keuangan.")


def queued(db: Database) -> Sequence[tuple[str, str]]:
    with db.read() as session:
        return [(row.author, row.text) for row in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


def in_charge(db: Database) -> str:
    with db.read() as session:
        return session.scalars(select(Conversation)).one().in_charge


def test_tickets_are_listed_and_shown_as_they_were_written(sapa: Sapa, ticket: str) -> None:
    listed = sapa("tickets")
    assert listed.code == 0
    assert listed.out.startswith(f"{ticket}  new")
    assert "ukt saya salah {ticket} <b>" in listed.out
    shown = sapa("show", ticket)
    assert shown.code == 0
    assert "identity unproven" in shown.out
    assert "person     ukt saya salah {ticket} <b>" in shown.out


def test_tickets_are_found_by_what_is_written_in_them_closed_ones_too(sapa: Sapa, ticket: str) -> None:
    assert sapa("ticket", "note", ticket, "Tanya", "dekan", "\x1b[2Jdulu").code == 0
    assert sapa("close", ticket, *CLOSING).code == 0
    line, excerpt = sapa("tickets", "--search", "dekan").out.splitlines()
    assert line.startswith(f"{ticket}  closed")
    assert excerpt.strip() == "Tanya dekan ·[2Jdulu"
    assert ticket in sapa("tickets", "--search", "salah").out
    assert sapa("tickets", "--search", "wisuda' OR 1").out == "Nothing was found.\n"


def test_what_is_urgent_is_listed_first_and_marked(sapa: Sapa, ticket: str, opened: Database) -> None:
    with opened.write() as session:
        first = session.scalars(select(Ticket)).one()
        open_ticket(
            session, conversation_id=first.conversation_id, person_id=first.person_id, inbox_id=None,
            channel="web", subject="mati",
            summary="", category=None, kind="question", identity="unproven", language="id", now=first.created_at,
            due_at=first.due_at + timedelta(hours=2), zone=ZoneInfo("Asia/Jakarta"), priority="urgent",
        )  # fmt: skip
    lines = sapa("tickets").out.splitlines()
    assert ["URGENT" in line for line in lines] == [True, False]
    assert "urgent" in sapa("show", "CC-2026-000002").out
    assert "urgent" not in sapa("show", ticket).out


def test_a_ticket_is_taken_answered_and_closed(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("take", ticket, "--as", "rina").out == f"rina has {ticket}.\n"
    assert in_charge(opened) == "rina"
    assert sapa("reply", ticket, "Sudah", "{beres} <b>", "--as", "rina").out == "Queued.\n"
    assert sapa("close", ticket, *CLOSING, "--as", "rina").out == f"{ticket} is closed.\n"
    assert in_charge(opened) == "assistant"
    authors = [author for author, _ in queued(opened)]
    assert authors == ["system", "rina", "system", "system"]
    assert ("rina", "Sudah {beres} <b>") in queued(opened)
    assert sapa("tickets").out == "No ticket is open.\n"
    assert ticket in sapa("tickets", "--all").out


def test_a_reply_takes_the_ticket_and_it_can_be_given_back(sapa: Sapa, ticket: str, opened: Database) -> None:
    sapa("reply", ticket, "halo", "--as", "dewi")
    assert in_charge(opened) == "dewi"
    assert sapa("release", ticket, "--as", "dewi").code == 0
    assert in_charge(opened) == "assistant"


def test_who_names_nobody_speaks_for_the_agent_of_the_settings(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    sapa("take", ticket)
    assert in_charge(opened) == "rina"
    sapa("release", ticket)
    (tmp_path / ".env").write_text("SAPA_AGENT=dewi\n")
    sapa("take", ticket)
    assert in_charge(opened) == "dewi"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("take", "CC-2026-999999"), "There is no ticket CC-2026-999999."),
        (("reply", "nonsense", "halo"), "There is no ticket nonsense."),
        (("take", "{}", "--as", "nobody"), "There is no staff account nobody."),
        (("reply", "{}", "   "), "The reply is empty; nothing was sent."),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    sapa: Sapa, ticket: str, opened: Database, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sapa(*(each.replace("{}", ticket) for each in arguments)).sentence() == sentence
    assert queued(opened) == []
    assert in_charge(opened) == "assistant"


@pytest.mark.parametrize("command", ["take", "reply", "release", "close"])
def test_a_colleagues_ticket_is_left_alone(sapa: Sapa, ticket: str, opened: Database, command: str) -> None:
    sapa("take", ticket, "--as", "rina")
    before = queued(opened)
    words = {"reply": ("halo",), "close": CLOSING}.get(command, ())
    assert "rina" in sapa(command, ticket, *words, "--as", "dewi").sentence()
    assert queued(opened) == before
    assert in_charge(opened) == "rina"


@pytest.mark.parametrize("command", ["take", "reply", "close"])
def test_a_closed_ticket_says_so(sapa: Sapa, ticket: str, command: str) -> None:
    sapa("close", ticket, *CLOSING)
    words = {"reply": ("halo",), "close": CLOSING}.get(command, ())
    assert "closed" in sapa(command, ticket, *words).sentence()


def test_nothing_is_queued_for_a_channel_that_is_switched_off(sapa: Sapa, ticket: str, opened: Database) -> None:
    with opened.write() as session:
        session.scalars(select(Conversation)).one().channel = "telegram"
    assert "telegram" in sapa("reply", ticket, "halo").sentence()
    assert queued(opened) == []
    assert in_charge(opened) == "assistant"


@pytest.mark.parametrize("command", ["take", "reply", "release", "close"])
def test_nothing_is_said_to_be_done_that_could_not_be_written(sapa: Sapa, ticket: str, command: str) -> None:
    if command == "release":
        sapa("take", ticket)

    def refuse(_session: Session) -> None:
        raise SapaError("The disk is full.")

    event.listen(Session, "before_commit", refuse)
    try:
        said = sapa(command, ticket, *{"reply": ("halo",), "close": CLOSING}.get(command, ()))
    finally:
        event.remove(Session, "before_commit", refuse)
    assert said.sentence() == "The disk is full."


def test_a_ticket_goes_its_way_from_the_command_line(sapa: Sapa, ticket: str, opened: Database) -> None:
    way: tuple[tuple[tuple[str, ...], str], ...] = (
        (("forward", ticket, "Biro Keuangan", "sudah", "lunas?"), "forwarded"),
        (("back", ticket, "sudah"), "open"),
        (("plan", ticket, "rapat Kamis"), "planned"),
        (("wait", ticket), "waiting"),
        (("categorise", ticket, "keuangan"), "waiting"),
        (("resolve", ticket, "tagihan diperbaiki"), "resolved"),
        (("record", ticket, "dicek dengan biro"), "resolved"),
    )
    for arguments, status in way:
        who = "sri" if arguments[0] == "plan" else "rina"
        assert sapa("ticket", *arguments, "--as", who).out.splitlines()[0] == f"{ticket} is {status}."
    assert ticket in sapa("tickets").out
    assert sapa("close", ticket, "--as", "rina").code == 0
    told = sapa("ticket", "history", ticket).out.splitlines()
    assert len(told) == len(way) + 2
    assert "survey sent" in told[-3]
    assert "rina       forwarded  new → forwarded  unit: Biro Keuangan  asked: sudah lunas?" in told[1]
    assert "closed  resolved → closed" in told[-1]


def test_what_is_lacking_for_closing_is_told(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("close", ticket).sentence().endswith("it lacks solution and record.")
    assert "waiting" not in sapa("ticket", "wait", ticket, "--as", "rina").err
    assert sapa("ticket", "wait", ticket).sentence() == f"Ticket {ticket} is waiting; it cannot be changed by 'wait'."


def test_a_colleagues_ticket_is_not_worked_on(sapa: Sapa, ticket: str, opened: Database) -> None:
    sapa("take", ticket, "--as", "rina")
    assert "rina has ticket" in sapa("ticket", "resolve", ticket, "selesai", "--as", "dewi").sentence()


def test_what_the_profile_does_not_let_a_role_do_is_refused_here_too(sapa: Sapa, ticket: str, opened: Database) -> None:
    refused = sapa("ticket", "plan", ticket, "Servis", "--as", "rina").sentence()
    assert refused == "rina has no role that may plan (Care Center ITB); nothing was done."
    sapa("take", ticket, "--as", "dewi")
    for step in (("assign", ticket, "rina"), ("unit", ticket, "Biro"), ("edit", ticket, "--priority", "high")):
        assert f"dewi has ticket {ticket}" in sapa("ticket", *step, "--as", "rina").sentence()
        assert sapa("ticket", *step, "--as", "sri").code == 0
        sapa("ticket", "assign", ticket, "dewi", "--as", "sri")


def test_who_has_no_role_that_answers_does_nothing_with_tickets(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    for role in ("agent", "developer"):
        assert sapa("profile", "hold", role, "dewi").code == 0
    assert "rina has no role that may answer" in sapa("take", ticket, "--as", "rina").sentence()
    assert in_charge(opened) == "assistant"
    assert sapa("take", ticket).out == f"dewi has {ticket}.\n"


def test_a_ticket_is_opened_again_as_the_profile_allows_it(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("close", ticket, *CLOSING).code == 0
    assert sapa("ticket", "reopen", ticket, "--as", "rina").out == f"{ticket} is open.\n"
    assert sapa("close", ticket, *CLOSING).code == 0
    assert sapa("profile", "use", "kominfo").code == 0
    assert sapa("ticket", "reopen", ticket).out == f"{ticket} is open.\n"


def test_where_its_profile_opens_no_ticket_again_a_new_one_is_linked(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("profile", "use", "kominfo").code == 0
    caller = ("--name", "Budi Santoso", "--phone", "08123456789", "--email", "budi@contoh.ac.id", "--as", "rina")
    number = sapa("ticket", "enter", "phone", "Domain", "mati", *caller).out.split()[0]
    assert sapa("close", number, *["informasi" if each == "keuangan" else each for each in CLOSING]).code == 0
    linked = sapa("ticket", "reopen", number).out
    assert linked.endswith(" is new.\n")
    assert number not in linked


def test_nobody_acts_with_an_account_that_is_closed(sapa: Sapa, ticket: str, opened: Database) -> None:
    with opened.write() as session:
        session.execute(update(Account).where(Account.username == "rina").values(deactivated_at=utc_now()))
    assert sapa("take", ticket, "--as", "rina").sentence() == "There is no staff account rina."
    assert sapa("take", ticket).out == f"dewi has {ticket}.\n"


def test_a_ticket_is_changed_and_noted_from_the_command_line(sapa: Sapa, ticket: str, opened: Database) -> None:
    said = sapa("ticket", "edit", ticket, "--priority", "high", "--tag", "UKT", "--tag", "dobel", "--as", "rina")
    assert said.out == f"priority, tags changed; {ticket} is at version 3.\n"
    assert (
        "rina priority changed normal → high"
        in sapa("ticket", "edit", ticket, "--kind", "praise", "--seen", "1").sentence()
    )
    assert sapa("ticket", "note", ticket, "tolong", "@dewi", "--as", "rina").out == "Noted, for dewi.\n"
    assert sapa("ticket", "unfollow", ticket, "--as", "dewi").out == f"dewi does not follow {ticket}.\n"
    assert sapa("ticket", "follow", ticket, "--as", "rina").out == f"rina follows {ticket}.\n"
    told = sapa("ticket", "history", ticket).out
    assert "tagged  - → dobel, ukt" in told
    assert "noted  text: tolong @dewi  mentions: dewi" in told


def test_duty_and_sharing_out_from_the_command_line(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("duty", "share").out == "Nothing was given to anybody.\n"
    assert sapa("duty", "on", "--as", "rina").out == "rina is on duty.\n"
    assert sapa("duty", "share").out == f"{ticket}  rina\n"
    assert sapa("duty", "list").out.split() == ["rina", "1"]
    assert sapa("ticket", "assign", ticket, "dewi", "--as", "rina").out == f"dewi has {ticket}.\n"
    assert sapa("ticket", "unit", ticket, "Biro Keuangan", "--as", "dewi").out == f"Biro Keuangan has {ticket}.\n"
    assert sapa("duty", "away", "--as", "rina").out == "rina is away; taken back: nothing.\n"
    assert sapa("duty", "list").out == "Nobody is on duty.\n"


def test_what_arrives_by_hand_is_entered_from_the_command_line(sapa: Sapa, ticket: str, opened: Database) -> None:
    caller = ("--name", "Budi Santoso", "--phone", "08123456789", "--received", "2026-11-20")
    said = sapa("ticket", "enter", "phone", "UKT", "dobel", *caller, "--as", "rina")
    number = said.out.split()[0]
    assert said.out.endswith(" is new; identity guest.\n")
    assert "Tell the person" in sapa("reply", number, "halo", "--as", "rina").sentence()
    assert sapa("ticket", "told", number, "sudah", "dijelaskan", "--by", "phone", "--as", "rina").out.endswith(
        "open.\n"
    )
    solved = sapa("ticket", "resolve", number, "tagihan", "dihapus", "--as", "rina")
    assert (solved.out, "switched off" in solved.err) == (f"{number} is resolved.\n", True)
    assert "is not entered by hand here" in sapa("ticket", "enter", "pigeon", "coo").sentence()


def test_a_letter_is_entered_with_its_scan_from_the_command_line(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    (tmp_path / "surat.pdf").write_bytes(PDF)
    (tmp_path / "surat.html").write_bytes(b"<html><script>")
    scan, page = ("--file", str(tmp_path / "surat.pdf")), ("--file", str(tmp_path / "surat.html"))
    assert "is not a kind of file" in sapa("ticket", "enter", "letter", "Mohon", *scan, *page).sentence()
    assert "cannot be read" in sapa("ticket", "enter", "letter", "Mohon", "--file", "nowhere").sentence()
    number = sapa("ticket", "enter", "letter", "Mohon", "keringanan", *scan, "--as", "rina").out.split()[0]
    assert "[surat.pdf (stored)]" in sapa("show", number).out
    with opened.read() as session:
        [file] = session.scalars(select(Attachment)).all()
    assert [each for each in (tmp_path / "data" / "files").rglob("*") if each.is_file()] == [
        tmp_path / "data" / str(file.path)
    ]


def test_a_unit_is_asked_by_a_form_and_a_link_from_the_command_line(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    assert sapa("ticket", "late").out == "No unit is late.\n"
    asked = ("ticket", "forward", ticket, "keuangan", "sudah", "lunas?", "--as", "rina")
    assert "must be due after now" in sapa(*asked, "--due", "2020-11-20").sentence()
    assert "must be due after now" in sapa(*asked, "--due", "9999-12-31").sentence()
    said = sapa(*asked, PUBLIC_URL="https://sapa.contoh.ac.id").out.splitlines()
    assert said[0] == f"{ticket} is forwarded."
    assert said[1].startswith("https://sapa.contoh.ac.id/forwarding/1.")
    with opened.write() as session:
        session.execute(update(Forwarding).values(due_at=datetime(2026, 11, 20, tzinfo=ZoneInfo("Asia/Jakarta"))))
    assert sapa("ticket", "late").out == f"{ticket}  due 20 Nov 00:00  Direktorat Keuangan\n"
    assert sapa("ticket", "remind", ticket, "--as", "rina").code == 0
    assert sapa("ticket", "holders", ticket).out.endswith("now  Direktorat Keuangan\n")
    out = tmp_path / "form.pdf"
    assert sapa("ticket", "form", ticket, "--out", str(out)).code == 0
    assert out.read_bytes().startswith(b"%PDF-")
    sapa("ticket", "back", ticket, "lunas", "--as", "rina")
    assert sapa("ticket", "form", ticket, "--out", str(out)).sentence() == f"Ticket {ticket} waits for no unit."


def test_the_report_of_the_solution_is_printed_where_the_procedure_has_one(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    out = tmp_path / "report.pdf"
    assert "has no form for such a report" in sapa("ticket", "report", ticket, "--out", str(out)).sentence()
    sapa("profile", "use", "ppti")
    number = sapa("ticket", "enter", "phone", "Wi-Fi", "mati", "--as", "rina").out.split()[0]
    assert "There is no solution" in sapa("ticket", "report", number, "--out", str(out)).sentence()
    sapa("ticket", "resolve", number, "Titik", "akses", "diganti.", "--as", "rina")
    assert sapa("ticket", "report", number, "--out", str(out)).out == f"{out} is written.\n"
    assert "Titik akses diganti." in PdfReader(out).pages[0].extract_text()


def test_a_plan_is_proposed_and_agreed_on_from_the_command_line(sapa: Sapa, ticket: str) -> None:
    assert sapa("profile", "use", "kominfo").code == 0
    sapa("ticket", "enter", "walk_in", "Domain", "mati", "--name", "Sari Dewi", "--email", "sari@dinas.go.id")
    number, fields = "DN-2026-000002", ("--field", "expectation=Aktif lagi.", "--field", "plan=Pindah DNS; a=b.")
    assert "another role agrees" in sapa("ticket", "plan", number, "Pindah").sentence()
    assert sapa("ticket", "propose", number, *fields, "--as", "rina").out == "Proposed; told: admin, sri.\n"
    assert "another role than rina's" in sapa("ticket", "agree", number, "--as", "dewi").sentence()
    assert sapa("ticket", "agree", number, "--as", "sri").out == f"{number} is planned.\n"
    assert "Rencana tindak lanjut: Pindah DNS; a=b." in sapa("ticket", "history", number).out


def test_an_identity_is_made_sure_of_from_the_command_line(sapa: Sapa, ticket: str) -> None:
    assert sapa("ticket", "confirm", ticket, "KTM", "diperlihatkan", "--as", "rina").code == 0
    assert "identity proven" in sapa("show", ticket).out
    assert (
        "rina       identity confirmed  unproven → proven  how: KTM diperlihatkan"
        in sapa("ticket", "history", ticket).out
    )
    assert "proven already" in sapa("ticket", "confirm", ticket, "Lagi").sentence()


def test_tickets_are_linked_merged_and_split_from_the_command_line(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("ticket", "split", ticket, "KTM", "hilang", "--as", "rina").out.endswith("CC-2026-000002 is new.\n")
    assert sapa("ticket", "link", ticket, "CC-2026-000002").out == f"{ticket} and CC-2026-000002 are linked.\n"
    assert sapa("ticket", "merge", "CC-2026-000002", ticket, "--as", "rina").out == "CC-2026-000002 is closed.\n"


def test_a_corrective_action_is_kept_and_printed_from_the_command_line(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    assert sapa("ptpp", "list").out == "The register is empty.\n"
    assert sapa("ptpp", "propose", "2026-11").out == "No category broke so many promises.\n"
    assert "is no month" in sapa("ptpp", "propose", "Nov").sentence()
    assert sapa("ptpp", "open", "antrean", "lama", "--ticket", ticket).out == "Corrective action 1 is open.\n"
    assert "it lacks cause" in sapa("ptpp", "check", "1", "pendek", "--helped").sentence()
    known = ("--cause", "a", "--correction", "b", "--prevention", "c", "--owner", "Kepala", "--due", "2026-12-01")
    assert sapa("ptpp", "edit", "1", *known).out == "cause, correction, prevention, owner, due_at changed.\n"
    assert sapa("ptpp", "check", "1", "pendek", "--helped").out == "Corrective action 1 is checked.\n"
    assert sapa("ptpp", "list").out.split() == ["1", "helped", "due", "2026-12-01", "Kepala", "antrean", "lama"]
    assert sapa("ptpp", "edit", "9").sentence() == "There is no corrective action 9."
    out = tmp_path / "ptpp.pdf"
    assert "no form for corrective actions" in sapa("ptpp", "form", "1", "--out", str(out)).sentence()
    sapa("profile", "use", "unair")
    assert sapa("ptpp", "form", "1", "--out", str(out), "--language", "en").out == f"{out} is written.\n"
    assert "Corrective and preventive action request" in PdfReader(out).pages[0].extract_text()


def test_a_field_of_the_profiles_own_is_written_from_the_command_line(
    sapa: Sapa, ticket: str, opened: Database
) -> None:
    text = shipped("unair").read_text(encoding="utf-8")
    own = "      - {id: risk, label: {id: Risiko, en: Risk}, required: true}\n"
    with opened.write() as session:
        place = "      - {id: owner,"
        put_into_use(session, "unair", text.replace(place, own + place), ZoneInfo("Asia/Jakarta"), "admin", utc_now())
    sapa("ptpp", "open", "antrean", "lama")
    assert "it has risk" in sapa("ptpp", "edit", "1", "--field", "cost=1").sentence()
    known = ("--cause", "a", "--correction", "b", "--prevention", "c", "--owner", "Kepala", "--due", "2026-12-01")
    sapa("ptpp", "edit", "1", *known)
    assert "it lacks risk" in sapa("ptpp", "check", "1", "pendek", "--helped").sentence()
    assert sapa("ptpp", "edit", "1", "--field", "risk=a=b").out == "risk changed.\n"
    assert sapa("ptpp", "check", "1", "pendek", "--helped").code == 0


def test_files_are_sent_from_the_command_line_with_or_without_a_text(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    letter, table = tmp_path / "surat.pdf", tmp_path / "nilai.csv"
    letter.write_bytes(b"%PDF-1.7 isi")
    table.write_text("nama,nilai\n")
    assert sapa("reply", ticket, "Ini", "suratnya.", "--file", str(letter), "--file", str(table)).out == "Queued.\n"
    assert sapa("reply", ticket, "--file", str(letter)).code == 0
    assert queued(opened)[-3:] == [("rina", "Ini suratnya."), ("rina", ""), ("rina", "")]
    shown = sapa("show", ticket).out
    assert shown.count("[surat.pdf]") == 2
    assert "[nilai.csv]" in shown


def test_a_file_that_cannot_be_sent_is_refused_in_a_sentence_and_nothing_is_queued(
    sapa: Sapa, ticket: str, opened: Database, tmp_path: Path
) -> None:
    program, letter = tmp_path / "surat.pdf", tmp_path / "besar.txt"
    program.write_bytes(b"MZ\x90\x00" + bytes(99))
    letter.write_text("x" * 2000)
    for path, settings, told in (
        (program, {}, "surat.pdf is not a kind of file that can be sent"),
        (tmp_path / "tidak-ada.pdf", {}, "cannot be read"),
        (tmp_path, {}, "cannot be read"),
        (letter, {"MAX_ATTACHMENT": 1024}, "larger than the 0.00102 MB"),
    ):
        assert told in sapa("reply", ticket, "Ini.", "--file", str(path), **settings).sentence()
    assert queued(opened) == []
    assert sapa("reply", "CC-2026-000999", "Ini.", "--file", str(letter), MAX_ATTACHMENT=5000).code == 1
    assert [path for path in (tmp_path / "data").rglob("*") if "files" in path.parts and path.is_file()] == []
