"""What an account consists of: promises, what clocks have to do, verdicts. Moments are seconds (see ``seconds``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.procedures.profile import Profile
from bot.procedures.rules import Clock, LadderStep
from bot.simulation.seconds import Seconds

Key = tuple[str, str, int]


@dataclass(slots=True)
class Entry:
    """A promise. ``met``, ``over``: when it was kept, or was not asked for any more."""

    kind: str
    name: str
    run: int
    start: int
    within: int
    clock: Clock
    warn: int | None
    role: str | None
    tell: tuple[str, ...]
    pauses: bool = True
    step: LadderStep | None = None
    met: int | None = None
    over: int | None = None
    missed: bool = False
    warned: bool = False
    fired: bool = False

    @property
    def key(self) -> Key:
        return self.kind, self.name, self.run

    @property
    def open(self) -> bool:
        return self.met is None and self.over is None


@dataclass(frozen=True, slots=True)
class Firing:
    """Something that the clock has to do: ``at`` it does it, for what was ``due``; who is told of it."""

    what: str
    key: Key
    due: int
    at: int
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``late``: by how many seconds; None for what was not late, and for a step of the ladder that was missed."""

    found: str
    late: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What all accounts share. ``holders``: who holds each role. ``works_at``: the moment at which what is due at a
    moment can be done (later, while everything stands still)."""

    profile: Profile
    seconds: Seconds
    holders: Mapping[str, Sequence[str]]
    works_at: Callable[[int], int]

    def holding(self, roles: Collection[str]) -> frozenset[str]:
        """Everybody who holds one of ``roles``."""
        return frozenset(name for role in roles for name in self.holders[role])
