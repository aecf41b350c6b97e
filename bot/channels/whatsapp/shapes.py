"""Reading JSON of any shape: each of these gives the value where it has the right shape, and an empty one elsewhere."""

from __future__ import annotations

from typing import Any

_NOTHING: dict[str, Any] = {}


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """A text that every database can keep: JSON may hold half a surrogate pair or NUL, PostgreSQL can keep neither."""
    if not isinstance(value, str):
        return ""
    text: str = value
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-8", "replace").decode()
    return text.replace("\0", "") if "\0" in text else text


def line(value: Any, *, limit: int = 200) -> str:
    """A text in one line of at most ``limit`` characters."""
    return " ".join(text_of(value).split())[:limit].rstrip()


def identifier(value: Any, *, limit: int = 200) -> str:
    """An id: printable ASCII without spaces, at most ``limit`` characters, also where it came as a number."""
    if type(value) is int and 0 <= value < 10**30:
        value = str(value)
    if isinstance(value, str) and 0 < len(value) <= limit and value.isascii() and value.isprintable():
        return "" if " " in value else value
    return ""
