from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import pytest

from bot.channels.terminal import TerminalChannel
from bot.channels.terminal.lines import readable, rendered
from bot.conversation.messages import AttachmentRef, Button, Event, Incoming, Outgoing, StoredFile
from bot.errors import TransportError
from tests.conftest import FakeClock


class Heard:
    """Keeps what comes in."""

    def __init__(self) -> None:
        self.messages: list[Incoming] = []

    async def __call__(self, events: Sequence[Event]) -> None:
        self.messages += [event for event in events if isinstance(event, Incoming)]


def talk(stdin: TextIO, clock: FakeClock) -> tuple[Heard, TerminalChannel]:
    heard = Heard()
    channel = TerminalChannel(stdin=stdin, stdout=io.StringIO(), user="budi", clock=clock)
    asyncio.run(asyncio.wait_for(channel.run(heard), 5))
    return heard, channel


def test_each_line_is_a_message_and_the_end_of_the_input_ends_it(clock: FakeClock) -> None:
    heard, channel = talk(io.StringIO("halo\n\n  ukt telat  \n/tiket\ntanpa akhir"), clock)
    assert [m.text for m in heard.messages] == ["halo", "ukt telat", "/tiket", "tanpa akhir"]
    assert [m.command for m in heard.messages] == [None, None, "ticket", None]
    assert {m.addresses for m in heard.messages} == {("terminal:budi",)}
    assert channel.address == "terminal:budi"
    assert len({m.external_id for m in heard.messages}) == 4
    assert {m.sent_at for m in heard.messages} == {clock.now}


class Closed(io.StringIO):
    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        raise ValueError("I/O operation on closed file")


class Garbled(io.StringIO):
    """The second line is in another encoding."""

    lines = 0

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        self.lines += 1
        if self.lines == 2:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid")
        return super().readline()


def test_a_terminal_that_goes_away_is_the_end(clock: FakeClock) -> None:
    assert talk(Closed(), clock)[0].messages == []


def test_a_line_that_cannot_be_read_is_skipped(clock: FakeClock) -> None:
    assert [m.text for m in talk(Garbled("satu\ntiga\n"), clock)[0].messages] == ["satu", "tiga"]


def test_it_can_be_cancelled_while_it_waits_for_a_line(clock: FakeClock) -> None:
    typed = threading.Event()

    class Waiting(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
            typed.wait(5)
            return ""

    async def scene() -> None:
        task = asyncio.create_task(TerminalChannel(stdin=Waiting(), stdout=io.StringIO(), user="b").run(Heard()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scene(), 3))
    typed.set()


def test_choices_are_numbered(clock: FakeClock) -> None:
    out = io.StringIO()
    channel = TerminalChannel(stdin=io.StringIO(), stdout=out, user="budi", clock=clock)
    buttons = (Button("k1", "Ya"), Button("k2", "Belum", "tanya petugas"))
    assert asyncio.run(channel.send("terminal:budi", Outgoing("Menjawab?", buttons)))
    assert out.getvalue() == "Menjawab?\n  1. Ya\n  2. Belum – tanya petugas\n"


def test_the_names_of_files_are_shown() -> None:
    file = StoredFile(Path("/data/1"), "surat.pdf", "application/pdf")
    assert rendered(Outgoing("Ini.", files=(file,))) == "Ini.\n  [surat.pdf]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("satu\ndua", "satu\ndua"),
        ("\x1b[31mmerah\x1b[0m", "merah"),
        ("\x1b]0;judul\x07isi", "isi"),
        ("\x1b[2Jhapus\x07\x08", "hapus"),
        ("\x9b31mx", "31mx"),
    ],
)
def test_no_text_controls_the_terminal(text: str, shown: str) -> None:
    assert rendered(Outgoing(text)) == shown


def test_a_line_loses_what_no_database_could_keep() -> None:
    assert readable(" a\x00b\udcff \n") == "ab?"


def test_a_closed_terminal_is_a_permanent_fault(clock: FakeClock) -> None:
    out = io.StringIO()
    channel = TerminalChannel(stdin=io.StringIO(), stdout=out, user="budi", clock=clock)
    out.close()
    with pytest.raises(TransportError) as fault:
        asyncio.run(channel.send("terminal:budi", Outgoing("halo")))
    assert fault.value.permanent


def test_there_are_no_files_and_no_routes(clock: FakeClock) -> None:
    channel = TerminalChannel(stdin=io.StringIO(), stdout=io.StringIO(), user="budi", clock=clock)

    async def fetched() -> None:
        async for _ in channel.fetch(AttachmentRef("document", "x")):
            pass

    assert channel.routes(Heard()) == []
    with pytest.raises(TransportError):
        asyncio.run(fetched())
