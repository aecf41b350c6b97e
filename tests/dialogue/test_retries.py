"""A turn that is asked for again has nothing of its first try."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.conversation.model import Conversation
from bot.conversation.turn import Turn, turns
from bot.dialogue.client import EngineClient
from bot.storage.database import Database
from tests.conftest import FakeClock
from tests.conversation.conftest import Core

Answer = Callable[[str], dict[str, Any] | None]


class Peer:
    """An engine on loopback: ``answer`` takes the turn's id and gives the answer, or None to die in the middle."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.ids = answer, list[str]()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split()[0])
        body = json.loads(await reader.readexactly(length))
        self.ids.append(body["turn"])
        answer = self.answer(body["turn"])
        if answer is not None:
            text = json.dumps(answer)
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n{text}".encode())
            await writer.drain()
        writer.close()


class OverLoopback:
    """The real client before that peer, as the core's engine."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def turn(self, turn_id: str, state: Any, message: Any, *, patience: timedelta) -> Any:
        server = await asyncio.start_server(self.peer, "127.0.0.1", 0)
        client = EngineClient(lambda: [server.sockets[0].getsockname()[1]], "s")
        try:
            return await client.turn(turn_id, state, message, patience=patience)
        finally:
            await client.close()
            server.close()


def test_effects_of_a_try_that_failed_do_not_happen(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    """The first try's actions ran, then its engine died; one of them is even late."""
    core = Core(db, clock, tmp_path)
    tries: list[Turn] = []
    done: list[str] = []

    def effect_of(turn: Turn) -> None:
        turn.later(lambda _session: done.append(turn.id))

    def answer(turn_id: str) -> dict[str, Any] | None:
        tries.append(turns.get(turn_id))
        effect_of(tries[-1])
        if len(tries) == 1:
            tries[0].language = "en"
            return None
        effect_of(tries[0])
        assert not turns.running(tries[0].id)
        return {"state": {}, "replies": []}

    core.engine = OverLoopback(Peer(answer))  # type: ignore[assignment]
    core.receive(core.incoming("halo"))
    core.answer()
    assert len(tries) == 2
    assert done == [tries[1].id]
    assert core.inbox()[0].handled_by == "assistant"
    with core.db.read() as session:
        assert session.scalars(select(Conversation.language)).one() == "id"
