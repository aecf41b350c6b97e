"""Templates that help less than they did."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from bot.knowledge import store
from bot.knowledge.base import Decision
from bot.knowledge.curating import calendar
from bot.knowledge.curating.falling import falls, tell_of_falling
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW, ask, hit
from tests.knowledge.sample import CAMPUS

SAID = [
    ("nothing was said", [], 0.8, False),
    ("always helped", [True] * 200, 0.8, False),
    ("never helps any more", [False] * 10, 0.8, True),
    ("three that did not help", [False] * 3, 0.8, False),
    ("as expected", [True, True, True, True, False] * 20, 0.8, False),
    ("half of what it was, late", [True] * 50 + [True, False, False] * 12, 0.8, True),
]


@pytest.mark.parametrize(("helped", "expected", "fallen"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_a_fall_is_told_from_a_bad_day(helped: list[bool], expected: float, fallen: bool) -> None:
    assert falls(helped, expected) is fallen


def test_false_alarms_are_rare_and_real_falls_are_found() -> None:
    chance = random.Random(7)

    def alarms(rate: float) -> float:
        return sum(falls([chance.random() < rate for _ in range(60)], 0.8) for _ in range(500)) / 500

    assert alarms(0.8) < 0.03
    assert alarms(0.5) > 0.85


def test_the_owner_of_a_template_that_helps_less_is_told_once_a_month(db: Database) -> None:
    krs = Decision("answer", (hit("krs-isi"),))
    with db.write() as session:
        store.import_templates(session, CAMPUS, NOW)
        for number in range(30):
            ask(session, number, f"krs {number}", krs, helped=number % 5 > 0, now=NOW - timedelta(days=200))
        assert tell_of_falling(session, NOW) == []
        for number in range(12):
            ask(session, number, f"krs lagi {number}", krs, helped=False, now=NOW - timedelta(days=3))
        [notice] = tell_of_falling(session, NOW)
        told = (notice.template_id, notice.owner, notice.kind, notice.data)
        assert told == ("krs-isi", "Pusat Layanan", "less_helpful", {"before": 0.8, "now": 0.0})
        assert tell_of_falling(session, NOW) == []
        assert len(calendar.notices(session)) == 1
