"""Reading a webhook's body within a limit."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

DRAINED = 16 * 1024 * 1024
"""Bytes of a body over its limit that are read and thrown away: a client that still sends when we answer and hang up
sees a broken connection, not the answer."""


class BodyTooLarge(Exception):
    """More than ``limit`` bytes were announced or sent; answer 413."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is over {limit} bytes")
        self.limit = limit


class NotAnObject(Exception):
    """The body is not JSON, or is JSON but not an object; answer 400."""


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body, which a signature is computed over. Raises BodyTooLarge.

    The announced length refuses early; the real one is counted while reading, because it may be absent or a lie.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit + DRAINED:
        raise BodyTooLarge(limit)
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit + DRAINED:
            break
        if size <= limit:
            body += chunk
    if size > limit:
        raise BodyTooLarge(limit)
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``. Raises NotAnObject."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnObject("the body is not JSON") from error
    if not isinstance(value, dict):
        raise NotAnObject("the body is not a JSON object")
    return value
