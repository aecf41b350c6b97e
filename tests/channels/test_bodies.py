from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from bot.channels.bodies import DRAINED, BodyTooLarge, NotAnObject, json_object, read_body

_left: list[bytes] = []
"""What the last ``_read`` did not ask for."""


def _read(chunks: Sequence[bytes], limit: int, announced: str | None = None) -> bytes:
    _left[:] = chunks

    async def receive() -> Message:
        return {"type": "http.request", "body": _left.pop(0), "more_body": bool(_left)}

    headers = [] if announced is None else [(b"content-length", announced.encode())]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    return asyncio.run(read_body(request, limit))


def test_a_body_of_exactly_the_limit_is_read_whole() -> None:
    assert _read([b"abc", b"de"], 5, "5") == b"abcde"


def test_a_body_announced_as_far_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BodyTooLarge):
        _read([], 5, "99999999999999999999")


def test_a_body_a_little_too_large_is_read_to_its_end_so_that_the_client_sees_the_answer() -> None:
    with pytest.raises(BodyTooLarge):
        _read([b"abc", b"def", b"ghi"], 5, "9")
    assert _left == []


def test_a_body_without_end_is_not_read_for_ever() -> None:
    with pytest.raises(BodyTooLarge):
        _read([b"x" * DRAINED, b"y" * 10, b"never"], 5)
    assert _left == [b"never"]


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
