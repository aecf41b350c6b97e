"""What the API changes, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.conversation.model import Conversation, OutboxMessage
from bot.identity import audit
from bot.identity.tokens import SCOPES
from bot.knowledge.store import import_templates
from bot.tickets.model import TicketEvent
from bot.tickets.service import by_number, history
from bot.web.api.model import ApiAnswer
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import PDF, PNG
from tests.knowledge.sample import CAMPUS
from tests.web.api.program import Program, refusal
from tests.web.desk import Center

CLOSING = {"category": "keuangan", "solution": "Tagihan diperbaiki.", "record": "Dicek dengan Biro Keuangan."}


def events(center: Center, number: str) -> list[tuple[str, str]]:
    with center.db.read() as session:
        return [(event.kind, event.actor) for event in history(session, by_number(session, number))]


def count(center: Center, kind: str) -> int:
    with center.db.read() as session:
        return len(session.scalars(select(TicketEvent).where(TicketEvent.kind == kind)).all())


def test_a_ticket_is_worked_to_its_end_and_all_of_it_is_written_down(center: Center, portal: Program) -> None:
    number = center.ticket()
    assert portal.post(f"/tickets/{number}/take").json()["assignee"] == "sri"
    sorted_ = portal.call("PATCH", f"/tickets/{number}", json={"priority": "high", "tags": ["UKT", "ukt", "telat"]})
    assert (sorted_.json()["priority"], sorted_.json()["tags"]) == ("high", ["telat", "ukt"])
    replied = portal.post(f"/tickets/{number}/replies", text="Kami periksa dulu.", wait=True)
    assert (replied.status_code, replied.json()["status"]) == (201, "waiting")
    assert portal.post(f"/tickets/{number}/take-back", findings="").json()["status"] == "open"
    assert portal.post(f"/tickets/{number}/notes", text="@rina lihat ini").status_code == 201
    forwarded = portal.post(f"/tickets/{number}/forward", unit="Biro Keuangan", asked="Sudah dibayar?")
    assert (forwarded.json()["status"], forwarded.json()["unit"]) == ("forwarded", "Biro Keuangan")
    closed = portal.post(f"/tickets/{number}/close", **CLOSING).json()
    assert (closed["status"], closed["solution"]) == ("closed", CLOSING["solution"])
    assert portal.post(f"/tickets/{number}/record", record="Arsip lengkap.").status_code == 200
    kinds = [kind for kind, actor in events(center, number) if actor == "sri"]
    for kind in ("assigned", "priority changed", "tagged", "message", "waiting", "taken back", "noted", "forwarded",
                 "categorised", "resolved", "recorded", "closed"):  # fmt: skip
        assert kind in kinds, kind
    with center.db.read() as session:
        said = session.scalars(select(OutboxMessage).where(OutboxMessage.author == "sri")).one()
        assert said.text == "Kami periksa dulu."
    assert center.happened


def test_what_arrived_by_phone_becomes_a_ticket(center: Center, portal: Program) -> None:
    given = {"channel": "phone", "text": "Ukt saya salah", "name": "Budi Santoso", "phone": "0812-3456-7890"}
    answer = portal.post("/tickets", **given)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["channel"], made["identity"]) == ("new", "phone", "guest")
    assert events(center, made["number"])[0] == ("opened", "sri")
    person = portal.get(f"/people/{made['person_id']}").json()
    assert (person["name"], person["handles"][0]["address"]) == ("Budi Santoso", "6281234567890")
    assert refusal(portal.post("/tickets", channel="pigeon", text="x")) == (409, "not-allowed")


def test_the_rules_are_the_consoles(center: Center) -> None:
    number = center.ticket()
    rina, dewi, sri = (Program(center, who) for who in ("rina", "dewi", "sri"))
    assert rina.post(f"/tickets/{number}/take").status_code == 200
    for step, given in (
        ("take", {}), ("replies", {"text": "x"}), ("wait", {}), ("assign", {"to": "dewi"}), ("close", CLOSING),
    ):  # fmt: skip
        assert refusal(dewi.post(f"/tickets/{number}/{step}", **given)) == (409, "not-allowed"), step
    assert sri.post(f"/tickets/{number}/assign", to="dewi").json()["assignee"] == "dewi"
    with center.db.read() as session:
        conversation = session.get_one(Conversation, by_number(session, number).conversation_id)
        assert conversation.in_charge == "dewi"
    assert dewi.post(f"/tickets/{number}/release").json()["assignee"] is None
    assert refusal(dewi.post(f"/tickets/{number}/close")) == (409, "not-allowed")
    assert refusal(dewi.post("/tickets/CC-2026-999999/take")) == (404, "not-found")
    assert refusal(dewi.post(f"/tickets/{number}/assign", to="nobody")) == (409, "not-allowed")


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(center: Center, portal: Program) -> None:
    number = center.ticket()
    seen = portal.get(f"/tickets/{number}").json()["version"]
    portal.call("PATCH", f"/tickets/{number}", json={"priority": "urgent"})
    stale = portal.call("PATCH", f"/tickets/{number}", json={"priority": "high", "version": seen})
    assert refusal(stale) == (409, "changed")
    assert "priority changed" in stale.json()["detail"]
    assert refusal(portal.post(f"/tickets/{number}/assign", to="rina", version=seen)) == (409, "changed")
    assert portal.get(f"/tickets/{number}").json()["priority"] == "urgent"


def test_an_ended_ticket_is_opened_again(center: Center, portal: Program) -> None:
    number = center.ticket()
    portal.post(f"/tickets/{number}/close", **CLOSING)
    again = portal.post(f"/tickets/{number}/reopen").json()
    assert again["status"] in ("open", "new")


@pytest.mark.parametrize(
    ("step", "given", "where"),
    [
        ("replies", {}, "body.text"),
        ("replies", {"text": ""}, "body.text"),
        ("replies", {"text": "x", "extra": 1}, "body.extra"),
        ("replies", {"text": "x" * 20_001}, "body.text"),
        ("assign", {"to": "Rina Mulyani"}, "body.to"),
    ],
)
@on_one_database
def test_what_is_wrong_with_a_body_is_named_and_nothing_is_done(
    center: Center, portal: Program, step: str, given: dict[str, Any], where: str
) -> None:
    number = center.ticket()
    before = events(center, number)
    answer = portal.post(f"/tickets/{number}/{step}", **given)
    assert refusal(answer) == (422, "invalid")
    assert where in [error["where"] for error in answer.json()["errors"]]
    assert events(center, number) == before


@on_one_database
def test_a_body_that_is_no_json_is_told_so(center: Center, portal: Program) -> None:
    number = center.ticket()
    for content, kind in (
        (b"{", "application/json"),
        (b'{"text":"\\ud800"}', "application/json"),
        (b"x", "text/plain"),
    ):
        answer = portal.call("POST", f"/tickets/{number}/notes", content=content, headers={"Content-Type": kind})
        assert refusal(answer) == (422, "invalid"), content


def test_a_request_that_is_sent_again_is_answered_alike_and_done_once(center: Center, portal: Program) -> None:
    number = center.ticket()
    first = portal.post(f"/tickets/{number}/notes", key="note-1", text="sekali saja")
    again = portal.post(f"/tickets/{number}/notes", key="note-1", text="sekali saja")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert count(center, "noted") == 1
    assert portal.post(f"/tickets/{number}/notes", key="note-2", text="sekali saja").status_code == 201
    assert count(center, "noted") == 2


def test_a_key_belongs_to_one_request_of_one_token(center: Center, portal: Program) -> None:
    number, other = center.ticket(), center.ticket()
    portal.post(f"/tickets/{number}/notes", key="a", text="satu")
    assert refusal(portal.post(f"/tickets/{number}/notes", key="a", text="dua")) == (422, "key-reused")
    assert refusal(portal.post(f"/tickets/{other}/notes", key="a", text="satu")) == (422, "key-reused")
    assert Program(center, "rina").post(f"/tickets/{number}/notes", key="a", text="tiga").status_code == 201
    assert count(center, "noted") == 2
    assert refusal(portal.post(f"/tickets/{number}/notes", key="ä b".encode().hex() * 99, text="x")) == (422, "invalid")


def test_what_was_refused_is_looked_at_anew(center: Center, portal: Program) -> None:
    number = center.ticket()
    rina = Program(center, "rina")
    rina.post(f"/tickets/{number}/take")
    assert refusal(portal.post(f"/tickets/{number}/take", key="k")) == (409, "not-allowed")
    rina.post(f"/tickets/{number}/release")
    assert portal.post(f"/tickets/{number}/take", key="k").json()["assignee"] == "sri"


def test_an_answer_is_kept_for_a_day(center: Center, portal: Program) -> None:
    number = center.ticket()
    portal.post(f"/tickets/{number}/notes", key="k", text="x")
    center.clock.advance(hours=23, minutes=59)
    portal.post(f"/tickets/{number}/notes", key="k", text="x")
    assert count(center, "noted") == 1
    center.clock.advance(minutes=1)
    portal.post(f"/tickets/{number}/notes", key="k", text="x")
    assert count(center, "noted") == 2
    with center.db.read() as session:
        assert len(session.scalars(select(ApiAnswer)).all()) == 1


def test_of_many_that_send_the_same_at_once_one_does_it_and_all_get_its_answer(center: Center) -> None:
    number = center.ticket()
    portal = Program(center, "sri", SCOPES)
    together = Barrier(6)

    def send(_: int) -> tuple[int, bytes]:
        together.wait()
        answer = portal.post(f"/tickets/{number}/notes", key="k", text="sekali saja")
        return answer.status_code, answer.content

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(send, range(6)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert count(center, "noted") == 1


def test_a_template_is_written_handed_in_given_back_and_taken_out(center: Center, portal: Program) -> None:
    with center.db.write() as session:
        import_templates(session, CAMPUS, center.clock())
    at = "/knowledge/templates/yudisium-jadwal"
    draft = {
        "category": "akademik", "owner": "Direktorat Akademik", "source": "SK 12/2026", "number": 0,
        "words": {"id": {"title": "Jadwal yudisium", "questions": ["Kapan yudisium?"], "answer": "Bulan April."}},
    }  # fmt: skip
    made = portal.call("PUT", f"{at}/draft", json=draft)
    assert made.status_code == 200, made.text
    assert made.json()["open"]["state"] == "draft"
    assert made.json()["open"]["words"]["id"]["answer"] == "Bulan April."
    assert refusal(portal.call("PUT", f"{at}/draft", json=draft)) == (409, "changed")
    assert portal.post(f"{at}/submit").json()["open"]["state"] == "review"
    assert portal.post(f"{at}/return", reason="Sebut tanggalnya.").json()["open"]["state"] == "draft"
    faulty = draft | {"number": 1, "words": {"id": {"title": "", "questions": [], "answer": ""}}}
    assert portal.call("PUT", f"{at}/draft", json=faulty).status_code == 200
    refused = portal.post(f"{at}/submit")
    assert refusal(refused) == (422, "invalid")
    assert refused.json()["errors"]
    assert portal.post(f"{at}/archive").status_code == 200
    assert refusal(portal.get(at)) == (404, "not-found")
    assert refusal(portal.post(f"{at}/submit")) == (404, "not-found")
    live = CAMPUS.templates[0].id
    assert portal.post(f"/knowledge/templates/{live}/archive").json()["published"]["state"] == "published"
    assert refusal(portal.get(f"/knowledge/templates/{live}")) == (404, "not-found")


def test_a_person_is_blocked_and_answered_again(center: Center, portal: Program) -> None:
    number = center.ticket()
    key = portal.get(f"/tickets/{number}").json()["person_id"]
    assert refusal(portal.post(f"/people/{key}/block", reason=" ")) == (409, "not-allowed")
    assert portal.post(f"/people/{key}/block", reason="Menghina petugas").json()["blocked_at"] == "2026-11-23T03:00:00Z"
    assert portal.post(f"/people/{key}/unblock").json()["blocked_at"] is None
    assert refusal(portal.post("/people/999/unblock")) == (404, "not-found")
    with center.db.read() as session:
        told = [(event.actor, event.kind) for event in audit.of(session, audit.about_person(key))]
        assert told == [("sri", "person unblocked"), ("sri", "person blocked")]


def attaches(portal: Program, number: str, name: str, content: bytes, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return portal.call("POST", f"/tickets/{number}/files", params={"name": name}, content=content, headers=headers)


def on_disk(center: Center) -> int:
    return len([each for each in (center.parts.settings.data_dir / "files").rglob("*") if each.is_file()])


def test_files_are_added_to_what_was_entered_once(center: Center, portal: Program) -> None:
    number = portal.post("/tickets", channel="letter", text="Mohon keringanan").json()["number"]
    for _ in range(2):
        assert attaches(portal, number, "surat.pdf", PDF, key="a").status_code == 201
    assert refusal(attaches(portal, number, "lain.pdf", PDF, key="a")) == (422, "key-reused")
    assert attaches(portal, number, "foto.png", PNG).json()["number"] == number
    talk = portal.get(f"/tickets/{number}").json()["conversation_id"]
    [message] = portal.get(f"/conversations/{talk}/messages").json()["items"]
    assert [(each["name"], each["media_type"], each["status"]) for each in message["files"]] == [
        ("surat.pdf", "application/pdf", "stored"),
        ("foto.png", "image/png", "stored"),
    ]
    assert [kind for kind, _ in events(center, number)].count("attached") == 2
    assert on_disk(center) == 2


def test_a_file_that_is_not_taken_is_not_kept(center: Center, portal: Program) -> None:
    number = portal.post("/tickets", channel="letter", text="Mohon keringanan").json()["number"]
    written = center.ticket()
    assert refusal(attaches(portal, number, "halaman.html", b"<html><script>")) == (409, "not-allowed")
    assert refusal(attaches(portal, number, "kosong.pdf", b"")) == (409, "not-allowed")
    assert refusal(attaches(portal, "CC-2026-999999", "surat.pdf", PDF)) == (404, "not-found")
    refused = attaches(portal, written, "surat.pdf", PDF)
    assert refusal(refused) == (409, "not-allowed")
    assert "was not entered by hand" in refused.json()["detail"]
    limit = center.parts.settings.max_attachment
    assert refusal(attaches(portal, number, "besar.pdf", PDF + bytes(limit)))[0] == 413
    assert refusal(portal.call("POST", "/tickets", content=bytes(2_000_000)))[0] == 413, "other bodies stay small"
    assert on_disk(center) == 0


def test_at_most_five_files_are_added(center: Center, portal: Program) -> None:
    number = portal.post("/tickets", channel="letter", text="Mohon keringanan").json()["number"]
    answers = [attaches(portal, number, f"{n}.pdf", PDF).status_code for n in range(6)]
    assert answers == [201] * 5 + [409]
    assert on_disk(center) == 5
