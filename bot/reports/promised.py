"""What became of the promises besides the first response and the resolution: of the next response, the ladder's steps
and duties. Pure, from events alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.procedures.profile import Profile
from bot.procedures.versions import Procedure
from bot.reports.tickets import History, Kept
from bot.tickets.promises import Kind, Verdict, promises

Promised = tuple[Kind, str]
"""Its kind, and the step's or duty's id."""


def promised(profile: Profile) -> Mapping[Promised, timedelta]:
    """Everything of that which the profile promises, in its order, and within which time."""
    found: dict[Promised, timedelta] = {}
    if profile.next_response is not None:
        found["next_response", ""] = profile.next_response.within
    if profile.ladder is not None:
        found |= {("ladder", step.id): step.within for step in profile.ladder.steps.values()}
    return found | {("duty", duty.id): duty.within for duty in profile.duties.values()}


def by_promise(
    found: Iterable[History], start: datetime, end: datetime, profile: Profile,
    procedures: Mapping[int | None, Procedure],
) -> Mapping[Promised, Kept]:  # fmt: skip
    """Of the tickets opened from ``start`` to before ``end``, how the promises of ``profile`` were kept until then.
    ``procedures``: by version, what each ticket is worked and judged by, as its own clock does. What was not asked for
    any more before it was due counts neither as kept nor as broken."""
    counts: Counter[tuple[Promised, Verdict]] = Counter()
    for ticket in found:
        if start <= ticket.opened < end:
            procedure = procedures[ticket.version]
            for each in promises(ticket.events, procedure.profile, ticket.kind):
                counts[(each.kind, each.name), each.verdict(procedure.hours, end)] += 1
    return {
        each: Kept(counts[each, "kept"], counts[each, "breached"], counts[each, "running"])
        for each in promised(profile)
    }
