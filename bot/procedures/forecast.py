"""What would be promised about a ticket that begins at some moment, if nobody did anything about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.procedures.business import Hours
from bot.procedures.hours import hours_of
from bot.procedures.profile import Profile
from bot.procedures.rules import LadderStep, Unit
from bot.procedures.why import Timing

Kind = Literal["first_response", "resolution", "ladder", "unit"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A deadline to come. ``step``: of the ladder. ``unit``: which is asked when the ticket begins."""

    kind: Kind
    timing: Timing
    due: datetime
    step: LadderStep | None = None
    unit: Unit | None = None


def forecast(profile: Profile, hours: Hours, start: datetime, category: str | None) -> Iterator[Forecast]:
    """The promises to the person, the steps of the ladder one after the other, and the unit that the category belongs
    to, if it were asked at once. Raises ValueError where a calendar has no open day."""
    first = Timing(start, profile.first_response.within, profile.first_response.clock)
    yield Forecast("first_response", first, _due(first, hours))
    if profile.ladder is not None:
        begins = start
        for step in profile.ladder.walk():
            timing = Timing(begins, step.within, step.clock)
            begins = _due(timing, hours)
            yield Forecast("ladder", timing, begins, step=step)
    unit = profile.unit_of(category)
    if unit is not None:
        timing = Timing(start, unit.answers_in, "business")
        yield Forecast("unit", timing, _due(timing, hours_of(profile, hours.zone, unit)), unit=unit)
    whole = Timing(start, profile.resolution.within, profile.resolution.clock)
    yield Forecast("resolution", whole, _due(whole, hours))


def _due(timing: Timing, hours: Hours) -> datetime:
    due = timing.due(hours)
    if due is None:
        raise AssertionError("a clock that nobody stops comes to its end")
    return due
