"""Fetches the files that people send, at once, within limits on size and on what they really are.

The text of a message never waits for its files, and never suffers from them: a file that cannot be kept is marked with
the reason, which agents see, and the person is told.
"""

from __future__ import annotations

import asyncio
import logging
from codecs import getincrementaldecoder
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import puremagic
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation.messages import AttachmentKind, AttachmentRef, Channel
from bot.conversation.model import PENDING, Attachment, Conversation, InboxMessage
from bot.conversation.outbox import backoff
from bot.conversation.saying import say
from bot.conversation.wording import Wording, word_argument
from bot.errors import TransportError
from bot.metrics import FILES
from bot.storage.database import Database
from bot.storage.disk import settle

log = logging.getLogger(__name__)

AT_ONCE = 4
CLAIM = timedelta(minutes=5)
LONGEST_SECONDS = 270.0
"""A download is given up, and tried again, before its claim lapses: nobody fetches the same file at the same time."""
MAX_ATTEMPTS = 8
SWEEP_SECONDS = 2.0
TROUBLE_SECONDS = 1.0
"""The pause after the database failed us."""
SNIFFED = 8192
"""Bytes of the beginning from which a file's type is told."""
ALLOWED = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
    "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr",
    "audio/wav": ".wav", "video/mp4": ".mp4", "video/3gpp": ".3gp", "video/webm": ".webm", "video/quicktime": ".mov",
    "application/pdf": ".pdf", "application/msword": ".doc", "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "text/plain": ".txt",
}  # fmt: skip
"""What is kept, and the ending it is kept under; nothing that a browser or an office would run."""
_SAME = {
    "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "application/ogg": "audio/ogg", "video/ogg": "audio/ogg",
    "audio/x-m4a": "audio/mp4", "image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "image/apng": "image/png",
}  # fmt: skip


_OFFICE = (b"[Content_Types].xml", b"_rels/.rels", b"docProps/", b"word/", b"xl/", b"ppt/")
"""Names of parts of office documents; one of them is among the first in every one."""


def sniff(head: bytes, filename: str | None) -> str | None:
    """The media type of a file that begins with ``head``; None when it is not one we keep. The name only helps to tell
    apart what begins alike (the office formats are all ZIP archives)."""
    if not head:
        return None
    if not head.startswith(b"%PDF") and (text := _as_text(head)) is not None:
        # Markup and scripts are programs to whoever opens them.
        return None if text.lstrip("\ufeff \t\r\n").startswith(("<", "#!")) else "text/plain"
    if head.startswith(b"PK") and not any(part in head for part in _OFFICE):
        # Any archive (a program in Java, say) looks like a document; only what a document is made of tells.
        return None
    with suppress(puremagic.PureError, ValueError):
        for match in puremagic.magic_string(head, filename or ""):
            media_type = _SAME.get(match.mime_type, match.mime_type)
            if media_type in ALLOWED and media_type != "text/plain":
                return str(media_type)
    return None


def _as_text(head: bytes) -> str | None:
    # The last character may have been cut in the middle.
    decoder = getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(head, final=len(head) < SNIFFED)
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\t\r\n\f\ufeff" for c in text) else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be fetched."""

    id: int
    inbox_id: int
    channel: str
    attachment: AttachmentRef
    attempts: int


class Refused(Exception):
    """A file that we do not keep; the text says why."""


