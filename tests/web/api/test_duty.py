"""The duty plan, read and written by another program."""

from __future__ import annotations

from typing import Any

import pytest

from bot.procedures.read_time import DAYS
from tests.channels.webchat.browser import on_one_database
from tests.web.api.program import Program, refusal
from tests.web.desk import Center

pytestmark = on_one_database
HERE = "/duty/rina"
NEVER: dict[str, list[str]] = {day: [] for day in DAYS}
MONDAYS = {**NEVER, "monday": ["08:00-12:00", "13:00-16:00"]}


@pytest.fixture
def planner(center: Center) -> Program:
    return Program(center, "sri", ["duty:read", "duty:write"])


def put(program: Program, week: dict[str, Any], version: int) -> Any:
    return program.call("PUT", f"{HERE}/week", json={**week, "version": version})


def test_a_week_is_planned_and_holds_at_once(planner: Program) -> None:
    assert planner.get(HERE).json() == {
        "username": "rina", "week": NEVER, "exceptions": [], "version": 0, "on_duty_since": None
    }  # fmt: skip
    planned = put(planner, MONDAYS, 0)
    assert planned.status_code == 200
    assert planned.json() == {
        "username": "rina", "week": MONDAYS, "exceptions": [], "version": 1, "on_duty_since": "2026-11-23T03:00:00Z"
    }  # fmt: skip
    assert planner.get(HERE).json() == planned.json()
    assert refusal(put(planner, NEVER, 0)) == (409, "changed")


def test_leave_is_planned_and_dropped(planner: Program) -> None:
    put(planner, MONDAYS, 0)
    made = planner.post(f"{HERE}/exceptions", first="2026-11-23", last="2026-11-24", hours=[])
    [leave] = made.json()["exceptions"]
    assert (made.status_code, made.json()["on_duty_since"]) == (201, None)
    assert (leave["first"], leave["last"], leave["hours"]) == ("2026-11-23", "2026-11-24", [])
    again = planner.post(f"{HERE}/exceptions", first="2026-11-24", last="2026-11-24", hours=["09:00-10:00"])
    assert refusal(again) == (409, "not-allowed")
    assert planner.call("DELETE", f"{HERE}/exceptions/{leave['id']}").status_code == 204
    assert planner.get(HERE).json()["on_duty_since"] is not None
    assert refusal(planner.call("DELETE", f"{HERE}/exceptions/{leave['id']}")) == (404, "not-found")


@pytest.mark.parametrize("hours", [["8 to 4"], ["08:00-12:00", "11:00-13:00"], ["08:00-25:00"], ["\0"]])
def test_hours_that_cannot_be_read_are_refused_by_their_day(planner: Program, hours: list[str]) -> None:
    refused = put(planner, {**NEVER, "tuesday": hours}, 0)
    assert refusal(refused) == (422, "invalid")
    assert [each["where"] for each in refused.json()["errors"]] == ["body.tuesday"]


def test_everybody_is_listed_and_who_does_not_work_here_is_not_there(center: Center, planner: Program) -> None:
    names = [each["username"] for page in planner.items("/duty", 2) for each in page]
    assert {"rina", "dewi", "sri"} <= set(names)
    assert len(names) == len(set(names))
    center.browser("admin").post("/console/staff/rina/deactivate")
    assert refusal(planner.get(HERE)) == (404, "not-found")
    assert refusal(put(planner, NEVER, 0)) == (404, "not-found")
    assert "rina" not in [each["username"] for page in planner.items("/duty", 50) for each in page]


def test_who_may_not_give_tickets_to_others_plans_no_duty(center: Center) -> None:
    assert refusal(Program(center, "rina").get(HERE)) == (403, "not-permitted")
