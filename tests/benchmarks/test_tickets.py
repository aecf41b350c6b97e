"""The invented year, and what is measured on it, in very small."""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks.tickets import clocks, reading
from benchmarks.tickets.world import LONG_TALK, MESSAGES, build
from bot.tickets.model import Ticket


def test_a_year_is_invented_and_every_figure_can_be_measured_on_it(database_url: str) -> None:
    world = build(database_url, 120)
    try:
        assert world.messages == 120 * MESSAGES + LONG_TALK
        with world.db.read() as session:
            assert session.scalar(select(func.count()).where(Ticket.status == "open")) == 2
        rows, raw = reading.rows(world, 2)
        assert len(rows) == len(raw)
        assert all(found["n"] == 2 for what, found in raw.items() if what != "month")
        late, seconds = clocks.lateness(world, 6, 0.5)
        assert "each once" in late[0].measured
        assert seconds["n"] == 6
        races, winners = clocks.races(world, 5)
        assert races[0].met
        assert sum(winners.values()) == 5
    finally:
        world.db.close()
