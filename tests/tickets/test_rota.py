"""When staff were on duty."""

from __future__ import annotations

from datetime import timedelta

from bot.storage.database import Database
from bot.tickets.model import DutyEvent
from bot.tickets.rota import shifts
from tests.conftest import FakeClock


def test_shifts_are_cut_to_the_time_that_is_asked_for(db: Database, clock: FakeClock) -> None:
    start = clock()

    def noted(username: str, on_duty: bool, hours: float) -> DutyEvent:
        return DutyEvent(username=username, on_duty=on_duty, at=start + timedelta(hours=hours), actor=username)

    with db.write() as session:
        session.add_all([noted("rina", True, -2), noted("dewi", True, -3), noted("dewi", False, -1)])
        session.flush()
        session.add_all(
            [noted("rina", False, 1), noted("rina", True, 3), noted("sri", True, 5), noted("dewi", True, 99)]
        )
    with db.read() as session:
        found = shifts(session, start, start + timedelta(hours=6))
    hours = {
        name: [((a - start) / timedelta(hours=1), (b - start) / timedelta(hours=1)) for a, b in spans]
        for name, spans in found.items()
    }
    assert hours == {"rina": [(0, 1), (3, 6)], "sri": [(5, 6)]}
