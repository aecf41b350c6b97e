"""The hours of today beside a usual day's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.storage.database import Database
from bot.tickets.model import Ticket
from bot.web import day_curve
from bot.web.day_curve import curve, usual_days
from tests.web.desk import Center

ZONE = ZoneInfo("Asia/Jakarta")
MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=ZONE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def _open(day: date) -> bool:
    return False


def test_a_usual_day_is_the_mean_of_the_same_weekday_in_the_weeks_before() -> None:
    came = [at("2026-11-09 09:10"), at("2026-11-09 09:50"), at("2026-11-16 08:05"), at("2026-11-16 09:59"),
            at("2026-11-16 10:45"), at("2026-11-23 09:30"), at("2026-11-23 10:05")]  # fmt: skip
    found = curve(came, usual_days(MONDAY.date(), _open), MONDAY)
    by_hour = {each.hour: (each.today, each.usual) for each in found.hours}
    assert [by_hour[hour] for hour in (8, 9, 10, 11)] == [(0, 0.5), (1, 1.5), (1, 0.5), (None, 0.0)]
    assert (found.came, found.by_now) == (2, 2.0)
    assert found.line.startswith("0,96.0 17,96.0")


def test_after_one_week_nothing_is_usual_yet() -> None:
    found = curve([at("2026-11-16 08:05"), at("2026-11-23 09:30")], usual_days(MONDAY.date(), _open), MONDAY)
    assert (found.came, found.by_now, found.line) == (1, None, "")
    assert {each.usual for each in found.hours} == {None}


def test_holidays_are_not_usual() -> None:
    days = usual_days(MONDAY.date(), lambda day: day == date(2026, 11, 16))
    assert days[:2] == [date(2026, 11, 9), date(2026, 11, 2)]


@given(st.lists(st.integers(0, 60 * 24 * 60 - 1), max_size=60))
def test_every_ticket_of_today_is_in_one_hour_and_all_bars_fit(minutes: list[int]) -> None:
    came = [MONDAY - timedelta(minutes=each) for each in minutes]
    found = curve(came, usual_days(MONDAY.date(), _open), MONDAY)
    assert (
        sum(each.today or 0 for each in found.hours) == found.came == sum(each.date() == MONDAY.date() for each in came)
    )
    assert all(
        0 <= found.y(tall) <= day_curve.HEIGHT for each in found.hours for tall in (each.today, each.usual) if tall
    )


def test_a_day_is_the_institutions_and_not_that_of_utc(center: Center) -> None:
    """One statement, on either database."""
    for moment in ("2026-11-22 23:30", "2026-11-23 00:30", "2026-11-23 06:59"):
        _opened_at(center.db, center.ticket(), at(moment))
    with center.db.read() as session:
        found = day_curve.read(session, MONDAY, ZONE, _open)
    assert [(each.hour, each.today) for each in found.hours if each.today] == [(0, 1), (6, 1)]


def _opened_at(db: Database, number: str, moment: datetime) -> None:
    with db.write() as session:
        session.query(Ticket).filter_by(number=number).update({"created_at": moment})


def test_today_says_how_the_day_compares_in_words_and_draws_it(center: Center) -> None:
    now = center.clock().astimezone(ZONE)
    for weeks, many in ((2, 1), (1, 2), (0, 1)):
        for _ in range(many):
            _opened_at(center.db, center.ticket(), now - timedelta(weeks=weeks, minutes=1))
    page = center.browser("sri").get("/console/today").text
    assert f"1 so far; by now a usual {now:%A} has 1.5." in page
    assert page.count('<rect class="bar"') == 1
    assert '<polyline class="usual"' in page
