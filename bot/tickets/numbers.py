"""Ticket numbers: ``CC-2026-000123``, how they are given out and how people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.tickets.model import TicketCounter

_NUMBER = re.compile(
    r"(?<![a-z0-9])(?:([a-z]{1,8})[\s#:/._–-]{0,3})?(20\d\d)[\s/._–-]{0,3}(\d{1,9})(?!\d)", re.IGNORECASE
)
_ALONE = re.compile(
    r"[\s#*]*(?:(?:tiket|ticket|nomor|no|number)\b(?!-\d)[\s.:#]*)*(.*?)[\s.*]*", re.IGNORECASE | re.DOTALL
)
"""``no-2026-000123`` is a number as it is printed, of an institution whose prefix is such a word."""


@dataclass(frozen=True, slots=True)
class TicketNumber:
    """``prefix`` is None where somebody left it out."""

    prefix: str | None
    year: int
    count: int

    def __str__(self) -> str:
        return f"{self.prefix or ''}-{self.year}-{self.count:06d}"


def read_number(text: str) -> TicketNumber | None:
    """The ticket number that ``text`` is, however it is typed: ``cc 2026 123``, ``#CC-2026-000123``, ``2026-123``."""
    alone = _ALONE.fullmatch(text[:80])
    match = _NUMBER.fullmatch(alone[1]) if alone else None
    return _number(match) if match else None


def numbers_in(text: str) -> list[TicketNumber]:
    """What may be ticket numbers in ``text``, in order, each once: all that have a prefix (``ganjil 2025/2026``,
    too)."""
    found = (_number(match) for match in _NUMBER.finditer(text[:4096]))
    return list(dict.fromkeys(number for number in found if number.prefix is not None))


def _number(match: re.Match[str]) -> TicketNumber:
    return TicketNumber(match[1].upper() if match[1] else None, int(match[2]), int(match[3]))


def lock_counter(session: Session, now: datetime, zone: ZoneInfo) -> TicketCounter:
    """The counter of the year that ``now`` falls in, in the institution's zone. Nobody else gives out a number of that
    year until this transaction ends, so raising ``last`` in it leaves no gap when it is rolled back."""
    year = now.astimezone(zone).year
    first = {"year": year, "last": 0}
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(TicketCounter).values(first).on_conflict_do_nothing())
    else:
        session.execute(postgresql.insert(TicketCounter).values(first).on_conflict_do_nothing())
    locked = select(TicketCounter).where(TicketCounter.year == year).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()
