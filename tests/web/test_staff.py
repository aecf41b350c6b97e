"""Accounts, roles, duty and the audit trail in the console."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.identity import second_factor
from bot.identity.model import Account, SecondFactor
from bot.storage.database import Database
from bot.tickets import duty
from bot.tickets.model import TicketEvent
from bot.web import trail
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.web.desk import PASSWORD, Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

HOME = "/console/staff"
MINE = "kata-sandi-saya"


def account(center: Center, username: str) -> Account:
    with center.db.read() as session:
        return session.scalars(select(Account).where(Account.username == username)).one()


@on_one_database
def test_a_new_colleague_signs_in_and_has_to_choose_a_password(center: Center) -> None:
    answer = center.browser("admin").post(HOME, username="tono", name="Tono Sutrisno", role="agent")
    shown = re.search(r"<code>([a-z]+(?:-[a-z]+)+)</code>", answer.text)
    assert shown is not None
    assert shown[1] not in center.browser("admin").get(HOME).text
    tono = center.browser()
    assert tono.sign_in("tono", shown[1]).status_code == 303
    refused = tono.get("/console")
    assert (refused.status_code, refused.headers["location"]) == (303, "/console/password")
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', tono.get("/console/password").text)
    assert csrf is not None
    fields = {"csrf": csrf[1], "old": shown[1]}
    for new in ("pendek", shown[1]):
        assert tono.request("POST", "/console/password", data={**fields, "new": new}).status_code == 422
    assert tono.request("POST", "/console/password", data={**fields, "old": "x", "new": MINE}).status_code == 422
    assert tono.request("POST", "/console/password", data={**fields, "new": MINE}).status_code == 303
    assert tono.get("/console").status_code == 200
    assert center.browser().sign_in("tono", MINE).status_code == 303


@on_one_database
def test_one_changes_ones_own_password(center: Center) -> None:
    rina, elsewhere = center.browser("rina"), center.browser("rina")
    assert rina.post("/console/password", old=PASSWORD, new=MINE).status_code == 303
    assert rina.get("/console").status_code == 200
    assert elsewhere.get("/console").status_code == 303


@on_one_database
def test_who_left_is_signed_out_and_what_he_had_is_for_others(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "take")
    rina.post("/console/duty", duty="on")
    assert center.browser("admin").post(f"{HOME}/rina/deactivate").status_code == 303
    assert rina.get("/console").status_code == 303
    assert center.browser().sign_in("rina").status_code == 422
    assert center.find(number).assignee is None
    with center.db.read() as session:
        assert not duty.is_on_duty(session, "rina")
    dewi = center.browser("dewi")
    assert 'value="rina"' not in dewi.get(f"/console/tickets/{number}").text
    assert dewi.step(number, "assign", to="rina").status_code == 409
    center.browser("admin").post(f"{HOME}/rina/activate")
    assert center.browser().sign_in("rina").status_code == 303


@pytest.mark.parametrize("who", ["rina", "sri"])
def test_who_goes_away_or_is_set_away_leaves_what_he_has_to_others(center: Center, who: str) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.post("/console/duty", duty="on")
    rina.step(number, "reply", text="Mohon menunggu.")
    address = "/console/duty" if who == "rina" else f"{HOME}/rina/away"
    assert center.browser(who).post(address, duty="off").status_code == 303
    assert center.find(number).assignee is None
    assert center.browser("dewi").step(number, "reply", text="Sudah selesai.").status_code == 200
    with center.db.read() as session:
        assert not duty.is_on_duty(session, "rina")
    assert center.browser("sri").post(f"{HOME}/nobody/away").status_code == 404


@on_one_database
def test_a_name_and_a_kind_of_account_are_changed(center: Center) -> None:
    center.browser("admin").post(f"{HOME}/rina/change", name="Rina M", role="supervisor")
    assert (account(center, "rina").name, account(center, "rina").role) == ("Rina M", "supervisor")
    answer = center.browser("admin").post(f"{HOME}/admin/change", name="Admin", role="agent")
    assert answer.status_code == 422
    assert "the last administrator" in answer.text
    assert account(center, "admin").role == "administrator"
    assert center.browser("admin").post(HOME, username="RINA!", name="x", role="agent").status_code == 422


@on_one_database
def test_a_second_factor_and_a_password_that_were_lost_are_made_anew(center: Center) -> None:
    with center.db.write() as session:
        second_factor.begin(session, account(center, "rina").id)
        row = session.get_one(SecondFactor, account(center, "rina").id)
        row.confirmed_at = center.clock()
    admin = center.browser("admin")
    assert "with a second factor" in admin.get(HOME).text
    assert admin.post(f"{HOME}/rina/second-factor").status_code == 303
    answer = admin.post(f"{HOME}/rina/password")
    shown = re.search(r"<code>([a-z]+(?:-[a-z]+)+)</code>", answer.text)
    assert shown is not None
    assert center.browser().sign_in("rina").status_code == 422
    assert center.browser().sign_in("rina", shown[1]).status_code == 303


@on_one_database
def test_a_role_is_held_by_who_is_named(center: Center) -> None:
    admin = center.browser("admin")
    assert admin.post("/console/roles/supervisor", **{"hold-dewi": "1"}).status_code == 303
    assert center.browser("dewi").get("/console/today").status_code == 200
    assert center.browser("sri").get("/console/today").status_code == 404
    admin.post("/console/roles/supervisor")
    assert center.browser("sri").get("/console/today").status_code == 200


@on_one_database
def test_supervisors_see_who_is_on_duty_and_change_no_account(center: Center) -> None:
    center.browser("rina").post("/console/duty", duty="on")
    page = center.browser("sri").get(HOME).text
    assert "on duty since" in page
    assert "Rina Mulyani: 1 times on duty" in page
    assert "New account" not in page


def test_the_audit_trail_tells_who_did_what_and_finds_it(db: Database, clock: FakeClock, center: Center) -> None:
    number = center.ticket()
    center.browser("rina").step(number, "take")
    clock.advance(minutes=1)
    person = center.find(number).person_id
    center.browser("rina").post(f"/console/people/{person}/block", why="Ancaman")
    clock.advance(days=2)
    center.browser("dewi").post("/console/duty", duty="on")

    def found(**wanted: object) -> list[tuple[str, str, str]]:
        with db.read() as session:
            told = trail.entries(session, trail.Wanted(**wanted))  # type: ignore[arg-type]
        return [(entry.actor, entry.kind, entry.about) for entry in told if entry.kind != "signed in"]

    duty_, block = ("dewi", "on duty", "dewi"), ("rina", "person blocked", f"person {person}")
    taken = ("rina", "assigned", number)
    assert found()[:2] == [duty_, block]
    assert taken in found()
    assert found(actor="dewi") == [duty_]
    assert found(typed="ancam") == [block]
    assert set(found(typed=number)) >= {taken}
    assert found(typed="100%") == []
    assert found(since=clock()) == [duty_]
    assert duty_ not in found(before=clock())
    with db.read() as session:
        actors = set(session.scalars(select(TicketEvent.actor)))
    assert "person" in actors
    assert {actor for actor, _, _ in found()} == {"rina", "dewi"}
    page = center.browser("sri").get("/console/trail?who=rina&q=ancam&from=2026-11-20&to=nonsense").text
    assert f'href="/console/people/{person}"' in page
    assert "Nothing matches." in center.browser("sri").get("/console/trail?from=2030-01-01").text


@on_one_database
@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_staff_are_fit_for_everybody_and_every_screen(center: Center, somebody: Open, theme: str) -> None:
    center.browser("rina").post("/console/duty", duty="on")
    center.browser("rina").step(center.ticket(), "take")
    for path in (HOME, "/console/trail", "/console/password"):
        page = somebody("admin", path, DESKTOP, theme)
        axe(page)
        page.set_viewport_size(PHONE)
        fits(page)


@on_one_database
def test_a_role_that_the_procedure_needs_is_not_left_without_anybody(center: Center) -> None:
    admin = center.browser("admin")
    center.works_by("unej")
    for step in ("deactivate", "change"):
        refused = admin.post(f"{HOME}/sri/{step}", name="Sri", role="agent")
        assert refused.status_code == 422
        assert "the procedure needs the role" in refused.text
    assert (account(center, "sri").role, account(center, "sri").deactivated_at) == ("supervisor", None)
