"""How each talk with the assistant ended: in exactly one way, and silence is never success. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Outcome = Literal["solved", "silent", "returned", "handed_over", "abandoned"]
"""solved: the person said that the last answer helped. silent: it was answered, and nothing more was heard for
``RETURNS_WITHIN``. returned: it was answered, and the person was back with a question within that time. handed_over:
something went into a ticket, or a human wrote. abandoned: it ended without an answer, or with one that did not help."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
RETURNS_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """A message of the person and what came of it. ``asked``: it was a question. ``answered``: a template was shown.
    ``helped``: what he said of it, whenever. ``human``: a human dealt with it, or wrote it down for him. ``passed_on``:
    it opened a ticket, or went into one."""

    conversation_id: int
    at: datetime
    asked: bool = False
    answered: bool = False
    helped: bool | None = None
    human: bool = False
    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """Messages of one conversation without a long silence between them, at least one."""

    steps: tuple[Step, ...]

    @property
    def start(self) -> datetime:
        return self.steps[0].at

    @property
    def with_assistant(self) -> bool:
        """Whether the assistant had a part in it: a talk in which every message went to a human is the human's."""
        return any(not step.human for step in self.steps)


def talks(steps: Iterable[Step], silence: timedelta) -> Iterator[Talk]:
    """``steps`` by conversation and time, cut where somebody was silent for ``silence`` or longer."""
    held: list[Step] = []
    for step in steps:
        if held and (step.conversation_id != held[-1].conversation_id or step.at - held[-1].at >= silence):
            yield Talk(tuple(held))
            held = []
        held.append(step)
    if held:
        yield Talk(tuple(held))


def outcome(talk: Talk, following: Talk | None = None) -> Outcome:
    """How ``talk`` ended; ``following`` is the same conversation's next one."""
    if any(step.human or step.passed_on for step in talk.steps):
        return "handed_over"
    last = max((number for number, step in enumerate(talk.steps) if step.answered), default=None)
    if last is None or talk.steps[last].helped is False or any(step.asked for step in talk.steps[last + 1 :]):
        return "abandoned"
    if talk.steps[last].helped:
        return "solved"
    return "returned" if following is not None and _comes_back(talk, following) else "silent"


def _comes_back(talk: Talk, following: Talk) -> bool:
    until = talk.steps[-1].at + RETURNS_WITHIN
    return any(step.asked and step.at <= until for step in following.steps)


def ended(found: Sequence[Talk], start: datetime, end: datetime) -> dict[Outcome, int]:
    """How many of the talks that began from ``start`` until before ``end`` ended how; every outcome is there.
    ``found``: all talks, those after ``end`` too, in the order of ``talks``."""
    counts: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
    for number, talk in enumerate(found):
        if not (start <= talk.start < end and talk.with_assistant):
            continue
        following = found[number + 1] if number + 1 < len(found) else None
        same = following is not None and following.steps[0].conversation_id == talk.steps[0].conversation_id
        counts[outcome(talk, following if same else None)] += 1
    return counts
