"""The span of time of a report."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import NotAllowed
from bot.procedures.rules import Every
from bot.reports.periods import Period, around, last_over, month, week

JAKARTA = ZoneInfo("Asia/Jakarta")


def test_a_month_begins_at_local_midnight() -> None:
    november = month("2026-11")
    assert november.start(JAKARTA) == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert november.end(JAKARTA) == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert november.days == 30


@pytest.mark.parametrize("text", ["2026-W47", "2026W47", "2026-11-16", "2026-11-22"])
def test_a_week_goes_from_monday_to_sunday(text: str) -> None:
    assert week(text) == Period(date(2026, 11, 16), date(2026, 11, 23))


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-00", "11-2026", "", "november", "9999-12"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(NotAllowed, match="is no month"):
        month(text)


@pytest.mark.parametrize(
    "text", ["2026-W54", "2026-W00", "47", "", "2026-02-30", "0001-W01", "1999-W52", "9999-W52", "0001-01-01"]
)
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(NotAllowed, match="is no week"):
        week(text)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("id", "1 Desember 2026 sampai 31 Desember 2026"), ("en", "1 December 2026 to 31 December 2026")],
)
def test_a_span_is_said_in_words(language: str, expected: str) -> None:
    assert month("2026-12").said(language) == expected


@pytest.mark.parametrize(
    ("every", "around_it", "before_it"),
    [
        ("day", Period(date(2027, 1, 1), date(2027, 1, 2)), Period(date(2026, 12, 31), date(2027, 1, 1))),
        ("week", Period(date(2026, 12, 28), date(2027, 1, 4)), Period(date(2026, 12, 21), date(2026, 12, 28))),
        ("month", Period(date(2027, 1, 1), date(2027, 2, 1)), Period(date(2026, 12, 1), date(2027, 1, 1))),
    ],
)
def test_a_recap_is_of_the_last_time_that_is_over(every: Every, around_it: Period, before_it: Period) -> None:
    new_year = date(2027, 1, 1)
    assert (around(every, new_year), last_over(every, new_year)) == (around_it, before_it)
