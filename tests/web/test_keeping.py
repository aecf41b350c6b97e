"""Supervisors keep canned replies and macros in the console."""

from __future__ import annotations

import re

import httpx

from bot.tickets.canned import Canned
from bot.tickets.macros import Steps, all_macros, by_id
from bot.tickets.model import CannedReply
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import PDF, PNG, on_disk
from tests.web.desk import Browser, Center
from tests.web.test_canned import ASK, CLOSE, HOSTILE, WAIT, keep

pytestmark = on_one_database
REPLY = {
    "id": "salam",
    "title-id": "Salam",
    "text-id": "Halo {name},\r\nsaya {agent}.",
    "category": "keuangan",
    "seen": "0",
}


def test_a_canned_reply_is_written_changed_and_deleted(center: Center) -> None:
    sri = center.browser("sri")
    assert sri.post("/console/canned/new", **REPLY).headers["location"] == "/console/canned"
    with center.db.read() as session:
        row = session.get_one(CannedReply, "salam")
        assert (row.words["id"]["text"], row.category, row.created_by) == (
            "Halo {name},\nsaya {agent}.",
            "keuangan",
            "sri",
        )
    assert "Halo {name}," in sri.get("/console/canned/salam").text
    page = sri.get("/console/canned").text
    assert "Salam" in page
    assert "changed by sri" in page
    changed = {**REPLY, "text-id": HOSTILE, "seen": "1"}
    assert center.browser("admin").post("/console/canned/salam", **changed).status_code == 303
    assert HOSTILE not in sri.get("/console/canned/salam").text
    assert sri.post("/console/canned/salam/delete").status_code == 303
    assert "Salam" not in sri.get("/console/canned").text


def test_what_is_faulty_is_told_beside_what_was_written(center: Center) -> None:
    faulty = {**REPLY, "text-id": "Halo {nmae}", "id": "Salam Kita"}
    for language, told in (
        ("en", "Text (Indonesian), line 1: there is no variable {nmae}; known are agent, "),
        ("id", "Teks (Indonesia), baris 1: tidak ada variabel {nmae}; yang ada: agent, "),
    ):
        answer = center.browser("sri", language).post("/console/canned/new", **faulty)
        assert answer.status_code == 422
        assert told in answer.text
        assert "Halo {nmae}</textarea>" in answer.text
        assert 'value="Salam Kita"' in answer.text


def test_the_second_who_saves_is_told_and_keeps_what_he_wrote(center: Center) -> None:
    keep(center, ASK, WAIT)
    sri = center.browser("sri")
    for path, fields in (
        ("/console/canned/tanya", {**REPLY, "seen": "0"}),
        ("/console/canned/new", {**REPLY, "id": "tanya"}),
        ("/console/macros/tanya-nim", {"title-id": "Salam", "then": "wait", "seen": "7"}),
    ):
        answer = sri.post(path, **fields)
        assert answer.status_code == 422
        assert "Somebody has just changed it" in answer.text
        assert "Salam" in answer.text


def test_a_macro_is_written_and_opened_again_as_it_was(center: Center) -> None:
    keep(center, ASK)
    sri = center.browser("sri")
    fields = {
        "id": "tagihan-ganda", "title-id": "Tagihan ganda", "title-en": "Billed twice", "reply": "tanya",
        "category": "keuangan", "tags": "ukt, Tagihan ganda", "priority": "high", "assign": "unit:keuangan",
        "then": "wait", "note": "Cek {ticket}.", "seen": "0",
    }  # fmt: skip
    assert sri.post("/console/macros/new", **fields).status_code == 303
    with center.db.read() as session:
        macro = by_id(session, "tagihan-ganda")
    expected = Steps("keuangan", ["tagihan ganda", "ukt"], "high", "unit:keuangan", "Cek {ticket}.", "wait")
    assert (macro.reply, macro.steps) == ("tanya", expected)
    page = sri.get("/console/macros/tagihan-ganda").text
    for chosen in ("tanya", "keuangan", "high", "unit:keuangan", "wait"):
        assert f'<option value="{chosen}" selected>' in page
    assert 'value="tagihan ganda, ukt"' in page
    refused = sri.post("/console/canned/tanya/delete")
    assert refused.status_code == 409
    assert "is said by the macro tagihan-ganda" in refused.text
    assert sri.post("/console/macros/tagihan-ganda/delete").status_code == 303
    assert sri.post("/console/canned/tanya/delete").status_code == 303


