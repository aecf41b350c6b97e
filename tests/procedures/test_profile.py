"""Profiles: the shipped one, and every fault with its line."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import ROOT
from bot.errors import RefusedFile
from bot.procedures.business import Period
from bot.procedures.profile import Target, load_profile

ITB = ROOT / "data" / "sops" / "itb.yml"

GOOD = """\
name: Care Center
source: POS 1
ticket_prefix: CC
hours:
  monday: ["08:00-12:00", "13:00-16:00"]
  friday: ["22:00-06:00"]
holidays:
  calendar: ID
  joint_leave: true
  closed: [2026-12-28]
targets:
  first_response: {within: 2h, clock: business}
  resolution: {within: 24h, clock: elapsed}
retention:
  conversations: 1825d
  files: 365d
"""


def profile_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "profile.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(folder: Path, text: str | bytes) -> list[str]:
    path = profile_file(folder, text)
    with pytest.raises(RefusedFile) as refused:
        load_profile(path)
    return [fault.removeprefix(f"{path}:") for fault in refused.value.faults]


def test_the_shipped_profile_is_the_itb_care_center_s() -> None:
    profile = load_profile(ITB)
    assert profile.ticket_prefix == "CC"
    assert profile.week == ((Period(480, 960),),) * 5 + ((),) * 2
    assert profile.first_response == Target(timedelta(hours=2), "business")
    assert profile.resolution == Target(timedelta(hours=24), "elapsed")
    assert profile.holidays.calendar == "ID"


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "sops").glob("*.yml")), ids=lambda path: path.stem)
def test_every_shipped_profile_can_be_read(path: Path) -> None:
    assert load_profile(path).name


def test_a_profile_is_read_as_it_is_written(tmp_path: Path) -> None:
    profile = load_profile(profile_file(tmp_path, GOOD))
    assert profile.week[0] == (Period(480, 720), Period(780, 960))
    assert profile.week[4] == (Period(1320, 1800),)
    assert profile.holidays.closed == {date(2026, 12, 28)}
    assert profile.retention.files == timedelta(days=365)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert load_profile(profile_file(tmp_path, text)).name == "Care Center"


def test_periods_may_be_written_in_any_order(tmp_path: Path) -> None:
    text = GOOD.replace('["08:00-12:00", "13:00-16:00"]', '["13.00 – 16.00", "8.00-12.00"]')
    assert load_profile(profile_file(tmp_path, text)).week[0] == (Period(480, 720), Period(780, 960))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Care Center\n", "", "1: the file lacks name"),
        ("name: Care Center", "name:", "1: name must not be empty"),
        ("name: Care Center", "name: [a]", "1: name must be a single value"),
        ("source: POS 1", "source: POS 1\nsource: POS 2", "3: source is there twice"),
        ("source: POS 1", "sauce: POS 1", "1: the file lacks source"),
        ("ticket_prefix: CC", "ticket_prefix: cc 1", "3: ticket_prefix must be 1 to 8 capital letters"),
        ('"08:00-12:00"', '"08:00"', '5: monday must hold periods like "08:00-16:00"'),
        ('"08:00-12:00"', '"08:00-25:00"', "5: monday holds 08:00-25:00, which is not a time of day"),
        ('"08:00-12:00"', '"08:60-12:00"', "5: monday holds 08:60-12:00, which is not a time of day"),
        ('"08:00-12:00"', '"08:00-08:00"', "5: monday holds 08:00-08:00, which is no time at all"),
        ('"08:00-12:00"', '"08:00-13:01"', "5: monday has periods that overlap"),
        ('"08:00-12:00"', '"22:00-03:00"]\n  tuesday: ["02:59-04:00"', "6: tuesday has periods that overlap"),
        ('["22:00-06:00"]', "22:00-06:00", "6: friday must be a list"),
        ("  monday", "  senin", "5: unknown key 'senin' in hours; known: monday"),
        ("calendar: ID", "calendar: Atlantis", "8: calendar must be a country code"),
        ("joint_leave: true", "joint_leave: maybe", "9: joint_leave must be true or false"),
        ("2026-12-28", "28 Dec", "10: closed must hold dates like 2026-12-28"),
        ("within: 2h", "within: soon", "12: within must be a length of time"),
        ("within: 2h", "within: 0h", "12: within must be a length of time"),
        ("clock: business", "clock: sand", "12: clock must be business or elapsed"),
        ("files: 365d", "files: 365", "16: files must be a length of time"),
        ("  files: 365d\n", "", "15: retention lacks files"),
        ("source: POS 1", "source: [", "4: "),
        ("source: POS 1", "source: \tPOS: 1", "2: "),
    ],
)
def test_a_fault_names_its_line_and_what_is_wrong(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new, 1))
    assert any(fault.startswith(expected) for fault in found), found


def test_a_sunday_night_does_not_overlap_monday(tmp_path: Path) -> None:
    text = GOOD.replace("  friday", "  sunday").replace("22:00-06:00", "22:00-08:01")
    assert faults(tmp_path, text) == ["5: monday has periods that overlap"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("ticket_prefix: CC", "ticket_prefix: 1").replace("files: 365d", "files: x")
    assert [fault.split(":")[0] for fault in faults(tmp_path, text)] == ["3", "16"]


def test_hours_without_any_period_are_a_fault(tmp_path: Path) -> None:
    text = GOOD.replace('  monday: ["08:00-12:00", "13:00-16:00"]\n  friday: ["22:00-06:00"]', "  monday: []")
    assert faults(tmp_path, text) == ["5: hours are empty; at least one period is needed"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "1: is empty"),
        (b"# nothing\n", "1: is empty"),
        (b"- a\n", "1: the file must be a mapping"),
        (b"name: x\nsource: \xff\n", "2: is not UTF-8"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    assert faults(tmp_path, content)[0] == expected


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be read"):
        load_profile(tmp_path / "none.yml")


@settings(deadline=None)
@given(st.data())
def test_a_damaged_profile_is_refused_or_read_and_never_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray(GOOD.encode())
    start = data.draw(st.integers(0, len(raw) - 1))
    raw[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    path = profile_file(tmp_path_factory.getbasetemp(), bytes(raw))
    with contextlib.suppress(RefusedFile):
        load_profile(path)
