"""What of a queue is shown: of a category with all below it, of a channel, of a priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlencode

from sqlalchemy import ColumnElement

from bot.procedures.profile import Profile
from bot.tickets.lifecycle import Priority
from bot.tickets.model import Ticket

LONGEST = 64


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty: all."""

    category: str = ""
    channel: str = ""
    priority: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filter:
        """Of an address or a form."""
        priority = given.get("priority", "")
        known = priority if priority in get_args(Priority) else ""
        return cls(given.get("category", "")[:LONGEST], given.get("channel", "")[:LONGEST], known)

    def conditions(self, profile: Profile) -> Sequence[ColumnElement[bool]]:
        """Which tickets."""
        found: list[ColumnElement[bool]] = []
        if self.category:
            node = profile.category(self.category)
            below = [each.id for each in node.walk()] if node else [self.category]
            found.append(Ticket.category.in_(below))
        if self.channel:
            found.append(Ticket.channel == self.channel)
        if self.priority:
            found.append(Ticket.priority == self.priority)
        return found

    @property
    def query(self) -> str:
        """As an address asks for it; empty for all."""
        given = {"category": self.category, "channel": self.channel, "priority": self.priority}
        return urlencode({name: value for name, value in given.items() if value})


def address(queue: str, chosen: Filter) -> str:
    """What the inbox is asked for."""
    return "&".join(part for part in (urlencode({"queue": queue}), chosen.query) if part)
