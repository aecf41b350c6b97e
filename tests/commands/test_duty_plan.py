"""Planning who is on duty, from the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import utc_now
from bot.procedures.scalars import periods
from bot.storage.database import Database
from bot.tickets import duty_planning
from tests.commands.conftest import JAKARTA, Sapa

TODAY = utc_now().astimezone(JAKARTA).date()


def test_a_week_and_leave_are_planned_shown_and_dropped(sapa: Sapa, ticket: str, opened: Database) -> None:
    planned = sapa("duty", "plan", "week", "rina", "mon-fri 08:00-12:00 13:00-16:00", "sat 08.00-12.00", "--as", "sri")
    assert planned.out == "The week of rina is planned.\n"
    with opened.read() as session:
        week = duty_planning.kept(session, "rina", TODAY).plan.week
    assert week == (*(periods("08:00-12:00 13:00-16:00"),) * 5, periods("08:00-12:00"), ())
    first, last = TODAY + timedelta(days=30), TODAY + timedelta(days=33)
    told = sapa("duty", "plan", "except", "rina", f"{first}", f"{last}", "--as", "sri").out
    assert told == "Exception 1 of rina is planned.\n"
    shown = sapa("duty", "plan", "show", "rina").out
    assert "mon  08:00-12:00 13:00-16:00\n" in shown
    assert "sun  -\n" in shown
    assert f"1    {first} – {last}  leave\n" in shown
    assert "rina             " in sapa("duty", "plan", "list").out
    assert sapa("duty", "plan", "drop", "rina", "1", "--as", "sri").out == "Exception 1 of rina is dropped.\n"
    sapa("duty", "plan", "week", "rina", "--as", "sri")
    assert sapa("duty", "plan", "list").out == "Nothing is planned.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("week", "rina", "someday 08:00-12:00"), "'someday' is no day"),
        (("week", "rina", "fri-mon 08:00-12:00"), "fri-mon names a day twice or goes backwards"),
        (("week", "rina", "mon 08:00-12:00", "mon-tue 13:00-14:00"), "mon-tue names a day twice"),
        (("week", "rina", "mon 8-12"), 'mon must hold periods like "08:00-16:00"'),
        (("except", "rina", "tomorrow"), "must hold dates like"),
        (("except", "rina", "2020-01-01"), "are not over"),
        (("week", "nobody", "mon 08:00-12:00"), "There is no staff account nobody"),
        (("show", "nobody"), "There is no staff account nobody"),
        (("drop", "rina", "7"), "rina has no exception 7"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_sentence(
    sapa: Sapa, ticket: str, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in sapa("duty", "plan", *arguments).sentence()


@pytest.mark.parametrize(
    "arguments", [("week", "dewi", "mon 08:00-12:00"), ("except", "dewi", "2026-12-24"), ("drop", "dewi", "1")]
)
def test_only_who_may_assign_plans(sapa: Sapa, ticket: str, arguments: tuple[str, ...]) -> None:
    assert "no role that may assign" in sapa("duty", "plan", *arguments, "--as", "rina").sentence()
