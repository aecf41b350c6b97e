"""What an agent sees in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.commands.desk import _line
from bot.conversation.thread import Entry

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def line(**values: object) -> str:
    given = {"at": AT, "who": "person", "text": "halo", "status": "done"} | values
    return _line(Entry(**given), ZoneInfo("Asia/Jakarta"))  # type: ignore[arg-type]


def test_a_message_is_a_line_with_the_institutions_time() -> None:
    assert line() == "  23 Nov 10:00 person     halo"


@pytest.mark.parametrize("text", ["\x1b]52;c;cm0gLXJm\x07", "\x1b[2J", "a\rb", "a\u202eb", "a\x9b31mb", "\u2028b"])
def test_what_people_write_does_nothing_to_the_terminal(text: str) -> None:
    assert all(c.isprintable() for c in line(text=text))


def test_a_line_of_a_message_does_not_look_like_another_message() -> None:
    shown = line(text="halo\n  23 Nov 10:01 rina       Sudah selesai").split("\n")
    assert shown[1].startswith(" " * 24)


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        ("failed", "131047: too old", "[NOT DELIVERED: 131047: too old]"),
        ("queued", "timeout", "[not sent yet: timeout]"),
        ("queued", None, "[not sent yet]"),
        ("read", "timeout", None),
    ],
)
def test_an_agent_is_told_what_did_not_reach_the_person(status: str, error: str | None, told: str | None) -> None:
    shown = line(who="rina", status=status, error=error)
    assert shown.endswith(told) if told else "[" not in shown


def test_an_agent_sees_what_is_a_new_wording_of_an_earlier_message() -> None:
    assert line(edited=True).endswith("halo\n                         [a new wording of an earlier message]")


def test_files_are_named() -> None:
    assert line(text="", files=("ktm.jpg (stored)",)).endswith("[ktm.jpg (stored)]")
