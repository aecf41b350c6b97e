"""The inbox and a ticket: what staff see and what they can do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from starlette.applications import Starlette

from bot.conversation.model import OutboxMessage
from bot.conversation.timers import Timers
from bot.knowledge.base import Decision
from bot.procedures.profile import read_profile
from bot.procedures.versions import shipped
from bot.tickets import forwarding, linking, links, working
from bot.tickets.changes import note
from bot.tickets.forwarding import Reply
from bot.tickets.service import by_number, history
from bot.tickets.sorting import Sorting, save
from bot.tickets.working import Closing
from bot.web.routes import console_routes
from bot.web.talk import SHOWN
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.knowledge.curating.rows import ask, hit
from tests.web.desk import WEB, Browser, Center

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} & \"'"


def listed(browser: Browser, query: str = "queue=all") -> list[str]:
    page = browser.get(f"/console/list?{query}").text
    return re.findall(r'data-number="([^"]+)"', page)


def test_queues_hold_what_they_say_and_count_it(center: Center) -> None:
    mine, free, waiting, forwarded = (center.ticket(f"Orang {n}") for n in range(4))
    rina = center.browser("rina")
    rina.step(mine, "take")
    rina.step(waiting, "reply", text="Boleh kirim NIM-nya?", then="wait")
    rina.step(forwarded, "forward", unit="Biro Keuangan", asked="Benarkah?")
    rina.step(free, "note", text="@sri mohon dilihat")
    assert listed(center.browser("sri"), "queue=followed") == [free]
    assert set(listed(rina, "queue=mine")) == {mine, waiting}
    assert set(listed(rina, "queue=unassigned")) == {free, forwarded}
    assert listed(rina, "queue=waiting") == [waiting]
    assert listed(rina, "queue=forwarded") == [forwarded]
    assert len(listed(rina)) == 4
    page = rina.get("/console/list?queue=all").text
    for name, count in (("Mine", 2), ("Unassigned", 2), ("Waiting", 1), ("Forwarded", 1), ("All", 4)):
        assert f"{name} <b>{count}</b>" in page


@pytest.mark.parametrize(("minutes", "said"), [
    (1, "1 h 59 min left"), (60, "1 h left"), (61, "59 min left"),
])  # fmt: skip
def test_of_two_hours_what_is_left_is_told_to_the_minute(center: Center, minutes: int, said: str) -> None:
    center.ticket()
    center.clock.advance(minutes=minutes)
    assert said in center.browser("rina").get("/console/list?queue=all").text


def test_suggestions_are_for_the_question_and_not_for_who_asked_it(
    center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = center.ticket(text="13526001, Budi Santoso, 12 Mei 2004", summary="ukt telat bayar gmn ya")
    asked: list[str] = []
    monkeypatch.setattr(center.parts.knowledge, "suggest", lambda text, *_, **__: asked.append(text))
    rina = center.browser("rina")
    rina.get(f"/console/tickets/{number}")
    center.clock.advance(minutes=1)
    center.writes(number, "tagihan saya dobel")
    rina.get(f"/console/tickets/{number}")
    assert asked == ["ukt telat bayar gmn ya", "tagihan saya dobel"]


def test_of_a_ticket_of_ones_own_the_header_tells_when_the_assistant_answers_still(center: Center) -> None:
    number = center.ticket()
    rina = center.browser("rina")
    rina.step(number, "take")
    assert "You answer" in rina.get(f"/console/tickets/{number}").text
    closing = Closing("keuangan", "Denda dihapus.", "Dicatat.")
    with center.db.write() as session:
        center.parts.desk.close(session, by_number(session, number), "rina", closing, center.clock())
    page = rina.get(f"/console/tickets/{number}").text
    assert "You answer" not in page
    assert "Rina Mulyani has it" in page
    rina.step(number, "reopen")
    page = rina.get(f"/console/tickets/{number}").text
    assert "Sapa answers" in page
    assert "You answer" not in page
    assert 'data-key="t"' in page
    rina.step(number, "take")
    assert "You answer" in rina.get(f"/console/tickets/{number}").text


def test_broken_promises_are_on_top_then_what_was_written_last(center: Center) -> None:
    center.works_by("itb")
    late = center.ticket("Telat")
    center.clock.advance(hours=2, minutes=5)
    first, second = center.ticket("Satu"), center.ticket("Dua")
    rina = center.browser("rina")
    assert listed(rina)[0] == late
    center.clock.advance(minutes=1)
    for number in (late, first, second):
        rina.step(number, "reply", text="Kami periksa.")
    center.clock.advance(minutes=1)
    center.writes(second, "sudah?")
    assert listed(rina)[0] == second
    center.clock.advance(minutes=1)
    center.writes(first, "halo?")
    assert listed(rina)[:2] == [first, second]
    assert "Answered" in rina.get("/console/list?queue=all").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [("kalkulus", True), ("KALKULUS nilai", True), ("agus", True), ("CC-2026-000001", True), ("cc 2026 1", True),
     ("2026-2", False), ("%", False), ("kalkulus wisuda", False), ("nol' OR 1=1", False)],
)  # fmt: skip
def test_tickets_are_found_by_number_name_and_words(center: Center, asked: str, found: bool) -> None:
    number = center.ticket("Agus Setiawan", "Nilai Kalkulus belum keluar")
    rina = center.browser("rina")
    answer = rina.get("/console/list", params={"queue": "mine", "q": asked})
    assert (number in answer.text) is found


def test_what_was_said_is_found_and_shown_with_its_words_marked(center: Center) -> None:
    number, other = center.ticket("Agus Setiawan", "Nilai belum keluar"), center.ticket("Dewi", "Kapan wisuda?")
    center.writes(number, f"rekening {HOSTILE}")
    rina = center.browser("rina")
    rina.step(other, "note", text="Tanya dekan fakultas")
    page = rina.get("/console/list", params={"queue": "mine", "q": "rek"}).text
    assert f'data-number="{number}"' in page
    assert "<mark>rekening</mark> &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    page = rina.get("/console/list", params={"q": "dekan tanya"}).text
    assert f'data-number="{other}"' in page
    assert "<mark>Tanya</mark> <mark>dekan</mark> fakultas" in page


def test_two_who_take_at_once_have_one_winner_and_the_other_is_told(center: Center) -> None:
    number = center.ticket()
    rina, dewi = center.browser("rina"), center.browser("dewi")
    assert rina.step(number, "take").status_code == 200
    refused = dewi.step(number, "take")
    assert refused.status_code == 409
    assert "Rina Mulyani has this ticket." in refused.text
    assert center.find(number).assignee == "rina"


def test_a_reply_takes_the_ticket_and_is_queued_for_the_person(center: Center) -> None:
    number = center.ticket()
    answer = center.browser("rina").step(number, "reply", text="  Selamat pagi.\n\nKami periksa. ")
    assert answer.status_code == 200
    assert center.happened
    with center.db.read() as session:
        row = session.get_one(OutboxMessage, center.ours(number)[-1])
    assert (row.author, row.text) == ("rina", "Selamat pagi.\n\nKami periksa.")
    assert center.find(number).assignee == "rina"
    assert "done-reply" in answer.headers["hx-trigger"]


def test_closing_asks_for_what_is_missing_and_keeps_what_was_written(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "take")
    refused = rina.step(number, "close", solution="Sudah dijelaskan.", record="")
    assert refused.status_code == 409
    assert "Still missing: category, record." in refused.text
    assert "Sudah dijelaskan." in refused.text
    assert center.find(number).status == "open"
    fields = {"category": "keuangan", "solution": "Sudah dijelaskan.", "record": "Lewat chat."}
    assert rina.step(number, "close", **fields).status_code == 200
    closed = center.find(number)
    assert (closed.status, closed.category, closed.solution) == ("closed", "keuangan", "Sudah dijelaskan.")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "cannot be closed under Study, only under a part of it: Course registration and timetable, Grades"),
        ("id", "tidak dapat ditutup dengan kategori Akademik; pilih bagiannya: KRS dan jadwal kuliah, Nilai"),
    ],
)
def test_why_a_step_is_refused_is_told_in_the_readers_language(center: Center, language: str, told: str) -> None:
    center.works_by("itb")
    number, rina = center.ticket(), center.browser("rina", language)
    rina.step(number, "take")
    assert told in rina.step(number, "close", category="akademik", solution="Beres.", record="Lewat chat.").text
    rina.step(number, "wait")
    again = f"Ticket {number} is waiting; it cannot" if language == "en" else f"Tiket {number} sedang menunggu jawaban,"
    assert again in rina.step(number, "wait").text


def test_what_somebody_else_closed_meanwhile_is_shown_and_not_overwritten(center: Center) -> None:
    number = center.ticket()
    rina, dewi = center.browser("rina"), center.browser("dewi")
    seen = re.findall(r'name="seen" value="(\d+)"', rina.get(f"/console/tickets/{number}").text)[0]
    dewi.step(number, "close", category="akun", solution="Beres.", record="Lewat telepon.")
    stale = rina.step(number, "close", seen=seen, category="keuangan", solution="Lain.", record="Lain.")
    assert stale.status_code == 409
    assert "Dewi Anggraini: Ticket closed." in stale.text
    ticket = center.find(number)
    assert (ticket.category, ticket.solution) == ("akun", "Beres.")
    reply = rina.step(number, "reply", text="Selamat pagi")
    assert reply.status_code == 409
    assert "This ticket has ended." in reply.text


def test_a_note_is_for_staff_alone(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    before = center.ours(number)
    page = rina.step(number, "note", text="cek dulu, @dewi")
    assert "cek dulu, @dewi" in page.text
    assert center.ours(number) == before
    assert rina.step(number, "note", text=" ").status_code == 409


def test_a_ticket_goes_to_a_unit_and_comes_back_with_its_findings(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "forward", unit="Biro Keuangan", asked="Apakah ganda?")
    assert (center.find(number).status, center.find(number).unit) == ("forwarded", "Biro Keuangan")
    page = rina.step(number, "back", findings="Ya, sudah dihapus satu.").text
    assert center.find(number).status == "open"
    assert "Apakah ganda?" in page
    assert "Ya, sudah dihapus satu." in page


def test_when_a_unit_has_to_answer_and_what_it_must_know_can_be_said(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    asked = {"unit": "Biro Keuangan", "asked": "Apakah ganda?", "details": "Tagihan Maret, dua kali."}
    refused = rina.step(number, "forward", **asked, due="2020-01-01T08:00")
    assert refused.status_code == 409
    assert 'value="2020-01-01T08:00"' in refused.text
    local = center.clock().astimezone(center.parts.settings.timezone).replace(tzinfo=None) + timedelta(days=3)
    rina.step(number, "forward", **asked, due=local.isoformat(timespec="minutes"))
    with center.db.read() as session:
        form = forwarding.current(session, center.find(number))
    assert form is not None
    assert (form.details, form.due_at) == (
        "Tagihan Maret, dua kali.", (center.clock() + timedelta(days=3)).replace(second=0, microsecond=0)
    )  # fmt: skip


def test_a_unit_gets_a_form_with_a_time_and_a_link_by_which_it_answers(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert rina.get(f"/console/tickets/{number}/form").status_code == 404
    page = rina.step(number, "forward", unit="Direktorat Keuangan", asked="Apakah ganda?").text
    with center.db.read() as session:
        form = forwarding.current(session, center.find(number))
    assert form is not None
    assert form.due_at is not None
    assert form.due_at > center.clock()
    address = re.search(r'value="(http[^"]+/forwarding/([^"]+))"', page)
    assert address is not None
    assert links.read(links.link_key(center.parts.settings.data_dir), address[2], center.clock()) == form.id
    assert rina.get(f"/console/tickets/{number}/form").content.startswith(b"%PDF-")
    assert address[1] in rina.get(f"/console/tickets/{number}").text, "the link stays the same"
    with center.db.write() as session:
        forwarding.answer(session, form, Reply("Pak Tono", "Tagihan ganda", "Satu dihapus"), "unit", center.clock())
    page = rina.get(f"/console/tickets/{number}").text
    assert address[1] not in page
    assert "Tagihan ganda" in page


def test_giving_back_asks_for_nothing_and_assigning_names_a_colleague(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "take")
    assert "Sapa answers" in rina.step(number, "release").text
    rina.step(number, "take")
    rina.step(number, "assign", to="dewi")
    assert center.find(number).assignee == "dewi"
    assert rina.step(number, "assign", to="rina").status_code == 409
    assert center.browser("sri").step(number, "assign", to="rina").status_code == 200
    assert center.find(number).assignee == "rina"


def test_an_ended_ticket_is_reopened_with_a_new_promise(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "close", category="akun", solution="Beres.", record="Beres.")
    center.clock.advance(hours=1)
    assert rina.step(number, "reopen").status_code == 200
    ticket = center.find(number)
    assert (ticket.status, ticket.due_at) == ("open", center.parts.promise.due(center.clock()))


@on_one_database
def test_where_the_profile_opens_nothing_again_a_new_ticket_is_linked_with_it(center: Center) -> None:
    text = shipped("itb").read_text(encoding="utf-8").replace("reopening: 30d", "reopening: never")
    center.parts.promise.follow(read_profile(text, "itb"))
    number = center.ticket()
    rina = center.browser("rina")
    rina.step(number, "close", category="akun", solution="Beres.", record="Beres.")
    answer = rina.step(number, "reopen")
    other = answer.headers["HX-Redirect"].rpartition("/")[2]
    assert other != number
    assert (center.find(number).status, center.find(other).status) == ("closed", "new")
    assert number in rina.get(f"/console/tickets/{other}").text


def test_everything_that_people_wrote_is_shown_as_text(center: Center) -> None:
    number = center.ticket(HOSTILE, HOSTILE, category=None)
    rina = center.browser("rina")
    rina.step(number, "note", text=HOSTILE)
    rina.step(number, "reply", text=HOSTILE)
    rina.step(number, "forward", unit=HOSTILE, asked=HOSTILE)
    for address in (f"/console/tickets/{number}", "/console?queue=all", f"/console/list?q={HOSTILE[:25]}"):
        page = rina.get(address).text
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|49 &amp;", page)


def test_what_is_bold_for_the_person_is_bold_for_staff_and_his_own_signs_stay_as_they_are(center: Center) -> None:
    number = center.ticket(text="saya *marah* sekali")
    center.answers(number, "Bayar *sebelum 31 Juli* di <b>bank</b>, 2*3*4.")
    page = center.browser("rina").get(f"/console/tickets/{number}").text
    assert "Bayar <b>sebelum 31 Juli</b> di &lt;b&gt;bank&lt;/b&gt;, 2*3*4.</p>" in page
    assert ">saya *marah* sekali</p>" in page


def test_a_message_that_was_not_delivered_says_why(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "reply", text="Halo")
    center.delivered(center.ours(number)[-1], "failed", "the person blocked us")
    page = rina.get(f"/console/tickets/{number}").text
    assert "Not delivered: the person blocked us" in page


def test_a_ticket_whose_last_reply_was_not_delivered_is_not_called_answered(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "reply", text="Halo")
    assert ">Answered<" in rina.get("/console/list?queue=mine").text.replace("</svg>", ">")
    center.delivered(center.ours(number)[-1], "failed", "the person blocked us")
    listed = rina.get("/console/list?queue=mine").text
    assert "Not delivered" in listed
    assert "Answered" not in listed
    rina.step(number, "resend", message=str(center.ours(number)[-1]))
    assert "Not delivered" not in rina.get("/console/list?queue=mine").text


def test_a_message_that_was_not_delivered_is_sent_again_once_by_who_has_the_ticket(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina", "id")
    rina.step(number, "reply", text="Halo")
    before = center.ours(number)
    failed = before[-1]
    center.delivered(failed, "failed", "the person blocked us")
    assert "Kirim ulang" in rina.get(f"/console/tickets/{number}").text
    dewi = center.browser("dewi")
    assert "/resend" not in dewi.get(f"/console/tickets/{number}").text
    assert dewi.step(number, "resend", message=str(failed)).status_code == 409
    answer = rina.step(number, "resend", message=str(failed))
    assert answer.status_code == 200
    assert "sudah dikirim ulang" in answer.text
    assert "/resend" not in answer.text
    for nonsense in (str(failed), "", "-1", "9" * 30, "x"):
        assert rina.step(number, "resend", message=nonsense).status_code == 409
    assert len(center.ours(number)) == len(before) + 1


def test_it_is_told_where_an_answer_of_the_assistant_came_from(center: Center) -> None:
    number = center.ticket()
    center.answers(number, "Begini caranya.", template="ukt-telat", score=0.914)
    assert re.search(r"ukt-telat\s+91 %", center.browser("rina").get(f"/console/tickets/{number}").text)
    with center.db.write() as session:
        for person, helped in enumerate((True, True, False, None)):
            shown = Decision("answer", (hit("ukt-telat"),))
            ask(session, 100 + person, "ukt telat gmn", shown, helped=helped, now=center.clock())
    assert "91 % · 4 times this month · helped 67 %" in center.browser("rina").get(f"/console/tickets/{number}").text


@on_one_database
def test_a_page_needs_as_many_queries_for_many_tickets_as_for_few(center: Center) -> None:
    rina = center.browser("rina")
    statements: list[str] = []
    event.listen(center.db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    counts = []
    for _ in range(2):
        for number in range(6):
            center.ticket(f"Orang {number}")
        statements.clear()
        rina.get("/console?queue=all")
        counts.append(len(statements))
    assert counts[0] == counts[1] < 20


def test_of_a_long_talk_both_sides_are_shown_from_the_same_moment_on(center: Center) -> None:
    number = center.ticket(text="Pertanyaan pertama")
    center.answers(number, "Jawaban lama")
    for line in range(SHOWN):
        center.clock.advance(minutes=1)
        center.writes(number, f"Baris {line}")
    rina = center.browser("rina")
    page = rina.get(f"/console/tickets/{number}").text
    told = [line in page for line in ("Baris 0", "Pertanyaan pertama</p>", "Jawaban lama")]
    assert told == [True, False, False]
    further = re.search(r'href="([^"]+\?show=\d+)"', page)
    assert further
    page = rina.get(further[1]).text
    told = [line in page for line in ("Pertanyaan pertama</p>", "Jawaban lama", "?show=")]
    assert told == [True, True, False]


def test_every_step_leaves_its_event_with_who_took_it(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "take")
    rina.step(number, "categorise", category="akun")
    with center.db.read() as session:
        told = [(each.actor, each.kind) for each in history(session, session.merge(center.find(number)))]
    assert ("rina", "assigned") in told
    assert ("rina", "categorised") in told


def test_the_talk_names_the_category_and_who_was_given_the_ticket(center: Center) -> None:
    number, taken, sri = center.ticket(), center.ticket(), center.browser("sri")
    sri.step(number, "categorise", category="kata-sandi")
    sri.step(number, "assign", to="rina")
    sri.step(taken, "take")

    def told(ticket: str) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", sri.get(f"/console/tickets/{ticket}/talk").text).split())

    assert "Category: Password · Sri Hartati" in told(number)
    assert "Handed to Rina Mulyani · Sri Hartati" in told(number)
    assert "Taken over · Sri Hartati" in told(taken)


def test_there_is_no_other_step_and_no_other_ticket(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert rina.step(number, "delete").status_code == 404
    assert rina.step("CC-2026-000999", "take").status_code == 404
    assert rina.get("/console/tickets/CC-2026-000999").status_code == 404
    assert rina.get("/console?queue=nothing").status_code == 404


@on_one_database
def test_what_was_answered_is_late_when_its_solution_is_and_not_while_the_person_is_waited_for(center: Center) -> None:
    center.works_by("itb")
    number = center.ticket()
    center.browser("rina").step(number, "reply", text="Kami periksa dulu.")
    center.clock.advance(hours=2, minutes=1)
    assert listed(center.browser("sri"), "queue=late") == []
    center.clock.advance(hours=21, minutes=30)
    sri = center.browser("sri")
    assert listed(sri, "queue=soon") == [number]
    center.clock.advance(minutes=30)
    assert listed(sri, "queue=late") == [number]
    assert "1 min late" in sri.get("/console/list?queue=late").text
    center.browser("rina").step(number, "wait")
    assert listed(sri, "queue=late") == []
    assert "min late" not in sri.get("/console/list?queue=all").text


@on_one_database
def test_the_ladder_tells_who_has_to_act_by_when_before_the_person_is_answered(center: Center) -> None:
    center.works_by("unej")
    number, rina = center.ticket(), center.browser("rina")
    for page in ("/console/list?queue=all", f"/console/tickets/{number}"):
        assert re.search(r"5 min left[^<]*→ PR staff", rina.get(page).text), page
    rina.step(number, "reply", text="Bisa, begini caranya.")
    page = rina.get(f"/console/tickets/{number}").text
    assert "→ PR staff" not in page
    assert "3 h left" in page


def test_a_step_of_the_ladder_that_is_over_or_soon_over_is_looked_after_like_a_promise(
    center: Center, clock: FakeClock
) -> None:
    center.works_by("unej")
    number, sri = center.ticket(), center.browser("sri")
    timers = Timers(center.db, clock, center.parts.desk)

    def fire() -> None:
        while timers.fire_due():
            pass

    def watched() -> tuple[list[str], list[str], str]:
        page = sri.get("/console/today").text
        late = re.search(r'queue=late" class="[^"]*">.*?<b>(\d+)</b>', page, re.DOTALL)
        assert late is not None
        assert number in page
        return listed(sri, "queue=late"), listed(sri, "queue=soon"), late[1]

    assert watched() == ([], [number], "0"), "PR staff have five minutes"
    clock.advance(minutes=6)
    assert watched() == ([number], [], "1"), "nobody has looked at the clock yet"
    fire()
    assert watched() == ([], [number], "0"), "the deputy has an hour"
    for minutes in (60, 120, 30):
        clock.advance(minutes=minutes)
        fire()
    assert center.find(number).due_at == clock() + timedelta(minutes=4)
    assert watched() == ([number], [], "1"), "the top of the ladder did not act, and the person still waits in time"
    assert re.search(r"1 min late[^<]*→ Head of bureau", sri.get("/console/list?queue=late").text)
    center.browser("rina").step(number, "reply", text="Maaf menunggu.")
    assert watched() == ([], [number], "0"), "the solution is due in 4 minutes"


def test_today_counts_what_is_left_undone(center: Center) -> None:
    center.works_by("itb")
    late = center.ticket("Telat", category="akun")
    center.clock.advance(minutes=90)
    center.ticket("Sebentar lagi")
    center.clock.advance(minutes=65)
    sri, rina = center.browser("sri"), center.browser("rina")
    page = sri.get("/console/today").text
    numbers = dict(re.findall(r'queue=(\w+)" class="[^"]*">.*?<b>(\d+)</b>', page, re.DOTALL))
    assert numbers == {"untouched": "2", "uncategorised": "1", "unclosed": "0", "late": "1"}
    assert "1 more within the hour" in page
    assert listed(sri, "queue=late") == [late]
    rina.step(late, "reply", text="Maaf menunggu.")
    assert listed(sri, "queue=late") == []
    rina.post("/console/duty", duty="on")
    assert "Rina Mulyani" in sri.get("/console/today").text
    rina.post("/console/duty", duty="off")
    assert "Nobody is on duty." in sri.get("/console/today").text


def test_what_closed_by_itself_is_not_categorised_until_somebody_says_what_it_was(center: Center) -> None:
    center.works_by("itb")
    silent, spam, merged, again, into = (center.ticket(f"Orang {n}") for n in range(5))
    categorised = center.ticket("Orang 6", category="akun")
    with center.db.write() as session:
        of = {number: by_number(session, number) for number in (silent, spam, merged, again, into, categorised)}
        for number in (silent, again, categorised):
            working.wait(session, of[number], "rina", center.clock())
        center.clock.advance(days=9)
        for number in (silent, again, categorised):
            working.lapse(session, of[number], "system", center.clock())
        working.withdraw(session, of[spam], "rina", center.clock(), "spam")
        of[merged].person_id = of[into].person_id
        session.flush()
        linking.merge(session, of[merged], of[into], "rina", center.clock())
    sri = center.browser("sri")

    def uncategorised() -> tuple[set[str], int]:
        number = re.search(
            r'queue=uncategorised" class="[^"]*">.*?<b>(\d+)</b>', sri.get("/console/today").text, re.DOTALL
        )
        assert number is not None
        return set(listed(sri, "queue=uncategorised")), int(number[1])

    assert uncategorised() == ({silent, again, into}, 3)
    with center.db.write() as session:
        ticket = by_number(session, again)
        center.clock.advance(minutes=1)
        working.reopen(session, ticket, "rina", center.clock(), ticket.due_at)
        center.clock.advance(minutes=1)
        working.withdraw(session, ticket, "rina", center.clock(), "withdrawn")
        working.categorise(session, by_number(session, silent), "akun", "rina", center.clock())
    assert uncategorised() == ({into}, 1)


@on_one_database
def test_a_ticket_that_was_tagged_can_be_read(center: Center) -> None:
    number = center.ticket()
    with center.db.write() as session:
        save(session, by_number(session, number), Sorting(tags=["ukt"]), "rina", center.clock())
    assert "Tags changed" in center.browser("rina").get(f"/console/tickets/{number}").text


def test_once_the_window_is_over_the_reply_box_says_what_becomes_of_the_words(center: Center) -> None:
    number = center.ticket()
    for template, told in (("lanjutkan", "only the approved template is sent now"), (None, "no reply can be sent")):
        windowed = replace(WEB, window=timedelta(hours=24), window_template=template)
        center.parts = replace(center.parts, desk=replace(center.parts.desk, capabilities={"web": windowed}))
        center.app = Starlette(routes=console_routes(center.parts))
        rina = center.browser("rina")
        assert told not in rina.get(f"/console/tickets/{number}").text
        center.clock.advance(hours=25)
        rina = center.browser("rina")
        assert told in rina.get(f"/console/tickets/{number}").text
        center.writes(number, "halo?")
    assert rina.step(number, "reply", text="Kami periksa.").status_code == 200
    with center.db.write() as session:
        session.get_one(OutboxMessage, center.ours(number)[-1]).status = "held"
    assert "Held until the person writes" in rina.get(f"/console/tickets/{number}").text


def test_closing_waits_for_an_undo(center: Center) -> None:
    center.works_by("itb")
    center.parts = replace(center.parts, undoes=True)
    center.works_with()
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "take")
    refused = rina.step(number, "close", solution="Beres.", record="")
    assert refused.status_code == 409
    fields = {"category": "keuangan", "solution": "Beres.", "record": "Lewat chat."}
    assert "Closes in 10 seconds" in rina.step(number, "close", **fields).text
    assert center.find(number).status == "open"
    assert "Closes in 10 seconds" not in rina.step(number, "undo").text
    assert rina.step(number, "undo").status_code == 409
    rina.step(number, "close", **fields)
    center.clock.advance(seconds=10)
    timers = Timers(center.db, center.clock, center.parts.desk)
    while timers.fire_due():
        pass
    assert center.find(number).status == "closed"
    page = rina.get(f"/console/tickets/{number}").text
    assert "Closes in 10 seconds" not in page


def test_who_planned_a_closing_is_told_when_it_could_not_be_done(center: Center) -> None:
    center.works_by("itb")
    center.parts = replace(center.parts, undoes=True)
    center.works_with()
    number, rina, sri = center.ticket(), center.browser("rina"), center.browser("sri")
    rina.step(number, "take")
    rina.step(number, "close", category="keuangan", solution="Beres.", record="Lewat chat.")
    assert sri.step(number, "assign", to="dewi").status_code == 200
    center.clock.advance(seconds=10)
    timers = Timers(center.db, center.clock, center.parts.desk)
    while timers.fire_due():
        pass
    assert center.find(number).status == "open"
    assert "Ticket was not closed" in rina.get("/console/notices").text


def test_an_empty_inbox_looks_back_on_the_day(center: Center) -> None:
    center.works_by("itb")
    rina = center.browser("rina")
    assert "Closed today" not in rina.get("/console?queue=all").text
    kept, broken = center.ticket("Ani"), center.ticket("Budi")
    with center.db.write() as session:
        note(
            session,
            by_number(session, broken),
            "system",
            "breached",
            center.clock(),
            {"kind": "resolution", "name": "", "run": 0},
        )
    for number in (kept, broken):
        rina.step(number, "close", category="keuangan", solution="Beres.", record="Lewat chat.")
    assert "Closed today: 2, 1 of them without a missed deadline." in rina.get("/console?queue=all").text
    center.clock.advance(days=1)
    assert "Closed today" not in rina.get("/console?queue=all").text


def test_who_closes_what_is_with_a_unit_is_told_that_it_has_not_answered(center: Center) -> None:
    center.works_by("itb")
    number, rina = center.ticket(category="keuangan"), center.browser("rina")
    rina.step(number, "take")
    page = rina.step(number, "forward", unit="Biro Keuangan", asked="Mohon diperiksa.").text
    assert "Biro Keuangan has not answered yet. Once it is closed, nobody waits for that answer." in page
    assert "has not answered yet" not in rina.step(number, "back").text
