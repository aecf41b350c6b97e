"""People whom the assistant does not answer, and identities that staff made sure of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.errors import NotAllowed
from bot.identity.blocking import block, note_told, unblock
from bot.identity.by_hand import prove
from bot.identity.model import AuditEvent, Person, RosterEntry
from bot.identity.people import Sender, facts, resolve
from bot.storage.database import Database
from tests.conftest import FakeClock


def somebody(db: Database, clock: FakeClock, *addresses: str) -> int:
    with db.write() as session:
        [found] = resolve(session, [Sender("whatsapp", addresses)], clock())
        return found.person_id


def test_a_block_is_written_down_with_who_and_why_and_so_is_its_end(db: Database, clock: FakeClock) -> None:
    person_id = somebody(db, clock, "628123")
    with db.write() as session:
        person = session.get_one(Person, person_id)
        assert block(session, person, " Ancaman ", "rina", clock())
        assert not block(session, person, "lagi", "dewi", clock())
    with db.read() as session:
        found = facts(session, person_id, clock())
        assert (found.blocked_at, found.blocked_told) == (clock(), False)
    with db.write() as session:
        note_told(session, person_id)
        person = session.get_one(Person, person_id)
        assert unblock(session, person, "sri", clock())
        assert not unblock(session, person, "sri", clock())
        assert block(session, person, "lagi", "sri", clock())
    with db.read() as session:
        assert not facts(session, person_id, clock()).blocked_told
        done = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(each.actor, each.kind, each.about, each.data) for each in done] == [
        ("rina", "person blocked", f"person {person_id}", {"why": "Ancaman"}),
        ("sri", "person unblocked", f"person {person_id}", None),
        ("sri", "person blocked", f"person {person_id}", {"why": "lagi"}),
    ]


def test_a_block_needs_a_reason(db: Database, clock: FakeClock) -> None:
    person_id = somebody(db, clock, "628123")
    with db.write() as session, pytest.raises(NotAllowed, match="must be written down"):
        block(session, session.get_one(Person, person_id), " \0", "rina", clock())


def test_a_block_is_not_escaped_by_another_address(db: Database, clock: FakeClock) -> None:
    blocked = somebody(db, clock, "628123")
    with db.write() as session:
        block(session, session.get_one(Person, blocked), "Ancaman", "rina", clock())
    somebody(db, clock, "bsuid")
    person_id = somebody(db, clock, "bsuid", "628123")
    with db.read() as session:
        assert person_id != blocked
        assert facts(session, person_id, clock()).blocked_at == clock()


def test_staff_make_sure_who_somebody_is(db: Database, clock: FakeClock) -> None:
    person_id = somebody(db, clock, "628123")
    entry = {"birth_date": date(2004, 5, 12), "kind": "student", "unit": "-", "email": "sari@contoh.ac.id"}
    with db.write() as session:
        session.add(RosterEntry(number="99999901", name="Sari Wulandari", **entry))
        person = session.get_one(Person, person_id)
        for number, how in (("99999901", " "), ("99999902", "Kartu")):
            with pytest.raises(NotAllowed, match="nothing was changed"):
                prove(session, person, number, how, "rina", clock(), timedelta(days=30))
        prove(session, person, "9999 9901", "Kartu", "rina", clock(), timedelta(days=30))
    with db.read() as session:
        found = facts(session, person_id, clock())
        done = session.scalars(select(AuditEvent)).one()
    assert (found.proven, found.number, found.name, found.kind) == (True, "99999901", "Sari Wulandari", "student")
    assert (done.kind, done.data) == ("identity proven", {"number": "99999901", "how": "Kartu"})
