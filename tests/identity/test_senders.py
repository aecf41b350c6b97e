"""From addresses to people, in bulk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select

from bot.identity.model import Handle, IdentityAttempt, Person, Proof
from bot.identity.people import Resolved, Sender, facts, resolve
from bot.storage.database import Database
from tests.conftest import FakeClock

CHANNEL = "whatsapp"


def sender(*addresses: str, name: str | None = None) -> Sender:
    return Sender(CHANNEL, addresses, name)


def resolved(db: Database, clock: FakeClock, *senders: Sender) -> list[Resolved]:
    with db.write() as session:
        return resolve(session, senders, clock())


def who(db: Database, clock: FakeClock, *addresses: str) -> int:
    return resolved(db, clock, sender(*addresses))[0].person_id


def count(db: Database, model: type[Person] | type[Handle]) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.split()[0].upper())

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_new_address_is_a_new_person_and_stays_the_same_one(db: Database, clock: FakeClock) -> None:
    first = who(db, clock, "62811")
    assert who(db, clock, "62811") == first
    assert who(db, clock, "62812") != first
    assert count(db, Person) == 2


def test_the_same_address_on_another_channel_is_another_person(db: Database, clock: FakeClock) -> None:
    pair = resolved(db, clock, Sender("telegram", ("42",)), Sender("webchat", ("42",)))
    assert pair[0].person_id != pair[1].person_id


def test_nobody_is_asked_for_when_nobody_writes(db: Database, clock: FakeClock) -> None:
    assert resolved(db, clock) == []


def test_a_sender_without_an_address_is_a_fault(db: Database, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="without an address"):
        resolved(db, clock, Sender(CHANNEL, ()))


def test_people_come_in_the_order_they_were_asked_for(db: Database, clock: FakeClock) -> None:
    known = who(db, clock, "b")
    people = [found.person_id for found in resolved(db, clock, sender("a"), sender("b"), sender("a"), sender("c"))]
    assert people[0] == people[2] != people[3]
    assert people[1] == known
    assert count(db, Person) == 3


def test_two_addresses_that_come_together_are_one_person(db: Database, clock: FakeClock) -> None:
    person = who(db, clock, "ID.1", "62811")
    assert who(db, clock, "ID.1") == who(db, clock, "62811") == person


@pytest.mark.parametrize(("known", "together"), [("62811", ("ID.1", "62811")), ("ID.1", ("ID.1", "62811"))])
def test_an_address_that_comes_later_is_linked(
    db: Database, clock: FakeClock, known: str, together: tuple[str, str]
) -> None:
    person = who(db, clock, known)
    assert resolved(db, clock, sender(*together)) == [Resolved(person)]
    assert who(db, clock, "ID.1") == who(db, clock, "62811") == person
    assert count(db, Person) == 1


def test_two_people_who_are_one_become_the_first_address_s_person(db: Database, clock: FakeClock) -> None:
    by_phone, by_id = who(db, clock, "62811"), who(db, clock, "ID.1")
    assert resolved(db, clock, sender("ID.1", "62811")) == [Resolved(by_id, (by_phone,))]
    assert who(db, clock, "62811") == by_id
    assert resolved(db, clock, sender("ID.1", "62811")) == [Resolved(by_id)]


def test_a_merge_within_a_batch_counts_for_the_whole_batch_and_is_told_once(db: Database, clock: FakeClock) -> None:
    by_phone, by_id = who(db, clock, "62811"), who(db, clock, "ID.1")
    found = resolved(db, clock, sender("62811"), sender("ID.1", "62811"), sender("62811"))
    assert [each.person_id for each in found] == [by_id] * 3
    assert [each.merged_from for each in found] == [(by_phone,), (), ()]


def test_new_addresses_that_meet_within_a_batch_are_one_person(db: Database, clock: FakeClock) -> None:
    found = resolved(db, clock, sender("62811"), sender("ID.1"), sender("ID.1", "62811"))
    assert len({each.person_id for each in found}) == 1
    assert [each.merged_from for each in found] == [(), (), ()]
    assert count(db, Person) == 1


def test_a_phone_number_that_changed_hands_does_not_bring_its_old_owner_along(db: Database, clock: FakeClock) -> None:
    old = who(db, clock, "ID.1", "62811")
    new = resolved(db, clock, sender("ID.2", "62811"))[0]
    assert new.person_id != old
    assert new.merged_from == ()
    assert who(db, clock, "62811") == new.person_id
    assert who(db, clock, "ID.1") == old


def test_a_phone_number_changes_hands_between_two_known_people_without_a_merge(db: Database, clock: FakeClock) -> None:
    old, new = who(db, clock, "ID.1", "62811"), who(db, clock, "ID.2")
    assert resolved(db, clock, sender("ID.2", "62811")) == [Resolved(new)]
    assert who(db, clock, "ID.1") == old
    assert who(db, clock, "62811") == new


def test_a_merge_carries_failures_over_but_never_a_proof(db: Database, clock: FakeClock) -> None:
    by_phone, by_id = who(db, clock, "62811"), who(db, clock, "ID.1")
    with db.write() as session:
        session.add_all(IdentityAttempt(person_id=by_phone, number="1", at=clock()) for _ in range(3))
        session.add(
            Proof(
                person_id=by_phone,
                number="1",
                method="roster",
                proven_at=clock(),
                expires_at=clock.advance(days=1),
            )
        )
    clock.advance(hours=-12)
    resolved(db, clock, sender("ID.1", "62811"))
    with db.read() as session:
        found = facts(session, by_id, clock())
    assert found.locked_until is not None
    assert not found.proven


def test_a_display_name_is_kept_and_follows_changes(db: Database, clock: FakeClock) -> None:
    def name() -> str | None:
        with db.read() as session:
            return session.scalar(select(Handle.display_name))

    resolved(db, clock, sender("62811", name="Budi\0 " + "x" * 300))
    assert name() == "Budi " + "x" * 195
    resolved(db, clock, sender("62811", name="Budi S."))
    assert name() == "Budi S."
    resolved(db, clock, sender("62811"))
    assert name() == "Budi S."


def test_known_senders_cost_one_statement_whatever_their_number(db: Database, clock: FakeClock) -> None:
    senders = [sender(f"ID.{n}", f"62{n}", name=f"N{n}") for n in range(100)]
    resolved(db, clock, *senders)
    with statements(db) as seen:
        resolved(db, clock, *senders)
    assert [word for word in seen if word != "BEGIN"] == ["SELECT"]


def test_new_senders_cost_a_handful_of_statements_whatever_their_number(db: Database, clock: FakeClock) -> None:
    with statements(db) as seen:
        resolved(db, clock, *(sender(f"ID.{n}", f"62{n}", name=f"N{n}") for n in range(100)))
    assert len([word for word in seen if word != "BEGIN"]) <= 6


def test_processes_that_meet_the_same_people_agree_who_they_are(db: Database, clock: FakeClock) -> None:
    """Each thread has an engine of its own, as a process would."""
    rounds, threads_count = 6, 4
    found: list[list[list[int]]] = [[] for _ in range(threads_count)]
    barrier = threading.Barrier(threads_count, timeout=60)

    def work(mine: int) -> None:
        own = Database(db.url)
        for number in range(rounds):
            senders = [sender(f"ID.{number}.{n}", f"62{number}{n}") for n in range(20)]
            order = 1 if mine % 2 else -1
            barrier.wait()
            people = [each.person_id for each in resolved(own, clock, *senders[::order])]
            found[mine].append(people[::order])
        own.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(threads_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == found[0] for each in found)
    assert len(found[0]) == rounds
    assert count(db, Person) == rounds * 20
    assert count(db, Handle) == rounds * 40
