"""What staff do in the console is found in the audit trail."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pyotp
import pytest
from sqlalchemy import select

from bot.identity.model import AuditEvent
from bot.identity.second_factor import of
from bot.web import trail
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import PASSWORD, Center
from tests.web.test_ptpp import MEASURES, opens
from tests.web.test_staff import account

pytestmark = on_one_database


def told(center: Center, of_kind: str = "audit") -> list[tuple[str, str, str]]:
    """Oldest first."""
    with center.db.read() as session:
        found = trail.entries(session, trail.Wanted())
    return [(each.actor, each.kind, each.about) for each in found[::-1] if each.of == of_kind]


def test_signing_in_and_out_is_noted_without_what_was_typed(center: Center) -> None:
    browser = center.browser()
    browser.sign_in(" Rina ", "salah-sekali")
    browser.sign_in(PASSWORD, "rina")
    browser.sign_in("rina")
    browser.post("/console/sign-out")
    assert sorted(told(center)) == sorted([
        ("?", "sign in failed", "account rina"), ("?", "sign in failed", "account ?"),
        ("rina", "signed in", "account rina"), ("rina", "signed out", "account rina"),
    ])  # fmt: skip
    with center.db.read() as session:
        rows = session.scalars(select(AuditEvent)).all()
    kept = repr([(row.actor, row.kind, row.about, row.data) for row in rows])
    assert PASSWORD not in kept
    assert "salah" not in kept
    assert "failed to sign in as" in center.browser("sri").get("/console/trail?q=sign in failed").text


def test_ones_own_second_factor_on_and_off_is_noted(center: Center) -> None:
    rina = center.browser("rina")
    rina.post("/console/second-factor")
    with center.db.read() as session:
        factor = of(session, account(center, "rina").id)
    assert factor is not None
    code = pyotp.TOTP(str(factor.secret))
    rina.post("/console/second-factor/confirm", code=code.at(center.clock()))
    center.clock.advance(minutes=2)
    rina.post("/console/second-factor/off", code=code.at(center.clock()))
    assert [kind for _, kind, _ in told(center)][-2:] == ["second factor on", "second factor off"]


def test_canned_replies_and_macros_made_and_deleted_are_noted(center: Center) -> None:
    sri = center.browser("sri")
    reply = {"id": "salam", "title-id": "Salam", "text-id": "Halo."}
    assert sri.post("/console/canned/new", **reply, seen="0").status_code == 303
    assert sri.post("/console/macros/new", id="m", reply="salam", seen="0", **{"title-id": "M"}).status_code == 303
    assert sri.post("/console/macros/m/delete").status_code == 303
    assert sri.post("/console/canned/salam/delete").status_code == 303
    wanted = {"canned kept", "canned removed", "macro kept", "macro removed"}
    noted = [each for each in told(center) if each[1] in wanted]
    assert sorted(noted) == [
        ("sri", "canned kept", "canned salam"), ("sri", "canned removed", "canned salam"),
        ("sri", "macro kept", "macro m"), ("sri", "macro removed", "macro m"),
    ]  # fmt: skip


def test_corrective_actions_are_in_the_trail(center: Center) -> None:
    center.works_by("unair")
    sri = center.browser("sri")
    action = opens(sri, finding="Antrean lama")
    sri.post(action, **MEASURES)
    sri.post(f"{action}/check", effect="Sejuk.", helped="yes")
    kinds = [kind for _, kind, _ in told(center, "ptpp_event")]
    assert {"opened", "checked"} <= set(kinds)
    assert f'href="{action}"' in sri.get("/console/trail").text


@pytest.mark.parametrize(("language", "typed", "said"), [
    ("id", "menulis catatan", "Menulis catatan"), ("en", "a note", "Wrote a note"),
    ("id", "menulis pesan", "Menulis pesan"),
])  # fmt: skip
def test_what_was_done_is_told_and_found_in_the_readers_language(
    center: Center, language: str, typed: str, said: str
) -> None:
    number = center.ticket()
    rina = center.browser("rina")
    rina.step(number, "note", text="Cek dulu.")
    rina.step(number, "reply", text="Kami periksa.")
    page = center.browser("sri", language).get(f"/console/trail?q={typed}").text
    [entry] = re.findall(r"<li><time.*?</li>", page)
    assert said in entry
    assert number in entry


@pytest.mark.parametrize(("language", "typed", "said"), [
    ("id", "menulis", "Sri Hartati</b> Menulis <a"), ("en", "wrote", "Sri Hartati</b> wrote <a"),
])  # fmt: skip
def test_who_did_something_with_a_template_did_it_and_it_was_not_done_to_him(
    center: Center, language: str, typed: str, said: str
) -> None:
    sri = center.browser("sri", language)
    words = {"title-id": "Parkir", "questions-id": "parkir di mana", "answer-id": "Di utara."}
    template = {"id": "parkir", "category": "umum", "audience": "public", **words}
    assert sri.post("/console/knowledge/new", seen="0", then="save", **template).status_code == 303
    assert said in sri.get(f"/console/trail?q={typed}").text


def test_who_is_not_known_is_somebody(center: Center) -> None:
    center.browser().sign_in("rina", "salah")
    assert "<b>Somebody</b> failed to sign in as" in center.browser("sri").get("/console/trail").text


def test_names_stand_where_ids_were_noted_as_far_as_they_are_known(center: Center) -> None:
    center.works_by("itb")
    number = center.ticket("Budi Santoso")
    person = center.find(number).person_id
    rina, sri = center.browser("rina"), center.browser("sri", "id")
    rina.post("/console/duty", duty="on")
    rina.step(number, "take")
    rina.step(number, "edit", tags="ukt, dobel", priority="urgent", kind="question", its_subject="UKT")
    rina.post(f"/console/people/{person}/block", why="Ancaman")
    reply = {"id": "salam", "title-id": "Salam pembuka", "text-id": "Halo."}
    assert sri.post("/console/canned/new", **reply, seen="0").status_code == 303
    sri.post("/console/staff/rina/plan", seen="0", tuesday="08:00-12:00")
    center.browser("admin").step(number, "assign", to="dewi", reason="Cuti.")
    page = sri.get("/console/trail").text
    said = [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in re.findall(r"<li><time.*?</li>", page)]
    for told in (
        f"Rina Mulyani Diambil alih {number} Rina Mulyani",
        f"Administrator Diserahkan ke {number} Dewi Anggraini",
        f"{number} dobel, ukt", f"{number} Mendesak",
        "Rina Mulyani Diblokir Budi Santoso Ancaman",
        "Sri Hartati Menyimpan balasan siap pakai Salam pembuka versi 1", "Sri Hartati Merencanakan jaga Rina Mulyani",
    ):  # fmt: skip
        assert [each for each in said if told in each], (told, said)
    # What somebody did to himself names him once.
    assert {"Rina Mulyani Masuk", "Rina Mulyani Mulai bertugas"} <= {each.split(" ", 5)[-1] for each in said}, said
    sri.post("/console/canned/salam/delete")
    assert "balasan salam" in sri.get("/console/trail").text


@pytest.mark.parametrize(("typed", "told"), [
    ("budi sant", "Diblokir"), ("rina mul", "Merencanakan jaga"), ("SALAM pem", "Menyimpan balasan siap pakai"),
    ("ukt terl", ""), ("%", ""),
])  # fmt: skip
def test_the_trail_is_searched_by_the_names_that_it_shows(center: Center, typed: str, told: str) -> None:
    number = center.ticket("Budi Santoso")
    rina, sri = center.browser("rina"), center.browser("sri", "id")
    rina.post(f"/console/people/{center.find(number).person_id}/block", why="Ancaman")
    reply = {"id": "salam", "title-id": "Salam pembuka", "text-id": "Halo."}
    sri.post("/console/canned/new", **reply, seen="0")
    sri.post("/console/staff/rina/plan", seen="0", tuesday="08:00-12:00")
    page = sri.get(f"/console/trail?{urlencode({'q': typed})}").text
    entries = re.findall(r"<li><time.*?</li>", page)
    assert any(told in each for each in entries) if told else not entries
