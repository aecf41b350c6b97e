"""The page by which a unit answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets import forwarding, links
from bot.tickets.model import Forwarding, Ticket
from bot.tickets.service import open_ticket
from bot.tickets.working import take_back
from bot.web.forwarding import MAX_BODY, FormPage
from tests.conftest import FakeClock
from tests.tickets.conftest import JAKARTA, a_chat

HOSTILE = "<script>alert(1)</script> & $number {x} \"'"
REPLY = {"by": "Pak Tono", "findings": "Switch rusak", "solution": "Diganti"}


class Client:
    """A browser without cookies; it follows redirects."""

    def __init__(self, app: Starlette) -> None:
        self.app = app

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self._ask("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self._ask("POST", path, **given)

    def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://care.test", follow_redirects=True
            ) as client:
                return await client.request(method, path, **given)

        return asyncio.run(go())


class Sent:
    """A form that was sent, and the page over it."""

    def __init__(self, db: Database, clock: FakeClock, data_dir: Path) -> None:
        self.db, self.clock, self.key = db, clock, links.link_key(data_dir)
        chat = a_chat(db, clock, "budi")
        with db.write() as session:
            ticket = open_ticket(
                session, conversation_id=chat.conversation_id, person_id=chat.person_id, inbox_id=None, channel="web",
                subject=HOSTILE, summary=HOSTILE, category=None, kind="complaint", identity="proven", language="id",
                now=clock(), due_at=clock(), zone=JAKARTA,
            )  # fmt: skip
            due = clock() + timedelta(hours=8)
            self.form = forwarding.send(session, ticket, "Biro TI", HOSTILE, due, "rina", clock()).id
        page = FormPage(db, clock, data_dir, JAKARTA, "Universitas Contoh")
        self.client = Client(Starlette(routes=page.routes()))

    @property
    def path(self) -> str:
        return f"/forwarding/{links.sign(self.key, self.form, self.clock.now + timedelta(days=14))}"

    def ticket(self) -> Ticket:
        with self.db.read() as session:
            return session.get_one(Ticket, session.get_one(Forwarding, self.form).ticket_id)

    def change(self, what: Callable[[Session, Ticket], None]) -> None:
        with self.db.write() as session:
            what(session, session.get_one(Ticket, self.ticket().id))


@pytest.fixture
def sent(db: Database, clock: FakeClock, tmp_path: Path) -> Sent:
    return Sent(db, clock, tmp_path)


def test_the_form_tells_what_is_asked_and_runs_nothing(sent: Sent) -> None:
    page = sent.client.get(sent.path)
    assert page.status_code == 200
    assert "CC-2026-000001" in page.text
    assert "Senin, 23 November 2026 18:00 WIB" in page.text
    assert "<script" not in page.text
    assert page.text.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; $number {x}") == 3
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("no-referrer", "no-store")


def test_the_form_is_that_of_the_tickets_procedure(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    text = shipped("unej").read_text(encoding="utf-8").replace("en: Answer}", "en: Answer <b>}")
    with db.write() as session:
        put_into_use(session, "unej", text, JAKARTA, "admin", clock())
    sent = Sent(db, clock, tmp_path)
    page = sent.client.get(sent.path + "?lang=en").text
    assert "<h1>Question document</h1>" in page
    assert '<label for="solution">Answer &lt;b&gt;</label>' in page
    assert 'name="findings"' not in page
    assert (
        "We have the answer" in sent.client.post(sent.path + "?lang=en", data={"by": "Tono", "solution": "Sabtu"}).text
    )


@pytest.mark.parametrize(
    ("query", "header", "title"),
    [
        ("", "id", "Formulir penerusan tiket"),
        ("", "en-GB,en;q=0.8", "Ticket forwarding form"),
        ("?lang=en", "id", "Ticket forwarding form"),
        ("?lang=id", "en", "Formulir penerusan tiket"),
    ],
)
def test_the_page_speaks_both_languages(sent: Sent, query: str, header: str, title: str) -> None:
    assert title in sent.client.get(sent.path + query, headers={"accept-language": header}).text


def test_the_answer_comes_into_the_ticket_once(sent: Sent) -> None:
    answered = sent.client.post(sent.path, data=REPLY)
    assert answered.status_code == 200
    assert "sudah kami terima" in answered.text
    assert sent.ticket().status == "open"
    with sent.db.read() as session:
        form = session.get_one(Forwarding, sent.form)
        assert (form.answered_by, form.findings, form.solution) == ("Pak Tono", "Switch rusak", "Diganti")
    again = sent.client.post(sent.path, data={**REPLY, "findings": "Lain"})
    assert "sudah kami terima" in again.text
    with sent.db.read() as session:
        assert session.get_one(Forwarding, sent.form).findings == "Switch rusak"
    assert "<form" not in sent.client.get(sent.path).text


def test_what_is_missing_is_told_and_nothing_typed_is_lost(sent: Sent) -> None:
    page = sent.client.post(sent.path, data={**REPLY, "findings": f"a {HOSTILE}", "solution": " "})
    assert page.status_code == 422
    assert "wajib diisi" in page.text
    assert "a &lt;script&gt;" in page.text
    assert sent.ticket().status == "forwarded"


def test_an_endless_body_is_not_read_to_its_end(sent: Sent) -> None:
    assert sent.client.post(sent.path, data={**REPLY, "findings": "x" * MAX_BODY}).status_code == 413
    assert sent.client.post(sent.path, content=b"\xff\xfe&by=%ff").status_code == 422


def test_a_link_that_is_over_changed_or_not_needed_any_more_says_so(sent: Sent, clock: FakeClock) -> None:
    path = sent.path
    for wrong in ("/forwarding/1.2.x", path[:-1] + ("A" if path[-1] != "A" else "B"), "/forwarding/%00"):
        assert sent.client.get(wrong).status_code == 404
        assert sent.client.post(wrong, data=REPLY).status_code == 404
    sent.change(lambda session, ticket: take_back(session, ticket, "", "rina", clock()))
    assert sent.client.get(path).status_code == 410
    assert sent.client.post(path, data=REPLY).status_code == 410
    clock.advance(days=15)
    assert "sudah lewat" in sent.client.get(path).text
    assert sent.client.post(path, data=REPLY).status_code == 410
