"""Single values of a profile are changed, and all else in its file stays as it is."""

from __future__ import annotations

import pytest
import yaml

from bot.config import ROOT
from bot.procedures import changing
from bot.procedures.amending import amend, scalar, sequence
from bot.procedures.business import Period
from bot.procedures.profile import load_profile, read_profile

SHIPPED = sorted((ROOT / "data" / "sops").glob("*.yml"))
TEXT = """\
# hours
hours:
  monday: ["08:00-16:00"]  # as long as it is light
  tuesday:
    - "08:00-12:00"
    - "13:00-16:00"
targets:
  first: {within: 2h, clock: business, warn: 30m}
  second: {warn: 5m}
steps:
  - id: one
    within: 1h
    # a remark
  - {id: two, within: 2h}
closed:
last: yes
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("hours.monday", '["09:00-16:00"]', '["08:00-16:00"]  #', '["09:00-16:00"]  #'),
        ("hours.tuesday", "[]", '    - "08:00-12:00"\n    - "13:00-16:00"\n', "    []\n"),
        ("hours.friday", "[]", '16:00"\ntargets', '16:00"\n  friday: []\ntargets'),
        ("targets.first.within", "3h", "within: 2h, clock: b", "within: 3h, clock: b"),
        ("targets.first.warn", None, ", warn: 30m}", "}"),
        ("targets.first.within", None, "{within: 2h, clock", "{clock"),
        ("targets.second.within", "1h", "{warn: 5m}", "{warn: 5m, within: 1h}"),
        ("steps.one.within", "90m", "within: 1h\n", "within: 90m\n"),
        ("steps.two.within", "90m", "two, within: 2h", "two, within: 90m"),
        ("steps.one.warn", "9m", "within: 1h\n", "within: 1h\n    warn: 9m\n"),
        ("hours.monday", None, '  monday: ["08:00-16:00"]  # as long as it is light\n', ""),
        ("closed", "[2026-12-28]", "closed:\n", "closed: [2026-12-28]\n"),
        ("more", "1", "last: yes\n", "last: yes\nmore: 1\n"),
        ("hours.sunday", None, "", ""),
    ],
)
def test_a_value_is_written_anew_and_nothing_else(path: str, value: str | None, old: str, new: str) -> None:
    assert old in TEXT
    assert amend(TEXT, {path: value}) == TEXT.replace(old, new, 1)


def test_several_values_are_changed_at_once() -> None:
    changed = amend(TEXT, {"last": "no", "hours.monday": "[]", "targets.first.within": "1h"})
    assert yaml.safe_load(changed)["targets"]["first"]["within"] == "1h"
    assert changed.count("\n") == TEXT.count("\n")


def test_what_is_nowhere_is_told() -> None:
    with pytest.raises(KeyError):
        amend(TEXT, {"steps.three.within": "1h"})
    with pytest.raises(ValueError, match="no mapping"):
        amend("- a", {"a": "1"})


@pytest.mark.parametrize("text", ["2h", "a: b}\nroles: {}", "#", '"', "1e3", "ya", "- x", "", "é 😭"])
def test_whatever_is_typed_is_one_value(text: str) -> None:
    assert yaml.load(f"a: {scalar(text)}\n", Loader=yaml.BaseLoader) == {"a": text}
    assert yaml.safe_load(f"a: {sequence([text])}\n")["a"] == [text]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_form_that_changes_nothing_leaves_the_file_as_it_is(path: object) -> None:
    text, profile = path.read_text(encoding="utf-8"), load_profile(path)  # type: ignore[attr-defined, arg-type]
    typed = {value.path: f" {value.written} " for group in changing.groups(profile) for value in group.values}
    assert changing.changed(text, profile, typed) == text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_value_of_the_form_can_be_changed(path: object) -> None:
    text, profile = path.read_text(encoding="utf-8"), load_profile(path)  # type: ignore[attr-defined, arg-type]
    other = {"length": "3m", "clock": "elapsed", "periods": "07:00-12:00, 13:00 - 15:30", "yes": "false"}
    other |= {"dates": "2026-12-28 2026-12-29", "words": "never"}
    typed = {value.path: other[value.kind] for group in changing.groups(profile) for value in group.values}
    typed |= {name: "2m" for name in typed if name.endswith((".warn", ".notice"))}
    found = read_profile(changing.changed(text, profile, typed), "changed.yml")
    written = {value.path: value.written for group in changing.groups(found) for value in group.values}
    assert written == typed | {name: "07:00-12:00 13:00-15:30" for name in typed if name.startswith("hours.")}
    assert found.week[6] == (Period(420, 720), Period(780, 930))
    assert found.roles == profile.roles


def test_a_closing_by_itself_is_begun_and_given_up() -> None:
    path = ROOT / "data" / "sops" / "itb.yml"
    text, profile = path.read_text(encoding="utf-8"), load_profile(path)
    never = changing.changed(text, profile, {"closing.silence": "", "closing.notice": ""})
    without = read_profile(never, "never.yml")
    assert without.closing is None
    again = changing.changed(never, without, {"closing.silence": "5d", "closing.notice": "1d"})
    assert read_profile(again, "again.yml").closing is not None
