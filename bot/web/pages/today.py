"""Today: what the desk has not done yet, what needs a person, and who is there."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from bot.procedures.hours import is_holiday
from bot.tickets import assignment, duty, duty_planning
from bot.web import day_curve, queues
from bot.web import talk as talks
from bot.web.categories import titles
from bot.web.visit import Visit

LISTED = 12
COMING = 5


def today(visit: Visit) -> Response:
    """The supervisor's morning."""
    now = visit.now
    with visit.parts.db.read() as session:
        counts = queues.watched_counts(session, now)
        needs = queues.needing(session, queues.Looker(visit.who.username), now, LISTED)
        on_duty = duty.on_duty(session)
        loads = assignment.loads(session, on_duty)
        until = duty_planning.planned_until(session, on_duty)
        coming = duty_planning.coming(session, now, visit.parts.promise.zone, COMING)
        zone, holidays = visit.parts.settings.timezone, visit.parts.promise.profile.holidays
        curve = day_curve.read(session, now, zone, partial(is_holiday, holidays))
        closed, _ = queues.closed_since(session, visit.midnight)
        known = {*on_duty, *(each.username for each in coming)}
        staff = talks.names_of(session, {*known, *(row.ticket.assignee for row in needs if row.ticket.assignee)})
    return visit.show(
        "today.html",
        active="today",
        counts=counts,
        rows=needs,
        staff=staff,
        titles=titles(visit),
        present=[(staff.get(name, name), load.tickets, until.get(name)) for name, load in loads.items()],
        coming=[(staff.get(each.username, each.username), each) for each in coming],
        heaviest=max((load.tickets for load in loads.values()), default=0),
        came=curve.came,
        curve=curve,
        closed=closed,
        is_open=visit.parts.promise.is_open(now),
        opens=visit.parts.promise.next_opening(now),
        queue="all",
        open=None,
    )
