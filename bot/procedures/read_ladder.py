"""Reading promises, ladder, duties, and how tickets end and begin again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.errors import told
from bot.procedures import scalars
from bot.procedures.document import Part
from bot.procedures.read_catalogue import Names, kinds
from bot.procedures.read_words import words
from bot.procedures.rules import (
    HAPPENINGS,
    Assignment,
    Clock,
    ClosingRule,
    Duty,
    Happening,
    Ladder,
    LadderStep,
    Reopening,
    Target,
)

NOTHING = timedelta()
_TIMES = ("within", "clock")
_MORE = ("warn", "tell")


def _times(keys: Mapping[str, Part], names: Names) -> tuple[timedelta, Clock, timedelta | None, tuple[str, ...]]:
    within = keys["within"].value(scalars.duration, NOTHING)
    warn = keys["warn"].value(scalars.duration, None) if keys["warn"].there else None
    if warn is not None and within and warn >= within:
        keys["warn"].fault(told("is not before the deadline: it must be shorter than within"))
    tell = tuple(dict.fromkeys(item.value(names.role, "") for item in keys["tell"].items()))
    return within, keys["clock"].value(scalars.clock, "elapsed"), warn, tell


def target(part: Part, names: Names) -> Target:
    """A promise to the person."""
    return Target(*_times(part.keys(*_TIMES, optional=_MORE), names))


def ladder(part: Part, names: Names) -> Ladder | None:
    """None where the procedure has none. One that goes in circles, or has a step that nothing leads to, is a fault."""
    if not part.there:
        return None
    keys = part.keys("first", "steps")
    entries = list(keys["steps"].entries())
    known = [key.text for key, _ in entries]
    step_name = scalars.one_of(known, told("step of the ladder"))
    steps: dict[str, LadderStep] = {}
    for key, entry in entries:
        name = key.value(scalars.identifier, key.text)
        of = entry.keys("role", *_TIMES, optional=("otherwise", *_MORE))
        within, clock, warn, tell = _times(of, names)
        otherwise = of["otherwise"].value(step_name, None) if of["otherwise"].there else None
        steps[name] = LadderStep(name, of["role"].value(names.role, ""), within, clock, warn, otherwise, tell)
    first = keys["first"].value(step_name, "")
    if keys["steps"].there and not steps:
        keys["steps"].fault(told("are empty; at least one step is needed"))
    _refuse_circles(dict(entries_by_name(entries)), steps, first)
    return Ladder(first, steps)


def entries_by_name(entries: list[tuple[Part, Part]]) -> list[tuple[str, Part]]:
    """The values of a mapping's entries by their keys' text."""
    return [(key.text, value) for key, value in entries]


def _refuse_circles(parts: Mapping[str, Part], steps: Mapping[str, LadderStep], first: str) -> None:
    for name in steps:
        way, here = [name], steps[name].otherwise
        while here is not None and here not in way and here in steps:
            way.append(here)
            here = steps[here].otherwise
        if here == name:
            parts[name].fault(told("goes in a circle: {way}", way=" → ".join([*way, name])))
    reached, here = set[str](), first if first in steps else None
    while here is not None and here not in reached and here in steps:
        reached.add(here)
        here = steps[here].otherwise
    for name in steps:
        if reached and name not in reached:
            parts[name].fault(told("is never reached from the first step, {first}", first=first))


def duties(part: Part, names: Names) -> Mapping[str, Duty]:
    """What has to follow once something happened."""
    happening = scalars.one_of(HAPPENINGS, told("event that a duty can wait for"))
    found: dict[str, Duty] = {}
    for key, entry in part.entries():
        of = entry.keys("name", "role", "after", "until", *_TIMES, optional=(*_MORE, "kinds"))
        after: Happening = of["after"].value(happening, "opened")
        until: Happening = of["until"].value(happening, "closed")
        if after == until:
            of["until"].fault(told("is the same as after: the duty would be over at once"))
        within, clock, warn, tell = _times(of, names)
        found[key.text] = Duty(
            id=key.value(scalars.identifier, key.text),
            name=words(of["name"]),
            role=of["role"].value(names.role, ""),
            after=after,
            until=until,
            within=within,
            clock=clock,
            warn=warn,
            tell=tell,
            kinds=kinds(of["kinds"]),
        )
    return found


def assignment(part: Part, names: Names) -> Assignment | None:
    """None where tickets are taken by hand."""
    if not part.there:
        return None
    keys = part.keys("to", optional=("most",))
    to = tuple(dict.fromkeys(item.value(names.role, "") for item in keys["to"].items()))
    if keys["to"].there and not to:
        keys["to"].fault(told("is empty; at least one role is needed"))
    return Assignment(to, keys["most"].value(scalars.count, None) if keys["most"].there else None)


def reopening(part: Part) -> Reopening:
    """``always``, ``never``, or a length of time."""

    def parse(text: str) -> Reopening:
        if text in ("always", "never"):
            return Reopening(None if text == "always" else NOTHING)
        try:
            return Reopening(scalars.duration(text))
        except ValueError as error:
            raise ValueError(told("must be always, never, or a length of time like 7d")) from error

    return part.value(parse, Reopening(None))


def closing(part: Part) -> ClosingRule | None:
    """``never``, or after how long a silence and how long before that the person is told."""
    if part.text == "never":
        return None
    keys = part.keys("silence", "notice")
    rule = ClosingRule(
        keys["silence"].value(scalars.duration, NOTHING), keys["notice"].value(scalars.duration, NOTHING)
    )
    if rule.silence and rule.notice >= rule.silence:
        keys["notice"].fault(told("must be shorter than silence: it is told that long before"))
    return rule
