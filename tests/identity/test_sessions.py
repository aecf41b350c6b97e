"""Signing in and staying signed in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.identity import sessions
from bot.identity.accounts import create_account
from bot.identity.model import Account, StaffSession
from bot.storage.database import Database
from tests.conftest import FakeClock


@pytest.fixture
def rina(db: Database, clock: FakeClock) -> Account:
    with db.write() as session:
        return create_account(session, "rina", "Rina Mulyani", "agent", "rahasia", clock())


def begun(db: Database, clock: FakeClock, account: Account) -> str:
    with db.write() as session:
        return sessions.begin(session, account, "Firefox", clock())


def who(db: Database, clock: FakeClock, token: str) -> sessions.SignedIn | None:
    with db.read() as session:
        return sessions.signed_in(session, token, clock())


def test_a_token_stands_for_its_account_and_is_stored_nowhere(db: Database, clock: FakeClock, rina: Account) -> None:
    token = begun(db, clock, rina)
    found = who(db, clock, token)
    assert found is not None
    assert (found.username, found.role) == ("rina", "agent")
    assert who(db, clock, token[:-1]) is None
    with db.read() as session:
        [row] = session.scalars(select(StaffSession)).all()
    assert token not in repr([row.token_hash, row.device, row.id])


def test_a_session_that_is_not_used_ends(db: Database, clock: FakeClock, rina: Account) -> None:
    token = begun(db, clock, rina)
    clock.now += sessions.IDLE - timedelta(seconds=1)
    assert who(db, clock, token)
    clock.advance(seconds=1)
    assert who(db, clock, token) is None


def test_a_session_in_use_goes_on_but_not_for_ever(db: Database, clock: FakeClock, rina: Account) -> None:
    token, began = begun(db, clock, rina), clock()
    while clock() < began + sessions.LONGEST:
        found = who(db, clock, token)
        assert found is not None
        with db.write() as session:
            sessions.note_use(session, found.session_id, clock())
        clock.advance(hours=6)
    assert who(db, clock, token) is None


def test_a_use_is_noted_now_and_then_only(db: Database, clock: FakeClock, rina: Account) -> None:
    found = who(db, clock, begun(db, clock, rina))
    assert found is not None
    assert not found.needs_noting(clock())
    assert found.needs_noting(clock() + sessions.NOTED_EVERY)


def test_one_can_end_ones_own_sessions_alone(db: Database, clock: FakeClock, rina: Account) -> None:
    token = begun(db, clock, rina)
    found = who(db, clock, token)
    assert found is not None
    with db.write() as session:
        dewi = create_account(session, "dewi", "Dewi", "agent", "rahasia", clock())
        assert not sessions.end(session, dewi.id, found.session_id)
        assert sessions.end(session, rina.id, found.session_id)
    assert who(db, clock, token) is None


@pytest.mark.parametrize(
    ("most", "names", "places"),
    [
        (sessions.FROM_ONE_PLACE, ["rina"], ["here"]),
        (sessions.FOR_ONE_NAME, ["rina"], [f"place {number}" for number in range(100)]),
        (sessions.FROM_ONE_ADDRESS, [f"name {number}" for number in range(100)], ["here"]),
    ],
)
def test_too_many_tries_have_to_wait(
    db: Database, clock: FakeClock, most: int, names: list[str], places: list[str]
) -> None:
    with db.write() as session:
        for number in range(most):
            sessions.count_try(session, names[number % len(names)], places[number % len(places)], clock())
        session.flush()
        with pytest.raises(sessions.TooManyTries) as refused:
            sessions.count_try(session, names[most % len(names)], places[most % len(places)], clock())
        assert refused.value.wait == sessions.WINDOW
        later = clock() + sessions.WINDOW
        sessions.count_try(session, names[0], places[0], later)


def test_a_right_password_makes_up_for_what_was_typed_wrongly(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        for _ in range(3):
            for _ in range(sessions.FROM_ONE_PLACE):
                sessions.count_try(session, " Rina", "here", clock())
                session.flush()
            sessions.forget_tries(session, "rina", "here")
