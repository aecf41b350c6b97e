"""The stream of what happens, one for each open page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from bot.conversation.model import InboxMessage, OutboxMessage
from bot.storage.database import Database
from bot.tickets import service
from bot.tickets.model import Ticket, TicketEvent
from bot.web.live import Live, Mark
from bot.web.visit import Visit

MOST_TABS = 2000
HEARTBEAT = 20.0
LAST_MESSAGES = 40
"""Of an open conversation, so many of our last messages are watched for what becomes of them."""


async def events(visit: Visit) -> Response:
    """Server-sent events without data: ``list``, ``talk`` (of the ticket in ``?ticket=``), ``faces`` (who looks at it
    too), ``beat`` and ``bye``."""
    live = visit.parts.live
    if live.tabs >= MOST_TABS:
        return Response(status_code=503, headers={"Retry-After": "30"})
    conversation = await run_in_threadpool(_conversation_of, visit)
    return StreamingResponse(
        _stream(live, visit.who.username, conversation),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"},
    )


async def writing(visit: Visit) -> Response:
    """Somebody types in the ticket of the address; whoever looks at it too is told."""
    conversation = await run_in_threadpool(_conversation_of, visit)
    if conversation is not None:
        visit.parts.live.writes(visit.who.username, conversation)
    return Response(status_code=204 if conversation is not None else 404)


def _conversation_of(visit: Visit) -> int | None:
    number = visit.path.get("number") or visit.request.query_params.get("ticket")
    if not number:
        return None
    with visit.parts.db.read() as session:
        try:
            return service.by_number(session, number).conversation_id
        except KeyError:
            return None


async def _stream(live: Live, username: str, conversation: int | None) -> AsyncIterator[bytes]:
    with live.connected(username, conversation) as tab:
        yield b"retry: 2000\nevent: hello\ndata: 1\n\n"
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    name = await tab.queue.get()
            except TimeoutError:
                name = "beat"
            yield f"event: {name}\ndata: 1\n\n".encode()
            if name == "bye":
                return


def look(db: Database, before: Mark | None, shown: frozenset[int]) -> tuple[Mark, frozenset[int]]:
    """For the watcher (``live.Look``)."""
    with db.read() as session:
        grows = (InboxMessage.id, OutboxMessage.id, TicketEvent.id)
        seen = tuple(session.scalar(select(func.coalesce(func.max(column), 0))) or 0 for column in grows)
        digests = {conversation: _digest(session, conversation) for conversation in shown}
    talks = before.talks if before is not None else {}
    changed = frozenset(each for each, digest in digests.items() if talks.get(each, digest) != digest)
    return Mark(seen, digests), changed


def _digest(session: Session, conversation: int) -> str:
    came = session.scalar(select(func.max(InboxMessage.id)).where(InboxMessage.conversation_id == conversation))
    went = session.execute(
        select(OutboxMessage.id, OutboxMessage.status)
        .where(OutboxMessage.conversation_id == conversation)
        .order_by(OutboxMessage.id.desc())
        .limit(LAST_MESSAGES)
    ).all()
    steps = session.scalar(
        select(func.max(TicketEvent.id))
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(Ticket.conversation_id == conversation)
    )
    return sha256(repr((came, steps, [tuple(row) for row in went])).encode()).hexdigest()