class FileFetcher:
    """Fetches pending attachments into ``data_dir/files``."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        channels: Mapping[str, Channel],
        wording: Wording,
        data_dir: Path,
        max_bytes: int,
    ) -> None:
        self._db, self._clock, self._channels, self._wording = db, clock, channels, wording
        self._data_dir, self._max_bytes = data_dir, max_bytes
        self._awake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """A file may have come in. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._awake.clear()
                try:
                    await self._begin()
                except SQLAlchemyError as error:
                    log.error("files cannot be fetched: %s", type(error).__name__)
                    await asyncio.sleep(TROUBLE_SECONDS)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_SECONDS):
                        await self._awake.wait()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _begin(self) -> None:
        """Take up as many files as there are slots free; each frees its own when it is done."""
        if (room := AT_ONCE - len(self._running)) <= 0:
            return
        for file in await asyncio.to_thread(self._claim, room):
            task = asyncio.create_task(self._fetch(file))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("what became of a file could not be noted: %s", type(error).__name__)
        self.wake()

    def _claim(self, room: int) -> list[Wanted]:
        with self._db.read() as session:
            if not _due(session, list(self._channels), self._clock(), room):
                return []
        with self._db.write() as session:
            rows = _due(session, list(self._channels), self._clock(), room)
            for row, _channel in rows:
                row.attempts += 1
                row.next_try_at = self._clock() + CLAIM
            return [Wanted(row.id, row.inbox_id, channel, _ref(row), row.attempts) for row, channel in rows]

    async def _fetch(self, file: Wanted) -> None:
        target = self._data_dir / "files" / f"{file.id % 256:02x}" / str(file.id)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                media_type, size = await self._download(file, target)
        except Refused as refusal:
            await asyncio.to_thread(self._refuse, file, "refused", str(refusal))
        except TimeoutError:
            await self._failed(file, TransportError("the download took too long", permanent=False))
        except TransportError as error:
            await self._failed(file, error)
        except OSError as error:
            log.error("a file could not be kept: %s", error.strerror)
            await asyncio.to_thread(self._update, file, next_try_at=self._clock() + backoff(file.attempts))
        except Exception as error:
            log.exception("channel %s broke while fetching a file", file.channel)
            await self._failed(file, TransportError(f"internal: {type(error).__name__}", permanent=False))
        else:
            path = str(target.with_suffix(ALLOWED[media_type]).relative_to(self._data_dir))
            values = {"status": "stored", "path": path, "media_type": media_type, "size": size, "error": None}
            await asyncio.to_thread(self._update, file, **values)
            FILES.labels("stored").inc()

    async def _failed(self, file: Wanted, error: TransportError) -> None:
        if error.permanent or file.attempts >= MAX_ATTEMPTS:
            await asyncio.to_thread(self._refuse, file, "failed", error.reason)
            return
        wait = max(backoff(file.attempts), timedelta(seconds=error.retry_after or 0))
        await asyncio.to_thread(self._update, file, next_try_at=self._clock() + wait, error=error.reason)

    async def _download(self, file: Wanted, target: Path) -> tuple[str, int]:
        """Write the file under its id and return what it is. Raises Refused, TransportError, OSError."""
        if file.attachment.size is not None and file.attachment.size > self._max_bytes:
            raise Refused(f"larger than {self._max_bytes} bytes")
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        part, size, head = target.with_suffix(".part"), 0, b""
        try:
            with part.open("wb") as out:
                async for chunk in self._channels[file.channel].fetch(file.attachment):
                    size += len(chunk)
                    if size > self._max_bytes:
                        raise Refused(f"larger than {self._max_bytes} bytes")
                    head += chunk[: SNIFFED - len(head)]
                    await asyncio.to_thread(out.write, chunk)
            media_type = sniff(head, file.attachment.filename)
            if media_type is None:
                raise Refused("not a kind of file that is accepted")
            await asyncio.to_thread(settle, part, target.with_suffix(ALLOWED[media_type]), self._data_dir)
        finally:
            part.unlink(missing_ok=True)
        return media_type, size

    def _update(self, file: Wanted, **values: Any) -> None:
        with self._db.write() as session:
            session.execute(update(Attachment).where(Attachment.id == file.id).values(**values))

    def _refuse(self, file: Wanted, status: str, reason: str) -> None:
        """Mark the file and tell the person; in one transaction, so that he is told once. Of a sticker nobody expects
        that it is kept."""
        FILES.labels(status).inc()
        with self._db.write() as session:
            session.execute(update(Attachment).where(Attachment.id == file.id).values(status=status, error=reason))
            if file.attachment.kind == "sticker":
                return
            conversation = session.scalars(
                select(Conversation)
                .join(InboxMessage, InboxMessage.conversation_id == Conversation.id)
                .where(InboxMessage.id == file.inbox_id)
                .with_for_update(of=Conversation)
            ).one()
            capabilities = self._channels[file.channel].capabilities
            said = "utter_file_failed" if status == "failed" else "utter_file_refused"
            named = file.attachment.filename or word_argument(f"utter_word_{file.attachment.kind}")
            say(
                session, conversation, self._wording, said, {"filename": named},
                author="system", max_text=capabilities.max_text, max_choices=capabilities.max_choices,
                now=self._clock(), inbox_id=file.inbox_id,
            )  # fmt: skip


def _due(session: Session, channels: list[str], now: datetime, room: int = AT_ONCE) -> list[tuple[Attachment, str]]:
    rows = session.execute(
        select(Attachment, InboxMessage.channel)
        .join(InboxMessage, InboxMessage.id == Attachment.inbox_id)
        .where(
            Attachment.status == PENDING,
            Attachment.next_try_at <= now,
            # As an expression, which no index has: SQLite would rather look at all messages of the channels.
            InboxMessage.channel.concat("").in_(channels),
        )
        .order_by(Attachment.next_try_at)
        .limit(room)
        .with_for_update(of=Attachment, skip_locked=True)
    )
    return [(row, channel) for row, channel in rows]


def _ref(row: Attachment) -> AttachmentRef:
    return AttachmentRef(cast(AttachmentKind, row.kind), row.ref, row.filename, row.claimed_type, row.claimed_size)
