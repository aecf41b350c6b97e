"""Long lists, a page at a time. A page begins behind a thing, not behind a count: what is new moves nothing."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from bot.web.api.problems import invalid

T = TypeVar("T")
Row = TypeVar("Row")
Key = tuple[int | str, ...]
"""What places a thing in its list."""
MOST, USUAL = 100, 25
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(max_length=300, description="The `next` of the page before; without it the first page is given.")
]


class Page(BaseModel, Generic[T]):
    """A part of a list. ``next``: the cursor of the part that follows; null at the end."""

    items: list[T]
    next: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


def place(cursor: str | None, *kinds: type[int] | type[str]) -> Key | None:
    """Behind what the page begins; None: at the beginning. Raises Refused for a cursor that was not made here."""
    if cursor is None:
        return None
    try:
        key = json.loads(urlsafe_b64decode(cursor.encode("ascii")))
        right = isinstance(key, list) and [type(each) for each in key] == list(kinds)
    except (ValueError, RecursionError):
        right = False
    if not right or any(isinstance(each, int) and not 0 <= each < 2**31 for each in key):
        raise invalid("query.cursor", "this is no cursor of this list")
    return tuple(key)


def only(cursor: str | None) -> int | None:
    """The same where one number places a thing."""
    key = place(cursor, int)
    return int(key[0]) if key else None


def cut(rows: Sequence[Row], limit: int, key: Callable[[Row], Key]) -> tuple[Sequence[Row], str | None]:
    """Of ``limit`` + 1 rows those of the page, and the cursor of the next one where there is more."""
    if len(rows) <= limit:
        return rows, None
    told = json.dumps(key(rows[limit - 1]), separators=(",", ":"))
    return rows[:limit], urlsafe_b64encode(told.encode()).decode()
