"""Opening tickets, finding them, who has them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.storage.database import Database
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket
from bot.tickets.service import (
    add_message,
    assign,
    by_number,
    history,
    listing,
    open_tickets,
    release,
)
from bot.tickets.working import close, reopen
from tests.conftest import CLOSING, FakeClock
from tests.tickets.conftest import Chat, Opener, a_chat


def kinds(session: Session, ticket: Ticket) -> list[str]:
    return [event.kind for event in history(session, ticket)]


def last(session: Session, ticket: Ticket) -> tuple[str, str, dict[str, Any] | None]:
    event = history(session, ticket)[-1]
    return event.actor, event.kind, event.data


def test_a_new_ticket_is_open_and_has_a_history(db: Database, opener: Opener, chat: Chat, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session, inbox_id=chat.inbox_ids[0])
        assert (ticket.number, ticket.status, ticket.assignee) == ("CC-2026-000001", "new", None)
        assert ticket.opened_by == chat.inbox_ids[0]
        due_at = (clock() + timedelta(hours=2)).isoformat()
        assert last(session, ticket) == (
            "person",
            "opened",
            {
                "from": None,
                "to": "new",
                "kind": "question",
                "category": "keuangan",
                "identity": "proven",
                "channel": "webchat",
                "priority": "normal",
                "due_at": due_at,
                "inbox_id": chat.inbox_ids[0],
            },
        )


def test_a_message_opens_one_ticket_however_often_it_is_handled(db: Database, opener: Opener, chat: Chat) -> None:
    with db.write() as session:
        first = opener(session, inbox_id=chat.inbox_ids[0])
    with db.write() as session:
        again = opener(session, inbox_id=chat.inbox_ids[0], subject="Lain")
        assert (again.id, again.subject) == (first.id, "UKT telat bayar")
        assert kinds(session, again) == ["opened"]
        assert opener(session).number == "CC-2026-000002"


def test_what_people_write_fits_whatever_it_is(db: Database, opener: Opener) -> None:
    with db.write() as session:
        ticket = opener(session, subject="a\0 b\n" + "x" * 500, summary="\0" + "y" * 10_000)
        session.expire(ticket)
        assert len(ticket.subject) == 200
        assert ticket.subject.startswith("a b xxx")
        assert ticket.subject.endswith("x…")
        assert ticket.summary == "y" * 10_000


def test_open_tickets_are_those_of_the_conversation_or_the_person(
    db: Database, opener: Opener, chat: Chat, clock: FakeClock
) -> None:
    other = a_chat(db, clock, "sari")
    with db.write() as session:
        first, second, closed = opener(session), opener(session), opener(session)
        theirs = opener(session, conversation_id=other.conversation_id, person_id=other.person_id)
        close(session, closed, CLOSING, "rina", clock())
        assert open_tickets(session, conversation_id=chat.conversation_id) == [first, second]
        assert open_tickets(session, person_id=chat.person_id) == [first, second]
        assert open_tickets(session, person_id=other.person_id) == [theirs]
        assert open_tickets(session, person_id=chat.person_id, conversation_id=other.conversation_id) == []
        with pytest.raises(ValueError, match="needs a conversation or a person"):
            open_tickets(session)


def test_a_ticket_is_found_by_its_number_or_not_at_all(db: Database, opener: Opener) -> None:
    with db.write() as session:
        ticket = opener(session)
        for typed in ("CC-2026-000001", "cc 2026 1", "2026-1", "tiket cc-2026-000001"):
            assert by_number(session, typed) is ticket
        for typed in ("CC-2026-000002", "XX-2026-000001", "CC-2025-000001", "%", "", "CC-____-000001"):
            with pytest.raises(KeyError):
                by_number(session, typed)


def test_messages_both_ways_are_part_of_the_history(db: Database, opener: Opener, chat: Chat, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        add_message(session, ticket, actor="person", inbox_id=chat.inbox_ids[1], now=clock.advance(minutes=1))
        assert last(session, ticket) == ("person", "message", {"inbox_id": chat.inbox_ids[1]})
        add_message(session, ticket, actor="rina", outbox_id=7, now=clock.advance(minutes=1))
        assert last(session, ticket) == ("rina", "message", {"outbox_id": 7})
        assert [event.at for event in history(session, ticket)][-1] == clock()
        with pytest.raises(ValueError, match="either came in or goes out"):
            add_message(session, ticket, actor="rina", now=clock())


def test_closing_and_reopening(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        close(session, ticket, CLOSING, "rina", clock.advance(hours=1))
        assert (ticket.status, ticket.closed_at) == ("closed", clock())
        assert last(session, ticket) == ("rina", "closed", {"from": "resolved", "to": "closed"})
        due_at = clock.advance(hours=1) + timedelta(hours=2)
        reopen(session, ticket, "person", clock(), due_at)
        assert (ticket.status, ticket.closed_at, ticket.due_at) == ("open", None, due_at)
        expected = {"from": "closed", "to": "open", "due_at": due_at.isoformat()}
        assert last(session, ticket) == ("person", "reopened", expected)


@pytest.mark.parametrize(("actor", "assignee"), [("person", None), ("dewi", None), ("rina", "rina")])
def test_a_reopened_ticket_is_nobody_s_unless_who_had_it_reopens_it(
    db: Database, opener: Opener, clock: FakeClock, actor: str, assignee: str | None
) -> None:
    with db.write() as session:
        ticket = opener(session)
        assign(session, ticket, "rina", "rina", clock())
        close(session, ticket, CLOSING, "rina", clock())
        reopen(session, ticket, actor, clock(), clock())
        assert ticket.assignee == assignee
        assert (last(session, ticket)[2] or {}).get("released") == (None if assignee else "rina")


def test_taking_and_putting_back(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        assign(session, ticket, "rina", "rina", clock())
        assert ticket.assignee == "rina"
        assert last(session, ticket) == ("rina", "assigned", {"from": None, "to": "rina"})
        assign(session, ticket, "rina", "rina", clock())
        assert kinds(session, ticket) == ["opened", "begun", "assigned"]
        release(session, ticket, "rina", clock())
        assert ticket.assignee is None
        assert last(session, ticket) == ("rina", "released", {"from": "rina", "to": None})
        assign(session, ticket, "dewi", "sri", clock())
        assert last(session, ticket) == ("sri", "assigned", {"from": None, "to": "dewi"})


def test_the_second_taker_is_told_who_has_it(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        assign(session, ticket, "rina", "rina", clock())
    with db.write() as session:
        same = by_number(session, ticket.number)
        with pytest.raises(NotAllowed, match="CC-2026-000001 is with rina"):
            assign(session, same, "dewi", "dewi", clock())
        assert same.assignee == "rina"
        assert kinds(session, same) == ["opened", "begun", "assigned"]


def test_who_looks_at_an_old_picture_of_a_ticket_changes_nothing(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        number = opener(session).number
    with db.read() as looking:
        seen = by_number(looking, number)
        with db.write() as session:
            ticket = by_number(session, number)
            assign(session, ticket, "rina", "rina", clock())
            close(session, ticket, CLOSING, "rina", clock())
        assert (seen.status, seen.assignee) == ("new", None)
        looking.rollback()
        with pytest.raises(NotAllowed, match="closed"):
            assign(looking, seen, "dewi", "dewi", clock())
    with db.read() as session:
        happened = kinds(session, by_number(session, number))
        assert happened == ["opened", "begun", "assigned", "resolved", "recorded", "closed"]


def test_of_many_takers_one_wins(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        numbers = [opener(session).number for _ in range(8)]
    names = ["rina", "dewi", "agus", "tono"]
    barrier = threading.Barrier(len(names), timeout=60)
    won: list[tuple[str, str]] = []
    lost: list[str] = []

    def work(name: str) -> None:
        own = Database(db.url)
        for number in numbers:
            barrier.wait()
            try:
                with own.write() as session:
                    assign(session, by_number(session, number), name, name, clock())
            except NotAllowed as error:
                lost.append(str(error))
            else:
                won.append((number, name))
        own.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = dict(won)
    assert len(won) == len(winners) == len(numbers)
    assert sorted(lost) == sorted(
        f"Ticket {number} is with {name}." for number, name in winners.items() for _ in range(len(names) - 1)
    )
    with db.read() as session:
        for number, name in winners.items():
            ticket = by_number(session, number)
            assert (ticket.assignee, kinds(session, ticket)) == (name, ["opened", "begun", "assigned"])


def test_what_nobody_has_cannot_be_put_back(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session, pytest.raises(NotAllowed, match="Nobody has"):
        release(session, opener(session), "rina", clock())


def test_a_listing_puts_what_is_due_first_on_top(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        late = opener(session, due_at=clock() + timedelta(hours=3))
        soon = opener(session, due_at=clock() + timedelta(hours=1))
        done = opener(session)
        close(session, done, CLOSING, "rina", clock())
        assign(session, late, "rina", "rina", clock())
        assert listing(session, statuses=LIVE) == [soon, late]
        assert listing(session, statuses=LIVE, limit=1) == [soon]
        assert listing(session, assignee="rina") == [late]
        assert listing(session, statuses=LIVE, unassigned=True) == [soon]
        assert listing(session, statuses=["closed"]) == [done]
        assert len(listing(session)) == 3


def test_a_listing_puts_what_is_urgent_above_all_that_is_due(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        due = {hours: opener(session, due_at=clock() + timedelta(hours=hours)) for hours in (1, 2)}
        high = opener(session, priority="high", due_at=clock() + timedelta(hours=3))
        urgent = opener(session, priority="urgent", due_at=clock() + timedelta(hours=4))
        assert listing(session, statuses=LIVE) == [urgent, high, due[1], due[2]]
        assert (last(session, urgent)[2] or {})["priority"] == "urgent"
