"""Codes by time and recovery codes: each is taken once."""

from __future__ import annotations

import threading

import pyotp
import pytest
from sqlalchemy import select

from bot.errors import NotAllowed
from bot.identity import second_factor
from bot.identity.accounts import create_account
from bot.identity.model import RecoveryCode, SecondFactor
from bot.storage.database import Database
from tests.conftest import FakeClock


@pytest.fixture
def rina(db: Database, clock: FakeClock) -> int:
    with db.write() as session:
        return create_account(session, "rina", "Rina Mulyani", "agent", "rahasia", clock()).id


def set_up(db: Database, clock: FakeClock, account: int) -> tuple[pyotp.TOTP, list[str]]:
    """Half a minute ago, so that the code of now is still to be used."""
    with db.write() as session:
        second_factor.begin(session, account)
        totp = pyotp.TOTP(session.get_one(SecondFactor, account).secret)
        codes = second_factor.confirm(session, account, totp.at(clock()), clock())
    assert codes is not None
    clock.advance(seconds=30)
    return totp, list(codes)


def accepted(db: Database, clock: FakeClock, account: int, code: str) -> bool:
    with db.write() as session:
        return second_factor.accept(session, account, code, clock())


def test_it_counts_once_a_code_confirmed_it(db: Database, clock: FakeClock, rina: int) -> None:
    with db.write() as session:
        second_factor.begin(session, rina)
        totp = pyotp.TOTP(session.get_one(SecondFactor, rina).secret)
        wrong = f"{(int(totp.at(clock())) + 1) % 1_000_000:06d}"
        assert second_factor.confirm(session, rina, wrong, clock()) is None
        assert not second_factor.is_on(session, rina)
        assert not second_factor.accept(session, rina, totp.at(clock()), clock())
        codes = second_factor.confirm(session, rina, totp.at(clock()), clock())
        assert second_factor.is_on(session, rina)
    assert codes is not None
    assert len({*codes}) == second_factor.RECOVERY_CODES == 10
    with db.read() as session:
        factor = second_factor.of(session, rina)
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert factor == second_factor.Factor(clock(), None, 10)
    assert not {*kept} & {*codes}


def test_the_code_that_confirmed_it_signs_nobody_in(db: Database, clock: FakeClock, rina: int) -> None:
    totp, _ = set_up(db, clock, rina)
    assert not accepted(db, clock, rina, totp.at(clock(), counter_offset=-1))


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (0, True), (1, True), (2, False)])
def test_the_clocks_may_differ_by_half_a_minute(
    db: Database, clock: FakeClock, rina: int, steps: int, right: bool
) -> None:
    totp, _ = set_up(db, clock, rina)
    clock.advance(minutes=5)
    assert accepted(db, clock, rina, totp.at(clock(), counter_offset=steps)) is right


def test_a_code_is_taken_once_and_none_that_is_older(db: Database, clock: FakeClock, rina: int) -> None:
    totp, _ = set_up(db, clock, rina)
    clock.advance(minutes=5)
    assert accepted(db, clock, rina, f" {totp.at(clock())[:3]} {totp.at(clock())[3:]} ")
    assert not accepted(db, clock, rina, totp.at(clock()))
    assert not accepted(db, clock, rina, totp.at(clock(), counter_offset=-1))
    clock.advance(seconds=30)
    assert accepted(db, clock, rina, totp.at(clock()))


def test_of_many_who_give_a_code_at_once_one_gets_in(db: Database, clock: FakeClock, rina: int) -> None:
    totp, recovery = set_up(db, clock, rina)
    for code in (totp.at(clock()), recovery[0]):
        won: list[bool] = []

        def give(code: str = code, won: list[bool] = won) -> None:
            won.append(accepted(db, clock, rina, code))

        threads = [threading.Thread(target=give) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(won) == [False, False, False, True]


def test_a_recovery_code_works_once_however_it_is_written(db: Database, clock: FakeClock, rina: int) -> None:
    _, [first, second, *_] = set_up(db, clock, rina)
    assert accepted(db, clock, rina, first.upper().replace("-", " "))
    assert not accepted(db, clock, rina, first)
    assert accepted(db, clock, rina, second)
    with db.read() as session:
        factor = second_factor.of(session, rina)
    assert factor is not None
    assert factor.recovery_codes == 8


@pytest.mark.parametrize(
    "code", ["", " ", "12345", "1234567", "\uff11\uff12\uff13\uff14\uff15\uff16", "\0", "a" * 9999, "\ud800"]
)
def test_what_is_no_code_is_wrong(db: Database, clock: FakeClock, rina: int, code: str) -> None:
    set_up(db, clock, rina)
    assert not accepted(db, clock, rina, code)


def test_nobody_signs_in_with_anothers_code(db: Database, clock: FakeClock, rina: int) -> None:
    with db.write() as session:
        dewi = create_account(session, "dewi", "Dewi", "agent", "rahasia", clock()).id
    totp, recovery = set_up(db, clock, rina)
    set_up(db, clock, dewi)
    assert not accepted(db, clock, dewi, totp.at(clock()))
    assert not accepted(db, clock, dewi, recovery[0])
    assert accepted(db, clock, rina, recovery[0])


def test_what_counts_is_only_taken_away_never_set_up_over(db: Database, clock: FakeClock, rina: int) -> None:
    _, recovery = set_up(db, clock, rina)
    with db.write() as session, pytest.raises(NotAllowed):
        second_factor.begin(session, rina)
    with db.write() as session:
        assert second_factor.take_away(session, rina)
        assert not second_factor.take_away(session, rina)
        assert second_factor.of(session, rina) is None
    assert not accepted(db, clock, rina, recovery[0])


def test_setting_up_anew_has_a_new_secret_and_the_secret_is_in_no_repr(
    db: Database, clock: FakeClock, rina: int
) -> None:
    secrets = []
    for _ in range(2):
        with db.write() as session:
            second_factor.begin(session, rina)
            factor = second_factor.of(session, rina)
        assert factor is not None
        assert factor.secret
        assert factor.secret not in repr(factor)
        secrets.append(factor.secret)
    assert secrets[0] != secrets[1]
