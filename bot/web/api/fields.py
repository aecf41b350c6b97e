"""Values as programs may send them, made into what can be stored and compared."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def plain(text: str) -> str:
    """Without the one character that PostgreSQL does not keep."""
    return text.replace("\0", "")


def clamped(moment: datetime) -> datetime:
    """A moment that every database can compare with; all that it is compared with lies between the two ends."""
    return min(LATEST, max(EARLIEST, moment))
