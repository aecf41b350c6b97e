"""What administrators look after in the console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot.channels.telegram.receive import CONFLICT
from bot.conversation import nightly
from bot.conversation.model import RetentionRun
from bot.conversation.refusals import Refusals
from bot.errors import TransportError
from bot.identity.model import AuditEvent, Person, StaffSession
from bot.web.routes import console_routes
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import WEB, Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

pytestmark = on_one_database
HOME = "/console/system"
FACTS: Mapping[str, Any] = {
    "ready": True, "database": "ok", "engine": {"ready": True, "workers": 2, "restarts": 7}, "inbox_waiting": 3,
    "outbox_waiting": 0, "files_waiting": 1,
}  # fmt: skip


class Around:
    """The application around the console; ``refuses``: what the channel says to a message."""

    def __init__(self, refuses: str | None = None) -> None:
        self.refuses, self.sent = refuses, list[tuple[str, str, str]]()
        self.refusals = Refusals()
        self.channels: Mapping[str, Any] = {}

    def facts(self) -> Mapping[str, Any]:
        return FACTS

    def try_channel(self, channel: str, address: str, text: str) -> None:
        if self.refuses:
            raise TransportError(self.refuses, permanent=True)
        self.sent.append((channel, address, text))


def within(center: Center, around: Around) -> Center:
    desk = replace(center.parts.desk, capabilities={"web": WEB, "telegram": WEB})
    center.parts = replace(center.parts, system=around, desk=desk)
    center.app.router.routes = Starlette(routes=console_routes(center.parts)).router.routes
    return center


def test_channels_engine_and_retention_are_told(center: Center) -> None:
    within(center, Around())
    number = center.ticket()
    center.delivered(center.answers(number, "Halo"), "failed", "the bot was blocked")
    page = center.browser("admin").get(HOME).text
    for told in (
        "Look at it",
        "the bot was blocked",
        "Telegram",
        "7",
        "3 messages in, 0 out, 1 files",
        "1825 d",
        "365 d",
    ):
        assert told in page


def test_why_a_webhook_was_refused_is_told_in_both_languages(center: Center) -> None:
    around = Around()
    admin = within(center, around).browser("admin")
    around.refusals = Refusals(center.clock)
    around.refusals.note("telegram", "wrong_secret_token")
    page = admin.get(HOME).text
    assert "Look at it" in page
    assert "Last refused call (" in page
    assert "SAPA_TELEGRAM_SECRET" in page
    assert "Panggilan terakhir yang ditolak (" in center.browser("admin", "id").get(HOME).text


def test_why_nothing_comes_in_is_told_in_both_languages(center: Center) -> None:
    around = Around()
    admin = within(center, around).browser("admin")
    assert "In trouble" not in admin.get(HOME).text
    around.channels = {"telegram": SimpleNamespace(last_error=CONFLICT)}
    page = admin.get(HOME).text
    assert "In trouble" in page
    assert "Cannot receive messages: another process receives with the same token" in page
    assert "Tidak dapat menerima pesan: proses lain menerima" in center.browser("admin", "id").get(HOME).text


def test_a_test_message_is_sent_and_what_the_channel_says_is_told(center: Center) -> None:
    around = Around()
    admin = within(center, around).browser("admin")
    address = f"{HOME}/channels/telegram"
    assert "The channel took the test message." in admin.post(address, address="777").text
    assert [(channel, to) for channel, to, _ in around.sent] == [("telegram", "777")]
    around.refuses = "chat not found"
    answer = admin.post(address, address="778")
    assert answer.status_code == 422
    assert "The channel refused the test message: chat not found" in answer.text
    assert admin.post(address, address=" ").status_code == 422
    assert admin.post(f"{HOME}/channels/web", address="x").status_code == 404
    with center.db.read() as session:
        assert [each.about for each in session.scalars(select(AuditEvent)) if each.kind == "channel tried"] == [
            "channel telegram"
        ]


def test_somebody_is_signed_out_from_afar(center: Center) -> None:
    rina, admin = center.browser("rina"), center.browser("admin")
    assert "Rina Mulyani" in admin.get(HOME).text
    with center.db.read() as session:
        session_id = session.scalars(select(StaffSession.id).order_by(StaffSession.id)).first()
    assert admin.post(f"{HOME}/sessions/{session_id}/end").status_code == 303
    assert rina.get("/console").status_code == 303


def test_a_person_is_erased_when_that_is_confirmed(center: Center) -> None:
    number = center.ticket("Budi Santoso", "UKT dobel", category="keuangan")
    person = center.find(number).person_id
    admin = center.browser("admin")
    address = f"/console/people/{person}/erase"
    refused = admin.post(address, word="yes").text
    assert "The word of confirmation is not right. Nothing was erased." in refused
    assert re.search(r'<dialog id="erase"[^>]*data-again', refused)
    assert "A ticket is still open" in admin.post(address, word="ERASE").text
    rina = center.browser("rina")
    rina.step(number, "close", category="keuangan", solution="Sudah.", record="Lewat chat.")
    assert center.find(number).status == "closed"
    assert rina.post(address, word="ERASE").status_code == 404
    assert admin.post(address, word="erase ").status_code == 303
    with center.db.read() as session:
        assert session.get_one(Person, person).name is None
    assert center.find(number).subject == "erased"
    assert "UKT dobel" not in admin.get(f"/console/tickets/{number}").text


def test_what_goes_next_and_what_went_last_is_told(center: Center) -> None:
    within(center, Around())
    center.ticket()
    rina = center.browser("rina")
    rina.step(center.ticket("Sari"), "close", category="keuangan", solution="Sudah.", record="Lewat chat.")
    center.clock.advance(days=1800)
    told = center.browser("admin").get(HOME).text
    assert re.search(r"Erased [^<]*02:00</dt><dd>0 people, 0 files", told)
    assert "Within 30 days</dt><dd>1 people, 0 files" in told
    assert "Last erased" not in told
    with center.db.write() as session:
        run = nightly.begin(session, "system", center.clock())
        session.get_one(RetentionRun, run).people = 7
    assert re.search(r"Being erased since [^<]*</dt><dd>7 people, 0 files", center.browser("admin").get(HOME).text)
    with center.db.write() as session:
        nightly.finish(session, run, center.clock())
    assert re.search(r"Last erased [^<]*</dt><dd>7 people", center.browser("admin").get(HOME).text)


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_the_system_is_fit_for_everybody_and_every_screen(
    center: Center, somebody: Open, theme: str
) -> None:
    within(center, Around())
    center.delivered(center.answers(center.ticket(), "Halo"), "failed", "the bot was blocked " * 20)
    page = somebody("admin", HOME, DESKTOP, theme)
    axe(page)
    page.set_viewport_size(PHONE)
    fits(page)
