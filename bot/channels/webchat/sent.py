"""The id of a message that we sent: 32 hexadecimal digits that sort by time.

Twelve digits of milliseconds, twenty random ones. Everything that finds new messages
asks for ids from a certain time on: one range of one index for all visitors together, whatever order they were written
in and whichever process sent them.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

_SENT_ID = re.compile(r"0[0-9a-f]{31}")
"""Good until the year 2527."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_sent_id(now: datetime) -> str:
    return f"{_digits(now)}{secrets.token_hex(10)}"


def first_id_at(moment: datetime) -> str:
    """Not above any id of ``moment`` or later."""
    return _digits(moment).ljust(32, "0")


def checked_id(text: str | None) -> str | None:
    """``text`` if it is an id, such as the page gives back; otherwise None."""
    return text if text and _SENT_ID.fullmatch(text) else None


def time_of(sent_id: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(sent_id[:12], 16))


def _digits(moment: datetime) -> str:
    return f"{(moment - _EPOCH) // timedelta(milliseconds=1):012x}"
