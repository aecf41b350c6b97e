"""One turn: what the actions may read, and what they want to happen.

The dialogue engine decides which actions run; they read this object, utter responses by name and leave effects. Nothing
happens before the turn is committed: effects, replies and dialogue state are written in one transaction with the inbox
message's "done", so a turn that crashed is simply taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from bot.identity.people import PersonFacts
    from bot.knowledge.base import Knowledge
    from bot.procedures.hours import ServicePromise

Effect = Callable[[Session], Mapping[str, Any] | None]
"""Runs in the turn's transaction. What it returns fills variables of the turn's replies (``{ticket}``, ``{due}``)."""


@dataclass(slots=True)
class Turn:
    """What is known when a person's message is about to be answered.

    ``text``: as typed. ``choice``: (intent, data) of a pressed or typed choice. ``command``: ``help``, ``cancel`` …
    ``first_contact``: nothing was ever said to this person here. ``repeats``: how many of his last messages, this one
    included, say the same. ``files``: number of attachments. ``proof_for``: what needs a proven identity.
    ``language`` may be changed by an action; it is the conversation's from this turn on. ``promise`` knows the
    institution's zone and the profile. ``variables``: what the institution lets answers name, with its values.
    """

    id: str
    now: datetime
    inbox_id: int
    conversation_id: int
    channel: str
    text: str
    language: str
    choice: tuple[str, str | None] | None
    command: str | None
    files: int
    first_contact: bool
    repeats: int
    person: PersonFacts
    knowledge: Knowledge
    promise: ServicePromise
    institution: str
    proof_for: frozenset[str]
    proof_lasts: timedelta
    read: Callable[[], AbstractContextManager[Session]]
    variables: Mapping[str, str] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def later(self, effect: Effect) -> None:
        """Have ``effect`` run when the turn is committed."""
        self.effects.append(effect)


class Turns:
    """The turns that are being taken in this process, by id. Actions find theirs by the tracker's sender id.

    An engine that is asked again gets the turn under a new id and untouched: what the actions of the try before left,
    or leave late, counts for nothing.
    """

    def __init__(self) -> None:
        self._running: dict[str, Turn] = {}
        self._tries: dict[str, list[Turn]] = {}

    def begin(self, turn: Turn) -> None:
        self._running[turn.id] = turn
        # The first stays as it is now, to be copied; the last is the one that counts.
        self._tries[turn.id] = [replace(turn, effects=[]), turn]

    def again(self, turn_id: str) -> str:
        """Another try at the turn that began as ``turn_id``; the id it goes under from now on."""
        tries = self._tries.get(turn_id)
        if tries is None:
            return turn_id
        del self._running[tries[-1].id]
        turn = replace(tries[0], id=f"{turn_id}.{len(tries)}", effects=[])
        tries.append(turn)
        self._running[turn.id] = turn
        return turn.id

    def end(self, turn: Turn) -> Turn:
        """The turn is over; gives its last try."""
        last = self._tries.pop(turn.id, [turn])[-1]
        self._running.pop(last.id, None)
        return last

    def running(self, turn_id: str) -> bool:
        """Whether the turn is still being taken."""
        return turn_id in self._running

    def get(self, turn_id: str) -> Turn:
        """Raises KeyError when no such turn is being taken (a late call of an engine that was given up)."""
        return self._running[turn_id]


turns = Turns()
