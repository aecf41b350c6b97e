"""Checks against the roster: what is refused looks the same whatever was wrong, and guessing ends soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.identity.checking import check, record_failure, record_proof
from bot.identity.extract import Claim
from bot.identity.model import IdentityAttempt, Person, Proof, RosterEntry
from bot.identity.people import facts
from bot.storage.database import Database
from tests.conftest import FakeClock

BUDI = Claim("13526001", "Budi Santoso", date(2004, 5, 12))
SARI = Claim("197905122005011002", "Sari Wulandari", date(1979, 5, 12))
WRONG = replace(BUDI, birth_date=date(2004, 5, 13))
LASTS = timedelta(days=30)


@pytest.fixture
def people(db: Database, clock: FakeClock) -> list[int]:
    """Six people, and a roster of two."""
    with db.write() as session:
        for claim, kind in ((BUDI, "student"), (SARI, "staff")):
            session.add(
                RosterEntry(
                    number=claim.number,
                    name=claim.name,
                    birth_date=claim.birth_date,
                    kind=kind,
                    unit="Fakultas Teknik",
                    email="x@contoh.ac.id",
                )
            )
        people = [Person(created_at=clock()) for _ in range(6)]
        session.add_all(people)
        session.flush()
        return [person.id for person in people]


def guess(session: Session, person: int, claim: Claim, clock: FakeClock) -> tuple[str, int]:
    """A check with its effect."""
    verdict = check(session, person, claim, clock())
    if verdict.failed:
        record_failure(session, person, claim.number or "", clock())
    if verdict.entry is not None:
        record_proof(session, person, verdict.entry, clock(), LASTS)
    return verdict.outcome, verdict.tries_left


@pytest.mark.parametrize(
    "claim",
    [
        BUDI,
        replace(BUDI, name="budi santosa"),
        replace(BUDI, number=" 135.26.001 "),
        replace(BUDI, name="Santoso Budi"),
    ],
)
def test_who_knows_number_name_and_date_is_proven(
    db: Database, people: list[int], clock: FakeClock, claim: Claim
) -> None:
    with db.write() as session:
        verdict = check(session, people[0], claim, clock())
        assert (verdict.outcome, verdict.tries_left) == ("proven", 3)
        assert verdict.entry is not None
        record_proof(session, people[0], verdict.entry, clock(), LASTS)
        known = facts(session, people[0], clock())
        assert (known.kind, known.name, known.number, known.proven) == ("student", "Budi Santoso", "13526001", True)
        assert not facts(session, people[0], clock.advance(days=30)).proven
        assert session.scalars(select(Proof.method)).all() == ["roster"]


def test_whatever_is_wrong_the_answer_is_the_same(db: Database, people: list[int], clock: FakeClock) -> None:
    claims = [
        WRONG,
        replace(BUDI, name="Rudi Santoso"),
        replace(BUDI, number="13526002"),
        replace(BUDI, number=""),
        replace(BUDI, number="%"),
        replace(BUDI, number="' or 1=1 --\0"),
        replace(BUDI, number="9" * 500),
        Claim("13526001", "Sari Wulandari", date(1979, 5, 12)),
        Claim("13526009", "Bambang Pamungkas Wirayudha", date.min),
    ]
    with db.write() as session:
        for claim in claims:
            verdict = check(session, people[0], claim, clock())
            assert (verdict.outcome, verdict.tries_left, verdict.entry) == ("refused", 2, None)
            record_failure(session, people[0], claim.number or "", clock())
            assert check(session, people[0], WRONG, clock()).tries_left == 1
            session.execute(delete(IdentityAttempt))


def test_a_check_writes_nothing(db: Database, people: list[int], clock: FakeClock) -> None:
    with db.read() as session:
        for claim in (BUDI, WRONG):
            check(session, people[0], claim, clock())
        assert not session.new
        assert not session.dirty
        assert session.scalar(select(func.count()).select_from(IdentityAttempt)) == 0


@pytest.mark.parametrize("missing", ["number", "name", "birth_date"])
def test_a_claim_that_lacks_something_is_no_failure(
    db: Database, people: list[int], clock: FakeClock, missing: str
) -> None:
    with db.write() as session:
        claim = Claim(**{field: getattr(BUDI, field) for field in ("number", "name", "birth_date") if field != missing})
        verdict = check(session, people[0], claim, clock())
        assert (verdict.outcome, verdict.failed, verdict.tries_left) == ("incomplete", False, 3)


def test_the_third_failure_locks_for_a_day_even_who_is_right_then(
    db: Database, people: list[int], clock: FakeClock
) -> None:
    with db.write() as session:
        assert [guess(session, people[0], WRONG, clock) for _ in range(3)] == [
            ("refused", 2),
            ("refused", 1),
            ("refused", 0),
        ]
        assert guess(session, people[0], BUDI, clock) == ("locked", 0)
        assert guess(session, people[1], WRONG, clock) == ("refused", 2)
        clock.advance(hours=23, minutes=59)
        assert guess(session, people[0], BUDI, clock) == ("locked", 0)
        clock.advance(minutes=1)
        assert guess(session, people[0], BUDI, clock) == ("proven", 3)


def test_a_lock_is_not_prolonged_by_what_comes_during_it(db: Database, people: list[int], clock: FakeClock) -> None:
    with db.write() as session:
        for _ in range(3):
            stands = record_failure(session, people[0], "1", clock())
        until = stands.locked_until
        assert until == clock() + timedelta(hours=24)
        assert record_failure(session, people[0], "1", clock.advance(hours=20)).locked_until == until
        assert session.scalar(select(func.count()).select_from(IdentityAttempt)) == 3


def test_a_proof_forgives_the_person_s_failures(db: Database, people: list[int], clock: FakeClock) -> None:
    with db.write() as session:
        assert guess(session, people[0], WRONG, clock) == ("refused", 2)
        assert guess(session, people[0], WRONG, clock) == ("refused", 1)
        assert guess(session, people[0], BUDI, clock) == ("proven", 3)
        assert guess(session, people[0], WRONG, clock) == ("refused", 2)


def test_five_failures_against_a_number_refuse_it_to_everybody_for_a_day(
    db: Database, people: list[int], clock: FakeClock
) -> None:
    with db.write() as session:
        for person in people[:5]:
            assert guess(session, person, WRONG, clock) == ("refused", 2)
        verdict = check(session, people[5], BUDI, clock())
        assert (verdict.outcome, verdict.tries_left, verdict.entry) == ("throttled", 2, None)
        assert verdict.failed
        assert check(session, people[5], SARI, clock()).outcome == "proven"
        clock.advance(hours=24)
        assert check(session, people[5], BUDI, clock()).outcome == "proven"


def test_somebody_with_a_proof_of_his_own_cannot_guess_at_others_without_end(
    db: Database, people: list[int], clock: FakeClock
) -> None:
    with db.write() as session:
        guesses = [replace(BUDI, birth_date=date(2004, 5, day)) for day in range(1, 13)]
        outcomes = []
        for guessed in guesses:
            outcomes.append(guess(session, people[0], guessed, clock)[0])
            guess(session, people[0], SARI, clock)
        assert outcomes == ["refused"] * 5 + ["throttled"] * 7


def test_a_number_that_does_not_exist_is_throttled_like_one_that_does(
    db: Database, people: list[int], clock: FakeClock
) -> None:
    with db.write() as session:
        unknown = replace(BUDI, number="99999999")
        for person in people[:5]:
            guess(session, person, unknown, clock)
        assert check(session, people[5], unknown, clock()).outcome == "throttled"


def test_nobody_can_be_proven_who_is_not_there(db: Database, people: list[int], clock: FakeClock) -> None:
    with db.write() as session:
        entry = session.get_one(RosterEntry, BUDI.number)
        with pytest.raises(KeyError):
            record_proof(session, 4711, entry, clock(), LASTS)