def test_a_macro_that_could_not_be_taken_is_not_kept(center: Center) -> None:
    sri = center.browser("sri")
    fields = {"id": "x", "title-id": "X", "then": "close", "assign": "nobody", "seen": "0"}
    answer = sri.post("/console/macros/new", **fields)
    assert answer.status_code == 422
    for told in ("Assign: cannot go with a step that", "Solution: is empty", "Record: is empty"):
        assert told in answer.text
    with center.db.read() as session:
        assert all_macros(session) == []


def test_agents_use_them_and_do_not_keep_them(center: Center) -> None:
    keep(center, ASK, CLOSE)
    number, rina = center.ticket(), center.browser("rina")
    assert 'href="/console/canned"' not in rina.get(f"/console/tickets/{number}").text
    assert 'href="/console/canned"' in center.browser("sri").get(f"/console/tickets/{number}").text
    assert rina.post("/console/canned/tanya/delete").status_code == 404


def adds(browser: Browser, *files: tuple[str, bytes]) -> httpx.Response:
    """Choose files beside the editor of the canned reply ``salam``."""
    headers = {"HX-Request": "true", "X-CSRF-Token": browser.csrf()}
    parts = [("file", file) for file in files]
    return browser.request("POST", "/console/canned/salam/files", files=parts, headers=headers)


def names(center: Center) -> list[str]:
    with center.db.read() as session:
        return [file.filename for file in Canned.of(session.get_one(CannedReply, "salam")).files]


def test_files_go_with_a_canned_reply_and_are_taken_away_again(center: Center) -> None:
    sri, rina = center.browser("sri"), center.browser("rina")
    sri.post("/console/canned/new", **REPLY)
    added = adds(sri, ("denah <b>.png", PNG), ("surat.pdf", PDF))
    assert added.status_code == 200
    assert "denah &lt;b&gt;.png" in added.text
    assert 'name="seen" value="2"' in added.text
    address = re.findall(r'href="(/console/canned/salam/files/\w+)"', added.text)
    assert rina.get(address[0]).content == PNG
    paper = rina.get(address[1])
    assert paper.headers["content-disposition"] == 'inline; filename="surat.pdf"'
    assert paper.headers["content-security-policy"].startswith("sandbox;")
    assert rina.get("/console/canned/salam/files/0123").status_code == 404
    assert rina.post(f"{address[0]}/delete").status_code == 404
    assert sri.post("/console/canned/salam", **{**REPLY, "text-id": "Hai.", "seen": "2"}).status_code == 303
    assert names(center) == ["denah <b>.png", "surat.pdf"], "saving the words leaves the files alone"
    offered = rina.get(f"/console/tickets/{center.ticket(category='keuangan')}/canned").text
    assert f'data-files="{address[0]} {address[1]}"' in offered
    assert sri.post(f"{address[0]}/delete").status_code == 303
    assert names(center) == ["surat.pdf"]


def test_a_file_that_cannot_be_sent_is_not_kept(center: Center) -> None:
    sri = center.browser("sri")
    sri.post("/console/canned/new", **REPLY)
    assert "cannot be sent; pictures" in adds(sri, ("laman.html", b"<html><script>1</script></html>")).text
    assert adds(sri, *[("a.pdf", PDF)] * 4).status_code == 200
    refused = adds(sri, *[("b.pdf", PDF)] * 2)
    assert refused.status_code == 409
    assert "At most 5 files" in refused.text
    assert names(center) == ["a.pdf"] * 4
    assert len(on_disk(center.parts.settings.data_dir)) == 4
    sri.post("/console/canned/salam/delete")
    assert adds(sri, ("a.pdf", PDF)).status_code == 404
