"""People in the console: finding one, who he is, and that he is not answered."""

from __future__ import annotations

from datetime import date

import pytest

from bot.identity.model import Person, RosterEntry
from bot.identity.people import facts
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

pytestmark = on_one_database
HOSTILE = "<b onclick=alert(1)>Budi</b>"


def person_of(center: Center, number: str) -> int:
    return center.find(number).person_id


def on_roster(center: Center) -> None:
    entry = {"birth_date": date(2004, 5, 12), "kind": "student", "unit": "-", "email": "sari@contoh.ac.id"}
    with center.db.write() as session:
        session.add(RosterEntry(number="99999901", name="Sari Wulandari", **entry))


def test_people_are_listed_by_who_wrote_last_and_found_by_name(center: Center) -> None:
    center.ticket("Budi Santoso")
    center.clock.advance(minutes=1)
    sari = person_of(center, center.ticket("Sari Wulandari"))
    on_roster(center)
    page = center.browser("rina").get("/console/people").text
    assert page.index("Sari Wulandari") < page.index("Budi Santoso")
    found = center.browser("rina").get("/console/people?q=sari", headers={"HX-Request": "true"}).text
    assert f'href="/console/people/{sari}"' in found
    assert "Budi" not in found
    assert "99999901" in found
    assert "Nobody matches" in center.browser("rina").get("/console/people?q=nobody").text


def test_a_person_is_shown_with_tickets_notes_and_what_staff_did(center: Center) -> None:
    number = center.ticket(HOSTILE, "UKT dobel")
    rina, person = center.browser("rina"), person_of(center, number)
    rina.step(number, "note", text="Sudah dua kali.")
    assert f'href="/console/people/{person}"' in rina.get(f"/console/tickets/{number}").text
    rina.post(f"/console/people/{person}/block", why="Ancaman")
    page = rina.get(f"/console/people/{person}").text
    assert "&lt;b onclick" in page
    for told in ("UKT dobel", "Sudah dua kali.", "Blocked by Rina Mulyani", "Ancaman", "The identity was never proven"):
        assert told in page
    assert "Blocked</span>" in rina.get(f"/console/tickets/{number}").text
    rina.post(f"/console/people/{person}/unblock")
    with center.db.read() as session:
        assert session.get_one(Person, person).blocked_at is None


def test_an_identity_is_made_sure_of_for_the_person_and_his_open_tickets(center: Center) -> None:
    number = center.ticket()
    on_roster(center)
    person = person_of(center, number)
    rina = center.browser("rina")
    answer = rina.post(f"/console/people/{person}/prove", number="99999901", how="Kartu mahasiswa")
    assert answer.status_code == 303
    assert center.find(number).identity == "proven"
    with center.db.read() as session:
        assert facts(session, person, center.clock()).number == "99999901"
    assert "by staff" in rina.get(f"/console/people/{person}").text


@pytest.mark.parametrize(
    ("step", "fields", "told"),
    [
        ("block", {"why": " "}, "Still missing: reason"),
        ("prove", {"number": "99999909", "how": "Kartu"}, "The roster has no number “99999909”."),
        ("prove", {"how": " "}, "Still missing: how you made sure who it is"),
    ],
)
def test_what_is_refused_changes_nothing_and_says_why(
    center: Center, step: str, fields: dict[str, str], told: str
) -> None:
    number = center.ticket()
    answer = center.browser("rina").post(f"/console/people/{person_of(center, number)}/{step}", **fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert center.find(number).identity == "unproven"


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_people_are_fit_for_everybody_and_every_screen(center: Center, somebody: Open, theme: str) -> None:
    person = person_of(center, center.ticket("Budi " + "panjang " * 20))
    for path in ("/console/people", f"/console/people/{person}"):
        page = somebody("rina", path, DESKTOP, theme)
        axe(page)
        page.set_viewport_size(PHONE)
        fits(page)


def erased(center: Center) -> tuple[str, int]:
    """Somebody with a ticket, a note and an answer, who was erased; (number, id)."""
    number = center.ticket("Budi Santoso", "UKT dobel", kind="request")
    person, rina = person_of(center, number), center.browser("rina")
    rina.step(number, "reply", text="Sudah kami perbaiki.")
    rina.step(number, "note", text="Ibunya menelepon.")
    with center.db.write() as session:
        session.merge(center.find(number)).status = "closed"
    assert center.browser("admin").post(f"/console/people/{person}/erase", word="ERASE").status_code == 303
    return number, person


def test_of_somebody_who_was_erased_pages_say_so_in_words(center: Center) -> None:
    number, person = erased(center)
    admin = center.browser("admin", "id")
    ticket, page = admin.get(f"/console/tickets/{number}").text, admin.get(f"/console/people/{person}").text
    for shown in (ticket, page, admin.get("/console/list?queue=closed", headers={"HX-Request": "true"}).text):
        assert "Data orangnya dihapus" in shown
        assert ">erased<" not in shown
    assert ticket.count('<p class="meta">dihapus</p>') == 2
    assert "Orang yang datanya dihapus" in ticket
    assert "<h1>Orang yang datanya dihapus</h1>" in page
    assert "Data orang ini dihapus pada" in page


def test_of_somebody_who_was_erased_nothing_is_offered_that_would_make_no_sense(center: Center) -> None:
    number, person = erased(center)
    admin = center.browser("admin")
    assert "/reopen" not in admin.get(f"/console/tickets/{number}").text
    page = admin.get(f"/console/people/{person}").text
    assert [step for step in ("prove", "erase", "block") if f'data-dialog="{step}"' in page] == []
    assert f'href="/console/people/{person}"' not in admin.get("/console/people").text


def test_what_keeps_somebody_from_being_erased_is_told_before(center: Center) -> None:
    number = center.ticket("Budi Santoso")
    admin = center.browser("admin")
    address = f"/console/people/{person_of(center, number)}"
    dialog = admin.get(address).text.partition('<dialog id="erase"')[2].partition("</dialog>")[0]
    assert "A ticket is still open" in dialog
    assert f'href="/console/tickets/{number}"' in dialog
    assert 'name="word"' not in dialog
    center.browser("rina").step(number, "close", category="keuangan", solution="Sudah.", record="Lewat chat.")
    dialog = admin.get(address).text.partition('<dialog id="erase"')[2].partition("</dialog>")[0]
    assert 'name="word"' in dialog
    assert "PTPP" in dialog
