"""The values of a profile that institutions change most, each with its place in the file, as typed in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.procedures import amending, scalars
from bot.procedures.business import DAY
from bot.procedures.profile import Profile
from bot.procedures.read_time import DAYS
from bot.procedures.rules import Duty, LadderStep, Target

Kind = Literal["length", "clock", "periods", "dates", "yes", "words"]


@dataclass(frozen=True, slots=True)
class Value:
    """``path``: where it is in the file. ``written``: as it is typed; empty where there is none. ``needed``: it cannot
    be left empty."""

    path: str
    kind: Kind
    written: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Values that belong together. ``of``: what they are about: target, step, duty, hours, holidays, unit, ending.
    ``name``: which of these, by its id."""

    of: str
    name: str
    values: Sequence[Value]


def groups(profile: Profile) -> Sequence[Group]:
    """All of them, in the order of the file."""
    targets = {"first_response": profile.first_response, "next_response": profile.next_response}
    targets |= {"resolution": profile.resolution}
    found = [
        Group("hours", day, [Value(f"hours.{day}", "periods", scalars.periods_written(periods), needed=False)])
        for day, periods in zip(DAYS, profile.week, strict=True)
    ]
    rule = profile.holidays
    found.append(Group("holidays", "", [
        Value("holidays.joint_leave", "yes", "true" if rule.joint_leave else "false"),
        Value("holidays.closed", "dates", " ".join(day.isoformat() for day in sorted(rule.closed)), needed=False),
    ]))  # fmt: skip
    found += [_timed("target", name, f"targets.{name}", each) for name, each in targets.items() if each]
    for name, step in (profile.ladder.steps if profile.ladder else {}).items():
        found.append(_timed("step", name, f"ladder.steps.{name}", step))
    found += [_timed("duty", name, f"duties.{name}", duty) for name, duty in profile.duties.items()]
    for name, unit in profile.units.items():
        found.append(Group("unit", name, [Value(f"units.{name}.answers_in", "length", length(unit.answers_in))]))
    return [*found, _endings(profile)]


def _timed(of: str, name: str, path: str, rule: Target | LadderStep | Duty) -> Group:
    warn = length(rule.warn) if rule.warn else ""
    return Group(of, name, [
        Value(f"{path}.within", "length", length(rule.within)), Value(f"{path}.clock", "clock", rule.clock),
        Value(f"{path}.warn", "length", warn, needed=False),
    ])  # fmt: skip


def _endings(profile: Profile) -> Group:
    within, closing = profile.reopening.within, profile.closing
    reopening = "always" if within is None else length(within) if within else "never"
    return Group("ending", "", [
        Value("reopening", "words", reopening),
        Value("closing.silence", "length", length(closing.silence) if closing else "", needed=False),
        Value("closing.notice", "length", length(closing.notice) if closing else "", needed=False),
    ])  # fmt: skip


def changed(text: str, profile: Profile, typed: Mapping[str, str]) -> str:
    """``text``, which is ``profile``'s, with what was typed otherwise than it is. What is typed wrongly is written as
    it is, for the profile's reader to tell of with its line."""
    known = {value.path: value for group in groups(profile) for value in group.values}
    read = {path: _tidy(typed.get(path, value.written)) for path, value in known.items()}
    new = {path: written for path, written in read.items() if written != known[path].written}
    changes: dict[str, str | None] = {
        path: _as_yaml(known[path], written) for path, written in new.items() if not path.startswith("closing.")
    }
    if any(path.startswith("closing.") for path in new):
        wanted = [new.get(path, known[path].written) for path in ("closing.silence", "closing.notice")]
        silence, notice = map(amending.scalar, wanted)
        changes["closing"] = f"{{silence: {silence}, notice: {notice}}}" if any(wanted) else "never"
    return amending.amend(text, changes) if changes else text


def _tidy(typed: str) -> str:
    return " ".join(typed.split())


def _as_yaml(value: Value, written: str) -> str | None:
    if value.kind in ("periods", "dates"):
        return amending.sequence(scalars.parts(written))
    return amending.scalar(written) if written or value.needed else None


def length(span: timedelta) -> str:
    """``30m``, ``2h``, ``7d``: as a profile says it."""
    minutes = int(span.total_seconds() // 60)
    if minutes % DAY == 0 and minutes:
        return f"{minutes // DAY}d" if minutes > DAY else "24h"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
