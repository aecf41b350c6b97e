"""A recap whose time is over reaches whom the procedure names, by mail and on Telegram, against a real mail server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.config import ROOT, load
from bot.identity import contacts
from bot.mail import Mail
from bot.reports import sending
from bot.reports.recaps import announce
from bot.storage.tries import CLAIM, OVER_A_WEEKEND
from bot.web.recapping import RecapPoster
from tests.channels.webchat.browser import on_one_database
from tests.conversation.conftest import FakeChannel
from tests.house import eventually
from tests.web.desk import Center
from tests.web.mailbox import Inbox, words

PATIENCE = 60.0
YESTERDAY = date(2026, 11, 23)


def reach(center: Center, way: str, address: str, language: str = "id", username: str = "sri") -> None:
    with center.db.write() as session:
        contacts.reach(session, username, way, address, language)


def a_day_is_over(center: Center, days: int = 1) -> None:
    """The recaps are there, and whoever is to have them is told."""
    center.works_by("itb")
    center.clock.advance(days=days)
    with center.db.write() as session:
        announce(session, center.clock())


def poster(center: Center, mail: Mail | None, telegram: FakeChannel) -> RecapPoster:
    settings = replace(load({"SAPA_PUBLIC_URL": "https://care.contoh.ac.id"}), mail=mail)
    channels: dict[str, Any] = {"telegram": telegram}
    return RecapPoster(center.db, center.clock, settings, center.parts.promise, channels)


def post(center: Center, mail: Mail | None, telegram: FakeChannel) -> None:
    asyncio.run(poster(center, mail, telegram)._once())


def page(center: Center) -> str:
    return center.browser("sri").get("/console/reports").text


def test_a_recap_that_is_due_is_mailed_with_its_files_once(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    number = center.ticket()
    reach(center, "email", "sri@contoh.ac.id", "en")
    a_day_is_over(center)
    post(center, mail, telegram)
    with center.db.write() as session:
        assert announce(session, center.clock()) == []
    post(center, mail, telegram)
    [letter] = inbox.read
    assert letter["To"] == "sri@contoh.ac.id"
    assert letter["Subject"] == "Not worked on, categorised or closed: 23 November 2026"
    assert f"https://care.contoh.ac.id/console/recaps/unfinished/{YESTERDAY}/pdf" in words(letter)
    pdf, xlsx = letter.iter_attachments()
    assert pdf.get_filename() == f"sapa-unfinished-{YESTERDAY}.pdf"
    assert pdf.get_content().startswith(b"%PDF-")
    cells = [cell.value for row in load_workbook(BytesIO(xlsx.get_content())).worksheets[0].rows for cell in row]
    assert number in cells


@on_one_database
def test_on_telegram_figures_are_a_file_and_what_names_people_is_a_link(center: Center, telegram: FakeChannel) -> None:
    reach(center, "telegram", "4711")
    a_day_is_over(center, days=8)
    post(center, None, telegram)
    sent = {message.text.partition(":")[0]: message for address, message in telegram.sent if address == "4711"}
    assert set(sent) == {"Laporan Care Center", "Belum dikerjakan, dikategorikan, atau ditutup"}
    assert [file.filename for file in sent["Laporan Care Center"].files] == [
        "sapa-monthly-2026-11-01.pdf", "sapa-monthly-2026-11-01.xlsx",
    ]  # fmt: skip
    listed = sent["Belum dikerjakan, dikategorikan, atau ditutup"]
    assert listed.files == ()
    assert "/console/recaps/unfinished/2026-11-30/pdf" in listed.text


def test_a_server_that_is_away_is_asked_until_it_takes_it_and_the_reports_page_tells_how_it_stands(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel, caplog: pytest.LogCaptureFixture
) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    assert "E-mail: being sent" in page(center)
    inbox.refuses = "451 later"
    for pause in OVER_A_WEEKEND:
        post(center, mail, telegram)
        assert "E-mail: not sent yet (the address was refused), tried again" in page(center)
        center.clock.now += pause
    inbox.refuses = ""
    post(center, mail, telegram)
    assert len(inbox.mails) == 1
    assert "E-mail: sent " in page(center)
    assert "sri@contoh.ac.id" not in caplog.text
    assert f"the recap unfinished of {YESTERDAY} did not go out by email" in caplog.text


@on_one_database
@pytest.mark.parametrize("switched_off", [True, False])
def test_what_cannot_be_sent_is_told_on_the_reports_page_and_stays_in_the_console(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel, switched_off: bool
) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    inbox.refuses = "550 no such user"
    post(center, None if switched_off else mail, telegram)
    why = "email is switched off" if switched_off else "the address was refused"
    assert f"E-mail: failed: {why}" in page(center)
    with center.db.read() as session:
        assert sending.next_delivery(session) is None
    assert center.browser("sri").get(f"/console/recaps/unfinished/{YESTERDAY}/pdf").status_code == 200


@on_one_database
def test_whoever_named_no_address_has_it_in_the_console_alone(center: Center) -> None:
    a_day_is_over(center)
    told = page(center)
    assert "to Sri Hartati" in told
    assert "in the console only" in told


@on_one_database
def test_it_is_not_sent_to_who_has_left(center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    reach(center, "email", "")
    post(center, mail, telegram)
    assert inbox.mails == []
    assert f"failed: {sending.NO_ADDRESS}" in page(center)


@on_one_database
def test_a_recap_that_the_procedure_has_no_more_holds_nothing_up(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    center.works_by("unej")
    post(center, mail, telegram)
    assert inbox.mails == []
    assert "failed: the procedure has no such recap any more" in page(center)


def test_of_two_processes_one_sends_and_a_second_copy_can_be_known(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    with center.db.write() as session:
        [item] = sending.claim(session, center.clock(), 8)
        assert sending.claim(session, center.clock(), 8) == []
    # It was sent, and its process died before it could write that down.
    asyncio.run(
        asyncio.to_thread(
            poster(center, mail, telegram)._mail, item.address, poster(center, mail, telegram).letter(item)
        )
    )
    center.clock.now += CLAIM - timedelta(seconds=1)
    post(center, mail, telegram)
    assert len(inbox.mails) == 1
    center.clock.now += timedelta(seconds=1)
    post(center, mail, telegram)
    first, second = (letter["Message-ID"] for letter in inbox.read)
    assert first == second
    assert first.endswith("@contoh.ac.id>")


def test_a_process_that_is_killed_while_it_sends_is_stood_in_for_and_the_recap_arrives_once(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    inbox.holds = True
    url = center.db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.web.posting_process", url, center.clock().isoformat(), str(mail.port)]
    killed = subprocess.Popen(command, cwd=ROOT)
    try:
        eventually(lambda: inbox.held, PATIENCE, "the other process did not begin")
    finally:
        killed.kill()
        killed.wait()
    inbox.holds = False
    post(center, mail, telegram)
    assert inbox.mails == []
    center.clock.now += CLAIM
    post(center, mail, telegram)
    post(center, mail, telegram)
    assert [to for to, _ in inbox.mails] == [["sri@contoh.ac.id"]]


def test_what_failed_is_sent_again_when_somebody_says_so(
    center: Center, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(center, "email", "sri@contoh.ac.id")
    a_day_is_over(center)
    again = f"/console/reports/recaps/unfinished/{YESTERDAY}/sri/email/again"
    sri = center.browser("sri")
    assert sri.post(again).status_code == 404, "it did not fail yet"
    inbox.refuses = "550 no such user"
    post(center, mail, telegram)
    assert "1 failed" in page(center)
    assert f'action="{again}"' in page(center)
    inbox.refuses = ""
    post(center, mail, telegram)
    assert inbox.mails == []
    assert sri.post(again).status_code == 303
    assert "1 being sent" in page(center)
    post(center, mail, telegram)
    assert len(inbox.mails) == 1
    assert "1 sent" in page(center)
    assert sri.post(again).status_code == 404, "it arrived"
    assert "sent a recap again:" in sri.get("/console/trail").text


@on_one_database
@pytest.mark.parametrize("address", ["unfinished/never/sri/email", f"unfinished/{YESTERDAY}/rina/email", "x/y/z/a"])
def test_what_was_never_sent_is_not_sent_again(center: Center, address: str) -> None:
    a_day_is_over(center)
    assert center.browser("sri").post(f"/console/reports/recaps/{address}/again").status_code == 404


@on_one_database
def test_it_is_told_what_goes_out_when_and_to_whom(center: Center) -> None:
    center.works_by("itb")
    told = page(center)
    assert "Not worked on, categorised or closed" in told
    assert "to Sri Hartati · next Tue 24 Nov 2026, 00:00" in told
    assert "next Tue 1 Dec 2026, 00:00" in told
    a_day_is_over(center)
    told = page(center)
    assert "Last: 23 November 2026" in told
    assert "1 in the console only" in told
