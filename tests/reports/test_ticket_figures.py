"""Figures of tickets from their events alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import ROOT
from bot.procedures.hours import hours_of
from bot.procedures.profile import load_profile
from bot.procedures.rules import Target
from bot.reports.tickets import Event, History, Kept, TicketFigures, figures, times

JAKARTA = ZoneInfo("Asia/Jakarta")
HOURS = hours_of(load_profile(ROOT / "data" / "sops" / "itb.yml"), JAKARTA)
WITHIN_TWO_HOURS = Target(timedelta(hours=2), "business")
WITHIN_A_DAY = Target(timedelta(hours=24), "elapsed")
START = datetime(2026, 10, 31, 17, tzinfo=UTC)
END = datetime(2026, 11, 30, 17, tzinfo=UTC)
MONDAY = datetime(2026, 11, 2, 2, tzinfo=UTC)
"""09:00 in Jakarta."""


def at(hours: float, what: str, actor: str = "rina", /, **data: Any) -> Event:
    return Event(MONDAY + timedelta(hours=hours), actor, what, data)


def opened(**data: Any) -> Event:
    told = {"to": "new", "kind": "question", "category": None, "due_at": (MONDAY + timedelta(hours=2)).isoformat()}
    return at(0, "opened", "person", **(told | data))


def moved(hours: float, kind: str, before: str, to: str, actor: str = "rina") -> Event:
    return at(hours, kind, actor, **{"from": before, "to": to})


def ticket(*events: Event, number: str = "CC-2026-000001") -> History:
    return History(number, "whatsapp", (opened(), *events))


def of(*found: History, start: datetime = START, end: datetime = END) -> TicketFigures:
    return figures(found, start, end, JAKARTA, WITHIN_TWO_HOURS, WITHIN_A_DAY, HOURS)


def answered(hours: float, actor: str = "rina") -> Event:
    return at(hours, "message", actor, outbox_id=1)


RESOLVED = moved(20, "resolved", "open", "resolved")
WITHDRAWN = moved(1, "withdrawn", "new", "closed", actor="person")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([answered(2)], Kept(kept=1)),
        ([answered(2.1)], Kept(broken=1)),
        ([answered(1, "person"), answered(1.5, "assistant")], Kept(broken=1)),
        ([], Kept(broken=1)),
        ([WITHDRAWN], Kept()),
        # What is resolved is told with its solution.
        ([moved(2, "resolved", "open", "resolved")], Kept(kept=1)),
        ([moved(2.1, "resolved", "open", "resolved")], Kept(broken=1)),
    ],
)
def test_a_promised_answer_is_a_humans_and_in_time_or_broken(events: list[Event], expected: Kept) -> None:
    assert of(ticket(*events)).answered_in_time == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([moved(1, "waiting", "open", "waiting"), moved(4, "taken back", "waiting", "open"), answered(4.5)], "kept"),
        ([moved(1, "waiting", "open", "waiting"), moved(4, "taken back", "waiting", "open"), answered(5.5)], "broken"),
        ([moved(1, "waiting", "open", "waiting")], "open"),
        ([answered(0.5), moved(1, "waiting", "open", "waiting")], "kept"),
        ([moved(3, "waiting", "open", "waiting")], "broken"),
        ([moved(1, "waiting", "open", "waiting"), moved(170, "lapsed", "waiting", "closed", "system")], None),
    ],
)
def test_an_answer_may_take_as_long_as_the_person_was_waited_for_besides(
    events: list[Event], expected: str | None
) -> None:
    assert of(ticket(*events)).answered_in_time == Kept(**({expected: 1} if expected else {}))


def test_what_was_moved_to_another_calendar_is_judged_by_that() -> None:
    day_off = replace(HOURS, closed=lambda day: day == MONDAY.date())
    found = ticket(at(1, "moved", "admin", from_version=1, to_version=2), answered(24))
    judged = figures([found], START, END, JAKARTA, WITHIN_TWO_HOURS, WITHIN_A_DAY, day_off)
    assert judged.answered_in_time == Kept(kept=1)
    late = figures([ticket(answered(24))], START, END, JAKARTA, WITHIN_TWO_HOURS, WITHIN_A_DAY, day_off)
    assert late.answered_in_time == Kept(broken=1)


def test_a_promise_that_is_not_due_yet_is_neither_kept_nor_broken() -> None:
    assert of(ticket(), end=MONDAY + timedelta(hours=1)).answered_in_time == Kept(open=1)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([RESOLVED], Kept(kept=1)),
        ([moved(25, "resolved", "open", "resolved")], Kept(broken=1)),
        ([], Kept(broken=1)),
        ([moved(2, "waiting", "new", "waiting"), moved(12, "begun", "waiting", "open"),
          moved(33, "resolved", "open", "resolved")], Kept(kept=1)),
        ([RESOLVED, moved(21, "reopened", "resolved", "open", "person"),
          moved(30, "resolved", "open", "resolved")], Kept(broken=1)),
        ([WITHDRAWN], Kept()),
        ([moved(20, "resolved", "open", "resolved", actor="system")], Kept()),
    ],
)  # fmt: skip
def test_resolved_in_time_counts_no_waiting_for_the_person_and_only_what_stayed_resolved(
    events: list[Event], expected: Kept
) -> None:
    assert of(ticket(*events)).resolved_in_time == expected


def test_a_ticket_is_counted_where_it_came_from_and_as_what_it_became() -> None:
    sorted_out = ticket(
        at(1, "categorised", **{"from": None, "to": "keuangan"}),
        at(1, "kind changed", **{"from": "question", "to": "complaint"}),
        moved(2, "forwarded", "open", "forwarded"),
    )
    found = of(sorted_out, ticket(number="CC-2026-000002"))
    assert found.opened == 2
    assert found.by_channel == {"whatsapp": 2}
    assert found.by_category == {"-": 1, "keuangan": 1}
    assert found.by_kind == {"complaint": 1, "question": 1}
    assert found.by_hour[9] == 2
    assert sum(found.by_hour) == 2
    assert (found.categorised, found.forwarded, found.backlog) == (1, 1, 2)


def test_what_was_closed_without_a_solution_is_told_apart() -> None:
    silent = ticket(moved(30, "closed", "waiting", "closed", actor="system"))
    solved = ticket(RESOLVED, moved(21, "closed", "resolved", "closed"))
    found = of(silent, solved)
    assert (found.closed, found.closed_unsolved, found.backlog) == (2, 1, 0)


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (moved(30, "lapsed", "waiting", "closed", "system"), (1, 1, 0)),
        (WITHDRAWN, (1, 1, 0)),
        (moved(30, "merged", "open", "closed"), (0, 0, 0)),
        (moved(30, "resolved", "open", "resolved", "system"), (0, 0, 0)),
    ],
    ids=["closed by itself", "ended by the person", "goes on as another", "resolved, not closed"],
)
def test_every_way_to_end_without_a_solution_is_a_closing_too(ending: Event, expected: tuple[int, int, int]) -> None:
    found = of(ticket(ending))
    assert (found.closed, found.closed_unsolved, found.backlog) == expected


def test_tickets_of_other_months_count_only_for_what_happened_to_them_now() -> None:
    december = {"start": END, "end": END + timedelta(days=31)}
    late = ticket(moved(24 * 30, "reopened", "closed", "open", "person"), at(24 * 31, "survey answered", "person",
                  question="satisfaction", kind="rating", answer=4))  # fmt: skip
    found = of(late, **december)
    assert (found.opened, found.reopened, found.backlog) == (0, 1, 1)
    assert found.ratings == {1: 0, 2: 0, 3: 0, 4: 1, 5: 0}


def test_people_say_themselves_whether_it_is_solved() -> None:
    said = [at(22, "survey answered", "person", question="solved", kind="yes_no", answer=yes) for yes in (True, False)]
    found = of(ticket(RESOLVED, said[0]), ticket(RESOLVED, said[1]), ticket(RESOLVED))
    assert (found.said_solved, found.said_unsolved) == (1, 1)


@given(st.lists(st.integers(0, 10**6), max_size=50))
def test_median_and_ninety_percent_are_durations_that_occurred(minutes: list[int]) -> None:
    found = times([timedelta(minutes=each) for each in minutes])
    assert found.count == len(minutes)
    if not minutes:
        assert (found.median, found.ninety) == (None, None)
        return
    values = [timedelta(minutes=each) for each in minutes]
    assert found.median is not None
    assert found.ninety is not None
    assert {found.median, found.ninety} <= set(values)
    assert sum(value <= found.median for value in values) * 2 >= len(values)
    assert sum(value <= found.ninety for value in values) * 10 >= len(values) * 9
