"""What is known of a person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.identity.model import IdentityAttempt, Person, Proof
from bot.identity.people import PersonFacts, facts, update_guest
from bot.storage.database import Database
from tests.conftest import FakeClock


def a_person(session: Session, now: datetime, **values: str) -> int:
    person = Person(created_at=now, **values)
    session.add(person)
    session.flush()
    return person.id


def a_proof(person_id: int, number: str, at: datetime, days: int = 30) -> Proof:
    return Proof(
        person_id=person_id, number=number, method="roster", proven_at=at, expires_at=at + timedelta(days=days)
    )


def test_nothing_is_known_of_a_new_person(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        person = a_person(session, clock())
        assert facts(session, person, clock()) == PersonFacts(person, "unknown", None, None, None, False, None)


def test_a_person_who_is_not_there_is_a_key_error(db: Database, clock: FakeClock) -> None:
    with db.read() as session, pytest.raises(KeyError):
        facts(session, 4711, clock())
    with db.write() as session, pytest.raises(KeyError):
        update_guest(session, 4711, "Sari", "sari@example.com")


def test_a_guest_is_who_he_says_but_is_not_proven(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        person = a_person(session, clock())
        update_guest(session, person, " Sari Wulandari\0", "sari@example.com")
        expected = PersonFacts(person, "guest", "Sari Wulandari", "sari@example.com", None, False, None)
        assert facts(session, person, clock()) == expected


def test_a_proof_tells_who_somebody_is_until_it_runs_out(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        person = a_person(session, clock(), kind="student", name="Budi Santoso", email="budi@contoh.ac.id")
        session.add(a_proof(person, "13526001", clock()))
        session.flush()
        proven = PersonFacts(person, "student", "Budi Santoso", "budi@contoh.ac.id", "13526001", True, None)
        assert facts(session, person, clock()) == proven
        assert facts(session, person, clock.advance(days=29, hours=23)) == proven
        assert facts(session, person, clock.advance(hours=1)) == PersonFacts(
            person, "unknown", None, None, None, False, None
        )


def test_the_latest_proof_counts(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        person = a_person(session, clock(), kind="staff")
        session.add(a_proof(person, "198001012005011001", clock.advance(hours=1)))
        session.add(a_proof(person, "13526001", clock() - timedelta(hours=1)))
        session.flush()
        assert facts(session, person, clock()).number == "198001012005011001"


def test_three_failures_within_a_day_lock_the_person(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        person, other = a_person(session, clock()), a_person(session, clock())
        for _ in range(3):
            session.add(IdentityAttempt(person_id=person, number="1", at=clock.advance(minutes=1)))
        session.flush()
        assert facts(session, person, clock()).locked_until == clock() + timedelta(hours=24)
        assert facts(session, other, clock()).locked_until is None
        assert facts(session, person, clock.advance(hours=24)).locked_until is None


def test_forgiven_failures_do_not_lock(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        person = a_person(session, clock())
        for forgiven in (True, False, False):
            session.add(IdentityAttempt(person_id=person, number="1", at=clock(), forgiven=forgiven))
        session.flush()
        assert facts(session, person, clock()).locked_until is None
