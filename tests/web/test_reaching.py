"""Staff are told by mail and on Telegram, against a real mail server of our own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from bot.config import load
from bot.errors import TransportError
from bot.identity import contacts
from bot.mail import Mail, mail_server, send_mail
from bot.reports.telling import propose
from bot.storage.database import Database
from bot.storage.tries import CLAIM, PAUSES
from bot.tickets import notes
from bot.tickets.model import StaffDelivery
from bot.tickets.notices import claim, next_delivery
from bot.web.reaching import Reacher
from tests.conftest import FakeClock
from tests.conversation.conftest import FakeChannel
from tests.sops.stage import Stage, at
from tests.web.mailbox import Inbox, serving, words


@pytest.fixture
def stage(db: Database, clock: FakeClock) -> Stage:
    clock.now = at("2026-11-26 10:00")
    return Stage(db, clock, "unej")


def reacher(stage: Stage, mail: Mail | None, telegram: FakeChannel) -> Reacher:
    settings = replace(load({"SAPA_PUBLIC_URL": "https://care.contoh.ac.id"}), mail=mail)
    channels: dict[str, Any] = {"telegram": telegram}
    return Reacher(stage.db, stage.clock, settings, stage.promise, channels)


def reach(stage: Stage, username: str, way: str, address: str, language: str = "id") -> None:
    with stage.db.write() as session:
        contacts.reach(session, username, way, address, language)


def waiting(stage: Stage) -> int:
    with stage.db.read() as session:
        return session.query(StaffDelivery).count()


def test_an_escalation_reaches_who_has_to_act_where_he_wants_to_be_told(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id", "en")
    reach(stage, "sri", "telegram", "4711")
    number = stage.opens()
    stage.until("2026-11-26 10:05")
    asyncio.run(reacher(stage, mail, telegram)._once())
    [(to, text)] = inbox.mails
    assert to == ["sri@contoh.ac.id"]
    assert f"Subject: Escalated: {number}" in text
    assert f"https://care.contoh.ac.id/console/tickets/{number}" in text
    assert "From: care@contoh.ac.id" in text
    [(address, message)] = telegram.sent
    assert address == "4711"
    assert message.text.startswith(f"Eskalasi: {number}\nStaf Humas")
    # What the person wrote stays in the console.
    assert "UKT" not in text + message.text
    assert waiting(stage) == 0


def test_a_mention_reaches_who_is_meant_without_the_note(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(stage, "sri", "telegram", "4711", "en")
    number = stage.opens()
    stage.does(number, notes.add_note, "@sri UKT Budi belum masuk")
    asyncio.run(reacher(stage, mail, telegram)._once())
    [(_, message)] = telegram.sent
    where = f"https://care.contoh.ac.id/console/tickets/{number}"
    assert message.text == f"You were mentioned in a note: {number}\n{where}"


def test_a_proposed_corrective_action_reaches_whoever_owns_it(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")
    number = stage.opens()
    with stage.db.write() as session:
        told = propose(session, stage.promise.profile, {"keuangan": [number] * 3}, date(2026, 11, 1), stage.clock())
    assert told == ["keuangan"]
    asyncio.run(reacher(stage, mail, telegram)._once())
    [letter] = inbox.read
    assert letter["Subject"] == "PTPP diusulkan: Keuangan"
    assert "sedikitnya 3 tiket November 2026 melewati tenggatnya" in words(letter)
    assert "https://care.contoh.ac.id/console/ptpp?month=2026-11" in words(letter)


def test_whoever_named_no_address_is_told_in_the_console_alone(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")
    reach(stage, "sri", "email", "")
    stage.opens()
    stage.until("2026-11-26 10:05")
    asyncio.run(reacher(stage, mail, telegram)._once())
    assert stage.told("escalated")
    assert inbox.mails == []


def test_it_is_woken_by_what_is_told_and_does_not_wait_for_the_sweep(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")

    async def told() -> None:
        task = asyncio.create_task(reacher(stage, mail, telegram).run())
        await asyncio.sleep(0.2)
        await asyncio.to_thread(stage.opens)
        await asyncio.to_thread(stage.until, "2026-11-26 10:05")
        async with asyncio.timeout(10):
            while not inbox.mails:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(told())
    assert len(inbox.mails) == 1


def test_a_server_that_is_busy_is_asked_again_later_and_not_for_ever(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel, caplog: pytest.LogCaptureFixture
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")
    stage.opens()
    stage.until("2026-11-26 10:05")
    inbox.refuses = "451 later"
    told = reacher(stage, mail, telegram)
    for pause in PAUSES:
        asyncio.run(told._once())
        with stage.db.read() as session:
            assert next_delivery(session) == stage.clock() + pause
        stage.clock.now += pause
    asyncio.run(told._once())
    assert waiting(stage) == 0
    assert "sri@contoh.ac.id" not in caplog.text
    assert "did not go out by email" in caplog.text


def test_what_came_after_a_failure_arrives_at_the_next_try(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")
    stage.opens()
    stage.until("2026-11-26 10:05")
    inbox.refuses = "451 later"
    told = reacher(stage, mail, telegram)
    asyncio.run(told._once())
    inbox.refuses = ""
    stage.clock.now += PAUSES[0]
    asyncio.run(told._once())
    assert [to for to, _ in inbox.mails] == [["sri@contoh.ac.id"]]


@pytest.mark.parametrize("switched_off", [True, False])
def test_an_address_that_is_refused_is_not_tried_again(
    stage: Stage, mail: Mail, inbox: Inbox, telegram: FakeChannel, switched_off: bool
) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")
    stage.opens()
    stage.until("2026-11-26 10:05")
    inbox.refuses = "550 no such user"
    asyncio.run(reacher(stage, None if switched_off else mail, telegram)._once())
    assert waiting(stage) == 0


def test_of_two_processes_one_tells_and_one_that_died_is_stood_in_for(stage: Stage, clock: FakeClock) -> None:
    reach(stage, "sri", "email", "sri@contoh.ac.id")
    stage.opens()
    stage.until("2026-11-26 10:05")

    def claimed() -> int:
        with stage.db.write() as session:
            return len(claim(session, clock(), 8))

    assert [claimed(), claimed()] == [1, 0]
    clock.now += CLAIM - timedelta(seconds=1)
    assert claimed() == 0
    clock.now += timedelta(seconds=1)
    assert claimed() == 1


def test_a_mail_cannot_be_given_headers_by_what_is_in_it(mail: Mail, inbox: Inbox) -> None:
    with pytest.raises((ValueError, TransportError)):
        send_mail(mail, "sri@contoh.ac.id\nBcc: x@evil.example", "Eskalasi", "…")
    with pytest.raises(ValueError, match="Header values"):
        send_mail(mail, "sri@contoh.ac.id", "Eskalasi\r\nBcc: x@evil.example", "…")
    assert inbox.mails == []


def test_a_server_that_wants_a_login_gets_it(inbox: Inbox) -> None:
    seen: list[LoginPassword] = []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _way: str, data: LoginPassword) -> AuthResult:
        seen.append(data)
        return AuthResult(success=data.password == b"rahasia", handled=False)

    with serving(inbox, authenticator=authenticate, auth_require_tls=False) as port:
        mail = replace(mail_server(f"smtp+plain://sapa:rahasia@127.0.0.1:{port}"), sender="care@contoh.ac.id")
        send_mail(mail, "sri@contoh.ac.id", "Eskalasi", "Ada tiket.")
        with pytest.raises(TransportError) as wrong:
            send_mail(replace(mail, password="salah"), "sri@contoh.ac.id", "Eskalasi", "…")
        assert (wrong.value.permanent, wrong.value.reason) == (False, "the mail server answered 535")
    assert {data.login for data in seen} == {b"sapa"}
    assert len(inbox.mails) == 1


def test_a_server_that_is_not_there_is_no_reason_to_give_up() -> None:
    with pytest.raises(TransportError) as fault:
        send_mail(Mail("127.0.0.1", 1, "none", None, None, "a@b.id"), "sri@contoh.ac.id", "x", "y")
    assert not fault.value.permanent
    assert "sri" not in fault.value.reason
