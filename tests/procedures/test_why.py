"""A deadline is explained step by step, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config import ROOT
from bot.procedures.clock import Pause
from bot.procedures.hours import hours_of
from bot.procedures.profile import load_profile
from bot.procedures.rules import Words
from bot.procedures.why import Timing, length_in_words, why

JAKARTA = ZoneInfo("Asia/Jakarta")
ITB = load_profile(ROOT / "data" / "sops" / "itb.yml")
HOURS = hours_of(ITB, JAKARTA)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(UTC)


def told(timing: Timing, language: str, now: str = "2026-12-28 12:00") -> list[str]:
    return list(why(timing, HOURS, ITB.holidays, at(now), language))


def test_a_deadline_over_a_weekend_is_told_in_steps() -> None:
    timing = Timing(at("2026-11-27 15:40"), HOUR, "business")
    assert told(timing, "en") == [
        "It began on Friday 27 November 2026, 15:40 (WIB) and has 1 h of office time.",
        "Friday 27 November 15:40 to 16:00: 20 min counted.",
        "Friday 27 November 16:00 to Monday 30 November 08:00 does not count: outside office hours, "
        "with Saturday 28 November, Sunday 29 November.",
        "Monday 30 November 08:00 to 08:40: 40 min counted.",
        "So it is due on Monday 30 November 2026, 08:40 (WIB).",
    ]
    assert told(timing, "id")[0] == "Dimulai Jumat, 27 November 2026 pukul 15.40 WIB; waktunya 1 jam pada jam layanan."
    assert told(timing, "id")[-1] == "Jadi tenggatnya Senin, 30 November 2026 pukul 08.40 WIB."


def test_holidays_and_joint_leave_are_named() -> None:
    [closed] = [line for line in told(Timing(at("2026-12-23 15:30"), HOUR, "business"), "en") if "not count" in line]
    assert "Thursday 24 December (Christmas Joint Holiday), Friday 25 December (Christmas Day)" in closed
    [tutup] = [line for line in told(Timing(at("2026-12-23 15:30"), HOUR, "business"), "id") if "tidak" in line]
    assert "Jumat, 25 Desember (Hari Raya Natal)" in tutup


def test_waiting_is_told_by_the_profiles_word_for_the_person() -> None:
    timing = Timing(at("2026-11-27 10:00"), timedelta(hours=1), "business", (Pause(at("2026-11-27 10:10")),))
    lines = why(timing, HOURS, ITB.holidays, at("2026-11-27 11:00"), "id", Words("pemustaka", "library user"))
    assert lines[-1].startswith("Sekarang waktu berhenti karena menunggu jawaban pemustaka")


def test_waiting_for_the_person_is_told_and_what_is_left() -> None:
    waited = (Pause(at("2026-11-27 10:10"), at("2026-11-27 10:30")),)
    timing = Timing(at("2026-11-27 10:00"), HOUR, "elapsed", waited)
    assert told(timing, "en")[2:] == [
        "Friday 27 November 10:10 to 10:30 the clock stood still: the user was waited for.",
        "Friday 27 November 10:30 to 11:20: 50 min counted.",
        "So it is due on Friday 27 November 2026, 11:20 (WIB).",
    ]
    still = Timing(at("2026-11-27 10:00"), HOUR, "elapsed", (Pause(at("2026-11-27 10:10")),))
    assert told(still, "en", "2026-11-27 12:00")[-1] == (
        "The clock stands still now, as the user is waited for; 50 min are left."
    )


@pytest.mark.parametrize(
    ("seconds", "id_", "en"),
    [(0, "0 menit", "0 min"), (30, "30 detik", "30 s"), (90, "1 menit 30 detik", "1 min 30 s"), (3600, "1 jam", "1 h"),
     (7500, "2 jam 5 menit", "2 h 5 min"), (90_000, "25 jam", "25 h")],
)  # fmt: skip
def test_a_length_of_time_in_words(seconds: int, id_: str, en: str) -> None:
    assert length_in_words(timedelta(seconds=seconds), "id") == id_
    assert length_in_words(timedelta(seconds=seconds), "en") == en
