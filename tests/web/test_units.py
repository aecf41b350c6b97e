"""The queue of one's unit, and what a row of the inbox says of the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation.handover import Desk
from bot.conversation.messages import Capabilities, Rate
from bot.errors import NotAllowed
from bot.identity.model import AuditEvent
from bot.tickets.model import Ticket
from bot.tickets.roles import name_holders
from bot.tickets.service import by_number
from bot.tickets.units import members, name_members
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.test_inbox import listed
from tests.web.window import DESKTOP, Open, axe, fits

WHATSAPP = Capabilities(4096, 10, Rate(1, 1), Rate(80, 80), window=timedelta(hours=24))


def works_for(center: Center, unit: str, *usernames: str) -> None:
    with center.db.write() as session:
        name_members(session, unit, usernames)


def changed(center: Center, number: str, **values: object) -> str:
    with center.db.write() as session:
        ticket: Ticket = by_number(session, number)
        for name, value in values.items():
            setattr(ticket, name, value)
    return number


def test_my_unit_holds_what_is_with_it_and_of_its_categories_and_no_other(center: Center) -> None:
    center.works_by("unej")
    works_for(center, "keuangan", "rina")
    given = center.ticket(category="akun")
    center.browser("sri").step(given, "forward", unit="Biro Keuangan", asked="Apakah sudah dibayar?")
    in_english = changed(center, center.ticket(), unit="Bureau of Finance", status="open")
    of_category = center.ticket(category="keuangan")
    with_another = changed(center, center.ticket(category="keuangan"), unit="UPT TIK", status="forwarded")
    over = changed(center, center.ticket(category="keuangan"), status="closed")
    rina = center.browser("rina")
    assert set(listed(rina, "queue=unit")) == {given, in_english, of_category}
    assert with_another not in listed(rina, "queue=unit")
    assert over not in listed(rina, "queue=unit")
    assert 'data-queue="unit" >My unit <b>3</b>' in rina.get("/console/list?queue=all").text
    dewi = center.browser("dewi")
    assert 'data-queue="unit"' not in dewi.get("/console/list?queue=all").text
    assert listed(dewi, "queue=unit") == []


def test_what_went_up_the_ladder_is_with_who_holds_that_role(center: Center) -> None:
    center.works_by("unej")
    with center.db.write() as session:
        name_holders(session, "wakor", ["sri"])
        name_holders(session, "staf_humas", ["rina"])
    due = center.clock() + timedelta(hours=1)
    changed(center, center.ticket(), role="staf_humas", step_due_at=due)
    escalated = changed(center, center.ticket(), role="wakor", step_due_at=due)
    assert listed(center.browser("sri"), "queue=unit") == [escalated]
    rina = center.browser("rina")
    assert listed(rina, "queue=unit") == [], "a new ticket is at the first step, which is nobody's in particular"
    assert 'data-queue="unit"' not in rina.get("/console/list?queue=all").text


def test_who_works_for_a_unit_is_named_by_administrators_alone_and_written_down(center: Center) -> None:
    center.works_by("unej")
    assert center.browser("sri").post("/console/units/keuangan", **{"hold-rina": "1"}).status_code == 404
    admin = center.browser("admin")
    assert admin.post("/console/units/keuangan", **{"hold-rina": "1", "hold-dewi": "1"}).status_code == 303
    assert admin.post("/console/units/nothing", **{"hold-rina": "1"}).status_code == 404
    with center.db.read() as session:
        assert members(session) == {"keuangan": ["dewi", "rina"]}
        about = session.query(AuditEvent).filter_by(kind="unit named").one()
        assert (about.actor, about.about, about.data) == ("admin", "unit keuangan", {"by": "dewi, rina"})
    assert "named who works for a unit:" in admin.get("/console/trail").text
    page = admin.get("/console/staff").text
    assert "Units of the procedure" in page
    assert "keuangan · no address" in page
    assert 'name="hold-rina" value="1" checked' in page[page.index("/console/units/keuangan") :]
    admin.post("/console/units/keuangan")
    with center.db.read() as session:
        assert members(session) == {}


@on_one_database
def test_nobody_without_an_account_works_for_a_unit(center: Center) -> None:
    with pytest.raises(NotAllowed), center.db.write() as session:
        name_members(session, "keuangan", ["nobody"])


@on_one_database
def test_a_row_tells_the_window_the_language_and_the_proof(center: Center) -> None:
    desk = center.parts.desk
    center.parts = replace(center.parts, desk=Desk(desk.wording, {"web": WHATSAPP}, desk.variables))
    center.works_with()
    number = center.ticket(identity="proven", language="en")
    rina = center.browser("rina")
    center.clock.advance(hours=2, minutes=30)
    row = rina.get("/console/list?queue=all").text
    assert 'title="Can be answered for 21 h more">21 h</span>' in row
    assert 'title="English">en</span>' in row
    assert 'aria-label="Was proven"' in row
    center.clock.advance(hours=20)
    rina = center.browser("rina")
    assert 'class="rest soon" title="Can be answered for 1 h more"' in rina.get("/console/list?queue=all").text
    center.clock.advance(hours=2)
    assert 'class="rest late" title="Over"' in rina.get("/console/list?queue=all").text
    changed(center, number, status="closed", identity="unproven")
    row = rina.get("/console/list?queue=closed").text
    assert 'title="Over"' not in row
    assert "Was proven" not in row


@on_one_database
@pytest.mark.browser
def test_the_rows_and_the_queues_fit_on_every_screen(center: Center, somebody: Open) -> None:
    center.works_by("unej")
    works_for(center, "keuangan", "rina")
    center.ticket("Nama yang panjang sekali " * 4, "Perihal " * 20, category="keuangan", identity="locked")
    page = somebody("rina", "/console?queue=unit", DESKTOP)
    axe(page)
    row = page.locator(".row .second").bounding_box()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page)
    assert row is not None
    assert row["height"] < 30, "a row has two lines"
