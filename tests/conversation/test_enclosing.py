"""Files that staff send: looked at, kept, queued one a message, and delivered with the outbox's guarantees."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.enclosing import FileRefused, Why, kept
from bot.conversation.messages import FileRules
from bot.conversation.thread import responses, thread
from bot.errors import NotAllowed, TransportError
from bot.storage.database import Database
from bot.storage.disk import MOST_FILES, KeptFile
from bot.tickets.model import Ticket
from tests.conftest import FakeClock
from tests.conversation.conftest import Core
from tests.conversation.test_handover import open_ticket

PDF, PNG = b"%PDF-1.7\n" + b"x" * 500, b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"x" * 500
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(50)
RULES = FileRules(100_000, max_caption=50)


@pytest.fixture
def core(db: Database, clock: FakeClock, tmp_path: Path) -> Core:
    made = Core(db, clock, tmp_path, files=RULES, max_text=60, window=timedelta(hours=24), window_template="lanjutkan")
    open_ticket(made)
    return made


def on_disk(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def keep(folder: Path, *files: tuple[str, bytes], limit: int = 100_000) -> list[KeptFile]:
    with kept(folder, [(name, io.BytesIO(content)) for name, content in files], limit) as done:
        return list(done)


def reply(core: Core, text: str, *files: tuple[str, bytes]) -> None:
    given = [(name, io.BytesIO(content)) for name, content in files]
    with kept(core.tmp_path, given, 100_000) as done, core.db.write() as session:
        core.desk.reply(session, session.scalars(select(Ticket)).one(), "rina", text, core.clock(), done)
    core.send()


def carries(core: Core, rules: FileRules | None) -> None:
    able = replace(core.channel.capabilities, files=rules)
    core.desk = replace(core.desk, capabilities={"fake": able})


def arrived(core: Core) -> list[tuple[str, list[tuple[str, bytes]]]]:
    """What the person got: texts, with names and bytes of the files that went along."""
    said = [message for _, message in core.channel.sent]
    return [(m.text, [(file.filename, file.path.read_bytes()) for file in m.files]) for m in said]


def test_a_file_goes_with_its_text_in_one_message(core: Core) -> None:
    reply(core, " Ini suratnya. ", ("surat.pdf", PDF))
    assert arrived(core)[-1] == ("Ini suratnya.", [("surat.pdf", PDF)])
    assert core.outbox()[-1].status == "sent"


def test_a_file_needs_no_text_and_counts_as_an_answer(core: Core) -> None:
    reply(core, " ", ("surat.pdf", PDF))
    assert arrived(core)[-1] == ("", [("surat.pdf", PDF)])
    with core.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert responses(session, ticket) == ["surat.pdf"]
        assert thread(session, ticket.conversation_id, limit=9)[-1].files == ("surat.pdf",)


def test_each_file_is_a_message_of_its_own_with_the_text_at_the_first(core: Core) -> None:
    reply(core, "Dua berkas.", ("a.pdf", PDF), ("b.png", PNG))
    assert arrived(core)[-2:] == [("Dua berkas.", [("a.pdf", PDF)]), ("", [("b.png", PNG)])]


@pytest.mark.parametrize(
    ("text", "name", "content", "before"),
    [
        ("x" * 51, "a.pdf", PDF, 1),
        ("🙂" * 26, "a.pdf", PDF, 1),
        ("kata " * 20, "a.pdf", PDF, 2),
        ("ini", "a.ogg", OGG, 1),
    ],
)
def test_a_text_that_cannot_go_along_goes_before(core: Core, text: str, name: str, content: bytes, before: int) -> None:
    carries(core, FileRules(100_000, max_caption=50, bare=frozenset({"audio/ogg"})))
    reply(core, text, (name, content))
    mine = arrived(core)[-before - 1 :]
    assert [bool(files) for _, files in mine] == [False] * before + [True]
    assert "".join(text for text, _ in mine).replace(" ", "") == text.replace(" ", "")


def test_what_fails_is_tried_again_and_what_had_arrived_is_not_sent_twice(core: Core) -> None:
    reply(core, "Satu.", ("a.pdf", PDF))
    before = len(core.channel.sent)

    async def break_the_second() -> None:
        if len(core.channel.sent) == before + 1:
            core.channel.before_send = None
            raise TransportError("busy", permanent=False)

    core.channel.before_send = break_the_second
    reply(core, "Dua.", ("b.pdf", PDF), ("c.png", PNG))
    assert [row.status for row in core.outbox()][-2:] == ["sent", "queued"]
    core.clock.advance(seconds=2)
    core.send()
    assert arrived(core)[-2:] == [("Dua.", [("b.pdf", PDF)]), ("", [("c.png", PNG)])]
    assert len(core.channel.sent) == before + 2


def test_a_file_waits_for_the_channel_as_a_text_does_and_is_given_up_with_the_reason(core: Core) -> None:
    core.channel.troubles = [TransportError("down", permanent=False)] * 2
    reply(core, "Satu.", ("a.pdf", PDF))
    core.clock.advance(hours=25)
    core.send()
    assert core.outbox()[-1].status == "failed"
    assert "24 hours" in (core.outbox()[-1].last_error or "")


def test_after_the_window_no_file_is_queued_even_where_a_template_could_be_sent(core: Core) -> None:
    core.clock.advance(hours=24)
    before = len(core.outbox())
    with pytest.raises(FileRefused) as refused:
        reply(core, "Satu.", ("a.pdf", PDF))
    assert refused.value.why == "window"
    assert len(core.outbox()) == before
    assert on_disk(core.tmp_path) == []


def test_a_window_that_closed_while_the_file_waited_makes_it_a_dead_letter_and_sends_no_template(core: Core) -> None:
    core.clock.advance(hours=23)
    core.channel.troubles = [TransportError("down", permanent=False)] * 2
    reply(core, "Satu.", ("a.pdf", PDF))
    core.clock.advance(hours=2)
    core.channel.troubles.clear()
    before = len(core.channel.sent)
    core.send()
    assert core.outbox()[-1].status == "failed"
    assert (core.outbox()[-1].last_error or "").startswith("window")
    # What went before it, that Rina is there now, is a text: the template stands for it.
    assert [(message.template, message.files) for _, message in core.channel.sent[before:]] == [("lanjutkan", ())]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("kosong.pdf", b"", "empty"),
        ("besar.pdf", PDF + b"x" * 100_000, "too_large"),
        ("surat.pdf", b"MZ\x90\x00" + bytes(300), "type"),
        ("halaman.html", b"<html><script>alert(1)</script>", "type"),
        ("gambar.svg", b"<svg onload='alert(1)'/>", "type"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_name_before_anything_is_queued(
    core: Core, name: str, content: bytes, why: Why
) -> None:
    before = len(core.outbox())
    with pytest.raises(FileRefused, match=name) as refused:
        reply(core, "Dua berkas.", ("a.pdf", PDF), (name, content))
    assert refused.value.why == why
    assert len(core.outbox()) == before
    assert on_disk(core.tmp_path) == []


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (None, "channel"),
        (FileRules(100, 50), "too_large"),
        (FileRules(10_000, 50, frozenset({"image/png"})), "channel_type"),
    ],
)
def test_what_the_persons_channel_does_not_carry_is_refused(core: Core, rules: FileRules | None, why: Why) -> None:
    carries(core, rules)
    with pytest.raises(FileRefused) as refused:
        reply(core, "Ini.", ("a.pdf", PDF))
    assert refused.value.why == why
    assert on_disk(core.tmp_path) == []


def test_what_a_colleague_has_is_refused_and_leaves_no_file(core: Core) -> None:
    with core.db.write() as session:
        core.desk.take(session, session.scalars(select(Ticket)).one(), "dewi", core.clock())
    with pytest.raises(NotAllowed, match="dewi"):
        reply(core, "Ini.", ("a.pdf", PDF))
    assert on_disk(core.tmp_path) == []


def test_there_are_only_so_many_files_in_a_reply(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        keep(tmp_path, *[("a.pdf", PDF)] * (MOST_FILES + 1))
    assert refused.value.why == "too_many"


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("surat.pdf", "surat.pdf"),
        ("SURAT.PDF", "SURAT.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\rina\\surat.pdf", "surat.pdf"),
        ("surat.exe", "surat.exe.pdf"),
        ("surat\r\nX-Evil: 1.pdf", "surat X-Evil: 1.pdf"),
        ("surat\u202efdp.exe", "surat fdp.exe.pdf"),
        ("…/", "file.pdf"),
        ("", "file.pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
        ("surat \ud800.pdf", "surat ?.pdf"),
    ],
)
def test_a_name_is_a_name_that_says_what_the_file_is(tmp_path: Path, name: str, kept_as: str) -> None:
    [file] = keep(tmp_path, (name, PDF))
    assert file == KeptFile(file.path, kept_as, "application/pdf", len(PDF))
    assert (tmp_path / file.path).read_bytes() == PDF
    assert "surat" not in file.path


@pytest.mark.parametrize(("name", "kept_as"), [("nilai.csv", "nilai.csv"), ("run.bat", "run.bat.txt")])
def test_a_text_keeps_the_ending_of_a_text(tmp_path: Path, name: str, kept_as: str) -> None:
    [file] = keep(tmp_path, (name, b"nama,nilai\nBudi,4\n"))
    assert (file.filename, file.media_type) == (kept_as, "text/plain")
