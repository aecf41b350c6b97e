"""The stream of what happens, one for each open page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from bot.conversation.model import Conversation
from bot.tickets import service
from bot.web.live import Live
from bot.web.visit import Visit

MOST_TABS = 2000
HEARTBEAT = 20.0


async def events(visit: Visit) -> Response:
    """Server-sent events without data: ``list``, ``talk`` (of the ticket in ``?ticket=``), ``faces`` (who looks at it
    too, and whether the person is writing), ``beat`` and ``bye``."""
    live = visit.parts.live
    if live.tabs >= MOST_TABS:
        return Response(status_code=503, headers={"Retry-After": "30"})
    conversation, person = await run_in_threadpool(_shown, visit)
    return StreamingResponse(
        _stream(live, visit.who.username, conversation, person),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"},
    )


async def writing(visit: Visit) -> Response:
    """Somebody types in the ticket of the address; whoever looks at it too is told."""
    conversation, _ = await run_in_threadpool(_shown, visit)
    if conversation is not None:
        visit.parts.live.writes(visit.who.username, conversation)
    return Response(status_code=204 if conversation is not None else 404)


def _shown(visit: Visit) -> tuple[int | None, tuple[str, str] | None]:
    """The conversation of the ticket that is asked for, and (channel, address) of its person."""
    number = visit.path.get("number") or visit.request.query_params.get("ticket")
    if not number:
        return None, None
    with visit.parts.db.read() as session:
        try:
            talk = session.get_one(Conversation, service.by_number(session, number).conversation_id)
        except KeyError:
            return None, None
        return talk.id, (talk.channel, talk.address)


async def _stream(
    live: Live, username: str, conversation: int | None, person: tuple[str, str] | None
) -> AsyncIterator[bytes]:
    with live.connected(username, conversation, person) as tab:
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
