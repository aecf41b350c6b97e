"""Templates with dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.errors import NotAllowed
from bot.knowledge import store, versions
from bot.knowledge.content import Content
from bot.knowledge.curating import calendar
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW
from tests.knowledge.sample import template

MONDAY = NOW.date()
SEASON = replace(
    Content.of(template("krs-masa", id=("Masa KRS", "Kapan masa KRS?"))),
    valid_from=MONDAY + timedelta(days=1),
    valid_until=MONDAY + timedelta(days=30),
)

DAYS = [
    (0, False, []),
    (1, True, ["begun"]),
    (16, True, ["ending"]),
    (30, True, ["ending"]),
    (31, False, ["ended"]),
    (300, False, ["ended"]),
]


@pytest.mark.parametrize(("after", "offered", "told"), DAYS)
def test_a_template_is_offered_within_its_dates_and_its_owner_is_told(
    db: Database, after: int, offered: bool, told: list[str]
) -> None:
    with db.write() as session:
        store.import_templates(session, Snapshot((SEASON,)), NOW)
        assert store.load(session).templates == ()
        assert store.load(session, every=True).templates == (SEASON,)
        for _ in range(2):
            calendar.turn_of_day(session, MONDAY + timedelta(days=after), NOW + timedelta(days=after))
        assert bool(store.load(session).templates) is offered
        assert versions.version(session) == (2 if offered else 1)
        assert [notice.kind for notice in calendar.notices(session)] == told
        assert all(notice.owner == "Pusat Layanan" for notice in calendar.notices(session, "Pusat Layanan"))


def test_the_end_is_told_once_and_can_be_dismissed(db: Database) -> None:
    with db.write() as session:
        store.import_templates(session, Snapshot((SEASON,)), NOW)
        for day in (1, 20, 31, 32, 33):
            calendar.turn_of_day(session, MONDAY + timedelta(days=day), NOW)
        kinds = [notice.kind for notice in calendar.notices(session)]
        assert kinds == ["begun", "ending", "ended"]
        calendar.dismiss(session, calendar.notices(session)[0].id, NOW)
        assert len(calendar.notices(session)) == 2
        with pytest.raises(NotAllowed, match=r"no notice 99"):
            calendar.dismiss(session, 99, NOW)
    assert SEASON.offered(date(2026, 12, 1))
