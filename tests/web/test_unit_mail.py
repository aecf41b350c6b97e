"""A unit that has a mail address gets the form by mail, against a real mail server."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from bot.mail import Mail
from bot.procedures.versions import procedure, put_into_use, shipped
from bot.storage.tries import CLAIM
from bot.tickets import notices, unit_mail
from bot.tickets.service import by_number, history
from bot.web.forwarding import FormPage
from bot.web.unit_mail import UnitPoster
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Browser, Center
from tests.web.mailbox import Inbox, words

FINANCE = "name: {id: Direktorat Keuangan, en: Directorate of Finance}"
ADDRESS = "keuangan@contoh.ac.id"


def names(center: Center, address: str | None) -> None:
    """The procedure in use gives Finance that mail address."""
    text = shipped("itb").read_text(encoding="utf-8")
    assert FINANCE in text
    edited = text.replace(FINANCE, f"{FINANCE}\n    email: {address}") if address else text
    with center.db.write() as session:
        version = put_into_use(session, "itb", edited, center.parts.settings.timezone, "admin", center.clock())
    with center.db.read() as session:
        center.parts.promise.follow(procedure(session, version.id).profile)
    center.clock.advance(seconds=1)


@pytest.fixture
def finance(center: Center) -> Center:
    names(center, ADDRESS)
    return center


def poster(center: Center, mail: Mail | None) -> UnitPoster:
    settings = replace(center.parts.settings, mail=mail, public_url="https://care.contoh.ac.id")
    return UnitPoster(center.db, center.clock, settings, center.parts.promise, {})


def post(center: Center, mail: Mail | None) -> None:
    asyncio.run(poster(center, mail)._once())


def forwarded(center: Center, unit: str = "keuangan", **given: str) -> str:
    """Rina asks the unit about a ticket of hers; its number."""
    number, rina = center.ticket(**given), center.browser("rina")
    assert rina.step(number, "take").status_code == 200
    assert rina.step(number, "forward", unit=unit, asked="Mohon cek tagihan <ganda>.").status_code == 200
    return number


def page(center: Center, number: str) -> str:
    return center.browser("rina").get(f"/console/tickets/{number}").text


def happened(center: Center, number: str, kind: str) -> list[dict[str, object]]:
    with center.db.read() as session:
        return [event.data or {} for event in history(session, by_number(session, number)) if event.kind == kind]


def test_the_unit_is_mailed_what_is_asked_by_when_the_form_and_a_link_that_takes_its_answer(
    finance: Center, mail: Mail, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "bot")
    number = forwarded(finance)
    post(finance, mail)
    post(finance, mail)
    [letter] = inbox.read
    assert letter["To"] == ADDRESS
    assert (
        letter["Subject"].strip()
        == f"Tiket {number}: mohon jawaban paling lambat Selasa, 24 November 2026 pukul 10.00 WIB"
    )
    text = words(letter)
    assert text.startswith("Yth. Direktorat Keuangan\n\nKami meneruskan tiket")
    assert "Mohon cek tagihan <ganda>." in text
    [form] = letter.iter_attachments()
    assert form.get_filename() == f"{number}.pdf"
    assert form.get_content().startswith(b"%PDF-")
    found = re.search(r"https://care\.contoh\.ac\.id(/forwarding/(\S+))", text)
    assert found is not None
    assert found[2] not in caplog.text
    assert ADDRESS not in caplog.text
    assert happened(finance, number, "unit mailed") == [
        {"forwarding": 1, "unit": "Direktorat Keuangan", "kind": "asked"}
    ]
    assert "Mail: sent " in page(finance, number)
    unit = Browser(Starlette(routes=FormPage.of(finance.parts.settings, finance.db, finance.clock).routes()))
    answer = {"by": "Pak Tono", "findings": "Ganda.", "solution": "Dihapus."}
    assert unit.request("POST", found[1], data=answer).status_code == 303
    assert finance.find(number).status == "open"


@on_one_database
def test_a_ticket_in_english_is_told_of_in_english(finance: Center, mail: Mail, inbox: Inbox) -> None:
    number = forwarded(finance, language="en")
    post(finance, mail)
    [letter] = inbox.read
    assert letter["Subject"].strip() == f"Ticket {number}: please answer by Tuesday 24 November 2026, 10:00 (WIB)"
    assert words(letter).startswith("Dear Directorate of Finance,")


@on_one_database
@pytest.mark.parametrize("unit", ["perpustakaan", "Warung Bu Siti"])
def test_a_unit_without_an_address_gets_no_mail(finance: Center, mail: Mail, inbox: Inbox, unit: str) -> None:
    number = forwarded(finance, unit)
    post(finance, mail)
    assert inbox.mails == []
    assert "Remind by mail" not in page(finance, number)


def test_a_reminder_is_mailed_too(finance: Center, mail: Mail, inbox: Inbox) -> None:
    number = forwarded(finance)
    post(finance, mail)
    assert "Remind by mail" in page(finance, number)
    assert finance.browser("rina").step(number, "remind").status_code == 200
    post(finance, mail)
    asked, reminder = inbox.read
    assert reminder["Subject"] == f"Pengingat: tiket {number} menunggu jawaban Anda"
    assert "masih menunggu jawaban Anda paling lambat Selasa, 24 November 2026" in words(reminder)
    assert asked["Message-ID"] != reminder["Message-ID"]
    assert "Reminder: sent " in page(finance, number)


@on_one_database
def test_a_form_that_nobody_waits_for_any_more_is_not_sent(finance: Center, mail: Mail, inbox: Inbox) -> None:
    number = forwarded(finance)
    assert finance.browser("rina").step(number, "back", findings="Sudah jelas.").status_code == 200
    post(finance, mail)
    assert inbox.mails == []
    assert happened(finance, number, "unit not mailed") == []


def test_a_mail_that_is_refused_is_told_to_whoever_has_the_ticket_in_the_ticket_and_by_a_notice(
    finance: Center, mail: Mail, inbox: Inbox
) -> None:
    number = forwarded(finance)
    inbox.refuses = "550 no such user"
    post(finance, mail)
    shown = page(finance, number)
    assert "Mail: failed: the address was refused" in shown
    assert "The mail to the unit did not go out: the address was refused" in re.sub(r"<[^>]+>|\s+", " ", shown).replace(
        "  ", " "
    )
    with finance.db.read() as session:
        [(notice, ticket)] = notices.notices(session, "rina")
        assert (notice.kind, ticket.number) == ("unmailed", number)
        assert unit_mail.next_mail(session) is None
    assert "Unit could not be mailed" in finance.browser("rina").get("/console/notices").text


def test_a_server_that_is_away_is_asked_again_and_somebody_is_told_once_when_it_stays_away(
    finance: Center, mail: Mail, inbox: Inbox
) -> None:
    number = forwarded(finance)
    inbox.refuses = "451 later"
    for told in (0, 0, 1, 1):
        post(finance, mail)
        assert len(happened(finance, number, "unit not mailed")) == told
        assert "not sent yet (the address was refused), tried again" in page(finance, number)
        with finance.db.read() as session:
            upcoming = unit_mail.next_mail(session)
        assert upcoming is not None
        finance.clock.now = upcoming
    inbox.refuses = ""
    post(finance, mail)
    assert len(inbox.mails) == 1
    assert len(happened(finance, number, "unit mailed")) == 1


@on_one_database
def test_an_address_that_was_corrected_is_used_at_the_next_try(finance: Center, mail: Mail, inbox: Inbox) -> None:
    forwarded(finance)
    inbox.refuses = "451 later"
    post(finance, mail)
    inbox.refuses = ""
    names(finance, "biro.keuangan@contoh.ac.id")
    finance.clock.advance(minutes=1)
    post(finance, mail)
    assert [to for to, _ in inbox.mails] == [["biro.keuangan@contoh.ac.id"]]


@on_one_database
def test_an_address_that_was_taken_out_is_told_like_a_mail_that_failed(
    finance: Center, mail: Mail, inbox: Inbox
) -> None:
    number = forwarded(finance)
    names(finance, None)
    post(finance, mail)
    assert inbox.mails == []
    [told] = happened(finance, number, "unit not mailed")
    assert told["why"] == unit_mail.NO_ADDRESS


def test_of_two_processes_one_mails_and_one_that_died_is_stood_in_for(finance: Center) -> None:
    forwarded(finance)

    def claimed() -> int:
        with finance.db.write() as session:
            return len(unit_mail.claim(session, finance.parts.promise.profile, finance.clock(), 8))

    assert [claimed(), claimed()] == [1, 0]
    finance.clock.now += CLAIM - timedelta(seconds=1)
    assert claimed() == 0
    finance.clock.now += timedelta(seconds=1)
    assert claimed() == 1
