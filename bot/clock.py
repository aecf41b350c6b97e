"""The time, passed in: stored in UTC, spoken in the institution's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware and in UTC."""


def utc_now() -> datetime:
    """The system's time, aware and in UTC."""
    return datetime.now(UTC)
