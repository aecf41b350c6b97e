"""Connections to the engine's workers: kept, and never used after something went wrong on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.dialogue.wire import Refused, Wire, parse_head

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}'
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def request(reader: asyncio.StreamReader) -> bytes:
    """One request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def with_worker(script: Script, talk: Callable[[Wire, int], Awaitable[None]]) -> int:
    """Run ``talk`` against a worker that does as ``script`` says; how many connections it was given."""
    connections = 0

    async def main() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            try:
                await script(reader, writer)
            except asyncio.IncompleteReadError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        wire = Wire("secret")
        try:
            await talk(wire, server.sockets[0].getsockname()[1])
        finally:
            wire.close()
            server.close()
            await asyncio.sleep(0.01)

    asyncio.run(main())
    return connections


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        assert b"Authorization: Bearer secret\r\n" in await request(reader)
        writer.write(ANSWER)


def test_one_connection_serves_many_calls() -> None:
    async def talk(wire: Wire, port: int) -> None:
        for _ in range(5):
            assert await wire.post(port, "/turn", {"n": 1}) == {"a": 1}

    assert with_worker(answers, talk) == 1


def test_a_connection_that_the_worker_closed_is_replaced() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(ANSWER)

    async def talk(wire: Wire, port: int) -> None:
        for _ in range(2):
            assert await wire.post(port, "/turn", {}) == {"a": 1}
            await asyncio.sleep(0.02)

    assert with_worker(once, talk) == 2


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next_one() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            slow = b'"slow"' in await request(reader)
            await asyncio.sleep(0.1 if slow else 0)
            writer.write(ANSWER.replace(b'"a"', b'"b"') if slow else ANSWER)

    async def talk(wire: Wire, port: int) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wire.post(port, "/turn", {"slow": 1}), 0.03)
        assert await wire.post(port, "/turn", {}) == {"a": 1}

    assert with_worker(late, talk) == 2


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}", Refused),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n<>", ValueError),
        (b"HTTP/1.1 200 OK\r\n\r\n", ValueError),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", ValueError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", EOFError),
        (b"", EOFError),
    ],
)
def test_what_is_no_answer_is_told(answer: bytes, fault: type[Exception]) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(answer)

    async def talk(wire: Wire, port: int) -> None:
        with pytest.raises(fault):
            await wire.post(port, "/turn", {})

    with_worker(script, talk)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", (200, 5, True)),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", (500, 0, False)),
    ],
)
def test_the_head_of_an_answer(head: bytes, found: tuple[int, int, bool]) -> None:
    assert parse_head(head) == found
