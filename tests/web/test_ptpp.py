"""Corrective and preventive actions in the console."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from bot.procedures.versions import shipped
from bot.reports.making import Reporter
from bot.reports.periods import month
from bot.tickets import corrective
from bot.tickets.model import CorrectiveAction
from bot.tickets.service import by_number, history
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Browser, Center

pytestmark = on_one_database
HOSTILE = "<script>alert(1)</script>"
MEASURES = {
    "finding": "AC mati dua hari.", "cause": "Filter kotor.", "correction": "Filter diganti.",
    "prevention": "Jadwal bulanan.", "owner": "Kepala layanan", "due": "2026-12-01",
}  # fmt: skip


def opens(browser: Browser, **fields: str) -> str:
    """A new corrective action; its address."""
    answer = browser.post("/console/ptpp/new", **{"finding": "AC mati dua hari.", **fields})
    assert answer.status_code == 303
    return answer.headers["location"]


def found(center: Center) -> CorrectiveAction:
    with center.db.read() as session:
        return corrective.register(session)[-1]


def test_it_is_opened_from_a_ticket_and_the_ticket_tells_of_it(center: Center) -> None:
    center.works_by("unair")
    number, rina = center.ticket(text=f"AC mati {HOSTILE}"), center.browser("rina")
    page = rina.get(f"/console/tickets/{number}").text
    assert f'href="/console/ptpp/new?ticket={number}"' in page
    form = rina.get(f"/console/ptpp/new?ticket={number}").text
    assert "AC mati &lt;script&gt;" in form
    assert HOSTILE not in form
    assert rina.post("/console/ptpp/new", ticket=number, finding="  ").status_code == 422
    address = opens(rina, ticket=number)
    assert number in rina.get(address).text
    assert f'href="{address}"' in rina.get(f"/console/tickets/{number}").text
    with center.db.read() as session:
        assert history(session, by_number(session, number))[-1].kind == "reported"
    assert rina.get("/console/ptpp/new?ticket=CC-2026-000999").status_code == 404


def test_it_is_written_down_checked_and_closed(center: Center) -> None:
    center.works_by("unair")
    sri = center.browser("sri")
    address = opens(sri)
    checked = {"effect": "Sejuk lagi.", "helped": "yes"}
    refused = sri.post(f"{address}/check", **checked)
    assert refused.status_code == 422
    assert "cause, correction, prevention, owner, due" in refused.text.lower()
    assert "Sejuk lagi.</textarea>" in refused.text
    assert sri.post(address, **MEASURES).status_code == 303
    page = sri.get(address).text
    for said in ("Filter kotor.", 'value="2026-12-01"', "Cause changed", "Sri Hartati"):
        assert said in page
    assert sri.post(f"{address}/check", effect="Sejuk lagi.").status_code == 422
    assert sri.post(f"{address}/check", **checked).status_code == 303
    assert (found(center).effective, found(center).effect) == (True, "Sejuk lagi.")
    late = sri.post(address, **{**MEASURES, "cause": "Lain."})
    assert "was checked and is closed" in late.text
    assert found(center).cause == "Filter kotor."


def test_what_the_form_of_the_profile_requires_is_asked_for_before_the_check(center: Center) -> None:
    center.works_by("unair")
    number, sri = center.ticket(), center.browser("sri")
    address = opens(sri, ticket=number)
    sri.post(address, **MEASURES)
    checked = {"effect": "Sejuk lagi.", "helped": "no"}
    assert "response to the person" in sri.post(f"{address}/check", **checked).text
    center.browser("rina").step(number, "reply", text="Mohon maaf, AC diperbaiki.")
    assert sri.post(f"{address}/check", **checked).status_code == 303
    assert found(center).effective is False


OWN_FIELDS = """      - {id: risk, label: {id: Risiko <b>, en: Risk <b>}, required: true}
      - {id: cost, label: {id: Biaya, en: Cost}}
"""


def with_own_fields(center: Center, fields: str = OWN_FIELDS) -> None:
    """The profile's form asks for a risk, which is required, and for a cost."""
    line = "      - {id: owner, label: {id: Penanggung jawab, en: Owner}, required: true}\n"
    text = shipped("unair").read_text(encoding="utf-8")
    assert line in text
    center.works_by_text("unair", text.replace(line, fields + line))


def test_fields_of_the_profiles_own_are_written_required_printed_and_listed(center: Center) -> None:
    with_own_fields(center)
    sri = center.browser("sri")
    address = opens(sri)
    page = sri.get(address).text
    assert "Risk &lt;b&gt; · required<textarea" in page
    assert "Cost<textarea" in page
    sri.post(address, **MEASURES)
    checked = {"effect": "Sejuk lagi.", "helped": "yes"}
    assert "Still missing: risk &lt;b&gt;." in sri.post(f"{address}/check", **checked).text
    assert sri.post(address, **{"field-risk": f"Pengunjung pergi {HOSTILE}", "field-none": "x"}).status_code == 303
    assert found(center).fields == {"risk": f"Pengunjung pergi {HOSTILE}"}
    page = sri.get(address).text
    assert "Risk &lt;b&gt; changed" in page
    assert HOSTILE not in page
    assert "Pengunjung pergi &lt;script&gt;" in page
    assert "1 · AC mati" in sri.get("/console/ptpp?q=pengunjung").text
    assert sri.post(f"{address}/check", **checked).status_code == 303
    assert "Pengunjung pergi" in sri.get(address).text
    paper = PdfReader(BytesIO(sri.get(f"{address}/form").content)).pages
    text = "".join(each.extract_text() for each in paper)
    assert "Risk <b>" in text
    assert "Pengunjung pergi" in text
    profile, zone = center.parts.promise.profile, center.parts.settings.timezone
    with center.db.read() as session:
        register = Reporter(profile, zone, "U", "en").register(session, "ptpp", month("2026-11")).sections[0]
    assert list(register.columns[-2:]) == ["Risk <b>", "Cost"]
    assert list(register.rows[0][-2:]) == [f"Pengunjung pergi {HOSTILE}", None]


