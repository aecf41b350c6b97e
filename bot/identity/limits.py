"""How often identity may be guessed. Pure rules over the times of failed checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

TRIES = 3
TRIES_AGAINST_NUMBER = 5
WINDOW = timedelta(hours=24)
LOCKED_FOR = timedelta(hours=24)
LOOK_BACK = WINDOW + LOCKED_FOR
"""Failures older than this can neither lock anybody now nor count towards a lock."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``failures``: those that count towards the next lock. ``locked_until``: None, or later than now."""

    failures: int
    locked_until: datetime | None


def standing(failures: Iterable[datetime], now: datetime) -> Standing:
    """Where somebody stands whose checks failed at these times.

    The third failure within 24 h locks for 24 h; what fails during a lock neither counts nor prolongs it, and after
    it the count begins anew.
    """
    counted: list[datetime] = []
    locked_until: datetime | None = None
    for at in sorted(failures):
        if locked_until is not None and at < locked_until:
            continue
        counted = [*(earlier for earlier in counted if at - earlier < WINDOW), at]
        if len(counted) >= TRIES:
            locked_until, counted = at + LOCKED_FOR, []
    if locked_until is not None and now < locked_until:
        return Standing(0, locked_until)
    return Standing(sum(now - at < WINDOW for at in counted), None)
