"""The application with a channel that goes nowhere, as a process of its own: what the benchmarks talk to.

``POST /null`` takes ``{"sender", "text", "expect"}`` and answers when ``expect`` messages were handed to the channel:
the peer of Rasa's REST channel, with everything that happens to a message of ours behind it. ``POST /alone`` does the
same with nothing but the engine and the actions: no database, no queue. ``POST /forward`` moves the clock.

Run as ``python -m benchmarks.host --data-dir DIR``; prints a JSON line when it is ready, ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.app import Application
from bot.channels.registry import live_channels
from bot.clock import utc_now
from bot.commands import setting_up
from bot.commands.running import MODELS
from bot.config import Settings, load
from bot.conversation.messages import AttachmentRef, Capabilities, Channel, Incoming, Intake, Outgoing, Rate
from bot.conversation.model import InboxMessage, OutboxMessage
from bot.conversation.turn import Turn, turns
from bot.demo import first_start
from bot.dialogue.actions import PATH
from bot.dialogue.training import ensure_model
from bot.identity.people import PersonFacts
from bot.serving import run_on_loop

ANSWER_SECONDS = 60
NOBODY = PersonFacts(0, "unknown", None, None, None, False, None)


class MovableClock:
    """The real time, plus what it was moved forward by."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class _Awaited:
    missing: int
    done: asyncio.Future[None]
    texts: list[str] = field(default_factory=list)


class NullChannel:
    """Takes everything at once, and tells whoever waits for it."""

    name = "null"
    capabilities = Capabilities(max_text=4096, max_choices=10, per_chat=Rate(1e6, 10**6), per_bot=Rate(1e6, 10**6))

    def __init__(self) -> None:
        self.awaited: dict[str, _Awaited] = {}
        self._sent = 0

    async def send(self, address: str, message: Outgoing) -> str | None:
        self._sent += 1
        waiting = self.awaited.get(address)
        if waiting is not None:
            waiting.texts.append(message.text)
            waiting.missing -= 1
            if waiting.missing <= 0 and not waiting.done.done():
                waiting.done.set_result(None)
        return f"null-{self._sent}"

    def fetch(self, attachment: AttachmentRef) -> AsyncIterator[bytes]:
        raise NotImplementedError("nobody sends files here")

    async def seen(self, address: str, external_id: str) -> None:
        """Nothing to show."""

    def routes(self, intake: Intake) -> list[BaseRoute]:
        return []

    async def run(self, intake: Intake) -> None:
        """Nothing to poll."""

    async def close(self) -> None:
        """Nothing is open."""


