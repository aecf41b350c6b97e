"""Profiles: the shipped one, and every fault with its line."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import ROOT
from bot.errors import RefusedFile
from bot.procedures.business import Period
from bot.procedures.profile import Target, load_profile, read_profile

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
roles:
  agent: {name: {id: Petugas, en: Agent}, may: [answer]}
  wakor: {name: {id: Wakor, en: Deputy}, may: [answer, assign], held_by: [supervisor]}
categories:
  - {id: keuangan, name: {id: Keuangan, en: Fees}, unit: biro}
  - id: akun
    name: {id: Akun, en: Accounts}
    children:
      - {id: sandi, name: {id: Sandi, en: Password}}
identity: {ask: [name, email], check: none, required_on: [paper]}
reopening: 7d
closing: {silence: 7d, notice: 2d}
units:
  biro: {name: {id: Biro, en: Bureau}, answers_in: 8h}
special_hours:
  - name: {id: Ramadan, en: Ramadan}
    from: 2026-02-19
    to: 2026-03-20
    hours: {monday: ["08:00-15:00"]}
ladder:
  first: desk
  steps:
    desk: {role: agent, within: 5m, clock: business, otherwise: above, tell: [wakor]}
    above: {role: wakor, within: 1h, clock: business, warn: 10m}
duties:
  record:
    {name: {id: Catat, en: Record}, role: agent, after: replied, until: recorded, within: 5m, clock: business}
survey:
  questions:
    - {id: happy, kind: rating, text: {id: Puas, en: Happy}}
clauses:
  c-1: {says: Answered in time., in: [ladder.steps.desk]}
registers:
  book: {title: {id: Buku, en: Book}, of: ticket}
recaps:
  weekly: {title: {id: Rekap, en: Recap}, every: week, to: [wakor], shows: book, channels: [paper]}
  daily: {title: {id: Sisa, en: Left}, every: day, to: [wakor]}
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
    assert profile.first_response == Target(timedelta(hours=2), "business", timedelta(minutes=30), ("supervisor",))
    assert profile.resolution == Target(timedelta(hours=24), "elapsed", timedelta(hours=2), ("supervisor",))
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
    assert [each.shows for each in profile.recaps.values()] == ["book", "unfinished"]
    assert profile.unit_of("keuangan") is profile.units["biro"]
    assert [profile.unit_of(name) for name in ("sandi", "fisika", None)] == [None] * 3


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
        ("[answer]}", "[juggle]}", "18: may names 'juggle', which is no permission"),
        ("held_by: [supervisor]", "held_by: [king]", "19: held_by names 'king', which is no kind of account"),
        ("unit: biro", "unit: biru", "21: unit names 'biru', which is no unit; known: biro"),
        ("id: sandi, name", "id: keuangan, name", "25: id keuangan is the category of line 21 already"),
        ("[name, email]", "[name, shoe]", "26: ask names 'shoe', which is no part of an identity"),
        ("check: none", "check: roster", "26: ask needs number, name and birth_date"),
        ("reopening: 7d", "reopening: sometimes", "27: reopening must be always, never, or a length of time"),
        ("notice: 2d", "notice: 7d", "28: notice must be shorter than silence"),
        ("to: 2026-03-20", "to: 2026-02-18", "34: to is before from"),
        (
            "role: agent, within: 5m, clock: business, oth",
            "role: boss, within: 5m, clock: business, oth",
            "39: role names 'boss', which is no role; known: agent, wakor",
        ),
        ("tell: [wakor]", "tell: [boss]", "39: tell names 'boss', which is no role"),
        ("warn: 10m}", "otherwise: desk}", "39: desk goes in a circle: desk → above → desk"),
        ("warn: 10m}", "otherwise: desk}", "40: above goes in a circle: above → desk → above"),
        ("warn: 10m}", "otherwise: above}", "40: above goes in a circle: above → above"),
        ("otherwise: above, ", "", "40: above is never reached from the first step, desk"),
        ("otherwise: above", "otherwise: roof", "39: otherwise names 'roof', which is no step of the ladder"),
        ("first: desk", "first: roof", "37: first names 'roof', which is no step of the ladder"),
        ("warn: 10m", "warn: 1h", "40: warn is not before the deadline"),
        ("until: recorded", "until: replied", "43: until is the same as after"),
        ("kind: rating", "kind: essay", "46: kind names 'essay', which is no kind of question"),
        ("in: [ladder.steps.desk]", "in: [ladder.steps.cellar]", "48: in names 'ladder.steps.cellar', which is not in"),
        ("shows: book", "shows: diary", "52: shows names 'diary', which is no content of a recap"),
        ("shows: book", "shows: figures", "52: channels are only for a recap that shows a register"),
        ("source: POS 1", "source: &a POS 1\nwording: {service: *a}", "3: *a: aliases are not read"),
        ("source: POS 1", "source: POS 1\nassignment: {to: [boss]}", "3: to names 'boss', which is no role"),
        ("source: POS 1", "source: POS 1\nassignment: {to: []}", "3: to is empty"),
        ("source: POS 1", "source: POS 1\nassignment: {to: [agent], most: 0}", "3: most must be a whole number from 1"),
        ("source: POS 1", "source: \tPOS: 1", "2: "),
        ("source: POS 1", "source: " + "{a: " * 2000 + "1" + "}" * 2000, "2: is nested more than 50 levels deep"),
        ("source: POS 1", "source: " + "[" * 60 + "]" * 60, "2: is nested more than 50 levels deep"),
        ("source: POS 1", 'source: "POS\\0 1"', "2: holds a control character"),
        ("source: POS 1", 'source: "POS\\ud800 1"', "2: holds a control character"),
        ("source: POS 1", 'source: "POS\\e[2J 1"', "2: holds a control character"),
        ("within: 2h", "within: 367d", "12: within is more than a year"),
        ("files: 365d", "files: 999999d", "16: files is more than a hundred years"),
        ("id: happy, kind", "id: solved, kind", "46: kind of solved must be yes_no"),
        ("to: [wakor], shows", "to: [], shows", "52: to is empty; a recap goes to one role at least"),
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


def test_roles_of_which_none_may_answer_are_a_fault(tmp_path: Path) -> None:
    text = GOOD.replace("[answer]", "[report]").replace("[answer, assign]", "[assign]")
    assert faults(tmp_path, text) == ["18: roles hold nobody who may answer"]


def test_special_hours_that_share_a_day_are_a_fault(tmp_path: Path) -> None:
    more = (
        "  - name: {id: Puasa, en: Fasting}\n    from: 2026-03-20\n    to: 2026-03-25\n"
        '    hours: {monday: ["08:00-15:00"]}\n'
    )
    text = GOOD.replace("ladder:\n", f"{more}ladder:\n")
    [fault] = faults(tmp_path, text)
    assert fault.startswith("36: special_hours overlap: 2026-03-20 to 2026-03-25 shares days with 2026-02-19")


def test_what_a_profile_lists_is_read_as_values(tmp_path: Path) -> None:
    profile = load_profile(profile_file(tmp_path, GOOD))
    assert [(each.id, each.leaf, each.unit) for each in profile.every_category()] == [
        ("keuangan", True, "biro"), ("akun", False, None), ("sandi", True, None),
    ]  # fmt: skip
    assert profile.roles["agent"].held_by == {"agent"}
    assert profile.roles["wakor"].may == {"answer", "assign"}
    assert profile.ladder is not None
    assert profile.ladder.steps["desk"].otherwise == "above"
    assert profile.ladder.steps["above"].warn == timedelta(minutes=10)
    assert profile.closing is not None
    assert profile.closing.notice == timedelta(days=2)
    assert profile.clauses["c-1"].lines == {"ladder.steps.desk": 39}
    assert profile.special_hours[0].week[0] == (Period(480, 900),)
    assert read_profile(GOOD, "kept").duties == profile.duties


ENDED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "after", "allowed"),
    [
        ("always", 0, True), ("always", 999, True), ("never", 0, False), ("never", 1, False),
        ("7d", 0, True), ("7d", 7, True), ("7d", 8, False),
    ],
)  # fmt: skip
def test_an_ended_ticket_opens_again_as_the_profile_says(tmp_path: Path, rule: str, after: int, allowed: bool) -> None:
    profile = load_profile(profile_file(tmp_path, GOOD.replace("reopening: 7d", f"reopening: {rule}")))
    assert profile.reopening.allows(ENDED, ENDED + timedelta(days=after)) == allowed


def test_a_procedure_without_ladder_survey_or_closing_has_none(tmp_path: Path) -> None:
    text = GOOD.replace("closing: {silence: 7d, notice: 2d}", "closing: never")
    for name in ("survey", "ladder"):
        start = text.index(f"{name}:\n")
        text = text[:start] + text[_end(text, start) :]
    text = text.replace("ladder.steps.desk", "targets")
    profile = load_profile(profile_file(tmp_path, text))
    assert (profile.ladder, profile.survey, profile.closing) == (None, None, None)


def _end(text: str, start: int) -> int:
    """Where the top-level part that begins at ``start`` ends."""
    lines = text[start:].splitlines(keepends=True)
    return start + len(lines[0]) + sum(len(line) for line in takewhile(lambda line: line[0] == " ", lines[1:]))
