"""Files on their way in and out, in the data directory.

``incoming/``: what a person uploaded, until the core has fetched it. ``outgoing/``: for each sent message with files a
list of them, because the outbox holds text only. Names are made by us, never by a person.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from bot.conversation.messages import StoredFile
from bot.errors import TransportError

CHUNK = 256 * 1024
KEEP_INCOMING = timedelta(days=7)
"""The core fetches at once and retries for hours, not days; after this an upload belongs to nobody."""
_NAME = re.compile(r"[0-9a-f]{40}")


class TooLarge(Exception):
    """An upload beyond the limit; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the web chat under ``data_dir``; uploads of at most ``limit`` bytes."""

    data_dir: Path
    limit: int

    async def receive(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Write an upload to ``incoming/`` as it arrives; whole or not at all. Returns its size. Raises TooLarge."""
        target = self._incoming(name)
        part = target.with_name(f"{name}.{os.urandom(4).hex()}.part")
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        size = 0
        try:
            with await asyncio.to_thread(part.open, "wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self.limit:
                        raise TooLarge
                    await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(_settle, file)
            await asyncio.to_thread(part.replace, target)
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

    def list_sent(self, sent_id: str, files: tuple[StoredFile, ...]) -> None:
        """Keep the list of ``files`` that go with the message ``sent_id``. Raises TransportError if one is missing."""
        entries = []
        for file in files:
            path = (self.data_dir / file.path).resolve()
            if not path.is_file():
                raise TransportError("a file of the message is gone", permanent=True, code="file")
            entries.append({"path": str(path), "filename": file.filename, "media_type": file.media_type})
        target = self.data_dir / "outgoing" / f"{sent_id}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_text(json.dumps(entries), encoding="utf-8")
        part.replace(target)

    def sent(self, sent_id: str) -> tuple[StoredFile, ...]:
        """The files that went with the message ``sent_id``."""
        try:
            entries = json.loads((self.data_dir / "outgoing" / f"{sent_id}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        return tuple(StoredFile(Path(e["path"]), e["filename"], e["media_type"]) for e in entries)

    def stored(self, path: str) -> Path | None:
        """A stored attachment by its path in the data directory; None when it is gone or points out of it."""
        root = self.data_dir.resolve()
        full = (root / path).resolve()
        return full if full.is_relative_to(root) and full.is_file() else None

    def _incoming(self, name: str) -> Path:
        return self.data_dir / "incoming" / name


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
