"""The page by which a unit answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.conversation import enclosing
from bot.conversation.erasing import erase
from bot.conversation.keeping import carry_out, due
from bot.conversation.nightly import begin
from bot.identity.model import Person
from bot.procedures.rules import Retention
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets import forwarding, links
from bot.tickets.model import Forwarding, Ticket
from bot.tickets.service import open_ticket
from bot.tickets.working import take_back, withdraw
from bot.web.forwarding import MAX_BODY, FormPage
from bot.web.talk import Happened, talk
from tests.conftest import FakeClock
from tests.conversation.test_enclosing import PDF, PNG
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
        page = FormPage(db, clock, data_dir, JAKARTA, "Universitas Contoh", 50_000)
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


def with_files(sent: Sent, *files: tuple[str, bytes], **given: str) -> httpx.Response:
    path = sent.path + "?lang=en"
    return sent.client.post(path, data={**REPLY, **given}, files=[("file", file) for file in files or [("", b"")]])


def on_disk(data_dir: Path) -> list[bytes]:
    return sorted(each.read_bytes() for each in (data_dir / "files").rglob("*") if each.is_file())


def test_files_come_back_with_the_answer(sent: Sent, tmp_path: Path) -> None:
    assert 'enctype="multipart/form-data"' in sent.client.get(sent.path).text
    answer = with_files(sent, ("hasil <b>.pdf", PDF), ("foto.png", PNG))
    assert (answer.status_code, "We have the answer" in answer.text) == (200, True)
    with sent.db.read() as session:
        form = session.get_one(Forwarding, sent.form)
        files = enclosing.of(form.enclosed)
        assert (form.findings, [file.filename for file in files]) == ("Switch rusak", ["hasil <b>.pdf", "foto.png"])
        told, _ = talk(session, session.get_one(Ticket, form.ticket_id), {})
    [back] = [each for each in told if isinstance(each, Happened) and each.kind == "taken back"]
    assert [(file.name, file.address) for file in back.files] == [
        ("hasil <b>.pdf", f"/console/forwarding/{sent.form}/files/0"),
        ("foto.png", f"/console/forwarding/{sent.form}/files/1"),
    ]
    assert on_disk(tmp_path) == sorted([PDF, PNG])


def test_an_answer_without_files_is_one(sent: Sent) -> None:
    assert "We have the answer" in with_files(sent).text
    with sent.db.read() as session:
        assert enclosing.of(session.get_one(Forwarding, sent.form).enclosed) == []


@pytest.mark.parametrize(
    ("files", "given", "told"),
    [
        ([("besar.pdf", PDF + bytes(50_000))], {}, "besar.pdf is larger than 0.05 MB"),
        ([("a.pdf", PDF), ("halaman.html", b"<html><script>")], {}, "halaman.html cannot be sent"),
        ([(f"{n}.pdf", PDF) for n in range(6)], {}, "At most 5 files"),
        ([("a.pdf", PDF)], {"solution": " "}, "The answer was not sent yet"),
    ],
)
def test_files_that_are_not_taken_leave_the_form_as_it_was_typed(
    sent: Sent, tmp_path: Path, files: list[tuple[str, bytes]], given: dict[str, str], told: str
) -> None:
    page = with_files(sent, *files, **given)
    assert (page.status_code, told in page.text, "Please choose the files again." in page.text) == (422, True, True)
    assert "Switch rusak" in page.text
    assert sent.ticket().status == "forwarded"
    assert on_disk(tmp_path) == []


def test_no_more_is_read_than_may_come_and_nothing_without_a_form_that_waits(
    sent: Sent, clock: FakeClock, tmp_path: Path
) -> None:
    assert with_files(sent, ("besar.pdf", PDF + bytes(5 * 50_000 + MAX_BODY))).status_code == 413
    sent.change(lambda session, ticket: take_back(session, ticket, "", "rina", clock()))
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(1000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert sent.client.post(sent.path, content=endless(), headers=headers).status_code == 410
    assert read <= 1
    assert on_disk(tmp_path) == []


def test_its_files_go_when_the_person_is_erased_or_they_are_too_old(
    sent: Sent, clock: FakeClock, tmp_path: Path
) -> None:
    with_files(sent, ("hasil.pdf", PDF))
    sent.change(lambda session, ticket: withdraw(session, ticket, "rina", clock()))
    rule = Retention(conversations=timedelta(days=900), files=timedelta(days=30))
    clock.advance(days=30)
    with sent.db.write() as session:
        assert due(session, rule, clock()).files == 1
        run = begin(session, "system", clock())
    list(carry_out(sent.db, tmp_path, rule, run, "system", clock()))
    assert on_disk(tmp_path) == []
    with sent.db.write() as session:
        form = session.get_one(Forwarding, sent.form)
        assert (enclosing.of(form.enclosed), enclosing.removed(form.enclosed)) == ([], ["hasil.pdf"])
        assert due(session, rule, clock()).files == 0
        form.enclosed = {"files": [{"path": "files/x", "filename": "hasil.pdf", "media_type": "-", "size": 1}]}
        session.flush()
        person = session.get_one(Person, session.get_one(Ticket, form.ticket_id).person_id)
        assert erase(session, person, "admin", clock()) == ["files/x"]
        session.refresh(form)
        assert form.enclosed is None


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
