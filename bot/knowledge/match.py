"""What is found for a question, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.knowledge.confidence import Kind


@dataclass(frozen=True, slots=True)
class Candidate:
    """A template, how likely it is the right one, and its example questions nearest to what was asked."""

    template_id: str
    score: float
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """``candidates`` in descending order of score. ``raw``: how likely the best one is right, and any of them,
    before anything was known of what people ask."""

    kind: Kind
    candidates: tuple[Candidate, ...] = ()
    raw: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """``read_as``: the words that were compared, written out and mended. ``counted``: for each candidate the words that
    spoke for it, and how much less likely it is without each. ``answer_from``, ``choose_from``: the thresholds, for the
    best candidate and for the candidates of a choice together."""

    match: Match
    read_as: tuple[str, ...]
    counted: Mapping[str, tuple[tuple[str, float], ...]]
    answer_from: float
    choose_from: float