def test_what_is_written_of_a_field_is_not_emptied_and_stays_when_the_form_has_it_no_more(center: Center) -> None:
    with_own_fields(center)
    sri = center.browser("sri")
    address = opens(sri)
    sri.post(address, **{"field-risk": "Pengunjung pergi"})
    sri.post(address, **{"field-risk": " ", "field-cost": "Rp1.000.000"})
    assert found(center).fields == {"risk": "Pengunjung pergi", "cost": "Rp1.000.000"}
    with_own_fields(center, "")
    assert "Risk" not in sri.get(address).text.split("<h2>")[0]
    sri.post(address, **MEASURES)
    assert sri.post(f"{address}/check", effect="Sejuk lagi.", helped="yes").status_code == 303
    assert "<dt>risk</dt>" in sri.get(address).text
    assert "Pengunjung pergi" in sri.get(address).text


def test_the_second_who_saves_is_told_and_keeps_what_he_wrote(center: Center) -> None:
    sri = center.browser("sri")
    address = opens(sri)
    seen = re.findall(r'name="seen" value="(\d+)"', sri.get(address).text)[0]
    assert center.browser("admin").post(address, seen=seen, cause="Filter kotor.").status_code == 303
    stale = sri.post(address, seen=seen, cause="Kabel putus.")
    assert stale.status_code == 409
    assert "Somebody has just changed it" in stale.text
    assert "Kabel putus.</textarea>" in stale.text
    assert found(center).cause == "Filter kotor."


@pytest.mark.parametrize("due", ["besok", "2026-13-01", ""])
def test_what_is_no_day_changes_no_due_date(center: Center, due: str) -> None:
    sri = center.browser("sri")
    address = opens(sri)
    sri.post(address, due="2026-12-01")
    assert sri.post(address, due=due).status_code == 303
    due_at = found(center).due_at
    assert due_at is not None
    assert due_at.astimezone(center.parts.settings.timezone).isoformat() == "2026-12-01T00:00:00+07:00"


def test_the_register_is_filtered_by_standing_and_words(center: Center) -> None:
    sri = center.browser("sri")
    late, running, done = (opens(sri, finding=f"Temuan {name}") for name in ("lama", "baru", "beres"))
    sri.post(late, due="2026-11-20", owner="Kepala Lab")
    sri.post(running, due=f"{center.clock() + timedelta(days=9):%Y-%m-%d}")
    sri.post(done, **{**MEASURES, "finding": "Temuan beres"})
    assert sri.post(f"{done}/check", effect="Beres.", helped="yes").status_code == 303

    def listed(query: str) -> list[str]:
        return re.findall(r'href="(/console/ptpp/\d+)"', sri.get(f"/console/ptpp?{query}").text)

    assert listed("") == [late, running]
    assert listed("show=late") == [late]
    assert listed("show=checked") == [done]
    assert listed("show=all") == [late, running, done]
    assert listed("show=all&q=temuan%20LAB") == [late]
    assert listed("show=nix&q=%25") == []


def test_a_category_that_broke_its_promise_often_is_proposed(center: Center) -> None:
    center.works_by("itb")
    for _ in range(3):
        center.ticket(category="asrama")
    center.clock.advance(days=2)
    sri = center.browser("sri")
    assert "Dormitories" not in sri.get("/console/ptpp").text
    page = sri.get("/console/ptpp?month=2026-11").text
    assert "3 tickets broke their promise" in page
    link = re.findall(r'href="(/console/ptpp/new\?category=[^"]+)"', page)[0].replace("&amp;", "&")
    assert "Dormitories: 3 tickets broke their promise (2026-11)." in sri.get(link).text
    assert "No category broke its promise often" in sri.get("/console/ptpp?month=2026-10").text
    assert sri.get("/console/ptpp?month=Nov").status_code == 200


def test_the_form_is_printed_where_the_profile_has_one(center: Center) -> None:
    sri = center.browser("sri")
    address = opens(sri)
    assert sri.get(f"{address}/form").status_code == 404
    assert f"{address}/form" not in sri.get(address).text
    center.works_by("unair")
    assert f"{address}/form" in sri.get(address).text
    form = sri.get(f"{address}/form")
    assert form.headers["content-type"] == "application/pdf"
    assert "AC mati dua hari." in PdfReader(BytesIO(form.content)).pages[0].extract_text()
