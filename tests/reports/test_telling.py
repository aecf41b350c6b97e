"""Categories that break their promise again and again are told to whoever owns corrective actions, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.reports.model import RecapNotice
from bot.reports.telling import Teller
from bot.storage.database import Database
from bot.tickets import working
from bot.tickets.model import StaffNotice
from bot.tickets.service import by_number
from tests.conftest import FakeClock
from tests.sops.stage import Stage, at


@pytest.fixture
def unair(db: Database, clock: FakeClock) -> Stage:
    return Stage(db, clock, "unair")


def looks(stage: Stage) -> list[tuple[str, str]]:
    """(who, of which category and month) was told until now."""
    Teller(stage.db, stage.clock, stage.promise).once()
    return stage.told("often")


def late(stage: Stage, category: str, times: int) -> list[str]:
    """So many tickets of the category, that nobody answers."""
    numbers = [stage.opens() for _ in range(times)]
    for number in numbers:
        stage.does(number, working.categorise, category)
    return numbers


def test_the_roles_that_the_profile_names_are_told_once_of_a_category_and_month(unair: Stage) -> None:
    unair.names("bpm", "dewi")
    *_, last = late(unair, "sirkulasi", 3)
    late(unair, "koleksi", 2)
    assert looks(unair) == []
    unair.until(unair.clock() + timedelta(hours=25))
    told = looks(unair)
    assert told == [("dewi", "ptpp sirkulasi 2026-11")]
    assert looks(unair) == told
    with unair.db.read() as session:
        [notice] = session.scalars(select(StaffNotice).where(StaffNotice.kind == "often"))
        assert notice.ticket_id == by_number(session, last).id
    late(unair, "koleksi", 1)
    unair.until(unair.clock() + timedelta(hours=25))
    assert looks(unair) == [*told, ("dewi", "ptpp koleksi 2026-11")]


def test_another_month_is_another_proposal(unair: Stage) -> None:
    late(unair, "sirkulasi", 3)
    unair.until("2026-11-30 20:00")
    first = looks(unair)
    assert [told for _, told in first] == ["ptpp sirkulasi 2026-11"]
    late(unair, "sirkulasi", 3)
    unair.until("2026-12-02 08:00")
    assert looks(unair) == first, "those of the last evening of November are November's"
    late(unair, "sirkulasi", 3)
    unair.until("2026-12-04 08:00")
    assert looks(unair) == [*first, (first[0][0], "ptpp sirkulasi 2026-12")]


def test_what_broke_its_promise_after_its_month_was_over_counts_for_that_month(unair: Stage) -> None:
    unair.until("2026-11-30 20:00")
    late(unair, "sirkulasi", 3)
    assert looks(unair) == []
    unair.until("2026-12-02 08:00")
    assert [told for _, told in looks(unair)] == ["ptpp sirkulasi 2026-11"]


def test_how_often_is_too_often_is_in_the_profile(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unair", lambda text: text.replace("ptpp: {after: 3", "ptpp: {after: 2"))
    late(stage, "koleksi", 2)
    stage.until(stage.clock() + timedelta(hours=25))
    assert [told for _, told in looks(stage)] == ["ptpp koleksi 2026-11"]


def test_where_the_profile_names_nobody_those_who_plan_and_report_are_told(db: Database, clock: FakeClock) -> None:
    itb = Stage(db, clock, "itb")
    late(itb, "keuangan", 3)
    itb.until(itb.clock() + timedelta(hours=25))
    assert looks(itb) == [("sri", "ptpp keuangan 2026-11")]


def test_of_two_processes_that_look_at_once_one_tells(unair: Stage) -> None:
    unair.names("bpm", "dewi")
    late(unair, "sirkulasi", 3)
    unair.until(unair.clock() + timedelta(hours=25))

    databases = [Database(unair.db.url) for _ in range(4)]

    async def all_at_once() -> None:
        tellers = [Teller(db, unair.clock, unair.promise) for db in databases]
        await asyncio.gather(*(asyncio.to_thread(teller.once) for teller in tellers))

    asyncio.run(all_at_once())
    for db in databases:
        db.close()
    assert unair.told("often") == [("dewi", "ptpp sirkulasi 2026-11")]


def test_it_goes_on_by_itself_and_tells_of_recaps_too(unair: Stage) -> None:
    unair.clock.now = at("2026-11-30 00:00")

    async def until_told() -> None:
        task = asyncio.create_task(Teller(unair.db, unair.clock, unair.promise).run())
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(recaps, unair):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(until_told())
    assert {"paper"} == recaps(unair)


def recaps(stage: Stage) -> set[str]:
    with stage.db.read() as session:
        return set(session.scalars(select(RecapNotice.recap)))
