"""Which step a ticket may take from where: one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.errors import NotAllowed

Status = Literal["open", "closed"]
Priority = Literal["normal", "high", "urgent"]
Step = Literal["message", "close", "reopen", "assign", "release"]

STEPS: Mapping[tuple[str, Step], Status] = {
    ("open", "message"): "open",
    ("open", "assign"): "open",
    ("open", "release"): "open",
    ("open", "close"): "closed",
    ("closed", "reopen"): "open",
}
"""(status, step) → status afterwards."""


def after(number: str, status: str, step: Step) -> Status:
    """The status after ``step``. Raises NotAllowed where the table has no such step."""
    try:
        return STEPS[status, step]
    except KeyError:
        raise NotAllowed(f"Ticket {number} is {status}; it cannot be changed by {step!r}.") from None
