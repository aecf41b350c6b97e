"""Who gets a ticket: claims, turns, colleagues, units, and what is left behind."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation
from bot.errors import NotAllowed
from bot.identity.model import Account, Person
from bot.storage.database import Database
from bot.tickets import assignment, duty
from bot.tickets.assignment import Load, hand_on, hand_to_unit, loads, pick, share_out
from bot.tickets.model import Ticket
from bot.tickets.notices import notices
from bot.tickets.service import assign, by_number, history, release
from bot.tickets.working import close, forward, wait
from tests.conftest import CLOSING, FakeClock
from tests.tickets.conftest import Opener

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
RACES = 12


@pytest.fixture(autouse=True)
def staff(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        for name in ("rina", "dewi", "agus"):
            session.add(Account(username=name, name=name.title(), role="agent", password="-", created_at=clock()))


@pytest.fixture
def apart(opener: Opener, clock: FakeClock) -> Opener:
    """Opens each ticket in a chat of its own."""
    number = count()

    def opens(session: Session, **otherwise: object) -> Ticket:
        person = Person(created_at=clock())
        session.add(person)
        session.flush()
        address = f"somebody-{next(number)}"
        chat = Conversation(person_id=person.id, channel="webchat", address=address, created_at=clock())
        session.add(chat)
        session.flush()
        return opener(session, conversation_id=chat.id, person_id=person.id, **otherwise)

    return opens


@pytest.mark.parametrize(
    ("having", "most", "next_one"),
    [
        ({}, None, None),
        ({"rina": Load(3)}, None, "rina"),
        ({"rina": Load(3), "dewi": Load(2)}, None, "dewi"),
        ({"rina": Load(2, NOON), "dewi": Load(2, NOON - timedelta(hours=1))}, None, "dewi"),
        ({"rina": Load(2, NOON), "dewi": Load(2)}, None, "dewi"),
        ({"rina": Load(2), "dewi": Load(2)}, None, "dewi"),
        ({"rina": Load(2), "dewi": Load(3)}, 3, "rina"),
        ({"rina": Load(3), "dewi": Load(3)}, 3, None),
    ],
)
def test_the_next_ticket_goes_to_who_has_least_and_waited_longest(
    having: dict[str, Load], most: int | None, next_one: str | None
) -> None:
    assert pick(having, most) == next_one


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5), min_size=1), st.integers(1, 40))
def test_however_many_come_nobody_gets_two_more_than_another(start: dict[str, int], coming: int) -> None:
    having = {name: Load(tickets) for name, tickets in start.items()}
    for moment in range(coming):
        name = pick(having)
        assert name is not None
        having[name] = Load(having[name].tickets + 1, NOON + timedelta(minutes=moment))
    got = {name: having[name].tickets - tickets for name, tickets in start.items()}
    least = min(load.tickets for load in having.values())
    assert all(having[name].tickets <= least + 1 for name, more in got.items() if more)


def race(url: str, name: str, numbers: list[str], now: datetime) -> list[str]:
    """What ``name`` gets of ``numbers``, in a process of its own."""
    own, won = Database(url), []
    for number in numbers:
        try:
            with own.write() as session:
                assign(session, by_number(session, number), name, name, now)
        except NotAllowed:
            continue
        won.append(number)
    own.close()
    return won


def test_of_processes_that_claim_the_same_tickets_one_gets_each(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        numbers = [opener(session).number for _ in range(RACES)]
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        runs = [pool.submit(race, db.url, name, numbers, clock()) for name in ("rina", "dewi", "agus")]
        won = [number for run in runs for number in run.result(timeout=120)]
    assert sorted(won) == numbers
    with db.read() as session:
        for number in numbers:
            kinds = [event.kind for event in history(session, by_number(session, number))]
            assert kinds == ["opened", "begun", "assigned"]


def test_tickets_are_shared_out_among_those_on_duty(db: Database, apart: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        first, second, third = (apart(session).number for _ in range(3))
        urgent = apart(session, priority="urgent").number
        assert share_out(session, clock()) == []
        duty.set_duty(session, "rina", True, "rina", clock())
        duty.set_duty(session, "dewi", True, "dewi", clock())
        assert share_out(session, clock()) == [(urgent, "dewi"), (first, "rina"), (second, "dewi"), (third, "rina")]
        assert share_out(session, clock()) == []
        event = history(session, by_number(session, urgent))[-1]
        assert (event.actor, event.kind, event.data) == ("system", "assigned", {"from": None, "to": "dewi"})


def test_what_waits_for_others_is_no_load(db: Database, apart: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        held = [apart(session) for _ in range(4)]
        for ticket in held:
            assign(session, ticket, "rina", "rina", clock.advance(minutes=1))
        wait(session, held[0], "rina", clock())
        forward(session, held[1], "Biro", "?", "rina", clock())
        close(session, held[2], CLOSING, "rina", clock())
        assert loads(session, ["rina", "dewi"]) == {"rina": Load(1, clock()), "dewi": Load(0, None)}


def test_nobody_gets_more_than_the_most(db: Database, apart: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        numbers = [apart(session).number for _ in range(3)]
        duty.set_duty(session, "rina", True, "sri", clock())
        assert share_out(session, clock(), most=2) == [(numbers[0], "rina"), (numbers[1], "rina")]
        assert share_out(session, clock(), among=["dewi"]) == []


def test_what_somebody_gave_back_himself_goes_to_another_until_he_comes_anew(
    db: Database, apart: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        number = apart(session).number
        duty.set_duty(session, "rina", True, "rina", clock())
        assert share_out(session, clock()) == [(number, "rina")]
        release(session, by_number(session, number), "rina", clock.advance(minutes=1))
        assert share_out(session, clock()) == []
        duty.set_duty(session, "dewi", True, "dewi", clock())
        assert share_out(session, clock()) == [(number, "dewi")]
        release(session, by_number(session, number), "dewi", clock.advance(minutes=1))
        duty.set_duty(session, "rina", False, "rina", clock())
        duty.set_duty(session, "dewi", False, "dewi", clock())
        duty.set_duty(session, "dewi", True, "dewi", clock.advance(minutes=1))
        assert share_out(session, clock()) == [(number, "dewi")]


def test_who_is_given_a_ticket_is_told(db: Database, apart: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = apart(session)
        duty.set_duty(session, "rina", True, "rina", clock())
        share_out(session, clock())
        assert [(told.kind, of.number) for told, of in notices(session, "rina")] == [("given", ticket.number)]


def test_two_that_share_out_at_once_give_each_ticket_once(db: Database, apart: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        numbers = {apart(session).number for _ in range(6)}
        duty.set_duty(session, "rina", True, "rina", clock())
    if db.sqlite:
        with db.write() as one:
            assert {number for number, _ in share_out(one, clock())} == numbers
        return
    with db.write() as one, db.write() as other:
        got = share_out(one, clock(), limit=3)
        also = share_out(other, clock(), limit=6)
    assert {number for number, _ in [*got, *also]} == numbers
    assert len(got) + len(also) == 6


def test_all_tickets_of_a_chat_go_to_one_agent(db: Database, opener: Opener, apart: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        first, second, other = opener(session).number, opener(session).number, apart(session).number
        for name in ("rina", "dewi"):
            duty.set_duty(session, name, True, name, clock())
        assert share_out(session, clock(), most=2) == [(first, "dewi"), (second, "dewi"), (other, "rina")]
        third = opener(session).number
        assert share_out(session, clock(), most=2) == [(third, "dewi")]
        # Who is not on duty any more is not waited for.
        duty.set_duty(session, "dewi", False, "dewi", clock())
        fourth = opener(session).number
        assert share_out(session, clock()) == [(fourth, "rina")]


def test_a_colleague_gets_it_whoever_has_it(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        assert hand_on(session, ticket, "rina", "sri", clock()) is None
        assert hand_on(session, ticket, "dewi", "rina", clock()) == "rina"
        assert hand_on(session, ticket, "dewi", "rina", clock()) == "dewi"
        changes = [(e.actor, e.kind, (e.data or {}).get("to")) for e in history(session, ticket)[1:]]
        assert changes == [("sri", "begun", "open"), ("sri", "assigned", "rina"), ("rina", "assigned", "dewi")]
        with pytest.raises(NotAllowed, match="no staff account budi"):
            hand_on(session, ticket, "budi", "rina", clock())
        close(session, ticket, CLOSING, "dewi", clock())
        with pytest.raises(NotAllowed, match="closed"):
            hand_on(session, ticket, "agus", "dewi", clock())


def test_a_unit_gets_it_for_any_of_its_people(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        assign(session, ticket, "rina", "rina", clock())
        assert hand_to_unit(session, ticket, "  Biro   Keuangan ", "rina", clock()) == "rina"
        assert (ticket.assignee, ticket.unit, ticket.status) == (None, "Biro Keuangan", "open")
        told = [(event.kind, event.data) for event in history(session, ticket)[-2:]]
        assert told == [
            ("released", {"from": "rina", "to": None}),
            ("given to unit", {"from": None, "to": "Biro Keuangan"}),
        ]
        with pytest.raises(NotAllowed, match="lacks unit"):
            hand_to_unit(session, ticket, " ", "rina", clock())


def test_duty_is_what_was_noted_last(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        assert duty.on_duty(session) == []
        assert duty.set_duty(session, "rina", True, "rina", clock())
        assert not duty.set_duty(session, "rina", True, "rina", clock())
        assert duty.set_duty(session, "dewi", True, "sri", clock())
        assert duty.on_duty(session) == ["dewi", "rina"]
        assert duty.set_duty(session, "rina", False, "rina", clock())
        assert duty.on_duty(session) == ["dewi"]
        with pytest.raises(NotAllowed, match="no staff account budi"):
            duty.set_duty(session, "budi", True, "sri", clock())


def test_what_somebody_leaves_behind_is_all_he_has_alive(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        waiting, done, other = opener(session), opener(session), opener(session)
        for ticket in (waiting, done):
            assign(session, ticket, "rina", "rina", clock())
        assign(session, other, "dewi", "dewi", clock())
        wait(session, waiting, "rina", clock())
        close(session, done, CLOSING, "rina", clock())
        assert assignment.left_behind(session, "rina") == [waiting]
