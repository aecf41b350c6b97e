"""Files that staff send from the reply box, and how they are shown to staff."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot.conversation.enclosing import kept, without_files
from bot.conversation.model import Attachment, InboxMessage, OutboxMessage
from bot.tickets import forwarding
from bot.tickets.model import Forwarding
from bot.web.routes import console_routes
from bot.web.words import say
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import OGG, PDF, PNG, on_disk
from tests.web.api.program import Program
from tests.web.desk import WEB, Center

HTML = b"<html><script>alert(1)</script></html>"


def queued(center: Center, number: str) -> list[tuple[str, list[str]]]:
    with center.db.read() as session:
        rows = [session.get_one(OutboxMessage, each) for each in center.ours(number)]
        return [(row.text, [f["filename"] for f in (row.origin or {}).get("files", ())]) for row in rows]


def test_a_reply_takes_files_along_and_the_thread_shows_them(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert rina.encloses(number, ("surat <b>.pdf", PDF), ("denah.png", PNG), text="Ini suratnya.").status_code == 200
    assert queued(center, number)[-2:] == [("Ini suratnya.", ["surat <b>.pdf"]), ("", ["denah.png"])]
    page = rina.get(f"/console/tickets/{number}/talk").text
    letter, _, picture = re.findall(r'href="(/console/files/sent/\d+/0)"', page)
    assert "surat &lt;b&gt;.pdf" in page
    assert f'<img src="{picture}" alt="denah.png"' in page
    got = rina.get(letter)
    assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
    assert got.headers["content-disposition"].startswith("inline")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    shown = rina.get(picture)
    assert "sandbox" in shown.headers["content-security-policy"]
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert rina.get(f"{letter[:-1]}1").status_code == 404
    assert center.browser().get(letter).status_code == 303


@on_one_database
def test_sound_and_films_are_played_where_they_were_sent_and_what_no_browser_plays_is_a_link(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    film, phone = (b"\x00\x00\x00\x18ftyp" + kind + bytes(60) for kind in (b"mp42", b"3gp4"))
    rina.encloses(number, ("suara <b>.ogg", OGG), ("rekaman.mp4", film), ("lama.3gp", phone))
    page = rina.get(f"/console/tickets/{number}/talk").text
    players = re.findall(r'<(audio|video) [^>]*src="([^"]*)"', page)
    assert [tag for tag, _ in players] == ["audio", "video"]
    assert "suara &lt;b&gt;.ogg" in page
    for (_, address), media_type in zip(players, ("audio/ogg", "video/mp4"), strict=True):
        assert f'href="{address}" download' in page
        got = rina.get(address, headers={"Range": "bytes=0-3"})
        assert (got.status_code, got.headers["content-type"], len(got.content)) == (206, media_type, 4)
        assert "sandbox" in got.headers["content-security-policy"]
        assert got.headers["x-content-type-options"] == "nosniff"
    policy = rina.get("/console").headers["content-security-policy"]
    assert "media-src 'self'" in policy
    assert "frame-src" not in policy
    assert "default-src 'none'" in policy


def test_a_file_alone_is_a_reply_and_nothing_at_all_is_none(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert "The reply is empty." in rina.encloses(number).text
    assert rina.encloses(number, ("surat.pdf", PDF)).status_code == 200
    assert queued(center, number)[-1] == ("", ["surat.pdf"])


@on_one_database
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("besar.pdf", PDF + bytes(50_000))], "too_large"),
        ([("a.pdf", PDF), ("halaman.html", HTML)], "type"),
        ([("kosong.pdf", b"")], "empty"),
        ([("a.pdf", PDF)] * 6, "too_many"),
    ],
)
def test_what_cannot_be_sent_is_told_in_words_and_what_was_written_stays(
    center: Center, language: str, files: list[tuple[str, bytes]], why: str
) -> None:
    number, rina = center.ticket(), center.browser("rina", language)
    refused = rina.encloses(number, *files, text="Mohon diperiksa.")
    most = 5 if why == "too_many" else "0.05"
    assert refused.status_code == 409
    assert say(language, f"enclosed_{why}", name=files[-1][0], most=most) in refused.text
    assert "Mohon diperiksa." in refused.text
    assert queued(center, number) == []
    assert on_disk(center.parts.settings.data_dir) == []


@on_one_database
def test_a_form_with_files_is_only_read_from_who_may_send_it(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert rina.encloses(number, ("a.pdf", PDF), csrf="").status_code == 403
    assert center.browser("rina").encloses(number, ("a.pdf", PDF), csrf=rina.csrf()).status_code == 403
    assert center.browser().encloses(number, ("a.pdf", PDF), csrf="").status_code == 401
    assert queued(center, number) == []
    assert on_disk(center.parts.settings.data_dir) == []


@on_one_database
@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"]
)
def test_a_form_that_is_none_is_refused(center: Center, body: bytes) -> None:
    number, rina = center.ticket(), center.browser("rina")
    headers = {"X-CSRF-Token": rina.csrf(), "Content-Type": "multipart/form-data; boundary=x"}
    answer = rina.request("POST", f"/console/tickets/{number}/reply", content=body, headers=headers)
    assert answer.status_code in (409, 413)
    assert queued(center, number) == []


@on_one_database
def test_a_form_over_all_limits_is_not_read_to_its_end(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    most = 5 * center.parts.settings.max_attachment
    given = {"csrf": rina.csrf(), "text": "x" * 300_000}
    assert rina.encloses(number, ("a.pdf", PDF), **given).status_code == 413
    assert rina.encloses(number, ("a.txt", b"x" * (most + 300_000))).status_code == 413


@on_one_database
def test_files_of_other_steps_are_not_kept(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    headers = {"X-CSRF-Token": rina.csrf()}
    files = [("file", ("a.pdf", PDF))]
    rina.request("POST", f"/console/tickets/{number}/note", data={"text": "x"}, files=files, headers=headers)
    assert on_disk(center.parts.settings.data_dir) == []


@on_one_database
def test_where_the_channel_carries_no_files_none_are_offered(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert 'id="files"' in rina.get(f"/console/tickets/{number}").text
    able = replace(WEB, files=None)
    center.parts = replace(center.parts, desk=replace(center.parts.desk, capabilities={"web": able}))
    center.app = Starlette(routes=console_routes(center.parts))
    rina = center.browser("rina")
    assert 'id="files"' not in rina.get(f"/console/tickets/{number}").text
    assert "Files cannot be sent in this conversation." in rina.encloses(number, ("a.pdf", PDF)).text


def test_what_a_unit_sent_back_is_shown_with_its_answer(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.step(number, "forward", unit="Biro TI", asked="Mohon dicek.")
    root, limit = center.parts.settings.data_dir, center.parts.settings.max_attachment
    with kept(root, [("hasil <b>.pdf", BytesIO(PDF))], limit) as files, center.db.write() as session:
        form = session.scalars(select(Forwarding)).one()
        reply = forwarding.Reply("Pak Tono", "Switch rusak", "Diganti", files)
        forwarding.answer(session, form, reply, forwarding.UNIT, center.clock())
    page = rina.get(f"/console/tickets/{number}").text
    [address] = set(re.findall(r'href="(/console/forwarding/\d+/files/\d+)"', page))
    assert "hasil &lt;b&gt;.pdf" in page
    assert rina.get(address).content == PDF
    assert rina.get(address[:-1] + "1").status_code == 404
    assert rina.get("/console/forwarding/99/files/0").status_code == 404


def test_a_file_that_is_not_kept_any_more_is_told_by_its_name(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    rina.encloses(number, ("surat.pdf", PDF), text="Ini suratnya.")
    with center.db.write() as session:
        row = session.get_one(OutboxMessage, center.ours(number)[-1])
        row.origin = without_files(row.origin)
        came = session.scalars(select(InboxMessage)).one()
        given = {"kind": "document", "ref": "r", "next_try_at": center.clock()}
        session.add(Attachment(inbox_id=came.id, filename="foto.pdf", status="removed", **given))
    page = rina.get(f"/console/tickets/{number}").text
    for name in ("surat.pdf", "foto.pdf"):
        assert f'<span>{name}</span><span class="meta">deleted after its time of keeping</span>' in page
    assert "/console/files/" not in page
    assert rina.get(f"/console/files/sent/{center.ours(number)[-1]}/0").status_code == 404
    talk = center.find(number).conversation_id
    told = Program(center, "admin").get(f"/conversations/{talk}/messages").json()["items"]
    assert sorted((file["name"], file["status"]) for each in told for file in each["files"]) == [
        ("foto.pdf", "removed"),
        ("surat.pdf", "removed"),
    ]
