"""What would be promised about a ticket that begins at some moment."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.procedures.forecast import forecast
from bot.procedures.hours import hours_of
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped

JAKARTA = ZoneInfo("Asia/Jakarta")


def told(name: str, start: datetime, category: str | None = None) -> list[tuple[str, str]]:
    profile = load_profile(shipped(name))
    found = forecast(profile, hours_of(profile, JAKARTA), start, category)
    named = [(each.step or each.unit, each) for each in found]
    return [(of.id if of else each.kind, f"{each.due.astimezone(JAKARTA):%a %H:%M}") for of, each in named]


def test_promises_and_the_unit_are_told_in_business_time() -> None:
    friday = datetime(2026, 11, 27, 15, 0, tzinfo=JAKARTA)
    assert told("itb", friday, "krs") == [
        ("first_response", "Mon 09:00"), ("akademik", "Mon 15:00"), ("resolution", "Sat 15:00"),
    ]  # fmt: skip
    assert told("itb", friday) == [("first_response", "Mon 09:00"), ("resolution", "Sat 15:00")]


def test_each_step_of_the_ladder_begins_where_the_one_before_ends() -> None:
    steps = dict(told("unej", datetime(2026, 11, 23, 9, 0, tzinfo=JAKARTA)))
    assert [steps[name] for name in ("staf_humas", "wakor", "koordinator", "ka_biro")] == [
        "Mon 09:05", "Mon 10:05", "Mon 12:05", "Mon 12:35",
    ]  # fmt: skip
