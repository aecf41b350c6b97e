"""Staff accounts and their passwords."""

from __future__ import annotations

import math
import re

import pytest
from sqlalchemy import select

from bot.errors import NotAllowed
from bot.identity.accounts import (
    DEMO_ACCOUNTS,
    create_account,
    create_demo_accounts,
    generate_password,
    verify,
)
from bot.identity.model import Account
from bot.storage.database import Database
from tests.conftest import FakeClock


def test_only_the_password_opens_the_account(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        create_account(session, "rina", "Rina Mulyani", "agent", "rahasia sekali", clock())
        found = verify(session, " Rina ", "rahasia sekali")
        assert found is not None
        assert (found.username, found.role) == ("rina", "agent")
        for username, password in (
            ("rina", "rahasia"),
            ("rina", ""),
            ("dewi", "rahasia sekali"),
            ("", ""),
            ("rina' or '1'='1", "x"),
            ("rina", "x" * 100_000),
        ):
            assert verify(session, username, password) is None


def test_a_password_is_not_stored_as_it_is(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        create_account(session, "rina", "Rina", "agent", "rahasia", clock())
        stored = session.scalars(select(Account.password)).one()
        assert stored.startswith("$argon2id$")
        assert "rahasia" not in stored


def test_a_damaged_hash_opens_nothing(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        create_account(session, "rina", "Rina", "agent", "rahasia", clock()).password = "rahasia"
        session.flush()
        assert verify(session, "rina", "rahasia") is None


@pytest.mark.parametrize(
    ("username", "role", "password"),
    [
        ("", "agent", "x"),
        ("Rina", "agent", "x"),
        ("rina m", "agent", "x"),
        ("-rina", "agent", "x"),
        ("r" * 65, "agent", "x"),
        ("rina", "king", "x"),
        ("rina", "agent", ""),
        ("rina", "agent", "x" * 1025),
    ],
)
def test_what_cannot_be_an_account_is_refused(username: str, role: str, password: str, clock: FakeClock) -> None:
    database = Database("sqlite://")
    with database.write() as session, pytest.raises(ValueError, match=r"username|role|password"):
        create_account(session, username, "Rina", role, password, clock())
    database.close()


def test_a_name_is_given_once_and_some_never(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        create_account(session, "rina", "Rina", "agent", "x", clock())
        for taken in ("rina", "assistant", "system", "person"):
            with pytest.raises(NotAllowed, match="taken"):
                create_account(session, taken, "Rina", "agent", "x", clock())


def test_a_generated_password_can_be_read_aloud_and_not_be_guessed() -> None:
    passwords = {generate_password() for _ in range(200)}
    assert len(passwords) == 200
    assert all(
        re.fullmatch(r"(?:(?:[bcdfghjklmnprstw][aeiou]){3}-){3}(?:[bcdfghjklmnprstw][aeiou]){3}", p) for p in passwords
    )
    assert 12 * math.log2(16 * 5) > 70


def test_the_demo_accounts_are_made_once(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        made = create_demo_accounts(session, clock())
        assert [username for username, _, _ in made] == [username for username, _, _ in DEMO_ACCOUNTS]
        assert sorted(role for _, role, _ in made) == ["administrator", "agent", "agent", "supervisor"]
        username, _, password = made[0]
        assert verify(session, username, password) is not None
        assert create_demo_accounts(session, clock()) == []
