from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from bot.clock import utc_now
from bot.identity import second_factor, sessions
from bot.identity.model import Account, SecondFactor
from bot.storage.database import Database
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


def test_a_second_factor_that_was_lost_is_taken_away_and_all_sessions_with_it(
    sapa: Sapa, ticket: str, opened: Database
) -> None:
    with opened.write() as session:
        sri = session.scalars(select(Account).where(Account.username == "sri")).one()
        token = sessions.begin(session, sri, "Firefox", utc_now())
        second_factor.begin(session, sri.id)
        code = pyotp.TOTP(session.get_one(SecondFactor, sri.id).secret).at(utc_now())
        assert second_factor.confirm(session, sri.id, code, utc_now())
    assert "signs in with the password alone now" in sapa("staff", "reset-second-factor", "sri").out
    assert sapa("staff", "reset-second-factor", "sri").out == "sri has no second factor.\n"
    with opened.read() as session:
        assert sessions.signed_in(session, token, utc_now()) is None
    assert "no staff account nobody" in sapa("staff", "reset-second-factor", "nobody").sentence()