class Recorder:
    """Keeps the action calls and what they returned while ``calls`` is a list."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.calls: list[dict[str, Any]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.calls is None or scope.get("path") != PATH:
            await self._app(scope, receive, send)
            return
        asked, answered = bytearray(), bytearray()

        async def hear() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def tell(message: Any) -> None:
            answered.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, hear, tell)
        self.calls.append({"action": json.loads(asked)["next_action"], **json.loads(answered)})


class Host:
    """The routes, on an application."""

    def __init__(self, app: Application, channel: NullChannel, clock: MovableClock) -> None:
        self._app, self._channel, self._clock = app, channel, clock
        self.recorder: Recorder
        self._states: dict[str, Any] = {}

    def routes(self) -> list[Route]:
        made = {"/null": self.null, "/alone": self.alone, "/record": self.record, "/forward": self.forward}
        return [Route(path, handler, methods=["POST"]) for path, handler in made.items()]

    async def null(self, request: Request) -> Response:
        """One message the whole way."""
        body = await request.json()
        waiting = self._channel.awaited[body["sender"]] = _Awaited(
            body["expect"], asyncio.get_running_loop().create_future()
        )
        try:
            await self._app.inbox([self._incoming(body)])
            await asyncio.wait_for(waiting.done, ANSWER_SECONDS)
        finally:
            del self._channel.awaited[body["sender"]]
        return JSONResponse([{"text": text} for text in waiting.texts])

    async def alone(self, request: Request) -> Response:
        """One message to the engine, with real actions; its state is kept here in the meantime."""
        body = await request.json()
        turn = self._turn(body["text"], first=body["sender"] not in self._states)
        engine = self._app.engine
        turns.begin(turn)
        try:
            self._states[body["sender"]], replies = await engine.turn(
                turn.id, self._states.get(body["sender"]), {"text": body["text"]}, patience=timedelta(seconds=30)
            )
        finally:
            turns.end(turn)
        return JSONResponse(replies)

    async def record(self, request: Request) -> Response:
        """One message the whole way; what its actions returned, and how many messages came of it."""
        body = await request.json()
        self.recorder.calls = []
        message = self._incoming(body)
        await self._app.inbox([message])
        async with asyncio.timeout(ANSWER_SECONDS):
            while (sent := await asyncio.to_thread(self._sent, message.external_id)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        calls, self.recorder.calls = self.recorder.calls, None
        return JSONResponse({"calls": calls, "sent": sent})

    async def forward(self, request: Request) -> Response:
        """Move the clock by ``{"seconds"}``."""
        self._clock.ahead += timedelta(seconds=(await request.json())["seconds"])
        return JSONResponse({})

    def _incoming(self, body: dict[str, Any]) -> Incoming:
        return Incoming(channel="null", external_id=uuid.uuid4().hex, addresses=(body["sender"],), text=body["text"])

    def _sent(self, external_id: str) -> int | None:
        """How many messages came of an inbox message; None while something is still to be done."""
        with self._app.db.read() as session:
            inbox_id = session.scalar(
                select(InboxMessage.id).where(InboxMessage.external_id == external_id, InboxMessage.status == "done")
            )
            if inbox_id is None:
                return None
            mine = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.inbox_id == inbox_id)
            if session.scalar(mine.where(OutboxMessage.status.in_(("queued", "sending")))):
                return None
            return session.scalar(mine) or 0

    def _turn(self, text: str, *, first: bool) -> Turn:
        app = self._app
        return Turn(
            id=uuid.uuid4().hex, now=self._clock(), inbox_id=0, conversation_id=0, channel="null", text=text,
            language="id", choice=None, command=None, files=0, first_contact=first, repeats=1, person=NOBODY,
            knowledge=app.knowledge, promise=app.promise, institution=app.settings.institution,
            proof_for=app.settings.proof_for, proof_lasts=app.settings.proof_lasts, read=app.db.read,
        )  # fmt: skip


def make(settings: Settings, *, works: bool, null: bool) -> tuple[Application, ASGIApp]:
    """An application whose dialogue goes nowhere (``null``), or one with the channels of its settings."""
    clock, channel = MovableClock(), NullChannel()
    db = setting_up.open_database(settings)
    first_start(db, demo=True, now=utc_now())
    channels: dict[str, Channel] = {"null": channel} if null else live_channels(settings, db, utc_now)
    model = ensure_model(MODELS, lambda _text: None) if works else None
    app = Application(settings, model=model, channels=channels, clock=clock, works=works)
    host = Host(app, channel, clock)
    asgi = app.asgi()
    if null:
        asgi.routes.extend(host.routes())
    host.recorder = Recorder(asgi)
    return app, host.recorder


async def _ready(app: Application, server: uvicorn.Server) -> None:
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    if app.works:
        await app.ready()


async def _serve(app: Application, asgi: ASGIApp, sock: Any) -> None:
    server = uvicorn.Server(uvicorn.Config(asgi, log_config=None, access_log=False, lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    ready = asyncio.create_task(_ready(app, server))
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    print(json.dumps({"pid": os.getpid(), "port": app.settings.port}), flush=True)
    await serving


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until standard input ends."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--intake-only", action="store_true", help="take messages in, answer none")
    options.add_argument("--live-channels", action="store_true", help="the settings' channels in place of the null one")
    chosen = options.parse_args(arguments)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sock = setting_up.bind("127.0.0.1", 0)
    settings = load({**os.environ, "SAPA_DATA_DIR": str(chosen.data_dir)})
    settings = replace(settings, host="127.0.0.1", port=sock.getsockname()[1])
    app, asgi = make(settings, works=not chosen.intake_only, null=not chosen.live_channels)
    run_on_loop(_serve(app, asgi, sock))


if __name__ == "__main__":
    main()
