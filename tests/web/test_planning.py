"""Follow-up plans, reminders and identities made sure of by hand, in the console."""

from __future__ import annotations

from bot.tickets.service import history
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center


def kinds(center: Center, number: str) -> list[str]:
    with center.db.read() as session:
        return [event.kind for event in history(session, center.find(number))]


@on_one_database
def test_where_the_procedure_has_a_form_two_roles_plan_together(center: Center) -> None:
    center.works_by("kominfo")
    number, rina, sri = center.ticket(), center.browser("rina"), center.browser("sri")
    page = rina.get(f"/console/tickets/{number}").text
    assert 'name="plan-plan"' in page
    rina.step(number, "take")
    filled = {"plan-expectation": "Situs kembali.", "plan-plan": "DNS dialihkan <b>Jumat</b>"}
    lacking = center.browser("rina", "id").step(number, "plan", **{"plan-plan": "DNS dialihkan"})
    assert (lacking.status_code, "masih kurang: Harapan atau keluhan." in lacking.text) == (409, True)
    assert "Waits for another role" in rina.step(number, "plan", **filled).text
    shown = sri.get(f"/console/tickets/{number}").text
    assert "DNS dialihkan &lt;b&gt;Jumat&lt;/b&gt;" in shown
    assert f'hx-post="/console/tickets/{number}/agree"' in shown
    assert rina.step(number, "agree").status_code == 409
    assert center.find(number).status == "open"
    assert sri.step(number, "agree").status_code == 200
    assert center.find(number).status == "planned"


@on_one_database
def test_where_it_has_none_a_plan_is_written_down_by_who_may_plan(center: Center) -> None:
    center.works_by("itb")
    number, rina, sri = center.ticket(), center.browser("rina"), center.browser("sri")
    assert 'data-dialog="plan"' not in rina.get(f"/console/tickets/{number}").text
    assert rina.step(number, "plan", plan="Diganti.").status_code == 409
    assert 'data-dialog="plan"' in sri.get(f"/console/tickets/{number}").text
    assert sri.step(number, "plan", plan="Titik akses diganti.").status_code == 200
    assert center.find(number).status == "planned"


@on_one_database
def test_an_identity_is_made_sure_of_with_a_word_on_how(center: Center) -> None:
    number, rina = center.ticket(identity="unproven"), center.browser("rina")
    assert rina.step(number, "confirm", how=" ").status_code == 409
    assert rina.step(number, "confirm", how="Kartu mahasiswa").status_code == 200
    assert center.find(number).identity == "proven"
    assert kinds(center, number)[-1] == "identity confirmed"
    assert 'data-dialog="confirm"' not in rina.get(f"/console/tickets/{number}").text


@on_one_database
def test_a_unit_is_reminded_and_that_is_told(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert rina.step(number, "remind").status_code == 409
    rina.step(number, "forward", unit="Biro Keuangan", asked="Benarkah?")
    assert "Reminded: <b>Biro Keuangan</b>" in rina.step(number, "remind").text
