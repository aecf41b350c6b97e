from __future__ import annotations

import pytest

from tests.commands.conftest import Sapa


def test_staff_are_reached_by_mail_and_telegram_until_they_no_longer_want_it(sapa: Sapa, ticket: str) -> None:
    both = sapa("staff", "reach", "sri", "--email", "sri@contoh.ac.id", "--telegram", "4711")
    assert both.out.strip() == "sri: email sri@contoh.ac.id, telegram 4711"
    assert sapa("staff", "reach", "sri", "--email", "").out.strip() == "sri: telegram 4711"
    assert sapa("staff", "reach", "sri", "--telegram", "").out.strip() == "sri: console only"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("sri",), "Say where"),
        (("sri", "--email", "sri"), "must be a mail address"),
        (("sri", "--email", "a b@c.id"), "must be a mail address"),
        (("sri", "--telegram", "@sri"), "must be the id of a Telegram chat"),
        (("nobody", "--telegram", "4711"), "There is no staff account nobody"),
        (("sri", "--telegram", "4711", "--language", "fr"), "in id or en"),
    ],
)
def test_where_nobody_can_be_reached_is_refused(sapa: Sapa, ticket: str, arguments: tuple[str, ...], why: str) -> None:
    assert why in sapa("staff", "reach", *arguments).sentence()
