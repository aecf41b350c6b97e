"""The procedure in the console: read, changed, and put into use."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.identity.model import AuditEvent
from bot.procedures.model import ProfileVersion
from bot.procedures.profile import read_profile
from bot.procedures.versions import put_into_use, shipped
from bot.tickets import working
from bot.tickets.model import Ticket
from bot.tickets.service import by_number
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

pytestmark = on_one_database
HOME = "/console/procedure"


def works_by(center: Center, name: str) -> int:
    text = shipped(name).read_text(encoding="utf-8")
    with center.db.write() as session:
        version = put_into_use(session, name, text, center.parts.promise.zone, "admin", center.clock())
        key = version.id
    center.parts.promise.follow(read_profile(text, f"{name}.yml"))
    return key


def versions(center: Center) -> list[ProfileVersion]:
    with center.db.read() as session:
        return list(session.scalars(select(ProfileVersion).order_by(ProfileVersion.id)))


def test_the_ladder_is_drawn_and_said(center: Center) -> None:
    works_by(center, "unej")
    page = center.browser("sri").get(HOME).text
    assert page.count("<circle") == 4
    drawn = page[page.index('<desc id="ladder-text">') : page.index("</desc>")]
    assert "within 5 min of office time" in drawn
    works_by(center, "itb")
    assert "no escalation ladder" in center.browser("sri").get(HOME).text


def test_why_something_would_be_due_is_told_in_sentences(center: Center) -> None:
    works_by(center, "itb")
    asked = center.browser("sri").get(f"{HOME}/deadlines?start=2026-11-27T15:00&category=krs").text
    assert "The unit’s answer: Directorate of Education" in asked
    assert "Mon 30 Nov 2026, 09:00" in asked
    assert "does not count: outside office hours" in asked
    assert center.browser("sri").get(f"{HOME}/deadlines?start=nonsense&category=nothing").status_code == 200


def test_values_are_changed_and_the_rest_of_the_file_stays(center: Center) -> None:
    first = works_by(center, "itb")
    fields = {"seen": str(first), "hours.friday": "08:00-11:30 13:00-16:00", "targets.first_response.within": "1h"}
    answer = center.browser("admin").post(f"{HOME}/form", **fields)
    assert answer.status_code == 303
    old, new = versions(center)
    assert (new.name, new.number, new.actor) == ("itb", 2, "admin")
    assert new.text == old.text.replace(
        'friday: ["08:00-16:00"]', 'friday: ["08:00-11:30", "13:00-16:00"]'
    ).replace("first_response: {within: 2h", "first_response: {within: 1h")  # fmt: skip
    assert len(center.parts.promise.profile.week[4]) == 2
    with center.db.read() as session:
        done = session.scalars(select(AuditEvent).where(AuditEvent.kind == "profile used")).one()
    assert (done.actor, done.kind, done.about) == ("admin", "profile used", "profile itb")


@pytest.mark.parametrize(
    ("fields", "told", "indonesian"),
    [
        (
            {"targets.first_response.within": "soon"},
            "within must be a length of time like 30m, 2h or 365d",
            "within harus berupa lama waktu seperti 30m, 2h, atau 365d",
        ),
        (
            {"hours.monday": "08:00-16:00 15:00-17:00"},
            "monday has periods that overlap",
            "monday memuat jam yang tumpang tindih",
        ),
        ({"targets.first_response.warn": "3h"}, "must be shorter than within", "harus lebih singkat dari within"),
        ({"holidays.closed": "28 December"}, "must hold dates like 2026-12-28", "harus berisi tanggal seperti"),
        ({"seen": "0"}, "Somebody has just changed it", "Orang lain baru saja mengubahnya"),
    ],
)
def test_a_faulty_value_is_told_with_its_line_and_the_old_procedure_stays(
    center: Center, fields: dict[str, str], told: str, indonesian: str
) -> None:
    first = works_by(center, "itb")
    answer = center.browser("admin").post(f"{HOME}/form", **{"seen": str(first), **fields})
    assert answer.status_code == 422
    assert told in answer.text
    assert "line " in answer.text
    for typed in set(fields.values()) - {"0"}:
        assert f'value="{typed}"' in answer.text
    other = center.browser("admin", "id").post(f"{HOME}/form", **{"seen": str(first), **fields}).text
    assert indonesian in other
    assert "baris " in other
    assert len(versions(center)) == 1


def test_the_field_of_a_faulty_value_is_named_and_marked(center: Center) -> None:
    first = works_by(center, "itb")
    fields = {"targets.next_response.within": "soon", "hours.monday": "08:00-16:00 15:00-17:00"}
    page = center.browser("admin", "id").post(f"{HOME}/form", seen=str(first), **fields).text
    assert "<b>Jawaban berikutnya · Dalam</b>, baris " in page
    assert "<b>Senin · Jam</b>, baris " in page
    marked = re.findall(r'name="([^"]+)" value="[^"]*"[^>]*aria-invalid', page)
    assert marked == ["hours.monday", "targets.next_response.within"]


def test_the_whole_text_is_checked_before_it_is_used(center: Center) -> None:
    first = works_by(center, "itb")
    admin, text = center.browser("admin"), versions(center)[0].text
    assert "There is no fault." in admin.post(f"{HOME}/text", name="itb", text=text, step="check").text
    wrong = text.replace("check: roster", "check: fingerprint")
    line = wrong[: wrong.index("fingerprint")].count("\n") + 1
    answer = admin.post(f"{HOME}/text", name="itb", text=wrong, step="use", seen=str(first))
    assert answer.status_code == 422
    assert f'data-line="{line}"' in answer.text
    assert "check names &#39;fingerprint&#39;, which is no way of checking; known: " in answer.text
    other = center.browser("admin", "id").post(f"{HOME}/text", name="itb", text=wrong, step="check").text
    told = "check menyebut &#39;fingerprint&#39;, yang tidak dikenal sebagai cara memeriksa; yang dikenal: "
    assert f">baris {line}</button>: {told}" in other
    assert len(versions(center)) == 1
    answer = admin.post(
        f"{HOME}/text", name="itb", text=text.replace("within: 2h", "within: 3h"), step="use", seen=str(first)
    )
    assert answer.status_code == 303
    assert len(versions(center)) == 2
    assert admin.post(f"{HOME}/text", name="../x", text=text, step="check").status_code == 422


def test_a_category_that_tickets_have_is_not_taken_out(center: Center) -> None:
    works_by(center, "itb")
    number = center.ticket(category="asrama")
    with center.db.read() as session:
        assert session.scalars(select(Ticket.number)).one() == number
    admin, text = center.browser("admin"), versions(center)[0].text
    first = str(versions(center)[0].id)
    lacking = text.replace("  - {id: asrama, name: {id: Asrama, en: Dormitories}, unit: sarana}\n", "")
    answer = admin.post(f"{HOME}/text", name="itb", text=lacking, step="use", seen=first)
    assert f"categories lack asrama, which ticket {number} has" in answer.text
    other = center.browser("admin", "id").post(f"{HOME}/text", name="itb", text=lacking, step="use", seen=first)
    assert f"categories tidak lagi memuat asrama, yang masih dipakai tiket {number}" in other.text


def test_a_version_shows_what_it_says_otherwise_and_is_put_into_use_again(center: Center) -> None:
    first = works_by(center, "itb")
    center.browser("admin").post(f"{HOME}/form", seen=str(first), **{"targets.first_response.within": "1h"})
    page = center.browser("sri").get(f"{HOME}/versions/{first}").text
    assert '<li class="old">-  first_response: {within: 2h' in page
    assert '<li class="new">+  first_response: {within: 1h' in page
    center.clock.advance(minutes=1)
    assert center.browser("admin").post(f"{HOME}/use", version=str(first)).status_code == 303
    assert "itb · version 1</span>" in center.browser("sri").get(HOME).text


def test_running_tickets_are_moved_to_the_version_in_use_but_for_what_it_has_no_category_for(center: Center) -> None:
    first = works_by(center, "itb")
    stays, moves, ended = (center.ticket(category=each) for each in ("asrama", "keuangan", "keuangan"))
    with center.db.write() as session:
        working.withdraw(session, by_number(session, ended), "person", center.clock())
    works_by(center, "unej")
    sri, admin = center.browser("sri"), center.browser("admin")
    assert sri.post(f"{HOME}/move").status_code == 404
    page = admin.get(HOME).text
    assert "1 running tickets are still worked by an earlier version." in page
    assert f">{stays}</a> (asrama)" in page
    assert admin.post(f"{HOME}/move").status_code == 303
    [_, new] = versions(center)
    assert [center.find(each).profile_id for each in (stays, moves, ended)] == [first, new.id, first]
    assert "still worked by" not in admin.get(HOME).text
    with center.db.read() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.kind == "tickets moved")).one()
    assert (told.actor, told.data) == ("admin", {"version": new.number, "tickets": 1})


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_the_procedure_are_fit_for_everybody_and_every_screen(
    center: Center, somebody: Open, theme: str
) -> None:
    works_by(center, "unej")
    for path in (HOME, f"{HOME}/form", f"{HOME}/text"):
        page = somebody("admin", path, DESKTOP, theme)
        axe(page)
        page.set_viewport_size(PHONE)
        fits(page)


@pytest.mark.browser
def test_the_deadline_follows_what_is_asked_and_a_fault_leads_to_its_line(center: Center, somebody: Open) -> None:
    works_by(center, "itb")
    page = somebody("admin", HOME)
    page.fill("[name=start]", "2026-11-27T15:00")
    page.select_option("[name=category]", "krs")
    expect(page.locator("#deadlines")).to_contain_text("Mon 30 Nov 2026, 09:00")
    expect(page.locator(".why-lines").first).to_be_visible()
    page.goto(page.url + "/text")
    page.fill("textarea.code", page.input_value("textarea.code").replace("check: roster", "check: x"))
    page.click("[value=check]")
    page.click("[data-line]")
    chosen = page.evaluate(
        "(area => area.value.slice(area.selectionStart, area.selectionEnd))(document.querySelector('textarea.code'))"
    )
    assert chosen == "  check: x"


def test_the_version_in_use_shows_what_it_changed_of_the_one_before(center: Center) -> None:
    first = works_by(center, "itb")
    admin = center.browser("admin")
    assert "There is no difference." in admin.get(f"{HOME}/versions/{first}").text
    admin.post(f"{HOME}/form", seen=str(first), **{"targets.first_response.within": "1h"})
    page = admin.get(f"{HOME}/versions/{versions(center)[1].id}").text
    assert "What changed from itb version 1" in page
    assert "+  first_response: {within: 1h" in page
