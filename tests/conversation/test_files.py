"""Files: fetched at once, within limits, and never at the cost of the text."""

from __future__ import annotations

import asyncio
import io
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation import files as files_module
from bot.conversation.files import ALLOWED, AT_ONCE, FileFetcher, sniff
from bot.conversation.messages import AttachmentRef
from bot.conversation.model import Attachment
from bot.errors import TransportError
from tests.conversation.conftest import Core, _until, run

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89" + b"\0" * 50
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + b"\0" * 50
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def receive(core: Core, content: bytes | TransportError, **values: object) -> None:
    core.channel.files["ref"] = content
    attachment = AttachmentRef(**{"kind": "document", "ref": "ref", **values})  # type: ignore[arg-type]
    core.receive(core.incoming("lihat ini", attachments=(attachment,)))


def fetch(core: Core, limit: int = 10_000) -> Attachment:
    fetcher = FileFetcher(core.db, core.clock, {"fake": core.channel}, core.wording, core.tmp_path, limit)

    def done() -> bool:
        row = stored(core)
        return row.status != "pending" or (row.attempts > 0 and row.error is not None)

    run(_until(fetcher.run(), done))
    core.send()
    return stored(core)


def stored(core: Core) -> Attachment:
    with core.db.read() as session:
        return session.scalars(select(Attachment)).one()


def files(core: Core) -> list[Path]:
    return [path for path in (core.tmp_path / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [(PNG, "a.png", "image/png"), (JPEG, None, "image/jpeg"), (PDF, "x.txt", "application/pdf"),
     (b"catatan saya\n", "a.txt", "text/plain"), (b"catatan", None, "text/plain")],
)  # fmt: skip
def test_a_file_is_kept_under_what_it_really_is(core: Core, content: bytes, name: str, expected: str) -> None:
    receive(core, content, filename=name, media_type="image/gif")
    row = fetch(core)
    assert (row.status, row.media_type, row.size) == ("stored", expected, len(content))
    assert row.path is not None
    assert (core.tmp_path / row.path).read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", b"\x7fELF\x02\x01\x01" + b"\0" * 60,
     b"<html><script>alert(1)</script></html>", b"<?xml version='1.0'?><svg onload='x'/>", b"#!/bin/sh\nrm -rf /\n",
     b"\0\1\2\3\4\5\6\7", b""],
)  # fmt: skip
def test_what_is_not_accepted_is_refused_whatever_it_claims_and_the_person_is_told(core: Core, content: bytes) -> None:
    receive(core, content, filename="foto.png", media_type="image/png")
    row = fetch(core)
    assert row.status == "refused"
    assert files(core) == []
    assert any("foto.png" in text for text in core.channel.texts)
    assert core.inbox()[0].text == "lihat ini"


def test_a_sticker_that_is_not_kept_is_not_worth_a_word(core: Core) -> None:
    receive(core, b"\x1f\x8b\x08\0\0\0\0\0", kind="sticker", media_type="application/gzip")
    assert fetch(core).status == "refused"
    assert not any("tidak bisa kami terima" in text for text in core.channel.texts)


def test_a_file_over_the_limit_is_refused_though_it_lied_about_its_size(core: Core) -> None:
    receive(core, PNG + b"\0" * 20_000, size=10)
    assert fetch(core).status == "refused"
    assert files(core) == []


def test_a_file_that_claims_too_much_is_not_even_fetched(core: Core) -> None:
    receive(core, TransportError("must not be called", permanent=True), size=1_000_000)
    assert fetch(core).error == "larger than 10000 bytes"


def test_a_failing_download_is_tried_again_later(core: Core) -> None:
    receive(core, TransportError("busy", permanent=False, retry_after=20))
    row = fetch(core)
    assert (row.status, row.attempts, row.error) == ("pending", 1, "busy")
    core.channel.files["ref"] = PNG
    core.clock.advance(seconds=30)
    with core.db.write() as session:
        session.scalars(select(Attachment)).one().error = None
    assert fetch(core).status == "stored"


