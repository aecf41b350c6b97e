from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from bot.channels.bodies import BodyTooLarge, NotAnObject, json_object, read_body


def _read(chunks: Sequence[bytes], limit: int, announced: str | None = None) -> bytes:
    queue = [*chunks]

    async def receive() -> Message:
        return {"type": "http.request", "body": queue.pop(0), "more_body": bool(queue)}

    headers = [] if announced is None else [(b"content-length", announced.encode())]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    return asyncio.run(read_body(request, limit))


def test_a_body_of_exactly_the_limit_is_read_whole() -> None:
    assert _read([b"abc", b"de"], 5, "5") == b"abcde"


@pytest.mark.parametrize("announced", ["6", "99999999999999999999"])
def test_a_body_announced_as_too_large_is_refused_before_it_is_read(announced: str) -> None:
    with pytest.raises(BodyTooLarge):
        _read([], 5, announced)


@pytest.mark.parametrize("announced", [None, "2", "-1", "many", ""])
def test_a_body_that_turns_out_too_large_is_refused_whatever_was_announced(announced: str | None) -> None:
    with pytest.raises(BodyTooLarge):
        _read([b"abc", b"def"], 5, announced)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xfd", b"[]", b'"text"', b"null", b"[" * 100_000])
def test_what_is_not_a_json_object_is_told_apart(body: bytes) -> None:
    with pytest.raises(NotAnObject):
        json_object(body)


def test_an_object_is_returned() -> None:
    assert json_object(b'{"a": [1]}') == {"a": [1]}
