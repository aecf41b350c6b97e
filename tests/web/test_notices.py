"""What somebody is told of: promises and recaps."""

from __future__ import annotations

from datetime import date

import pytest

from bot.procedures.profile import read_profile
from bot.procedures.versions import shipped
from bot.reports.recaps import announce
from bot.reports.telling import propose
from bot.tickets.notices import tell
from bot.tickets.promises import promises
from bot.tickets.service import by_number, history
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center


def told(center: Center, who: str, kind: str = "breached", text: str = "ukt telat <b>") -> str:
    """Somebody is told of a promise of a new ticket; its number."""
    number = center.ticket(text=text)
    profile = read_profile(shipped("itb").read_text(encoding="utf-8"), "itb")
    with center.db.write() as session:
        ticket = by_number(session, number)
        [first, *_] = promises(history(session, ticket), profile, ticket.kind)
        tell(session, ticket, [who], kind, first.kind, center.clock(), center.clock())
    return number


@on_one_database
def test_who_is_mentioned_in_a_note_is_told_of_it_and_of_nothing_that_is_due(center: Center) -> None:
    number = center.ticket()
    center.browser("rina").step(number, "note", text="@sri mohon dilihat")
    page = center.browser("sri").get("/console/notices").text
    assert number in page
    assert "You were mentioned in a note" in page
    assert "due " not in page.split(number, 1)[1].split("</li>")[0]


@on_one_database
def test_what_one_was_told_is_there_until_one_has_read_it(center: Center) -> None:
    number = told(center, "sri")
    sri, rina = center.browser("sri"), center.browser("rina")
    page = sri.get("/console/notices").text
    for words in (number, "ukt telat &lt;b&gt;", "First response", "Deadline missed", '<b class="badge bad">1</b>'):
        assert words in page
    assert number not in rina.get("/console/notices").text
    assert '<b class="badge bad">' not in rina.get("/console").text
    last = page.split('name="last" value="')[1].split('"')[0]
    later = told(center, "sri", "warned")
    assert sri.post("/console/notices", last=last).status_code == 303
    page = sri.get("/console/notices").text
    assert '<b class="badge bad">1</b>' in page, "what came after the page was made is still to be read"
    assert page.index(later) < page.index(number)
    sri.post("/console/notices", last="9" * 9)
    assert '<b class="badge bad">' not in sri.get("/console/notices").text


@on_one_database
def test_a_proposed_corrective_action_leads_to_where_it_can_be_opened(center: Center) -> None:
    center.works_by("itb")
    number = center.ticket(text="rahasia")
    with center.db.write() as session:
        profile = center.parts.promise.profile
        propose(session, profile, {"keuangan": [number] * 3}, date(2026, 11, 1), center.clock())
    page = center.browser("sri").get("/console/notices").text
    for words in ("Corrective action proposed", "Category Fees: at least 3 tickets of November 2026", number):
        assert words in page
    assert '<a href="/console/ptpp?month=2026-11">Fees</a>' in page


@on_one_database
@pytest.mark.parametrize("last", ["", "x", "9" * 30])
def test_nonsense_marks_nothing_as_read(center: Center, last: str) -> None:
    told(center, "sri")
    sri = center.browser("sri")
    assert sri.post("/console/notices", last=last).status_code == 303
    assert '<b class="badge bad">1</b>' in sri.get("/console/notices").text


def a_day_is_over(center: Center) -> None:
    """Its recap is there, and sri is told."""
    center.works_by("itb")
    center.clock.advance(days=1)
    with center.db.write() as session:
        announce(session, center.clock())


@on_one_database
def test_a_recap_is_new_until_one_has_read_that_it_is_there(center: Center) -> None:
    a_day_is_over(center)
    sri = center.browser("sri")
    page = sri.get("/console/notices").text
    assert '<b class="badge bad">1</b>' in page
    shown = page.split('name="shown" value="')[1].split('"')[0]
    for nonsense in ("", "yesterday", "2026-11-24T03:00:00", "2020-01-01T00:00:00+00:00"):
        sri.post("/console/notices", last="0", shown=nonsense)
        assert '<b class="badge bad">1</b>' in sri.get("/console").text
    assert sri.post("/console/notices", last="0", shown=shown).status_code == 303
    assert '<b class="badge bad">' not in sri.get("/console/notices").text
    assert "Not worked on, categorised or closed" in sri.get("/console/notices").text


@on_one_database
def test_who_was_told_of_a_recap_can_have_it_and_nobody_else(center: Center) -> None:
    number = center.ticket()
    a_day_is_over(center)
    first, sri = date(2026, 11, 23), center.browser("sri")
    page = sri.get("/console/notices").text
    assert "Not worked on, categorised or closed" in page
    assert f"/console/recaps/unfinished/{first}/csv" in page
    answer = sri.get(f"/console/recaps/unfinished/{first}/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="sapa-unfinished-{first}.csv"'
    assert number in answer.text
    for who, address in (
        ("rina", f"unfinished/{first}/csv"), ("sri", f"unfinished/{first}/exe"), ("sri", "unfinished/2026-11-22/csv"),
        ("sri", f"monthly/{first}/pdf"), ("sri", "unfinished/monday/csv"),
    ):  # fmt: skip
        assert center.browser(who).get(f"/console/recaps/{address}").status_code == 404, address


@on_one_database
def test_the_number_beside_the_bell_comes_with_every_list_of_the_inbox(center: Center) -> None:
    sri = center.browser("sri")
    ask = {"headers": {"HX-Request": "true"}}
    assert '<b class="badge bad">' not in sri.get("/console/list", **ask).text
    told(center, "sri")
    page = sri.get("/console/list", **ask).text
    assert page.count('id="bell"') == 1
    assert '<b class="badge bad">1</b>' in page
    assert sri.get("/console").text.count('id="bell"') == 1