def test_a_file_that_is_gone_is_marked_and_the_message_is_still_answered(core: Core) -> None:
    receive(core, TransportError("gone", permanent=True))
    assert fetch(core).status == "failed"
    core.answer()
    core.send()
    assert "1: lihat ini" in core.channel.texts


@pytest.mark.parametrize(("kind", "called"), [("image", "gambar"), ("voice", "pesan suara"), ("document", "dokumen")])
def test_who_sent_a_file_that_cannot_be_fetched_is_asked_for_it_once_more(core: Core, kind: str, called: str) -> None:
    receive(core, TransportError("gone", permanent=True), kind=kind)
    fetch(core)
    core.send()
    assert [text for text in core.channel.texts if "gagal" in text] == [
        f"Maaf, berkas {called} gagal kami ambil. Silakan kirim sekali lagi."
    ]


def test_a_file_is_on_the_disk_before_its_row_says_so(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    really = os.fsync

    def sync(descriptor: int) -> None:
        assert stored(core).status == "pending"
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    receive(core, PDF)
    path = core.tmp_path / (fetch(core).path or "")
    assert path.read_bytes() == PDF
    assert synced == [path.with_suffix(".part"), path.parent, path.parent.parent, core.tmp_path]


def receive_many(core: Core, count: int) -> None:
    """So many files; the first is ``slow``."""
    for ref in ("slow", *(f"f{number}" for number in range(1, count))):
        core.channel.files[ref] = PDF
        core.receive(core.incoming("", attachments=(AttachmentRef("document", ref),)))


def all_stored(core: Core) -> list[str]:
    with core.db.read() as session:
        return list(session.scalars(select(Attachment.ref).where(Attachment.status == "stored")))


def test_a_slow_download_holds_its_own_slot_and_no_other(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3 * AT_ONCE
    receive_many(core, count)
    at_once: list[int] = [0]
    most: list[int] = []
    fetched = core.channel.fetch

    async def fetch_counted(attachment: AttachmentRef) -> AsyncIterator[bytes]:
        at_once[0] += 1
        most.append(at_once[0])
        try:
            while attachment.ref == "slow" and len(await asyncio.to_thread(all_stored, core)) < count - 1:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            async for chunk in fetched(attachment):
                yield chunk
        finally:
            at_once[0] -= 1

    monkeypatch.setattr(core.channel, "fetch", fetch_counted)
    fetcher = FileFetcher(core.db, core.clock, {"fake": core.channel}, core.wording, core.tmp_path, 10_000)
    run(_until(fetcher.run(), lambda: len(all_stored(core)) == count))
    assert "slow" in all_stored(core)
    assert max(most) <= AT_ONCE


def test_a_download_that_takes_too_long_is_tried_again_later(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "LONGEST_SECONDS", 0.01)

    async def hangs(attachment: AttachmentRef) -> AsyncIterator[bytes]:
        yield PDF
        await asyncio.Event().wait()

    monkeypatch.setattr(core.channel, "fetch", hangs)
    receive(core, PDF)
    row = fetch(core)
    assert (row.status, row.attempts, row.error) == ("pending", 1, "the download took too long")
    assert files(core) == []


def test_markup_in_text_is_not_text() -> None:
    assert sniff(b"  <svg xmlns=''>", None) is None
    assert sniff("selamat pagi é".encode(), "x.txt") == "text/plain"


def _zip(*names: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as parts:
        for name in names:
            parts.writestr(name, "x")
    return archive.getvalue()


@pytest.mark.parametrize(
    ("parts", "name", "expected"),
    [
        (("META-INF/MANIFEST.MF", "Main.class"), "surat.docx", None),
        (("a.exe",), "a.zip", None),
        (("[Content_Types].xml", "word/document.xml"), "surat.docx", ".docx"),
        (("_rels/.rels", "xl/workbook.xml"), "nilai.xlsx", ".xlsx"),
    ],
)
def test_an_archive_is_not_a_document(parts: tuple[str, ...], name: str, expected: str | None) -> None:
    media_type = sniff(_zip(*parts), name)
    assert (ALLOWED[media_type] if media_type else None) == expected
