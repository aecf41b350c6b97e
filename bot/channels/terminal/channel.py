"""Lines in, lines out: one person, the one who sits at the terminal."""

from __future__ import annotations

import asyncio
import getpass
import sys
import threading
import uuid
from collections.abc import AsyncIterator
from typing import TextIO

from starlette.routing import BaseRoute

from bot.channels.commands import typed_command
from bot.channels.terminal.lines import readable, rendered
from bot.clock import Clock, utc_now
from bot.conversation.messages import AttachmentRef, Capabilities, Incoming, Intake, Outgoing, Rate
from bot.errors import TransportError

CHANNEL = "terminal"
PROMPT = "> "


class TerminalChannel:
    """Implements ``Channel``. ``user``: whose conversation it is (default: the login name)."""

    name = CHANNEL
    capabilities = Capabilities(max_text=10_000, max_choices=10, per_chat=Rate(100, 100), per_bot=Rate(100, 100))

    def __init__(
        self,
        *,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        user: str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._stdin = stdin if stdin is not None else sys.stdin
        self._stdout = stdout if stdout is not None else sys.stdout
        self.address = f"{CHANNEL}:{user or _login_name()}"
        self._clock = clock
        self._interactive = self._stdin.isatty() and self._stdout.isatty()

    async def send(self, address: str, message: Outgoing) -> str | None:
        """Print ``message``, its choices numbered. Raises TransportError when the terminal is gone."""
        prefix, suffix = ("\r", f"\n{PROMPT}") if self._interactive else ("", "\n")
        try:
            self._stdout.write(f"{prefix}{rendered(message)}{suffix}")
            self._stdout.flush()
        except (OSError, ValueError) as error:
            raise TransportError("the terminal is gone", permanent=True, unreachable=True) from error
        return uuid.uuid4().hex

    async def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        """Raises TransportError: no file ever comes from a terminal."""
        raise TransportError("a terminal carries no files", permanent=True)
        yield b""

    async def seen(self, address: str, external_id: str) -> None:
        """Nothing to show: the person sees his line."""

    def routes(self, intake: Intake) -> list[BaseRoute]:
        return []

    async def run(self, intake: Intake) -> None:
        """Hand over every line; returns at the end of the input (Ctrl-D). An empty line is nothing said."""
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        # A thread of its own that does not hold up the exit: a read from a terminal cannot be cancelled.
        threading.Thread(target=self._read, args=(lines, asyncio.get_running_loop()), daemon=True).start()
        self._prompt()
        while (line := await lines.get()) is not None:
            text = readable(line)
            if text:
                await intake([self._incoming(text)])
            else:
                self._prompt()

    async def close(self) -> None:
        """Nothing to let go of: the streams are not ours."""

    def _incoming(self, text: str) -> Incoming:
        return Incoming(
            channel=CHANNEL,
            external_id=f"{CHANNEL}-{uuid.uuid4().hex}",
            addresses=(self.address,),
            text=text,
            command=typed_command(text),
            sent_at=self._clock(),
        )

    def _prompt(self) -> None:
        if self._interactive:
            self._stdout.write(PROMPT)
            self._stdout.flush()

    def _read(self, lines: asyncio.Queue[str | None], loop: asyncio.AbstractEventLoop) -> None:
        line: str | None = ""
        while line is not None:
            try:
                line = self._stdin.readline() or None
            except UnicodeDecodeError:
                line = ""
            except (OSError, ValueError):
                # The terminal went away, or the stream was closed under us: that is the end of the input.
                line = None
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:
                # The loop has ended while we waited for a line.
                return


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local"
