"""Files in the data directory: uploads, which wait in ``incoming/`` until the core has fetched them, and what may be
shown. Names are made by us, never by a person."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.conversation.files import SNIFFED, sniff
from bot.conversation.messages import StoredFile
from bot.errors import TransportError
from bot.storage.disk import settle

CHUNK = 256 * 1024
KEEP_INCOMING = timedelta(days=7)
"""The core fetches at once and retries for hours, not days; after this an upload belongs to nobody."""
_NAME = re.compile(r"[0-9a-f]{40}")


class TooLarge(Exception):
    """An upload beyond the limit; nothing of it was kept."""


class WrongType(Exception):
    """An upload of a kind that is not accepted; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the web chat under ``data_dir``; uploads of at most ``limit`` bytes."""

    data_dir: Path
    limit: int

    async def receive(self, name: str, chunks: AsyncIterator[bytes], filename: str | None = None) -> int:
        """Write an upload to ``incoming/`` as it arrives; whole or not at all. Returns its size. Raises TooLarge, and
        WrongType: the page is still there to say so, before anybody is asked what the file is about."""
        target = self._incoming(name)
        part = target.with_name(f"{name}.{os.urandom(4).hex()}.part")
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        size, head = 0, b""
        try:
            with await asyncio.to_thread(part.open, "wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self.limit:
                        raise TooLarge
                    head += chunk[: SNIFFED - len(head)]
                    await asyncio.to_thread(file.write, chunk)
            if head and sniff(head, filename) is None:
                raise WrongType
            await asyncio.to_thread(settle, part, target, self.data_dir)
        finally:
            part.unlink(missing_ok=True)
        return size

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """An upload's bytes. Raises TransportError when there is none."""
        if not _NAME.fullmatch(name):
            raise TransportError("not a name of an upload", permanent=True, code="ref")
        try:
            file = await asyncio.to_thread(self._incoming(name).open, "rb")
        except FileNotFoundError as error:
            raise TransportError("the upload is gone", permanent=True, code="gone") from error
        with file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk

    def forget_old(self, now: datetime) -> int:
        """Remove uploads that nobody fetched in time. Returns how many."""
        before = (now - KEEP_INCOMING).timestamp()
        folder = self.data_dir / "incoming"
        old = [path for path in folder.glob("*") if path.stat().st_mtime < before] if folder.exists() else []
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def check(self, files: tuple[StoredFile, ...]) -> None:
        """Raises TransportError if a file that is to be sent is not there."""
        if not all(file.path.is_file() for file in files):
            raise TransportError("a file of the message is gone", permanent=True, code="file")

    def stored(self, path: str) -> Path | None:
        """A stored file by its path in the data directory; None when it is gone or points out of it."""
        root = self.data_dir.resolve()
        full = (root / path).resolve()
        return full if full.is_relative_to(root) and full.is_file() else None

    def _incoming(self, name: str) -> Path:
        return self.data_dir / "incoming" / name
