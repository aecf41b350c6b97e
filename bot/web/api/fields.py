"""Values as programs may send them, made into what can be stored and compared."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def plain(text: str) -> str:
    """Without the one character that PostgreSQL does not keep."""
    return text.replace("\0", "")


def whole(text: str | None) -> int | None:
    """A number, a key or a version as it was sent: digits alone, at most nine, so that every database can compare with
    it. None for all else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


def clamped(moment: datetime) -> datetime:
    """A moment that every database can compare with; all that it is compared with lies between the two ends."""
    return min(LATEST, max(EARLIEST, moment))
