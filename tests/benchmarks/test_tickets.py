"""The invented year, and what is measured on it, in very small."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks.tickets import clocks, pages, reading
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
        late, seconds = clocks.lateness(world, 6, 0.5, lead=timedelta())
        assert "each once" in late[0].measured
        assert seconds["n"] == 6
        races, winners = clocks.races(world, 5)
        assert races[0].met
        assert sum(winners.values()) == 5
    finally:
        world.db.close()


@pytest.mark.slow
def test_the_peer_shows_the_same_tickets_and_as_many_messages(tmp_path: Path) -> None:
    """Each look fails where ours or theirs shows another number of rows. Builds the peer's environment if need be."""
    world = build(f"sqlite:///{tmp_path / 'sapa.db'}", 120)
    try:
        rows, raw = pages.rows(world, tmp_path, 2)
    finally:
        world.db.close()
    assert raw["django-helpdesk"] == "2.6.1"
    shown = [re.sub(r"\D+", " ", row.what).split() for row in rows]
    assert shown == [["2"], ["50"], ["50"], ["550"]]
    assert all(raw[row.what]["ours"]["n"] == raw[row.what]["theirs"]["n"] >= 1 for row in rows)
