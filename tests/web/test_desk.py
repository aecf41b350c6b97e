"""The desk: what came by phone, in person or on paper."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.conversation.model import Attachment
from bot.identity.model import RosterEntry
from bot.identity.people import facts
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from bot.tickets.model import Ticket, TicketEvent
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import PDF, PNG
from tests.web.desk import Center

pytestmark = on_one_database
HOME = "/console/desk"


def brings(center: Center, *files: tuple[str, bytes], **fields: str) -> httpx.Response:
    """Enter something with files, as the page does."""
    rina = center.browser("rina")
    headers = {"HX-Request": "true", "X-CSRF-Token": rina.csrf()}
    data = {"channel": "letter", "text": "Mohon keringanan UKT", **fields}
    return rina.request("POST", HOME, data=data, files=[("file", file) for file in files], headers=headers)


def kept(center: Center) -> list[tuple[str | None, str, str | None, bytes]]:
    root = center.parts.settings.data_dir
    with center.db.read() as session:
        rows = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        return [(row.filename, row.kind, row.media_type, (root / (row.path or "-")).read_bytes()) for row in rows]


def enters(center: Center, **fields: str) -> httpx.Response:
    return center.browser("rina").post(HOME, **{"channel": "phone", "text": "UKT saya dobel", **fields})


def the_ticket(center: Center) -> Ticket:
    with center.db.read() as session:
        return session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def events(center: Center, ticket: Ticket) -> list[tuple[str, Any]]:
    with center.db.read() as session:
        wanted = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
        return [(event.kind, event.data) for event in session.scalars(wanted)]


def on_roster(center: Center) -> None:
    with center.db.write() as session:
        session.add(RosterEntry(
            number="99999901", name="Sari Wulandari", birth_date=date(2004, 5, 12), kind="student", unit="Teknik",
            email="sari@contoh.ac.id",
        ))  # fmt: skip


def test_a_call_becomes_a_ticket_and_the_form_is_there_again(center: Center) -> None:
    answer = enters(center, who="Budi Santoso", phone="0812-3456-789", category="keuangan")
    ticket = the_ticket(center)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?entered={ticket.number}")
    assert (ticket.channel, ticket.category, ticket.identity, ticket.assignee) == ("phone", "keuangan", "guest", None)
    page = center.browser("rina").get(f"{HOME}?entered={ticket.number}").text
    assert f'href="/console/tickets/{ticket.number}"' in page
    assert center.happened


def test_what_was_answered_at_once_is_closed_by_who_answered(center: Center) -> None:
    enters(center, who="Budi", category="keuangan", then="answered", answer="Tagihan sudah dihapus.")
    ticket = the_ticket(center)
    assert (ticket.status, ticket.assignee, ticket.solution) == ("closed", "rina", "Tagihan sudah dihapus.")
    told = [data for kind, data in events(center, ticket) if kind == "message"]
    assert told == [{"how": "phone", "text": "Tagihan sudah dihapus."}]
    assert ("recorded", {"record": "Answered on the spot (Phone)."}) in events(center, ticket)


def test_why_what_was_answered_is_not_closed_is_told_in_the_readers_language(center: Center) -> None:
    center.works_by("itb")
    said = {"channel": "phone", "text": "Nilai saya hilang", "then": "answered", "answer": "Sudah ada."}
    refused = center.browser("rina", "id").post(HOME, category="akademik", **said)
    assert "tidak dapat ditutup dengan kategori Akademik; pilih bagiannya: KRS" in refused.text


def test_who_called_cannot_be_written_to_and_that_is_told_in_the_readers_language(center: Center) -> None:
    enters(center)
    refused = center.browser("rina", "id").step(the_ticket(center).number, "reply", text="Sudah dihapus.")
    assert "Orangnya tidak dapat dihubungi lewat Telepon dari sini" in refused.text


def test_whoever_wants_takes_what_he_enters(center: Center) -> None:
    enters(center, then="mine")
    assert (the_ticket(center).status, the_ticket(center).assignee) == ("open", "rina")


def test_a_scanned_letter_is_kept_with_what_it_said_and_shown_in_the_ticket(center: Center) -> None:
    answer = brings(center, ("surat <b>.pdf", PDF), ("formulir.png", PNG))
    ticket = the_ticket(center)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, f"{HOME}?entered={ticket.number}")
    assert kept(center) == [
        ("surat <b>.pdf", "document", "application/pdf", PDF),
        ("formulir.png", "image", "image/png", PNG),
    ]
    rina = center.browser("rina")
    page = rina.get(f"/console/tickets/{ticket.number}").text
    assert "surat &lt;b&gt;.pdf" in page
    assert 'alt="formulir.png"' in page
    [letter, _, picture, *_] = re.findall(r'href="(/console/files/\d+)"', page)
    assert rina.get(letter).content == PDF
    assert rina.get(picture).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("files", "fields", "told"),
    [
        ([("besar.pdf", PDF + bytes(60_000))], {}, "besar.pdf is larger than 0.06 MB"),
        ([("a.pdf", PDF), ("halaman.html", b"<html><script>")], {}, "halaman.html cannot be sent"),
        ([("kosong.pdf", b"")], {}, "kosong.pdf is empty."),
        ([(f"{n}.pdf", PDF) for n in range(6)], {}, "At most 5 files"),
        ([("a.pdf", PDF)], {"text": " "}, "what was said"),
        ([("a.pdf", PDF)], {"channel": "pigeon"}, "not entered by hand here"),
    ],
)
def test_what_cannot_be_kept_opens_no_ticket_and_leaves_no_file(
    center: Center, files: list[tuple[str, bytes]], fields: dict[str, str], told: str
) -> None:
    center.works_with(max_attachment=60_000)
    answer = brings(center, *files, **{"subject": "Kuitansi", **fields})
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="letter" required checked' in answer.text or fields.get("channel")
    with center.db.read() as session:
        assert session.scalars(select(Ticket)).all() == []
    assert [
        each for each in center.parts.settings.data_dir.rglob("*") if each.is_file() and "files" in each.parts
    ] == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"text": " "}, "what was said"),
        ({"then": "answered", "answer": "Sudah."}, "category, answer"),
        ({"then": "answered", "category": "keuangan"}, "category, answer"),
        ({"email": "budi"}, "“budi” is no e-mail address."),
        ({"checked": "1"}, "how you made sure who it is"),
        ({"channel": "pigeon"}, "not entered by hand here"),
    ],
)
def test_what_is_missing_is_told_and_what_was_written_is_kept(
    center: Center, fields: dict[str, str], told: str
) -> None:
    answer = enters(center, who="Budi & Sari", **fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="Budi &amp; Sari"' in answer.text
    with center.db.read() as session:
        assert session.scalars(select(Ticket)).all() == []


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("Budi Santoso", {"name": "Budi Santoso"}),
        ("0812-3456-789", {"phone": "0812-3456-789"}),
        ("13526001", {"number": "13526001"}),
    ],
)
def test_what_is_typed_of_somebody_new_is_a_name_a_phone_or_a_number(
    center: Center, typed: str, given: dict[str, str]
) -> None:
    enters(center, who=typed)
    entered = dict(events(center, the_ticket(center)))["entered"]
    assert {key: value for key, value in entered.items() if key not in ("channel", "received_at")} == given


def test_somebody_known_is_found_while_typing_and_the_ticket_is_his(center: Center) -> None:
    number = center.ticket("Budi Santoso")
    person = center.find(number).person_id
    found = center.browser("rina").get(f"{HOME}/people?who=santoso").text
    assert f'value="person:{person}"' in found
    enters(center, who="santoso", chosen=f"person:{person}")
    assert the_ticket(center).person_id == person


def test_the_roster_proves_who_it_is_and_so_does_who_checked_it_by_hand(center: Center) -> None:
    on_roster(center)
    assert 'value="roster:99999901"' in center.browser("rina").get(f"{HOME}/people?who=sari").text
    enters(center, who="sari", chosen="roster:99999901", birth_date="2004-05-12")
    assert the_ticket(center).identity == "proven"
    enters(center, who="sari", chosen="roster:99999901", checked="1", how="Kartu mahasiswa")
    ticket = the_ticket(center)
    assert ticket.identity == "proven"
    confirmed = dict(events(center, ticket))["identity confirmed"]
    assert confirmed == {"from": "unproven", "to": "proven", "how": "Kartu mahasiswa"}
    enters(center, who="sari", chosen="roster:99999901")
    assert the_ticket(center).identity == "unproven"


@pytest.mark.parametrize("given", [{"who": "sari", "chosen": "roster:99999901"}, {"who": "9999 9901"}])
def test_who_was_picked_or_written_down_is_named_with_number_and_faculty_and_proves_nothing(
    center: Center, given: dict[str, str]
) -> None:
    on_roster(center)
    enters(center, **given)
    ticket, rina = the_ticket(center), center.browser("rina")
    assert ticket.identity == "unproven"
    for address in (f"/console/tickets/{ticket.number}", f"/console/people/{ticket.person_id}"):
        page = rina.get(address).text
        for told in ("Sari Wulandari", "99999901", "Teknik", "as staff wrote it down", "Not proven"):
            assert told in page, told
        assert not re.search(r"\b[Gg]uest\b", page)
    assert "Sari Wulandari" in rina.get("/console").text
    with center.db.read() as session:
        known = facts(session, ticket.person_id, center.clock())
        assert (known.kind, known.number, known.proven) == ("unknown", None, False)


def test_what_was_written_down_gives_way_to_a_proof(center: Center) -> None:
    on_roster(center)
    enters(center, who="123456789")
    ticket, rina = the_ticket(center), center.browser("rina")
    assert "123456789" in rina.get(f"/console/tickets/{ticket.number}").text
    rina.post(f"/console/people/{ticket.person_id}/prove", number="99999901", how="Kartu mahasiswa")
    page = rina.get(f"/console/people/{ticket.person_id}").text
    assert ("99999901" in page, "123456789" in page, "as staff wrote it down" in page) == (True, False, False)
    assert "Teknik" in page


def test_an_arrival_is_not_later_than_now(center: Center) -> None:
    enters(center, channel="letter", received="2026-11-20T08:00")
    entered = dict(events(center, the_ticket(center)))["entered"]
    assert entered["received_at"] == "2026-11-20T08:00:00+07:00"
    refused = enters(center, received="2036-11-20T08:00")
    assert (refused.status_code, "later than now" in refused.text) == (422, True)


def test_an_identity_that_the_procedure_wants_is_asked_for(center: Center) -> None:
    center.parts.promise.follow(load_profile(shipped("unair")))
    answer = enters(center, channel="paper", who="Sari")
    assert answer.status_code == 422
    assert "Still missing: name, e-mail" in answer.text


@pytest.mark.parametrize(("language", "said", "not_said"), [
    ("en", "Walk-in: there is no chat to reply in", "is switched off"),
    ("id", "Datang langsung: tidak ada obrolan untuk membalas", "sedang dimatikan"),
])  # fmt: skip
def test_who_came_in_person_is_not_said_to_be_answered_by_the_assistant(
    center: Center, language: str, said: str, not_said: str
) -> None:
    enters(center, channel="walk_in", who="Sari Wulandari")
    page = center.browser("rina", language).get(f"/console/tickets/{the_ticket(center).number}").text
    assert said in page
    assert not_said not in page
    assert "walk_in" not in re.sub(r"<option[^>]*>", "", page)
    assert "Sapa answers" not in page
    assert "Sapa yang menjawab" not in page
    assert "There is no chat: tell" in page or "Tidak ada obrolan: beri" in page


def test_who_called_and_chats_with_us_too_is_answered_in_his_chat(center: Center) -> None:
    person = center.find(center.ticket()).person_id
    enters(center, chosen=f"person:{person}", who="Budi Santoso")
    ticket = the_ticket(center)
    assert ticket.channel == "phone"
    rina = center.browser("rina")
    page = rina.get(f"/console/tickets/{ticket.number}").text
    assert "The reply goes by Web chat" in page
    assert rina.step(ticket.number, "reply", text="Sudah kami periksa.").status_code == 200
    page = rina.get(f"/console/tickets/{ticket.number}").text
    assert "Answered in the person&#39;s chat" in page
    assert "Sudah kami periksa." in page
