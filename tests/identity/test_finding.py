"""Staff find somebody by what they have of him."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.identity.finding import Candidate, find
from bot.identity.model import Handle, Person, Proof, RosterEntry
from bot.storage.database import Database

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def somebody(session: Session, name: str, channel: str, address: str, display: str | None = None) -> int:
    person = Person(name=name, created_at=NOW)
    session.add(person)
    session.flush()
    given = {"address": address, "display_name": display, "created_at": NOW}
    session.add(Handle(person_id=person.id, channel=channel, **given))
    return person.id


def listed(session: Session, number: str, name: str) -> None:
    entry = {"birth_date": date(2004, 5, 12), "kind": "student", "unit": "Teknik", "email": f"{number}@contoh.ac.id"}
    session.add(RosterEntry(number=number, name=name, **entry))


def names(db: Database, typed: str, limit: int = 6) -> list[str | None]:
    with db.read() as session:
        return [each.name for each in find(session, typed, NOW, limit=limit)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("budi", ["Budi Santoso", "Budi Hartono"]),
        ("SANTOSO budi", ["Budi Santoso"]),
        ("0812-3456", ["Budi Santoso"]),
        ("+62 812 34567", ["Budi Santoso"]),
        ("135260", ["Sari Wulandari", "Budi Hartono"]),
        ("burik", ["Sari Wulandari"]),
        ("100%", []),
        ("_", []),
        ("", []),
        ("12", []),
    ],
)
def test_people_are_found_by_number_name_and_address(db: Database, typed: str, found: list[str]) -> None:
    with db.write() as session:
        sari = somebody(session, "Sari Wulandari", "telegram", "777", "si burik")
        held = {"method": "roster", "proven_at": NOW, "expires_at": NOW + timedelta(days=1)}
        session.add(Proof(person_id=sari, number="13526002", **held))
        somebody(session, "Budi Santoso", "phone", "628123456789")
        listed(session, "13526002", "Sari Wulandari")
        listed(session, "13526003", "Budi Hartono")
    assert names(db, typed) == found


def test_who_is_on_the_roster_and_wrote_already_is_told_once(db: Database) -> None:
    with db.write() as session:
        person = somebody(session, "Sari", "telegram", "777")
        held = {"method": "roster", "proven_at": NOW, "expires_at": NOW + timedelta(days=1)}
        session.add(Proof(person_id=person, number="13526002", **held))
        listed(session, "13526002", "Sari")
    with db.read() as session:
        assert find(session, "13526002", NOW, limit=6) == [Candidate(person, "13526002", "Sari", "unknown", "")]
        later = find(session, "sari", NOW + timedelta(days=2), limit=6)
    assert [(each.person_id, each.number) for each in later] == [(person, None), (None, "13526002")]


def test_who_lost_his_addresses_to_another_is_not_found(db: Database) -> None:
    with db.write() as session:
        session.add(Person(name="Budi Santoso", created_at=NOW))
    assert names(db, "budi") == []


def test_the_address_of_a_web_chat_finds_nobody(db: Database) -> None:
    with db.write() as session:
        somebody(session, "Budi", "web", "abcdef")
    assert names(db, "abcdef") == []
