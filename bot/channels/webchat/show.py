"""What the page reads: the history, the stream of events, files."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.channels.webchat import answers, history
from bot.channels.webchat.files import Files
from bot.channels.webchat.live import LOOK_BACK, Event, Live
from bot.channels.webchat.parse import MAX_TEXT
from bot.channels.webchat.sent import checked_id, first_id_at, time_of
from bot.channels.webchat.visitor import remember, visitor_of
from bot.clock import Clock
from bot.conversation.model import Attachment, InboxMessage, OutboxMessage
from bot.storage.database import Database

HEARTBEAT = 15.0
MOST_PAGES = 2_000
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser only ever paints; everything else is offered for saving."""
_FILE = re.compile(r"(?P<sent>o)?(?P<row>\d{1,9})(?(sent)-(?P<index>\d{1,3}))")
_LAST_EVENTS = frozenset({"reset", "parked", "bye"})


class Shower:
    """The routes that only show. Each sees the conversation of the cookie's visitor and no other."""

    def __init__(self, db: Database, live: Live, files: Files, clock: Clock) -> None:
        self._db = db
        self._live = live
        self._files = files
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route("/chat/history", self.past),
            Route("/chat/events", self.events),
            Route("/chat/files/{name}", self.file),
        ]

    def past(self, request: Request) -> Response:
        """``{messages, before, after, limits}``. ``before`` leads to older ones, ``after`` is where the stream of
        events begins."""
        visitor = visitor_of(request)
        wanted = request.query_params.get("before")
        try:
            before = history.Place.parse(wanted) if wanted else None
        except ValueError:
            return answers.fault("before", 422)
        after = first_id_at(self._clock())
        with self._db.read() as session:
            messages, more = history.latest(session, self._files, visitor.address, before)
        limits = {"text": MAX_TEXT, "file": self._files.limit}
        body = {"messages": messages, "before": str(more) if more else None, "after": after, "limits": limits}
        response = answers.data(body)
        if visitor.new:
            remember(response, visitor, request)
        return response

    async def events(self, request: Request) -> Response:
        """Server-sent events: message, mine, stale, typing, beat, reset, parked, bye."""
        visitor = visitor_of(request)
        if self._live.open_pages() >= MOST_PAGES:
            return answers.slow_down(30)
        after = checked_id(request.headers.get("last-event-id")) or checked_id(request.query_params.get("after"))
        response = StreamingResponse(
            self._stream(visitor.address, after or first_id_at(self._clock())),
            media_type="text/event-stream",
            headers=answers.STREAM_HEADERS,
        )
        if visitor.new:
            remember(response, visitor, request)
        return response

    async def _stream(self, address: str, after: str) -> AsyncIterator[bytes]:
        told: set[str] = set()
        with self._live.connected(address) as connection:
            yield b"retry: 2000\n\n"
            # Looks back as the watcher does: what was committed late sorts before what the page has seen.
            missed = await asyncio.to_thread(self._missed, address, first_id_at(time_of(after) - LOOK_BACK))
            if missed is None:
                yield _encode(Event("reset"))
                return
            for message in missed:
                told.add(message["key"])
                yield _encode(Event("message", message, message["sent"]))
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        event = await connection.queue.get()
                except TimeoutError:
                    self._live.ensure_watched()
                    yield b"event: beat\ndata: {}\n\n"
                    continue
                if event.name == "message" and event.data["key"] in told:
                    continue
                yield _encode(event)
                if event.name in _LAST_EVENTS:
                    return

    def _missed(self, address: str, after: str) -> list[history.Message] | None:
        with self._db.read() as session:
            return history.sent_after(session, self._files, address, after)

    def look(self, since: datetime, known: set[int], addresses: set[str]) -> list[tuple[int, str, history.Message]]:
        """For the watcher (``live.Look``)."""
        with self._db.read() as session:
            rows = history.newly_sent(session, first_id_at(since))
            new = [(row, address) for row, address in rows if row not in known and address in addresses]
            messages = history.by_id(session, self._files, [row for row, _ in new]) if new else {}
        return [(row, address, messages[row]) for row, address in new if row in messages]

    def file(self, request: Request) -> Response:
        """``/chat/files/7``: attachment 7 that the visitor sent. ``/chat/files/o12-0``: the first file of message 12
        that we sent to him."""
        match = _FILE.fullmatch(request.path_params["name"])
        address = visitor_of(request).address
        found = None
        if match and match["sent"]:
            found = self._file_of_ours(address, int(match["row"]), int(match["index"]))
        elif match:
            found = self._file_of_his(address, int(match["row"]))
        if found is None:
            return answers.fault("not_found", 404)
        path, filename, media_type = found
        inline = media_type in INLINE
        return FileResponse(
            path,
            media_type=media_type if inline else "application/octet-stream",
            filename=filename,
            content_disposition_type="inline" if inline else "attachment",
            headers=answers.FILE_HEADERS,
        )

    def _file_of_his(self, address: str, row: int) -> tuple[Path, str, str] | None:
        with self._db.read() as session:
            conversation = history.conversation_of(session, address)
            if conversation is None:
                return None
            file = session.scalars(
                select(Attachment)
                .join(InboxMessage, InboxMessage.id == Attachment.inbox_id)
                .where(Attachment.id == row, InboxMessage.conversation_id == conversation.id)
            ).first()
        path = self._files.stored(file.path) if file and file.status == "stored" and file.path else None
        return (path, file.filename or path.name, file.media_type or "") if file and path else None

    def _file_of_ours(self, address: str, row: int, index: int) -> tuple[Path, str, str] | None:
        with self._db.read() as session:
            conversation = history.conversation_of(session, address)
            message = session.get(OutboxMessage, row)
        if conversation is None or message is None or message.conversation_id != conversation.id:
            return None
        if message.status not in history.SHOWN:
            return None
        path, filename, media_type = dict(enumerate(history.sent_files(self._files, message))).get(
            index, (None, "", "")
        )
        return (path, filename, media_type) if path else None


def _encode(event: Event) -> bytes:
    lines = [f"id: {event.id}"] if event.id else []
    lines += [f"event: {event.name}", f"data: {json.dumps(event.data, ensure_ascii=False)}"]
    return ("\n".join(lines) + "\n\n").encode()
