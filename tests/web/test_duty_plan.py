"""The duty plan in the console: who is planned when, and who comes next."""

from __future__ import annotations

import pytest

from bot.tickets import duty_planning
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

HOME = "/console/staff/rina/plan"
OFFICE = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-12:00 13.00–16.00")


def week(center: Center, day: int) -> list[tuple[int, int]]:
    with center.db.read() as session:
        found = duty_planning.kept(session, "rina", center.clock().date()).plan.week[day]
        return [(period.start, period.end) for period in found]


@on_one_database
def test_a_supervisor_plans_a_week_that_everybody_who_supervises_sees(center: Center) -> None:
    sri = center.browser("sri")
    saved = sri.post(HOME, seen="0", **OFFICE)
    assert (saved.status_code, saved.headers["location"]) == (303, HOME)
    assert week(center, 0) == [(480, 720), (780, 960)]
    assert week(center, 6) == []
    page = sri.get(HOME).text
    assert 'value="08:00-12:00 13:00-16:00"' in page
    assert "Mon 23 Nov 2026, 08:00 – 12:00" in page
    staff = center.browser("admin").get("/console/staff").text
    assert 'aria-label="Rina Mulyani: Mon 23 08:00–12:00, Mon 23 13:00–16:00, ' in staff
    assert 'aria-label="Dewi Anggraini: nothing is planned"' in staff
    assert "planned the duty of" in sri.get("/console/trail").text
    assert "Senin" in center.browser("sri", "id").get(HOME).text


@on_one_database
def test_what_cannot_be_read_is_shown_again_as_it_was_typed(center: Center) -> None:
    sri = center.browser("sri")
    for typed in ("8 to 4", "08:00-12:00 11:00-13:00", "08:00-25:00", "<b>"):
        refused = sri.post(HOME, seen="0", monday=typed)
        assert refused.status_code == 422
        assert f'value="{typed}"'.replace("<b>", "&lt;b&gt;") in refused.text
        assert "must not overlap" in refused.text
    assert week(center, 0) == []


@on_one_database
def test_what_somebody_else_planned_meanwhile_is_shown_and_not_overwritten(center: Center) -> None:
    sri, admin = center.browser("sri"), center.browser("admin")
    admin.post(HOME, seen="0", monday="09:00-17:00")
    refused = sri.post(HOME, seen="0", monday="08:00-16:00")
    assert refused.status_code == 409
    assert "Somebody else changed this plan meanwhile" in refused.text
    assert "now: 09:00-17:00" in refused.text
    assert week(center, 0) == [(540, 1020)]
    assert sri.post(HOME, seen="1", monday="08:00-16:00").status_code == 303
    assert week(center, 0) == [(480, 960)]
    assert sri.post(HOME, seen="x").status_code == 409


@on_one_database
def test_leave_is_planned_and_dropped(center: Center) -> None:
    sri = center.browser("sri")
    sri.post(HOME, seen="0", **OFFICE)
    assert sri.post(f"{HOME}/exceptions", first="2026-11-24", last="2026-11-25").status_code == 303
    assert sri.post(f"{HOME}/exceptions", first="2026-11-28", hours="10:00-12:00").status_code == 303
    page = sri.get(HOME).text
    assert "24 Nov 2026 – 25 Nov 2026" in page
    assert "Tue 24 Nov 2026, 08:00" not in page
    assert "Sat 28 Nov 2026, 10:00 – 12:00" in page
    for first, last, hours in (
        ("2026-11-25", "2026-11-26", ""),
        ("", "", ""),
        ("2026-12-24", "x", ""),
        ("2020-01-01", "", ""),
    ):
        refused = sri.post(f"{HOME}/exceptions", first=first, last=last, hours=hours)
        assert refused.status_code == 422
        assert "The days have to be in order" in refused.text
    assert "are written like" in sri.post(f"{HOME}/exceptions", first="2026-12-24", hours="noon").text
    assert sri.post(f"{HOME}/exceptions/1/drop").status_code == 303
    assert sri.post(f"{HOME}/exceptions/1/drop").status_code == 404
    assert "Tue 24 Nov 2026, 08:00 – 12:00" in sri.get(HOME).text


@on_one_database
def test_the_page_that_answers_a_change_shows_what_holds_from_now_on(center: Center) -> None:
    sri, own = center.browser("sri"), HOME.replace("rina", "sri")
    sri.post(own, seen="0", monday="08:00-16:00")
    page = sri.get(own).text
    assert "on duty since Mon 23 Nov 2026, 10:00" in page
    assert 'name="duty" value="off"' in page
    sri.post(f"{own}/exceptions", first="2026-11-23")
    page = sri.get(own).text
    assert "on duty since" not in page
    assert 'name="duty" value="on"' in page
    sri.post(f"{own}/exceptions/1/drop")
    assert 'name="duty" value="off"' in sri.get(own).text
    assert "Sri" in sri.get("/console/today").text.split("Next")[0]


@on_one_database
def test_whose_account_is_closed_has_no_plan(center: Center) -> None:
    center.browser("admin").post("/console/staff/rina/deactivate")
    sri = center.browser("sri")
    assert sri.get(HOME).status_code == 404
    assert sri.post(HOME, seen="0", **OFFICE).status_code == 404


@on_one_database
def test_today_tells_who_is_planned_next(center: Center) -> None:
    sri = center.browser("sri")
    assert "Next" not in sri.get("/console/today").text
    sri.post(HOME, seen="0", tuesday="08:00-12:00")
    page = sri.get("/console/today").text
    assert "Tue 24 Nov 2026, 08:00 – 12:00" in page
    assert "Rina Mulyani" in page


@on_one_database
@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_plan_is_made_in_the_browser_on_every_screen(center: Center, somebody: Open, theme: str) -> None:
    page = somebody("sri", "/console/staff", DESKTOP, theme)
    page.click(".planned a:text('Rina Mulyani')")
    page.wait_for_url("**/console/staff/rina/plan")
    for day in OFFICE:
        page.fill(f"[name={day}]", "08:00-12:00 13:00-16:00")
    page.click("form[action$=plan] button.main")
    page.wait_for_selector("ol.lines li")
    page.fill("[name=first]", "2026-11-25")
    page.fill("[name=hours]", "09:00-10:00")
    page.click("form[action$=exceptions] button")
    page.wait_for_selector("form[action$=drop]")
    assert "Wed 25 Nov 2026, 09:00 – 10:00" in page.inner_text("ol.lines")
    for path in (HOME, "/console/staff", "/console/today"):
        page.goto(page.url.split("/console")[0] + path)
        page.set_viewport_size(DESKTOP)
        axe(page)
        page.set_viewport_size(PHONE)
        fits(page)
